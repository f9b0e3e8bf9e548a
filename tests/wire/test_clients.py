"""What a service's clients make of peers that fail, over real sockets."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2
from argus.storage.v1 import image_pb2, image_pb2_grpc, ingest_pb2, ingest_pb2_grpc
from google.protobuf.message import Message
from pydantic import SecretStr

from services.clients import contents as contents_module
from services.clients.catalog import GrpcCatalog
from services.clients.contents import StoredContents, open_http
from services.clients.errors import (
    ContentsUnavailable,
    ContentWrong,
    EmbedderUnavailable,
    StorageUnavailable,
)
from services.clients.item_stream import ItemStream
from services.clients.model import ImageContent
from services.runtime.errors import (
    ArgusError,
    DeadlineExceeded,
    InvalidInput,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from services.runtime.identity import Identity, enter_identity
from services.runtime.outgoing import ServiceToken
from services.runtime.request import CallScope, enter_call
from services.runtime.status import DETAILS_KEY, code_of, from_status, to_status

BODY = b"bytes of an image"


class KnownToken(ServiceToken):
    """Needs no auth service."""

    async def get(self) -> str:
        return "service"


class Refusing(image_pb2_grpc.ImageServiceServicer, ingest_pb2_grpc.IngestServiceServicer):
    """Storage that answers every call with an error, or not at all."""

    def __init__(self) -> None:
        self.error: ArgusError | None = None

    async def BatchGetImages(
        self, request: Message, context: Any
    ) -> image_pb2.BatchGetImagesResponse:
        await self._refuse(context)
        raise AssertionError

    async def ResolveContents(
        self, request: Message, context: Any
    ) -> ingest_pb2.ResolveContentsResponse:
        await self._refuse(context)
        raise AssertionError

    async def _refuse(self, context: Any) -> None:
        if self.error is None:
            await asyncio.Event().wait()
            raise AssertionError
        status = to_status(self.error)
        await context.abort(
            code_of(self.error),
            self.error.message,
            trailing_metadata=((DETAILS_KEY, status.SerializeToString()),),
        )


@pytest.fixture
async def storage() -> AsyncIterator[tuple[Refusing, grpc.aio.Channel]]:
    servicer, server = Refusing(), grpc.aio.server()  # type: ignore[abstract] # the rest answers UNIMPLEMENTED
    image_pb2_grpc.add_ImageServiceServicer_to_server(servicer, server)
    ingest_pb2_grpc.add_IngestServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield servicer, channel
    await server.stop(0)


def token_of(channel: grpc.aio.Channel) -> ServiceToken:
    return KnownToken(channel, service="search", secret=SecretStr(""))


@asynccontextmanager
async def store(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """An object store that answers every request alike; its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/images/1?signature=secret"
    finally:
        server.close()


def saying(status: int, body: bytes = b"") -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def answer(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return answer


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(BODY)}\r\n\r\n".encode())
    while True:
        await writer.drain()
        await asyncio.sleep(0.02)


def content(url: str) -> ImageContent:
    digest = hashlib.sha256(BODY).hexdigest()
    return ImageContent("i", "u", url, digest, len(BODY), "image/png", "a.png", {})


async def fetch(url: str) -> bytes:
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel, open_http(2) as http:
        return await StoredContents(channel, token_of(channel), http).fetch(content(url))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b"", ContentWrong),
        (410, b"", ContentWrong),
        (200, b"other bytes of it", ContentWrong),
        (200, BODY[:-1], ContentWrong),
        (200, BODY + b"!", ContentWrong),
        # Whatever may pass is nothing that an image could do about.
        (403, b"", ContentsUnavailable),
        (401, b"", ContentsUnavailable),
        (307, b"", ContentsUnavailable),
        (400, b"", ContentsUnavailable),
        (408, b"", ContentsUnavailable),
        (429, b"", ContentsUnavailable),
        (500, b"", ContentsUnavailable),
        (503, b"", ContentsUnavailable),
    ],
)
async def test_only_bytes_that_are_gone_or_others_are_held_against_an_image(
    status: int, body: bytes, error: type[ArgusError]
) -> None:
    async with store(saying(status, body)) as url:
        with pytest.raises(error) as caught:
            await fetch(url)
    assert "secret" not in caught.value.message


async def test_gives_verified_bytes() -> None:
    async with store(saying(200, BODY)) as url:
        assert await fetch(url) == BODY


@pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/x", "http://127.0.0.1:1/x?secret"])
async def test_a_store_that_cannot_be_reached_is_unavailable(url: str) -> None:
    with pytest.raises(ContentsUnavailable) as caught:
        await fetch(url)
    assert "secret" not in caught.value.message


async def test_bytes_that_never_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "FETCH_TIMEOUT_S", 0.2)
    async with store(drip) as url:
        with pytest.raises(ContentsUnavailable, match="in time"):
            await fetch(url)


async def test_bytes_that_come_too_slowly_for_the_caller_are_the_callers_deadline() -> None:
    enter_call(CallScope("/a/b", "id", time.monotonic() + 0.2))
    async with store(drip) as url:
        with pytest.raises(DeadlineExceeded):
            await fetch(url)


