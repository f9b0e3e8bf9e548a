"""Which part of the mesh is at the other end of a connection, as its certificate says.

With mutual TLS every part has a certificate of its own, whose DNS name is the part's. A token is
then taken only from the part that it is for, or from the edge, which hands on what others sent.
"""

from collections.abc import Iterable, Mapping

from services.runtime.errors import PermissionDenied
from services.runtime.identity import Identity

DOMAIN = "argus.internal"
EDGE = "edge"
OPERATOR = "operator"
"""Whoever runs the mesh: the supervisor and the command line, on its machine."""

_NAMES = "x509_subject_alternative_name"
_KIND = "transport_security_type"


class PeerRefused(PermissionDenied):
    """The certificate of the caller's connection is not that of who calls."""

    reason = "PEER_REFUSED"


def dns_name(part: str) -> str:
    """The name in a part's certificate."""
    return f"{part}.{DOMAIN}"


def part_at(auth_context: Mapping[str, Iterable[bytes]]) -> str | None:
    """The part whose certificate a connection showed.

    Args:
        auth_context: What gRPC knows of the connection.

    Returns:
        Its name; empty if the certificate is no part's; None without TLS.
    """
    if b"ssl" not in auth_context.get(_KIND, ()):
        return None
    for name in auth_context.get(_NAMES, ()):
        part, _, domain = name.decode(errors="replace").partition(".")
        if domain == DOMAIN:
            return part
    return ""


def check_peer_is(part: str | None, service: str) -> None:
    """Lets a service speak for itself only.

    Args:
        part: Whose certificate the connection showed; None without TLS.
        service: Who it says that it is.

    Raises:
        PeerRefused: it is another.
    """
    if part not in {None, service}:
        raise PeerRefused(f"the connection's certificate is not that of {service}")


def check_peer(part: str | None, identity: Identity | None) -> None:
    """Lets a call pass if it came over the connection of who calls, or through the edge.

    Raises:
        PeerRefused: the certificate is nobody's here, or another service's.
    """
    if part == "":
        raise PeerRefused("the connection's certificate is that of no part of the mesh")
    if identity and identity.service and part != EDGE:
        check_peer_is(part, identity.service)
