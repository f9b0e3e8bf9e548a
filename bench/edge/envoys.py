"""Envoys beside the mesh's own: more edges of its configuration, and one that only passes on."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from mesh.errors import NotReadyError
from mesh.layout import Layout
from mesh.parts.edge import binary
from mesh.supervision.ports import Ports, draw_port
from mesh.supervision.probes import admin_client, check_edge

_HTTP = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
    ".HttpConnectionManager"
)
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
_LIMIT = "envoy.filters.http.local_ratelimit"
_START_S = 30.0

Buckets = Mapping[str, tuple[int, int]]
"""`per_second` and `burst` of classes of calls, by their names."""


@dataclass(frozen=True)
class Envoy:
    """One that runs."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Seconds of processor that it has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def further_edge(
    layout: Layout, ports: Ports, folder: Path, *, buckets: Buckets | None = None
) -> Iterator[Envoy]:
    """One more edge of a mesh, as a second replica would be, on ports of its own.

    Args:
        layout: The mesh's.
        ports: The mesh's.
        folder: Where its configuration goes: it has the edge's secret in it.
        buckets: Limits of calls to replace; None leaves them as the mesh has them.
    """
    drawn: list[int] = []
    for _ in range(5):
        drawn.append(draw_port("127.0.0.1", drawn))
    own = (ports.edge, ports.tls, ports.admin, ports.internal, ports.jwks)
    socket_file = folder / f"{drawn[0]}.sock"
    moved: dict[object, object] = dict(zip(own, drawn, strict=True))
    moved[str(layout.admin_socket)] = str(socket_file)
    config = json.loads((layout.run / "envoy.json").read_text())

    def move(key: str, one: Any) -> Any:  # noqa: ANN401 - JSON
        # Other numbers of the configuration may be the same as a port.
        return moved.get(one, one) if key in _PLACES and isinstance(one, int | str) else one

    config = _replaced(config, move)
    if buckets is not None:
        config = _replaced(config, lambda key, one: _limited(key, one, buckets))
    with _running(config, drawn[0], socket_file, folder) as envoy:
        asyncio.run(_edge_ready(f"http://127.0.0.1:{envoy.port}", socket_file))
        yield envoy


@contextmanager
def bare_envoy(method: str, upstream: int, folder: Path) -> Iterator[Envoy]:
    """An Envoy without token check, limits, transcoding and log: one route to a service."""
    port = draw_port("127.0.0.1", [])
    socket_file = folder / f"{port}.sock"
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "bare",
        "codec_type": "AUTO",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "bare",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"path": method}, "route": {"cluster": "up", "timeout": "0s"}}
                    ],
                }
            ]
        },
    }
    config = {
        "node": {"id": "bare", "cluster": "bench"},
        "admin": {"address": {"pipe": {"path": str(socket_file), "mode": 0o600}}},
        "static_resources": {
            "listeners": [
                {
                    "name": "bare",
                    "address": _address(port),
                    "filter_chains": [
                        {
                            "filters": [
                                {
                                    "name": "envoy.filters.network.http_connection_manager",
                                    "typed_config": manager,
                                }
                            ]
                        }
                    ],
                }
            ],
            "clusters": [
                {
                    "name": "up",
                    "type": "STATIC",
                    "connect_timeout": "1s",
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                            "@type": _HTTP,
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                    "load_assignment": {
                        "cluster_name": "up",
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}
                        ],
                    },
                }
            ],
        },
    }
    with _running(config, port, socket_file, folder) as envoy:
        yield envoy


_PLACES = {"port_value", "path"}


def _replaced(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        inner = {name: _replaced(one, change, name) for name, one in value.items()}
        return change(key, inner)
    if isinstance(value, list):
        return [_replaced(one, change, key) for one in value]
    return change(key, value)


def _limited(key: str, value: Any, buckets: Buckets) -> Any:  # noqa: ANN401 - JSON
    """A descriptor of the limits with another bucket, if its class is named."""
    if key != "descriptors" or "token_bucket" not in value:
        return value
    name = value["entries"][0]["value"].removesuffix(" by address")
    if name not in buckets:
        return value
    per_second, burst = buckets[name]
    bucket = {"max_tokens": burst, "tokens_per_fill": per_second, "fill_interval": "1s"}
    return {**value, "token_bucket": bucket}


def _address(port: int) -> Mapping[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@contextmanager
def _running(config: object, port: int, socket_file: Path, folder: Path) -> Iterator[Envoy]:
    file = folder / f"envoy-{port}.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(config))
    process = subprocess.Popen(
        [
            str(binary()), "--config-path", str(file), "--concurrency", "1",
            "--disable-hot-restart", "--log-level", "error",
        ],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        asyncio.run(_ready(socket_file, process))
        yield Envoy(port, process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def _ready(socket_file: Path, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_S
    async with admin_client(socket_file) as admin:
        while True:
            try:
                if (await admin.get("/ready")).is_success:
                    return
            except httpx.HTTPError:
                pass
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Envoy does not start: {process.args!r}")
            await asyncio.sleep(0.05)


async def _edge_ready(url: str, socket_file: Path) -> None:
    """As the mesh waits for its own: until it has the keys of tokens."""
    end = time.monotonic() + _START_S
    while True:
        try:
            await check_edge(url, socket_file)
        except NotReadyError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
        else:
            return
