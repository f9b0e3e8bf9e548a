"""What the edge listens on: two ports for clients, three for the mesh itself, and a socket."""

from pathlib import Path

from mesh.options import LOOPBACK
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.ports import Ports

_PUBLIC = "registering and signing in, the keys that verify tokens, health, reflection, the page"


def edge_listeners(
    ports: Ports, host: str, admin_socket: Path, *, mtls: bool = False
) -> tuple[Listener, ...]:
    """Every socket of the edge.

    Args:
        ports: Its ports.
        host: Address it listens on for clients.
        admin_socket: Where Envoy's admin listens.
        mtls: Whether services prove themselves with certificates.
    """
    return (
        Listener(
            "public",
            tcp(host, ports.edge),
            "REST, gRPC, gRPC-web, the page, presigned URLs",
            "clients, with an access token",
            Guard.TOKEN,
            _PUBLIC,
        ),
        Listener(
            "tls",
            tcp(host, ports.tls),
            "the same, over TLS",
            "clients, with an access token",
            Guard.TOKEN,
            _PUBLIC,
        ),
        Listener(
            "admin",
            str(admin_socket),
            "Envoy's admin, which can stop the edge",
            "`argus up`, operators",
            Guard.OWNER,
        ),
        Listener(
            "statistics",
            tcp(LOOPBACK, ports.admin),
            "`/ready` and `/stats/prometheus` of the admin",
            "whoever measures the edge",
            Guard.PUBLIC,
        ),
        Listener(
            "internal",
            tcp(LOOPBACK, ports.internal),
            "the embedders, balanced",
            "services; a user's token is worth here what it is at the edge",
            Guard.PEER if mtls else Guard.TOKEN,
            "" if mtls else "the embedders' health",
        ),
        Listener(
            "jwks",
            tcp(LOOPBACK, ports.jwks),
            "the keys that verify tokens, as JSON",
            "the edge itself",
            Guard.PUBLIC,
        ),
    )
