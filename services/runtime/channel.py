"""Channels to other services."""

import grpc

from services.runtime.health import Dependency, check_peer

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


def open_channel(target: str, *, max_message_bytes: int) -> grpc.aio.Channel:
    """Opens a channel; it connects when it is first used and again when it breaks."""
    return grpc.aio.insecure_channel(
        target,
        options=(
            *OPTIONS,
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
        ),
    )


def peer_dependency(name: str, channel: grpc.aio.Channel, *services: str) -> Dependency:
    """A dependency on another service; health also answers under the names of its gRPC services."""
    return Dependency(name, lambda: check_peer(channel), reports=services)
