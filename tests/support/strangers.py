"""Somebody on the same machine who has no key, certificate or token."""

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import httpx

from mesh.parts.objects_tls import CertificateFiles

NOBODY = 65534
"""An account that owns nothing."""

TIMEOUT_S = 10.0
LET_IN = "let in"
# It becomes the account after it started, because the account may not reach Python.
_CONNECT_AS = """
import os, socket, sys
account = int(sys.argv[1])
os.setgroups([])
os.setgid(account)
os.setuid(account)
socket.socket(socket.AF_UNIX).connect(sys.argv[2])
"""


async def http_status(url: str, method: str = "GET", **options: object) -> int:
    """The status of an HTTP answer to a stranger, who trusts any server; 0 if there was none."""
    # As a web page would: another host, another origin.
    headers = {"host": "evil.example", "origin": "https://evil.example"}
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=TIMEOUT_S) as client:  # noqa: S501 - it attacks
        try:
            answer = await client.request(method, url, headers=headers, **options)  # type: ignore[arg-type]
        except (httpx.HTTPError, ssl.SSLError):
            return 0
        return answer.status_code


async def tls_outcome(address: str, certificate: CertificateFiles | None = None) -> str:
    """How TLS ends with a certificate of one's own, or with none: OpenSSL's reason, or LET_IN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    if certificate is not None:
        context.load_cert_chain(certificate.certificate, certificate.key)
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(TIMEOUT_S):
        try:
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
        except ssl.SSLError as error:
            return str(error.reason)
        try:
            # Both protocols answer this at once, if they answer.
            writer.write(b"GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n")
            if not await reader.read(1):
                # gRPC hangs up without a word.
                return "closed"
        except ssl.SSLError as error:
            return str(error.reason)
        except ConnectionError as error:
            return type(error).__name__
        finally:
            writer.transport.abort()
    return LET_IN


async def grpc_code(
    channel: grpc.aio.Channel, method: str, metadata: tuple[tuple[str, str], ...] = ()
) -> grpc.StatusCode:
    """The code that an empty message gets, of a method of any shape; OK if it answers at all."""
    # Every shape takes one message and the end of the stream; the bytes are sent as they are. An
    # answer that comes before the message is sent, calls of other shapes do not tell.
    open_call: Any = channel.unary_stream(method)
    call = open_call(b"", metadata=metadata, timeout=TIMEOUT_S)
    try:
        async for _ in call:
            call.cancel()
            return grpc.StatusCode.OK
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def socket_is_closed(path: Path) -> str:
    """Why nobody but its owner can connect to a unix socket; empty if anybody can.

    As root it is tried by an account that owns nothing.
    """
    if os.geteuid() == 0:
        tried = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CONNECT_AS, str(NOBODY), str(path)],
            cwd="/", check=False, capture_output=True, text=True,
        )  # fmt: skip
        if tried.returncode == 0:
            return ""
        assert "PermissionError" in tried.stderr, tried.stderr
        return "Permission denied"
    for guarded in (path, *path.parents):
        # To connect one must pass through folders and may write to the socket.
        needed = 0o002 if guarded == path else 0o001
        if not guarded.stat().st_mode & needed:
            return f"{guarded} is closed"
    return ""
