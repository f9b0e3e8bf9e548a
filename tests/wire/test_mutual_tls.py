"""Parts of a mesh that prove themselves to each other, shown on auth."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc, operator_pb2, operator_pb2_grpc

from mesh.parts.inner_certificates import make_inner_certificates
from mesh.parts.inner_tls import BALANCER, InnerTls
from services.runtime import mutual_tls as runtime_tls
from services.runtime.channel import open_channel
from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY, edge_key
from services.runtime.mutual_tls import MutualTls, TlsFiles
from services.runtime.server import RunningServer
from tests.support.services import SERVICE_SECRET, bearer, error_info, running_auth

MIB = 2**20


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> InnerTls:
    made = InnerTls(tmp_path_factory.mktemp("mesh") / "tls")
    make_inner_certificates(made)
    return made


@pytest.fixture(scope="module")
async def auth(
    fresh_postgres_url: str, fresh_redis_url: str, inner: InnerTls
) -> AsyncIterator[RunningServer]:
    async with running_auth(
        fresh_postgres_url,
        fresh_redis_url,
        mtls_certificate=str(inner.certificate("auth")),
        mtls_key=str(inner.key("auth")),
        mtls_authority=str(inner.authority),
    ) as server:
        yield server


def files_of(inner: InnerTls, part: str) -> TlsFiles:
    return TlsFiles(inner.certificate(part), inner.key(part), inner.authority)


def channel_of(
    inner: InnerTls, part: str, server: RunningServer, peer: str = "auth"
) -> grpc.aio.Channel:
    """A channel that shows a part's certificate."""
    tls = MutualTls(files_of(inner, part))
    return open_channel(server.address, max_message_bytes=MIB, peer=peer, tls=tls)


async def token_of(channel: grpc.aio.Channel, service: str) -> str:
    issued = await auth_pb2_grpc.AuthServiceStub(channel).IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service=service, secret=SERVICE_SECRET), timeout=10
    )
    return issued.access_token


async def keys(channel: grpc.aio.Channel) -> auth_pb2.GetJwksResponse:
    return await auth_pb2_grpc.AuthServiceStub(channel).GetJwks(
        auth_pb2.GetJwksRequest(), timeout=10
    )


@contextmanager
def unreachable() -> Iterator[None]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        yield
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_part_is_served_and_speaks_for_itself(auth: RunningServer, inner: InnerTls) -> None:
    async with channel_of(inner, "search", auth) as channel:
        assert (await keys(channel)).keys
        token = await token_of(channel, "search")
        stub = operator_pb2_grpc.OperatorServiceStub(channel)
        listed = await stub.ListSigningKeys(
            operator_pb2.ListSigningKeysRequest(), metadata=bearer(token), timeout=10
        )
        assert listed.keys


async def test_no_part_speaks_for_another(auth: RunningServer, inner: InnerTls) -> None:
    async with (
        channel_of(inner, "search", auth) as search,
        channel_of(inner, "storage", auth) as storage,
    ):
        token = await token_of(search, "search")
        with pytest.raises(grpc.aio.AioRpcError) as asked:
            await token_of(storage, "search")
        with pytest.raises(grpc.aio.AioRpcError) as called:
            await operator_pb2_grpc.OperatorServiceStub(storage).ListSigningKeys(
                operator_pb2.ListSigningKeysRequest(), metadata=bearer(token), timeout=10
            )
    for refused in (asked.value, called.value):
        assert error_info(refused).reason == "PEER_REFUSED"
        assert refused.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_the_edge_alone_says_where_a_request_came_from(
    auth: RunningServer, inner: InnerTls
) -> None:
    said = ((CLIENT_ADDRESS, "192.0.2.7"), (EDGE_KEY, edge_key(SERVICE_SECRET)))
    seen = {}
    for part in ("edge", "storage"):
        async with channel_of(inner, part, auth) as channel:
            stub = auth_pb2_grpc.AuthServiceStub(channel)
            session = await stub.Register(
                auth_pb2.RegisterRequest(
                    email=f"{part}@example.org", password="a long password, rarely seen"
                ),
                metadata=said,
                timeout=30,
            )
            found = await stub.ListSessions(
                auth_pb2.ListSessionsRequest(), metadata=bearer(session.access_token), timeout=10
            )
            seen[part] = found.sessions[0].address
    assert seen == {"edge": "192.0.2.7", "storage": "127.0.0.1"}


async def test_nobody_without_a_certificate_of_this_mesh_is_let_in(
    auth: RunningServer, inner: InnerTls, tmp_path: Path
) -> None:
    trust = inner.authority.read_bytes()
    named = (("grpc.ssl_target_name_override", "auth.argus.internal"),)
    another = InnerTls(tmp_path / "another")
    make_inner_certificates(another)
    shown = (another.key("edge").read_bytes(), another.certificate("edge").read_bytes())
    with unreachable():
        async with grpc.aio.insecure_channel(auth.address) as channel:
            await keys(channel)
    for stranger in ((None, None), shown):
        credentials = grpc.ssl_channel_credentials(trust, *stranger)
        with unreachable():
            async with grpc.aio.secure_channel(auth.address, credentials, named) as channel:
                await keys(channel)
    # What the edge shows where it stands for the embedders is no client's.
    with unreachable():
        async with channel_of(inner, BALANCER, auth) as channel:
            await keys(channel)


async def test_no_part_is_taken_for_another(auth: RunningServer, inner: InnerTls) -> None:
    with unreachable():
        async with channel_of(inner, "search", auth, peer="storage") as channel:
            await keys(channel)


async def test_a_renewed_certificate_is_used_without_a_restart(
    auth: RunningServer, inner: InnerTls, tmp_path: Path
) -> None:
    now = 0.0
    own = InnerTls(tmp_path / "own")
    make_inner_certificates(own)
    tls = MutualTls(files_of(own, "search"), clock=lambda: now)
    async with open_channel(auth.address, max_message_bytes=MIB, peer="auth", tls=tls) as channel:
        stub = auth_pb2_grpc.AuthServiceStub(channel)
        with unreachable():
            await stub.GetJwks(auth_pb2.GetJwksRequest(), timeout=10)
        # In the midst of a renewal files do not belong together: what was known is kept.
        known = tls.shown()
        shutil.copy(inner.certificate("search"), own.certificate("search"))
        now += runtime_tls.LOOK_EVERY_S
        assert tls.shown() is known
        shutil.copy(inner.key("search"), own.key("search"))
        shutil.copy(inner.authority, own.authority)
        now += runtime_tls.LOOK_EVERY_S
        # The same stub, which was made before.
        assert (await stub.GetJwks(auth_pb2.GetJwksRequest(), timeout=10)).keys


async def test_a_server_shows_its_renewed_certificate(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    inner: InnerTls,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Looked at with each connection.
    monkeypatch.setattr(runtime_tls, "LOOK_EVERY_S", 0)
    own = InnerTls(tmp_path / "own")
    make_inner_certificates(own)
    files = files_of(own, "auth")
    async with running_auth(
        fresh_postgres_url,
        fresh_redis_url,
        mtls_certificate=str(files.certificate),
        mtls_key=str(files.key),
        mtls_authority=str(files.authority),
    ) as server:
        with unreachable():
            async with channel_of(inner, "search", server) as channel:
                await keys(channel)
        shutil.copy(inner.certificate("auth"), files.certificate)
        shutil.copy(inner.key("auth"), files.key)
        shutil.copy(inner.authority, files.authority)
        async with channel_of(inner, "search", server) as channel:
            assert (await keys(channel)).keys
