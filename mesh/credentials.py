"""Secrets that are made once, at the first start, and kept."""

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.errors import MeshError
from mesh.layout import Layout


class Credentials(BaseModel):
    """What the parts prove themselves to each other with."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    s3_access_key: str
    s3_secret_key: str
    service_secret: str
    """What a service proves itself to auth with."""

    objects_signing_key: str
    """The object store's inner parts sign their requests with it, so that nobody can bypass S3."""


def load_credentials(layout: Layout) -> Credentials:
    """Reads the secrets of a mesh, or makes them at its first start.

    Raises:
        MeshError: The file is damaged. It is never replaced, because data depends on it.
    """
    path = layout.secrets / "credentials.json"
    if not path.exists():
        made = Credentials(
            s3_access_key=secrets.token_hex(10).upper(),
            s3_secret_key=secrets.token_urlsafe(30),
            service_secret=secrets.token_urlsafe(32),
            objects_signing_key=secrets.token_urlsafe(32),
        )
        write_private(path, made.model_dump_json(indent=2))
        return made
    try:
        return Credentials.model_validate_json(path.read_text())
    except ValidationError as error:
        raise MeshError(
            f"{path} is damaged.", "Restore it from a backup, or use another --data-dir."
        ) from error


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
