"""Whom a client believes over TLS."""

import re
import ssl
from pathlib import Path

import certifi
import grpc

from argus_client.errors import Untrusted

_CERTIFICATE = re.compile(
    rb"-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----\s"
)

# How gRPC's failed connections begin to say why; its words are nothing for people.
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
ANOTHER_NAME = "Hostname Verification Check failed"
NO_TLS = "WRONG_VERSION_NUMBER"


def distrusted(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call failed because of the server's certificate, or of none."""
    words = error.details() or ""
    return error.code() is grpc.StatusCode.UNAVAILABLE and any(
        one in words for one in (UNTRUSTED, ANOTHER_NAME, NO_TLS)
    )


def trusted_roots(ca: str = "") -> bytes:
    """The certificates, as PEM, of the authorities that may speak for a mesh.

    Args:
        ca: Path of a PEM file; empty: the system's authorities.

    Raises:
        Untrusted: The file cannot be read, or has no certificate.
    """
    file = Path(ca or ssl.get_default_verify_paths().cafile or certifi.where())
    try:
        found = certificates(file)
    except OSError as error:
        raise Untrusted(f"{file} cannot be read: {error.strerror}.") from error
    if not found or not usable(found):
        raise Untrusted(f"{file} has no certificate in PEM.")
    return found


def tls_context(roots: bytes) -> ssl.SSLContext:
    """A client's TLS that believes those authorities."""
    context = ssl.create_default_context(cadata=roots.decode())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificates(file: Path) -> bytes:
    """The certificates of a PEM file, without what else stands there.

    Raises:
        OSError: It cannot be read.
    """
    return b"".join(_CERTIFICATE.findall(file.read_bytes() + b"\n"))


def usable(roots: bytes) -> bool:
    """Whether TLS takes them."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=roots.decode())
    except ssl.SSLError:
        return False
    return True
