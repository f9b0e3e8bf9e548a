"""Channels to other services."""

import ipaddress
from collections.abc import Callable

import grpc

from services.runtime.health import Dependency, check_peer
from services.runtime.mutual_tls import MutualTls
from services.runtime.peers import dns_name
from services.runtime.renewed_channel import RenewedChannel
from services.runtime.serving_channel import SERVING_ONLY, ServingChannel

OPTIONS = (
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    # A peer that restarts is found again within a second.
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Peers share a host in the single-machine edition; do not share connections between channels.
    ("grpc.use_local_subchannel_pool", 1),
)


Options = tuple[tuple[str, object], ...]


def open_channel(
    target: str,
    *,
    max_message_bytes: int,
    peer: str = "",
    tls: MutualTls | None = None,
    balanced: bool = False,
) -> grpc.aio.Channel:
    """Opens a channel; it connects when it is first used and again when it breaks.

    Of several replicas those are asked that are SERVING, while any is. A peer with one address is
    asked however it is.

    Args:
        target: Where to.
        max_message_bytes: Longest message either way.
        peer: The part of the mesh that is there; with TLS it must have the certificate of that.
        tls: What to prove oneself with; None: without TLS.
        balanced: Whether what answers there may be the edge, which itself looks at the replicas.
    """
    options: Options = (
        *OPTIONS,
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
    )
    looks = not balanced and may_be_several(target)
    if tls is None:
        return _opened(lambda more: grpc.aio.insecure_channel(target, (*options, *more)), looks)
    named = (*options, ("grpc.ssl_target_name_override", dns_name(peer)))
    return RenewedChannel(
        tls,
        lambda credentials: _opened(
            lambda more: grpc.aio.secure_channel(target, credentials, (*named, *more)), looks
        ),
    )


def may_be_several(target: str) -> bool:
    """Whether a target may stand for more than one address: a list does, and so does a name."""
    host = target.rpartition(":")[0].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not target.startswith("unix:")
    return False


def _opened(open_: Callable[[Options], grpc.aio.Channel], looks: bool) -> grpc.aio.Channel:
    if not looks:
        return open_(())
    return ServingChannel(open_((("grpc.service_config", SERVING_ONLY),)), open_(()))


def peer_dependency(name: str, channel: grpc.aio.Channel, *services: str) -> Dependency:
    """A dependency on another service; health also answers under the names of its gRPC services."""
    return Dependency(name, lambda: check_peer(channel), reports=services)