async def test_what_a_peer_refuses_keeps_its_reason_and_its_fields(
    storage: tuple[Refusing, grpc.aio.Channel],
) -> None:
    servicer, channel = storage
    enter_identity(Identity("user", "s", "", "token"))
    servicer.error = InvalidInput(
        "too many", field="image_ids", metadata={"most": "500"}, retry_after_s=3
    )
    servicer.error.reason = "TOO_MANY"
    with pytest.raises(InvalidInput) as caught:
        await GrpcCatalog(channel).images(["i"])
    told = caught.value
    assert (told.reason, told.field, told.metadata) == ("TOO_MANY", "image_ids", {"most": "500"})
    assert (told.retry_after_s, told.message) == (3, "too many")


def test_every_field_violation_is_kept() -> None:
    violations = [("image_ids[3]", "must be a UUID"), ("limit", "must be positive")]
    status = to_status(InvalidRequest(violations))
    assert to_status(from_status(status)) == status
    status = to_status(NotFound("no", field="image_id"))
    assert to_status(from_status(status)) == status


@pytest.mark.parametrize(
    "error", [Unauthenticated("expired"), PermissionDenied("services only")], ids=lambda e: e.reason
)
async def test_that_a_peer_does_not_take_this_service_is_not_the_callers_fault(
    storage: tuple[Refusing, grpc.aio.Channel], error: ArgusError
) -> None:
    servicer, channel = storage
    servicer.error = error
    enter_identity(Identity("user", "s", "", "token"))
    async with open_http(1) as http:
        with pytest.raises(StorageUnavailable):
            await StoredContents(channel, token_of(channel), http).resolve(["i"])
    # But the caller's own token is the caller's.
    with pytest.raises(type(error)):
        await GrpcCatalog(channel).images(["i"])


async def test_a_peer_that_hangs_is_down_unless_the_callers_time_is_up(
    storage: tuple[Refusing, grpc.aio.Channel], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, channel = storage
    monkeypatch.setattr("services.clients.catalog.TIMEOUT_S", 0.1)
    enter_identity(Identity("user", "s", "", "token"))
    with pytest.raises(StorageUnavailable, match="in time"):
        await GrpcCatalog(channel).images(["i"])
    enter_call(CallScope("/a/b", "id", time.monotonic() + 60))
    with pytest.raises(StorageUnavailable, match="in time"):
        await GrpcCatalog(channel).images(["i"])
    enter_call(CallScope("/a/b", "id", time.monotonic() + 0.05))
    with pytest.raises(DeadlineExceeded):
        await GrpcCatalog(channel).images(["i"])


Stream = ItemStream[embedder_pb2.EmbedTextsRequest, embedder_pb2.EmbedTextsResponse]


@asynccontextmanager
async def raw_stream(
    answer: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]], answer_timeout_s: float = 60
) -> AsyncIterator[Stream]:
    """A stream to a peer that answers with any bytes."""

    async def method(requests: AsyncIterator[bytes], _: object) -> AsyncIterator[bytes]:
        async for one in answer(requests):
            yield one

    server = grpc.aio.server()
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(method)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", {"m": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        multi = channel.stream_stream(
            "/s/m",
            request_serializer=embedder_pb2.EmbedTextsRequest.SerializeToString,
            response_deserializer=embedder_pb2.EmbedTextsResponse.FromString,
        )

        async def open_() -> Any:
            return multi()

        yield ItemStream(
            open_, unavailable=EmbedderUnavailable, peer="a", answer_timeout_s=answer_timeout_s
        )
    await server.stop(0)


def text(name: str) -> embedder_pb2.EmbedTextsRequest:
    return embedder_pb2.EmbedTextsRequest(item_id=name, text="red")


async def echo(requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for request in requests:
        item_id = embedder_pb2.EmbedTextsRequest.FromString(request).item_id
        yield embedder_pb2.EmbedTextsResponse(item_id=item_id).SerializeToString()


async def test_nobody_waits_for_an_answer_that_is_no_message() -> None:
    async def babble(requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for _ in requests:
            yield b"\xff\xff\xff"

    async with raw_stream(babble) as stream, asyncio.timeout(10):
        with pytest.raises(Unavailable):
            await stream.ask(text)
        with pytest.raises(Unavailable):
            await stream.ask(text)


async def test_items_that_are_given_up_amid_their_write_end_no_other() -> None:
    async with raw_stream(echo) as stream, asyncio.timeout(20):
        big = "x" * 2**20

        def large(name: str) -> embedder_pb2.EmbedTextsRequest:
            return embedder_pb2.EmbedTextsRequest(item_id=name, text=big)

        for steps in range(12):
            given_up = asyncio.create_task(stream.ask(large))
            kept = asyncio.create_task(stream.ask(text))
            for _ in range(steps):
                await asyncio.sleep(0)
            given_up.cancel()
            assert (await kept).item_id
        assert stream.under_way == 0


async def test_an_item_cannot_open_a_stream_that_was_closed_meanwhile() -> None:
    is_open, goes_on = asyncio.Event(), asyncio.Event()
    async with raw_stream(echo) as stream:
        open_call = stream._open_call

        async def slowly() -> Any:
            is_open.set()
            await goes_on.wait()
            return await open_call()

        stream._open_call = slowly
        asked = asyncio.create_task(stream.ask(text))
        await is_open.wait()
        await stream.aclose()
        goes_on.set()
        with pytest.raises(Unavailable):
            await asked
