"""What the edge listens on: one port for clients, and three for the mesh itself."""

from mesh.options import LOOPBACK
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.ports import Ports


def edge_listeners(ports: Ports, host: str) -> tuple[Listener, ...]:
    """Every socket of the edge.

    Args:
        ports: Its ports.
        host: Address it listens on for clients.
    """
    return (
        Listener(
            "public",
            tcp(host, ports.edge),
            "REST, gRPC, gRPC-web, the page, presigned URLs",
            "clients, with an access token",
            Guard.TOKEN,
            "registering and signing in, the keys that verify tokens, health, reflection, the page",
        ),
        Listener(
            "admin",
            tcp(LOOPBACK, ports.admin),
            "Envoy's admin page",
            "`argus up`, operators",
            Guard.MACHINE,
        ),
        Listener(
            "internal",
            tcp(LOOPBACK, ports.internal),
            "the embedders, balanced",
            "services; a user's token is worth here what it is at the edge",
            Guard.TOKEN,
            "the embedders' health",
        ),
        Listener(
            "jwks",
            tcp(LOOPBACK, ports.jwks),
            "the keys that verify tokens, as JSON",
            "the edge itself",
            Guard.PUBLIC,
        ),
    )
