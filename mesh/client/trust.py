"""Whom the command line believes over TLS, and what it says when it believes nobody."""

import os
import ssl
from contextvars import ContextVar
from pathlib import Path

import certifi
import grpc

from argus_client.trust import (
    ANOTHER_NAME,
    NO_TLS,
    UNTRUSTED,
    certificates,
    distrusted,
    usable,
)
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR
from mesh.parts.edge_tls import authority_file

VARIABLE = "ARGUS_CA"

chosen: ContextVar[str] = ContextVar("chosen", default="")
"""Path of the authorities that the command at hand was given; empty: none."""


def trusted_roots(ca: str = "") -> bytes:
    """The certificates, as PEM, of the authorities that may speak for a mesh.

    Those of the file if one is named. Otherwise the system's, and the own authority of a mesh whose
    data folder is here: what that signs is good for no name of the internet.

    Args:
        ca: Path of a PEM file; empty if nobody chose one.

    Raises:
        MeshError: The file cannot be read, or has no certificate.
    """
    if ca:
        try:
            found = certificates(Path(ca))
        except OSError as error:
            raise MeshError(
                f"{ca} cannot be read: {error.strerror}.", f"Correct --ca, or {VARIABLE}."
            ) from error
        if not found or not usable(found):
            raise MeshError(
                f"{ca} has no certificate in PEM.", "It must begin with BEGIN CERTIFICATE."
            )
        return found
    system = ssl.get_default_verify_paths().cafile or certifi.where()
    own = authority_file(Layout.of(Path(os.environ.get("ARGUS_DATA_DIR") or DEFAULT_DATA_DIR)))
    roots = b""
    for file in (Path(system), own):
        try:
            roots += certificates(file)
        except OSError:
            continue
    return roots


def distrust(error: grpc.aio.AioRpcError, server: str = "the mesh") -> MeshError | None:
    """What is wrong between us and a server's certificate; None if it is something else.

    Args:
        error: A call that failed.
        server: Whom was called.
    """
    words = error.details() or ""
    if not distrusted(error):
        return None
    if UNTRUSTED in words:
        return MeshError(
            f"The certificate of {server} is signed by nobody who is trusted here, or has expired.",
            f"Name its authority: --ca FILE, or {VARIABLE}. On the machine of the mesh "
            "`argus doctor` says which file that is. If you expect no such thing, somebody may be "
            "between you and the mesh.",
        )
    if ANOTHER_NAME in words:
        return MeshError(
            f"The certificate of {server} is for another name.",
            "Call the mesh by a name that its certificate has. With one of its own that is "
            "localhost, the machine's name, and what `argus up` was told with --host or "
            "--public-url.",
        )
    if NO_TLS in words:
        return MeshError(
            f"What answers at {server} does not speak TLS.",
            "Write http://, or the port with TLS: 8443 unless --tls-port says otherwise.",
        )
    return None
