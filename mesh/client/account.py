"""Who is signed in where, kept between commands."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from pydantic import BaseModel, Field, ValidationError

from mesh.credentials import write_private
from mesh.errors import MeshError


class Account(BaseModel):
    """A session on one mesh."""

    email: str
    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_at: float
    """Unix time at which the access token ends."""

    ca: str = ""
    """File of the authority that was named at sign-in; empty: those of the system."""


class _Accounts(BaseModel):
    by_server: dict[str, Account] = {}


class AccountFile:
    """The accounts of this person, by the address of the mesh; one private file.

    Args:
        folder: Where the file is; `ARGUS_CONFIG_DIR`, or the platform's place for settings.
    """

    def __init__(self, folder: Path | None = None) -> None:
        chosen = folder or Path(
            os.environ.get("ARGUS_CONFIG_DIR") or platformdirs.user_config_dir("argus")
        )
        self._path = chosen / "accounts.json"

    def get(self, server: str) -> Account | None:
        """The account on a mesh; None if nobody is signed in there."""
        return self._read().by_server.get(server)

    def put(self, server: str, account: Account | None) -> None:
        """Keeps the account on a mesh, or forgets it."""
        accounts = self._read()
        if account is None:
            accounts.by_server.pop(server, None)
        else:
            accounts.by_server[server] = account
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_private(self._path, accounts.model_dump_json(indent=2))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other commands from refreshing the same session; a refresh token works once."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> _Accounts:
        try:
            return _Accounts.model_validate_json(self._path.read_text())
        except FileNotFoundError:
            return _Accounts()
        except (ValidationError, UnicodeDecodeError) as error:
            raise MeshError(
                f"{self._path} is damaged.", "Delete it and run `argus login` again."
            ) from error
