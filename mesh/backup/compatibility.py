"""Whether this Argus can go on with the rows of a backup: services bring older ones forward."""

import hashlib
from collections.abc import Mapping
from importlib import resources

from mesh.errors import MeshError


def check_compatible(argus_version: str, migrations: Mapping[str, Mapping[str, str]]) -> None:
    """Looks up every migration that was applied.

    Raises:
        MeshError: One is unknown here, or was another; names it.
    """
    for schema, applied in migrations.items():
        known = _known(schema)
        for name, digest in applied.items():
            if name not in known:
                raise MeshError(
                    f"The backup was made by Argus {argus_version}, whose schema `{schema}` has "
                    f"{name}; this one does not know that.",
                    "Restore it with that version of Argus or a newer one.",
                )
            if known[name] != digest:
                raise MeshError(
                    f"The backup was made by Argus {argus_version}, in which {schema}/{name} was "
                    "another one.",
                    "Restore it with that version of Argus.",
                )


def _known(schema: str) -> dict[str, str]:
    """SHA-256 of each migration of a service, by name; none if there is no such service."""
    try:
        folder = resources.files(f"services.{schema}").joinpath("migrations")
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.iterdir()
            if file.name.endswith(".sql")
        }
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
