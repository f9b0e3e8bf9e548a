"""A call may go on for longer than its caller's token: what it needs of the embedder it still gets.

Tokens are real and verified by the embedder's real verifier, whose clock goes forward.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import grpc
import jwt
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import SecretStr

from services.clients.query_embedder import GrpcQueryEmbedder
from services.clients.space import CurrentSpace
from services.inspection.peers.grpc_patches import GrpcPatchExtractor
from services.inspection.peers.grpc_words import GrpcWords
from services.runtime.identity import (
    ALGORITHM,
    ON_BEHALF_OF,
    Identity,
    TokenVerifier,
    current_identity,
    enter_identity,
    on_behalf_of,
)
from services.runtime.outgoing import ServiceToken
from services.runtime.server import RunningServer, serving
from services.runtime.settings import RuntimeSettings
from tests.support.colours import ColourEmbedder, picture
from tests.support.services import COMMON

ANA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
LIFE_S = 900


class Mint(auth_pb2_grpc.AuthServiceServicer):
    """Issues and verifies tokens; its clock can be put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0
        self._private = Ed25519PrivateKey.generate()

    def now_s(self) -> float:
        return time.time() + self.ahead_s

    def token(self, subject: str) -> str:
        # The library that reads tokens takes none from the future.
        issued, expires = int(time.time()), int(self.now_s()) + LIFE_S
        claims = {
            "iss": "argus", "aud": "argus", "sub": subject, "iat": issued, "exp": expires,
            "sid": "s",
        }  # fmt: skip
        return jwt.encode(claims, self._private, ALGORITHM, headers={"kid": "1"})

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        return self._private.public_key()

    async def is_closed(self, session_id: str) -> bool:
        return False

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        return set()

    async def IssueServiceToken(
        self, request: auth_pb2.IssueServiceTokenRequest, context: object
    ) -> auth_pb2.IssueServiceTokenResponse:
        return auth_pb2.IssueServiceTokenResponse(
            access_token=self.token(f"service:{request.service}"),
            # Renewed with each call, as it is in time where time is not put forward.
            expires_in=0,
        )


class NotingEmbedder(ColourEmbedder):
    """Notes for whom it works."""

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[tuple[str, str]] = []

    async def _take(self, image: bytes, priority: int, context: grpc.aio.ServicerContext) -> None:  # type: ignore[type-arg]
        metadata = context.invocation_metadata() or ()
        self.callers.append((current_identity().service, on_behalf_of(metadata)))
        await super()._take(image, priority, context)


@dataclass
class Parts:
    """An embedder whose tokens expire, and what inspection asks it with."""

    mint: Mint
    embedder: NotingEmbedder
    serve: Callable[[], Awaitable[None]]
    patches: GrpcPatchExtractor
    words: GrpcWords
    queries: GrpcQueryEmbedder
    channel: grpc.aio.Channel

    def enter(self, user_id: str) -> None:
        enter_identity(Identity(user_id, "s", "", self.mint.token(user_id)))

    async def every_way(self) -> None:
        """Everything that an image of an inspection may need."""
        image = picture("red", side=64)
        await self.patches.patches(image, model="", size=64, interactive=True)
        await self.words.texts(["red"], "")
        await self.words.windows(image, "")
        await self.queries.embed_image(image)
        await self.queries.embed_text("red")


@pytest.fixture
async def inspecting() -> AsyncIterator[Parts]:
    mint, embedder = Mint(), NotingEmbedder()  # type: ignore[abstract] # the rest answers UNIMPLEMENTED
    verifier = TokenVerifier(mint, mint, issuer="argus", audience="argus", clock=mint.now_s)

    @asynccontextmanager
    async def serve(listen: str) -> AsyncIterator[RunningServer]:
        async with serving(
            RuntimeSettings(**(COMMON | {"redis_url": "redis://-", "listen": listen})),
            servicers=[partial(embedder_pb2_grpc.add_EmbedderServiceServicer_to_server, embedder)],
            verifier=verifier,
            dependencies=[],
        ) as server:
            yield server

    auth = grpc.aio.server()
    auth_pb2_grpc.add_AuthServiceServicer_to_server(mint, auth)
    port = auth.add_insecure_port("127.0.0.1:0")
    await auth.start()
    async with AsyncExitStack() as stack, AsyncExitStack() as running:
        stack.push_async_callback(auth.stop, 0)
        server = await running.enter_async_context(serve("127.0.0.1:0"))

        async def serve_anew() -> None:
            await running.aclose()
            await running.enter_async_context(serve(server.address))
            await channel.channel_ready()

        auth_channel = await stack.enter_async_context(
            grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        )
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(server.address))
        token = ServiceToken(auth_channel, service="inspection", secret=SecretStr("x" * 16))
        patches = await stack.enter_async_context(aclosing(GrpcPatchExtractor(channel, token)))
        yield Parts(
            mint,
            embedder,
            serve_anew,
            patches,
            GrpcWords(channel, token),
            GrpcQueryEmbedder(channel, CurrentSpace(channel, token)),
            channel,
        )


async def test_a_call_outlives_its_callers_token(inspecting: Parts) -> None:
    inspecting.enter(ANA)
    await inspecting.every_way()
    inspecting.mint.ahead_s = 1000
    await inspecting.serve()
    await inspecting.every_way()
    assert set(inspecting.embedder.callers) == {("inspection", ANA)}


async def test_nobody_but_a_service_can_ask_for_another(inspecting: Parts) -> None:
    inspecting.enter(BEN)
    stub = embedder_pb2_grpc.EmbedderServiceStub(inspecting.channel)
    seen = []
    for subject in (BEN, "service:inspection"):
        for named in (ANA, ANA.upper(), "no user", ""):
            metadata = (
                ("authorization", f"Bearer {inspecting.mint.token(subject)}"),
                (ON_BEHALF_OF, named),
            )
            call = stub.EmbedImages(one_image(), metadata=metadata)
            assert [answer.item_id async for answer in call] == ["a"]
            seen.append(inspecting.embedder.callers[-1])
    assert seen == [("", BEN)] * 4 + [("inspection", user) for user in (ANA, ANA, "", "")]


async def one_image() -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
    yield embedder_pb2.EmbedImagesRequest(item_id="a", image=picture("red"))
