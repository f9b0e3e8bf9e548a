"""Channels to other services."""

import grpc

from services.runtime.health import Dependency, check_peer
from services.runtime.mutual_tls import MutualTls
from services.runtime.peers import dns_name
from services.runtime.renewed_channel import RenewedChannel

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


def open_channel(
    target: str, *, max_message_bytes: int, peer: str = "", tls: MutualTls | None = None
) -> grpc.aio.Channel:
    """Opens a channel; it connects when it is first used and again when it breaks.

    Args:
        target: Where to.
        max_message_bytes: Longest message either way.
        peer: The part of the mesh that is there; with TLS it must have the certificate of that.
        tls: What to prove oneself with; None: without TLS.
    """
    options = (
        *OPTIONS,
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
    )
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options)
    named = (*options, ("grpc.ssl_target_name_override", dns_name(peer)))
    return RenewedChannel(
        tls, lambda credentials: grpc.aio.secure_channel(target, credentials, options=named)
    )


def peer_dependency(name: str, channel: grpc.aio.Channel, *services: str) -> Dependency:
    """A dependency on another service; health also answers under the names of its gRPC services."""
    return Dependency(name, lambda: check_peer(channel), reports=services)
