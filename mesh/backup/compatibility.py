"""Whether this Argus can go on with the rows of a backup: services bring older ones forward."""

import hashlib
from collections.abc import Mapping
from importlib import resources

from mesh.errors import MeshError
from services.runtime.migrations import SCHEMAS


def check_compatible(argus_version: str, migrations: Mapping[str, Mapping[str, str]]) -> None:
    """Looks up every migration that was applied to the rows of a backup.

    Raises:
        MeshError: One is unknown here, or was another; names it.
    """
    check_known("The backup was made", argus_version, migrations)


def check_known(what: str, argus_version: str, migrations: Mapping[str, Mapping[str, str]]) -> None:
    """Looks up every migration.

    Args:
        what: How the sentence begins, such as `The backup was made`.
        argus_version: Who applied them.
        migrations: SHA-256 of each, by schema and name.

    Raises:
        MeshError: One is unknown here, or was another; names it.
    """
    for schema, applied in migrations.items():
        known = known_migrations(schema)
        for name, digest in applied.items():
            if name not in known:
                raise MeshError(
                    f"{what} by Argus {argus_version}, whose schema `{schema}` has {name}; this "
                    "one does not know that.",
                    "Use that version of Argus or a newer one.",
                )
            if known[name] != digest:
                raise MeshError(
                    f"{what} by Argus {argus_version}, in which {schema}/{name} was another one.",
                    "Use that version of Argus.",
                )


def known_migrations(schema: str) -> dict[str, str]:
    """SHA-256 of each migration of a schema, by name; none if no service has it."""
    service = next((one for one, its in SCHEMAS.items() if its == schema), None)
    if service is None:
        return {}
    try:
        folder = resources.files(f"services.{service}").joinpath("migrations")
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.iterdir()
            if file.name.endswith(".sql")
        }
    except (ModuleNotFoundError, FileNotFoundError):
        return {}
