"""The five services, each its own Python process on loopback."""

import sys
from collections.abc import Mapping
from functools import partial

from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.inner_tls import InnerTls, inner_channel, inner_variables
from mesh.parts.service_environment import INHERITED, own_settings
from mesh.supervision.listener import Guard, Listener
from mesh.supervision.part import Part, Stage
from mesh.supervision.probes import check_grpc_health

# Stores that must answer before a service starts. Services find each other by themselves.
_NEEDS = {
    "auth": ("postgres", "redis"),
    "embedder": (),
    "storage": ("postgres", "redis", "objects"),
    "search": ("redis",),
    "inspection": ("postgres", "redis"),
}

_USERS = "the edge for users, and services; each with an access token"
_PUBLIC = {"auth": "registering and signing in, the keys that verify tokens, health, reflection"}

# Searches go before inspections and what is learnt, where processors are short. The embedder serves
# both, and puts people before bulk by itself.
_NICENESS = {"inspection": 15}


def service_part(
    name: str,
    port: int,
    env: Mapping[str, str],
    layout: Layout,
    advice: str,
    *,
    replica: int = 1,
    inner: InnerTls | None = None,
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
            "ARGUS_LISTEN": target,
            # Two arenas instead of eight for each core: less memory, no measurable cost here.
            "MALLOC_ARENA_MAX": "2",
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
        ),
        niceness=_NICENESS.get(name, 0),
        cwd=layout.data_dir,
        stop_timeout_s=8.0,
        advice=advice,
    )  # fmt: skip
