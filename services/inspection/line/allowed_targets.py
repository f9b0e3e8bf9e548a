"""Which hosts webhooks may reach: what people set is a request that we make from inside.

Nothing is allowed that whoever runs the installation has not named, and an address is judged when
the connection is made, so that a name which points elsewhere by then gains nothing (OWASP's
"Server-Side Request Forgery Prevention": allow lists, and no redirects).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

STANDARD_PORTS = frozenset((80, 443))

_ENTRY = re.compile(r"(?P<host>\[[^\]]+\](?:/\d+)?|[^:\[\]]+)(?::(?P<port>\d{1,5}|\*))?")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*", re.ASCII)


class NotAllowed(Exception):
    """A URL that may not be reached; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    """In lower case; with a dot in front: it, and all below it. Empty: by network."""
    network: Network | None
    port: int | None
    """None: 80 and 443; 0: any."""

    def takes_port(self, port: int) -> bool:
        if self.port is None:
            return port in STANDARD_PORTS
        return self.port in (0, port)

    def takes_name(self, host: str) -> bool:
        if self.name.startswith("."):
            return host.endswith(self.name)
        return bool(self.name) and host == self.name

    def takes_address(self, address: Address) -> bool:
        return (
            self.network is not None
            and self.network.version == address.version
            and address in self.network
        )


class AllowedTargets:
    """What the setting allows: names, `*.` names, addresses and networks, each perhaps with a port.

    A URL with a name needs that name among the entries, one with an address needs its network. A
    name may have a private address, as in a factory it has; never one of this machine, of the local
    link or for many, unless a network that is named has it.

    Args:
        text: Entries with commas between them, such as `mes.example.org, *.plant.example.org:8443,
            10.3.0.0/16, [fd00::]/8:*`. Without a port, 80 and 443 are meant; `*` is any.

    Raises:
        ValueError: One of them cannot be understood; says which.
    """

    def __init__(self, text: str) -> None:
        self._entries = [_entry(one) for part in text.split(",") if (one := part.strip())]

    def __bool__(self) -> bool:
        return bool(self._entries)

    def check_url(self, url: str) -> SplitResult:
        """Takes a URL apart, if its host may be reached as far as its name tells.

        Raises:
            NotAllowed: It may not, or it is no URL of HTTP.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise NotAllowed("that is no URL") from error
        if parts.scheme not in ("http", "https") or not host:
            raise NotAllowed("the URL has to begin with http:// or https:// and a host")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise NotAllowed("the URL has a user, a password or a fragment, which is not sent")
        if not url.isascii() or any(one <= " " for one in url):
            raise NotAllowed("the URL has characters that must be encoded")
        port = port_of(parts)
        address = _address(host)
        if address is None and not _NAME.fullmatch(host.rstrip(".").lower()):
            raise NotAllowed("the URL's host is no name")
        if address is not None:
            self.check_address(host, address, port)
        elif not self._by_name(host, port):
            raise _refused(host, port)
        return parts

    def check_address(self, host: str, address: Address, port: int) -> None:
        """Whether a host may be reached at an address.

        Args:
            host: As the URL has it.
            address: What it is resolved to.
            port: Of the URL.

        Raises:
            NotAllowed: It may not.
        """
        address = getattr(address, "ipv4_mapped", None) or address
        by_network = any(
            one.takes_port(port) and one.takes_address(address) for one in self._entries
        )
        is_fine = by_network
        if _address(host) is None:
            is_fine = self._by_name(host, port) and (by_network or not _of_this_machine(address))
        if not is_fine:
            raise _refused(host, port)

    def _by_name(self, host: str, port: int) -> bool:
        name = host.rstrip(".").lower()
        return any(one.takes_port(port) and one.takes_name(name) for one in self._entries)


def port_of(parts: SplitResult) -> int:
    """The port that a URL means."""
    if parts.port is not None:
        return parts.port
    return 443 if parts.scheme == "https" else 80


def _entry(text: str) -> _Entry:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no host, address or network")
    port = None
    if found["port"] is not None:
        port = 0 if found["port"] == "*" else int(found["port"])
        if found["port"] != "*" and not 0 < port < 2**16:
            raise ValueError(f"{text!r} has no port that there is")
    host = found["host"].replace("[", "").replace("]", "").lower()
    try:
        return _Entry("", ipaddress.ip_network(host), port)
    except ValueError:
        pass
    name = host.removeprefix("*")
    # Four numbers, or a network with bits that do not count, are a slip and no name.
    if not _NAME.fullmatch(name.removeprefix(".")) or re.fullmatch(r"[\d.]+", host):
        raise ValueError(f"{text!r} is no host, address or network")
    return _Entry(name, None, port)


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _of_this_machine(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )


def _refused(host: str, port: int) -> NotAllowed:
    return NotAllowed(f"{host}, port {port}, is not among the targets that are allowed here")


def addresses(found: Sequence[str]) -> list[Address]:
    """What a name was resolved to."""
    return [ipaddress.ip_address(one.partition("%")[0]) for one in found]
