"""What the edge tells services about a request: the address that it came from.

Envoy overwrites the headers, so no client can set them there. Whoever reaches a service past the
edge could, so the edge proves itself with a key that comes of the services' secret, from which
the secret cannot be told; with mutual TLS by its certificate as well.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from services.runtime.peers import EDGE

CLIENT_ADDRESS = "x-argus-client-address"
"""Metadata in which the edge says what address a request came from."""

EDGE_KEY = "x-argus-edge-key"
"""Metadata in which the edge proves itself."""

MAX_AGENT_LENGTH = 200


def edge_key(service_secret: str) -> str:
    """What the edge of an installation proves itself with, in hexadecimal digits."""
    return hmac.new(service_secret.encode(), b"argus edge", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request came from."""

    address: str
    """IP address; empty if it is not known, as over a unix socket."""

    agent: str
    """What the client says it is (`user-agent`); printable, up to `MAX_AGENT_LENGTH` characters."""

    def __post_init__(self) -> None:
        seen = "".join(character for character in self.agent if character.isprintable())
        object.__setattr__(self, "agent", seen[:MAX_AGENT_LENGTH])


def client_of(
    metadata: Mapping[str, str], peer: str, *, key: str, part: str | None = None
) -> Client:
    """Where a request came from: as the edge says, or the peer's address if it is not the edge.

    Args:
        metadata: The call's.
        peer: The connection's other end as gRPC names it, such as `ipv4:127.0.0.1:4711`.
        key: What the edge proves itself with.
        part: Whose certificate the connection showed, which must be the edge's; None without TLS.
    """
    named = metadata.get(CLIENT_ADDRESS, "")
    proven = hmac.compare_digest(metadata.get(EDGE_KEY, "").encode(), key.encode())
    address = _ip(named) if proven and part in {None, EDGE} else _ip_of_peer(peer)
    return Client(address, metadata.get("user-agent", ""))


def _ip_of_peer(peer: str) -> str:
    kind, _, rest = peer.partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return ""
    host = rest.rpartition(":")[0]
    return _ip(host.replace("%5B", "[").replace("%5D", "]").strip("[]"))


def _ip(text: str) -> str:
    """The address in its canonical form, IPv4 in IPv6 as IPv4; empty if it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
