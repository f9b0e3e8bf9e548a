"""What a part listens on, who may use it, and what it does to everybody else."""

from dataclasses import dataclass
from enum import Enum


class Guard(Enum):
    """How a listener tells who may use it; the value says to people what happens to others."""

    TOKEN = "without an access token every method is UNAUTHENTICATED"  # noqa: S105 - no secret
    """gRPC (and what the edge makes of it): a method needs a token, or is named as public."""

    SIGNATURE = "what is not signed with the store's key is refused with 403"
    """S3's signatures, version 4."""

    CERTIFICATE = "TLS ends without a certificate of this start's own authority"
    """Mutual TLS; the authority's key is gone as soon as it has signed the one certificate."""

    PEER = "TLS ends without the certificate of a part of this mesh; then as everywhere, a token"
    """gRPC over mutual TLS; the authority's key is gone as soon as the certificates are made."""

    KEY = "without the key of this mesh it answers 401"
    """HTTP on loopback with a key, which `argus status` prints."""

    OWNER = "the socket's file, or its folder, lets nobody else in"
    """A unix socket, which the file system guards."""

    PUBLIC = "it tells everybody the same, and nothing that is anybody's"
    """No guard is needed."""

    MACHINE = "it refuses nobody on this machine"
    """No guard, although one is needed: whoever may log in here is trusted."""


@dataclass(frozen=True)
class Listener:
    """One socket that takes connections."""

    name: str
    """Short name, unique in its part."""

    address: str
    """`host:port` as it is bound, `*:port` on every address, or a unix socket's absolute path."""

    purpose: str
    """What is behind it."""

    users: str
    """Who may use it."""

    guard: Guard

    public: str = ""
    """What it answers to everybody all the same."""

    @property
    def is_unix(self) -> bool:
        """Whether it is a unix socket."""
        return self.address.startswith("/")

    @property
    def refusal(self) -> str:
        """What happens to whoever may not use it."""
        return f"{self.guard.value}; public: {self.public}" if self.public else self.guard.value


def tcp(host: str, port: int) -> str:
    """The address of a TCP listener."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        # Which of them is bound, where one is asked for, each program decides by itself.
        return f"*:{port}"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
