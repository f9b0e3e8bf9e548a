"""Where the single-machine edition keeps what it needs."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mesh.errors import MeshError

# A unix socket's path has at most 103 bytes on macOS, 107 on Linux, and PostgreSQL's own name
# follows the folder's.
_MAX_SOCKET_PATH_BYTES = 103
_LONGEST_SOCKET_NAME = "/postgres/.s.PGSQL.5432"


@dataclass(frozen=True)
class Layout:
    """The folders and files of one mesh.

    Args:
        data_dir: Absolute path of the folder that holds everything that outlives a run.
    """

    data_dir: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Layout":
        """The layout of a folder that may be given relative to the current one."""
        return cls(data_dir.expanduser().resolve())

    @property
    def logs(self) -> Path:
        """One file for each part, and rotated ones."""
        return self.data_dir / "logs"

    @property
    def secrets(self) -> Path:
        """Readable by the owner only."""
        return self.data_dir / "secrets"

    @property
    def run(self) -> Path:
        """Files that describe the current run."""
        return self.data_dir / "run"

    @property
    def lock_file(self) -> Path:
        """Locked by the one supervisor of this mesh."""
        return self.run / "lock"

    @property
    def state_file(self) -> Path:
        """What the supervisor knows, for the other commands."""
        return self.run / "state.json"

    @property
    def ports_file(self) -> Path:
        """The ports of the run before, so that the next has the same."""
        return self.data_dir / "ports.json"

    @property
    def models(self) -> Path:
        """Converted models."""
        return self.data_dir / "models"

    @property
    def model_file(self) -> Path:
        """The model that `argus models use` chose."""
        return self.data_dir / "model.txt"

    @property
    def limits_file(self) -> Path:
        """The operator's limits of the edge, if there are any."""
        return self.data_dir / "limits.toml"

    @property
    def backup_file(self) -> Path:
        """When the last backup was taken, if there was one."""
        return self.data_dir / "last-backup.json"

    @property
    def written_by_file(self) -> Path:
        """Which Argus has written this folder last."""
        return self.data_dir / "written-by.json"

    @property
    def archive_file(self) -> Path:
        """Where this mesh is archived, and up to which moment."""
        return self.data_dir / "archive.json"

    @property
    def oidc_file(self) -> Path:
        """The operator's identity providers, if there are any."""
        return self.data_dir / "oidc.toml"

    @property
    def limits_in_force(self) -> Path:
        """All limits, the operator's and the product's, for services and people to read."""
        return self.run / "limits.toml"

    @property
    def edge_limits(self) -> Path:
        """Those of them that Envoy reads while it runs, in its words."""
        return self.run / "limits.json"

    @property
    def tls(self) -> Path:
        """Certificates of the edge; their keys are among the secrets."""
        return self.data_dir / "tls"

    @property
    def mail(self) -> Path:
        """What is mailed while there is no mail server; readable by the owner only."""
        return self.data_dir / "mail"

    @property
    def observe(self) -> Path:
        """What `argus up --observe` keeps; nobody misses it."""
        return self.data_dir / "observe"

    @property
    def observe_key_file(self) -> Path:
        """The key with which one may look at it."""
        return self.secrets / "observe-key"

    @property
    def otlp_socket(self) -> Path:
        """Where it takes telemetry in."""
        return self.sockets / "otlp.sock"

    @property
    def admin_socket(self) -> Path:
        """Where Envoy's admin listens."""
        return self.sockets / "envoy-admin.sock"

    @cached_property
    def sockets(self) -> Path:
        """Folder of the unix sockets: inside `run`, or a short one elsewhere if that is too long.

        The short one is named after the data folder, so it is the same at every start.
        """
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        short = f"argus-{os.geteuid()}-{digest}"
        choices = (self.run / "sockets", Path(tempfile.gettempdir()) / short)
        fitting = (
            path
            for path in choices
            if len(os.fsencode(path)) + len(_LONGEST_SOCKET_NAME) <= _MAX_SOCKET_PATH_BYTES
        )
        return next(fitting, Path("/tmp") / short)  # noqa: S108 - `make` refuses somebody else's

    def log(self, part: str) -> Path:
        """The log of a part."""
        return self.logs / f"{part}.log"

    def make(self) -> None:
        """Makes the folders that do not exist yet, as closed as the umask says.

        Raises:
            OSError: One cannot be made, or the sockets' folder belongs to somebody else.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for folder in (self.logs, self.run, self.models):
            folder.mkdir(exist_ok=True)
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        self.secrets.chmod(0o700)
        self.sockets.mkdir(exist_ok=True)
        if self.sockets.is_symlink() or self.sockets.stat().st_uid != os.geteuid():
            raise PermissionError(f"{self.sockets} belongs to another user; remove it")


@contextmanager
def usable(layout: Layout) -> Iterator[None]:
    """Says what a person can do where the data folder cannot be read or written.

    Raises:
        MeshError: In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise MeshError(
            f"{layout.data_dir} cannot be used: {error}",
            "Make room if the disk is full, or choose another --data-dir.",
        ) from error
