"""Questions that tell whether a part does its work, asked the way its users would."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import grpc
import httpx
import redis.asyncio
import urllib3
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from minio import Minio
from minio.error import S3Error

from mesh.errors import NotReadyError

TIMEOUT_S = 3.0
DEPENDENCIES = (
    "postgres", "redis", "objects", "keys", "index", "model", "auth", "storage", "embedder",
    "background",
)  # fmt: skip
"""Names under which services report the health of what they need."""

_SERVING = health_pb2.HealthCheckResponse.SERVING


async def check_postgres(url: str) -> None:
    """Runs a statement."""
    connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
    try:
        await connection.execute("SELECT 1", timeout=TIMEOUT_S)
    finally:
        await connection.close(timeout=TIMEOUT_S)


async def check_redis(url: str) -> None:
    """Asks for an answer; Redis refuses while it still loads."""
    async with redis.asyncio.from_url(url, socket_timeout=TIMEOUT_S) as client:
        await client.ping()


def s3_client(url: str, access_key: str, secret_key: str, region: str) -> Minio:
    """A client that fails fast instead of trying again."""
    address = urlsplit(url)
    return Minio(
        address.netloc,
        access_key,
        secret_key,
        secure=address.scheme == "https",
        region=region,
        http_client=urllib3.PoolManager(retries=False, timeout=TIMEOUT_S),
    )


async def check_s3(client: Minio) -> None:
    """Lists the buckets with the services' own credentials.

    Raises:
        NotReadyError: The store refuses, or does not answer.
    """
    try:
        await asyncio.to_thread(client.list_buckets)
    except S3Error as error:
        raise NotReadyError(f"the object store answers {error.code}") from error
    except urllib3.exceptions.HTTPError as error:
        raise NotReadyError("the object store does not answer") from error


async def check_demands_certificate(address: str) -> None:
    """Connects by TLS without a certificate, which must be what ends the connection.

    Args:
        address: `host:port`, or `*:port`.

    Raises:
        NotReadyError: Nobody listens there, it is not TLS, or it goes on without a certificate.
    """
    # Who answers does not matter here, but that a stranger is sent away.
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stranger.check_hostname = False
    stranger.verify_mode = ssl.CERT_NONE
    # Before 1.3 the handshake fails for more reasons than one can tell apart.
    stranger.minimum_version = ssl.TLSVersion.TLSv1_3
    stranger.set_alpn_protocols(["h2", "http/1.1"])
    host, _, port = address.rpartition(":")
    open_to_all = NotReadyError(f"{address} lets in whoever has no certificate")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reached = "127.0.0.1" if host == "*" else host.strip("[]")
            reader, writer = await asyncio.open_connection(reached, int(port), ssl=stranger)
    except ssl.SSLError as error:
        raise open_to_all from error
    except (OSError, TimeoutError) as error:
        raise NotReadyError(f"{address} does not answer") from error
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await reader.read(1)
    except ssl.SSLError as error:
        if error.reason == "TLSV13_ALERT_CERTIFICATE_REQUIRED":
            return
        raise open_to_all from error
    except (OSError, TimeoutError) as error:
        raise open_to_all from error
    finally:
        writer.transport.abort()
    raise open_to_all


async def check_grpc_health(
    target: str, open_: Callable[[], grpc.aio.Channel] | None = None
) -> None:
    """Asks `grpc.health.v1` about the whole server.

    Args:
        target: Where it is.
        open_: Opens the channel; None: without TLS.

    Raises:
        NotReadyError: It does not answer, or is not SERVING; names the dependencies that are down.
    """
    async with open_() if open_ else grpc.aio.insecure_channel(target) as channel:
        try:
            if await _is_serving(channel, ""):
                return
            names = await asyncio.gather(*(_is_serving(channel, name) for name in DEPENDENCIES))
        except grpc.aio.AioRpcError as error:
            raise NotReadyError(_describe(error)) from error
    down = [name for name, works in zip(DEPENDENCIES, names, strict=True) if works is False]
    raise NotReadyError(f"waits for {', '.join(down)}" if down else "not serving yet")


async def _is_serving(channel: grpc.aio.Channel, name: str) -> bool | None:
    """Whether a name is SERVING; None if the server does not know the name."""
    stub = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(  # type: ignore[attr-defined] # stubs lack async methods
            health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_S
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
    return bool(answer.status == _SERVING)


def admin_client(socket: Path) -> httpx.AsyncClient:
    """A client of Envoy's admin, which listens on a unix socket."""
    return httpx.AsyncClient(
        base_url="http://admin",
        transport=httpx.AsyncHTTPTransport(uds=str(socket)),
        timeout=TIMEOUT_S,
        trust_env=False,
    )


async def check_edge(edge_url: str, admin_socket: Path) -> None:
    """Asks the edge for its own page, for reflection, and whether it has the keys of tokens.

    Raises:
        NotReadyError: Names what is missing.
    """
    async with (
        httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client,
        admin_client(admin_socket) as admin,
    ):
        try:
            (await client.get(edge_url)).raise_for_status()
            fetched = await admin.get("/stats", params={"filter": "jwks_fetch_success$"})
        except httpx.HTTPError as error:
            raise NotReadyError("the edge does not answer") from error
    if not any(line.rpartition(" ")[2] != "0" for line in fetched.text.splitlines()):
        raise NotReadyError("has not loaded the keys of access tokens yet")
    async with grpc.aio.insecure_channel(urlsplit(edge_url).netloc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(
            channel  # type: ignore[arg-type] # the stubs know synchronous channels only
        )
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        try:
            call = stub.ServerReflectionInfo(  # type: ignore[operator] # the stubs leave it untyped
                iter([asked]), timeout=TIMEOUT_S
            )
            async for answer in call:
                if not answer.list_services_response.service:
                    raise NotReadyError("reflection lists nothing")
        except grpc.aio.AioRpcError as error:
            raise NotReadyError(f"reflection: {_describe(error)}") from error


def _describe(error: grpc.aio.AioRpcError) -> str:
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return "does not answer yet"
    return f"{error.code().name}: {error.details()}"
