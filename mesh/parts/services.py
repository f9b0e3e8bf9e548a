"""The five services, each its own Python process on loopback."""

import socket
import sys
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.inner_tls import InnerTls, inner_channel, inner_variables
from mesh.parts.service_environment import INHERITED, own_settings
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.part import Part, Stage
from mesh.supervision.probes import check_grpc_health

# Stores that must answer before a service starts. Services find each other by themselves.
_NEEDS = {
    "auth": ("postgres", "redis"),
    "embedder": (),
    "storage": ("postgres", "redis", "objects"),
    "search": ("postgres", "redis"),
    "inspection": ("postgres", "redis"),
}

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
_USERS = "the edge for users, and services; each with an access token"
_PUBLIC = {"auth": "registering and signing in, the keys that verify tokens, health, reflection"}

# Searches go before inspections and what is learnt, where processors are short. The embedder serves
# both, and puts people before bulk by itself.
_NICENESS = {"inspection": 15}

# Blocks of 4 MiB and more, such as decoded pictures, go back to the system when they are freed,
# instead of what glibc finds out by itself: 32 MiB.
_MALLOC: Mapping[str, Mapping[str, str]] = {
    "storage": {"MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "16777216"}
}


def service_part(
    name: str,
    port: int,
    env: Mapping[str, str],
    layout: Layout,
    advice: str,
    *,
    replica: int = 1,
    inner: InnerTls | None = None,
    metrics_port: int = 0,
    telemetry: Mapping[str, str] = _NO_VARIABLES,
) -> Part:
    """A service, or a further replica of one.

    Args:
        name: `auth`, `storage`, `embedder`, `search` or `inspection`.
        port: Where it listens.
        env: Variables that the mesh sets; the service gets those that are settings of its own, and
            others of its settings as whoever starts the mesh has set them.
        layout: Where it runs.
        advice: What to look at when it does not start.
        replica: Which of its kind it is. The first starts first: it makes what all need, such as
            a converted model.
        inner: What the parts prove themselves to each other with; None: without TLS.
        metrics_port: Where metrics are collected; 0: nowhere.
        telemetry: Variables that say where spans and measurements go, and how often.
    """
    target = f"{LOOPBACK}:{port}"
    return Part(
        name=name if replica == 1 else f"{name}-{replica}",
        stage=Stage.SERVICE,
        ready=lambda: check_grpc_health(target, partial(inner_channel, inner, target, name)),
        command=(sys.executable, "-m", f"services.{name}"),
        needs=_NEEDS[name] if replica == 1 else (name,),
        env={
            **own_settings(name, {**env, **inner_variables(inner, name)}),
            **telemetry,
            "ARGUS_LISTEN": target,
            **({} if replica == 1 else {"ARGUS_REPLICA": f"{socket.gethostname()}-{replica}"}),
            "ARGUS_METRICS_LISTEN": tcp(LOOPBACK, metrics_port) if metrics_port else "",
            # Two arenas instead of eight for each core: less memory, no measurable cost here.
            "MALLOC_ARENA_MAX": "2",
            **_MALLOC.get(name, {}),
            # The edge has stopped already when a service drains, so there is nobody to notify.
            "ARGUS_DRAIN_NOTICE_S": "0",
            "ARGUS_DRAIN_GRACE_S": "5",
        },
        inherits=INHERITED[name],
        listeners=(
            Listener(
                "grpc", target, f"gRPC of {name}", _USERS, Guard.PEER if inner else Guard.TOKEN,
                "" if inner else _PUBLIC.get(name, "health, reflection"),
            ),
            *_metrics_listeners(name, metrics_port),
        ),
        niceness=_NICENESS.get(name, 0),
        cwd=layout.data_dir,
        stop_timeout_s=8.0,
        advice=advice,
    )  # fmt: skip


def _metrics_listeners(name: str, port: int) -> tuple[Listener, ...]:
    if not port:
        return ()
    return (
        Listener(
            "metrics",
            tcp(LOOPBACK, port),
            f"`/metrics` of {name}",
            "whoever measures the services",
            Guard.PUBLIC,
        ),
    )
