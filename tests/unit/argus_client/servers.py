"""Servers over real sockets whose answers tests give."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import grpc
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc
from google.api import httpbody_pb2
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from argus_client import ApiKey, Client, Password, connect
from tests.support.fake_store import FakeStore

PNG = b"\x89PNG\r\n\x1a\n and what follows"
Refusal = tuple[grpc.StatusCode, str, str]
RESTARTING: Refusal = (grpc.StatusCode.UNAVAILABLE, "", "not yet")
EXPIRED: Refusal = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED", "renew it")


def status(refusal: Refusal) -> status_pb2.Status:
    code, reason, message = refusal
    found = status_pb2.Status(code=code.value[0], message=message)
    if reason:
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=reason))
        found.details.append(detail)
    return found


async def refuse(context: Any, refusal: Refusal) -> None:
    details = status(refusal).SerializeToString()
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    await context.abort(refusal[0], refusal[2])


class Auth(auth_pb2_grpc.AuthServiceServicer):
    def __init__(self) -> None:
        self.expires_in = 900
        self.asked: list[str] = []

    async def ExchangeApiKey(self, request: Any, context: Any) -> Any:
        self.asked.append(f"key {request.secret}")
        return auth_pb2.ExchangeApiKeyResponse(access_token="of-key", expires_in=self.expires_in)

    async def Login(self, request: Any, context: Any) -> Any:
        self.asked.append(f"login {request.email} {request.password}")
        return self._session("first")

    async def RefreshToken(self, request: Any, context: Any) -> Any:
        self.asked.append(f"refresh {request.refresh_token}")
        return self._session("second")

    def _session(self, name: str) -> Any:
        return auth_pb2.Session(
            access_token=name, refresh_token=f"after-{name}", expires_in=self.expires_in
        )


class Images(image_pb2_grpc.ImageServiceServicer):
    """Keeps images whose bytes it finds in its store."""

    def __init__(self, store: FakeStore | None = None) -> None:
        self.store = store
        self.bearers: list[str] = []
        self.refusals: list[Refusal] = []
        """What the next calls are refused with."""
        self.reserved: list[Any] = []
        self.stored: dict[str, image_pb2.Image] = {}
        self.watches: list[list[Any]] = []
        """What each watch tells, and perhaps what it is refused with then."""
        self.cursors: list[str] = []
        self.lost = 0
        """Times that bytes are lost before they are completed."""
        self.broken_after: list[int] = []
        """Of the next downloads: pieces after which they break."""
        self.downloads: list[tuple[int, int]] = []
        """Offset and length of each."""
        self.knows_ranges = True

    async def _begin(self, context: Any) -> None:
        self.bearers.append(str(dict(context.invocation_metadata() or ())["authorization"]))
        if self.refusals:
            await refuse(context, self.refusals.pop(0))

    async def GetImage(self, request: Any, context: Any) -> Any:
        await self._begin(context)
        if request.image_id == "gone":
            refusal = (grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND", "There is no such image.")
            await refuse(context, refusal)
        return self.stored.get(request.image_id, image_pb2.Image(image_id=request.image_id))

    async def UpdateImage(self, request: Any, context: Any) -> Any:
        await self._begin(context)
        return request.image

    async def ImportImages(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        assert self.store
        async for part in requests:
            image = image_pb2.Image(
                image_id=str(uuid4()), filename=part.spec.filename, labels=part.spec.labels,
                size_bytes=part.spec.size_bytes, sha256=part.spec.sha256,
                state=image_pb2.Image.UPLOADED,
            )  # fmt: skip
            self.stored[image.image_id] = image
            self.store.objects[f"/{image.image_id}?signature=1"] = part.chunk.data
            yield image_pb2.ImportImagesResponse(
                item_id=part.item_id, imported=image_pb2.ImportedImage(image=image)
            )

    async def ListImages(self, request: Any, context: Any) -> Any:
        if "sha256" in request.filter:
            found = [one for one in self.stored.values() if one.sha256 in request.filter]
            return image_pb2.ListImagesResponse(images=found)
        start = int(request.page_token or 0)
        return image_pb2.ListImagesResponse(
            images=[image_pb2.Image(image_id=str(start))],
            next_page_token=str(start + 1) if start < 2 else "",
        )

    async def CreateUpload(self, request: Any, context: Any) -> Any:
        self.reserved.append(request)
        await self._begin(context)
        for image in self.stored.values():
            if image.sha256 == request.sha256 and image.state != image_pb2.Image.PENDING:
                return image_pb2.CreateUploadResponse(image=image)
        image = image_pb2.Image(
            image_id=str(uuid4()), filename=request.filename, size_bytes=request.size_bytes,
            sha256=request.sha256, labels=request.labels, state=image_pb2.Image.PENDING,
        )  # fmt: skip
        self.stored[image.image_id] = image
        assert self.store
        return image_pb2.CreateUploadResponse(
            image=image,
            upload=image_pb2.PresignedRequest(
                url=f"{self.store.url}/{image.image_id}?signature=1",
                method="PUT",
                headers={"content-type": request.content_type},
            ),
        )

    async def CompleteUpload(self, request: Any, context: Any) -> Any:
        assert self.store
        path = f"/{request.image_id}?signature=1"
        if self.lost:
            self.lost -= 1
            del self.store.objects[path]
        if path not in self.store.objects:
            refusal = (grpc.StatusCode.FAILED_PRECONDITION, "UPLOAD_NOT_RECEIVED", "no bytes")
            await refuse(context, refusal)
        image = self.stored[request.image_id]
        assert hashlib.sha256(self.store.objects[path]).hexdigest() == image.sha256
        image.state = image_pb2.Image.UPLOADED
        return image

    async def BatchGetImages(self, request: Any, context: Any) -> Any:
        await self._begin(context)
        found = [self.stored[one] for one in request.image_ids if one in self.stored]
        answer = image_pb2.BatchGetImagesResponse(images=found)
        for image in found:
            image.state = image_pb2.Image.INDEXED
        return answer

    async def DownloadImage(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._begin(context)
        assert self.store
        data = self.store.objects[f"/{request.image_id}?signature=1"]
        self.downloads.append((request.offset, request.length))
        if self.knows_ranges and (request.offset or request.length):
            if request.offset >= len(data):
                refusal = (grpc.StatusCode.OUT_OF_RANGE, "RANGE_NOT_SATISFIABLE", "no such bytes")
                await refuse(context, refusal)
            until = request.offset + request.length if request.length else len(data)
            whole, data = len(data), data[request.offset : until]
            said = f"bytes {request.offset}-{request.offset + len(data) - 1}/{whole}"
            await context.send_initial_metadata((("content-range", said),))
        pieces = [data[at : at + 5] for at in range(0, len(data), 5)]
        until = self.broken_after.pop(0) if self.broken_after else len(pieces)
        for piece in pieces[:until]:
            yield httpbody_pb2.HttpBody(data=piece)
        if until < len(pieces):
            await refuse(context, RESTARTING)

    async def WatchImages(self, request: Any, context: Any) -> AsyncIterator[Any]:
        await self._begin(context)
        self.cursors.append(request.after_cursor)
        for told in self.watches.pop(0):
            if isinstance(told, tuple):
                await refuse(context, told)
            yield told


class Embedder(embedder_pb2_grpc.EmbedderServiceServicer):
    """Answers each text with its length."""

    def __init__(self) -> None:
        self.streams: list[list[str]] = []
        """Ids of items of each stream."""
        self.breaks: list[tuple[int, Refusal]] = []
        """Of the next streams: items after which they break unanswered, and how."""
        self.refused: dict[str, list[Refusal]] = {}
        """Of items: what they are answered first."""

    async def EmbedTexts(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        seen: list[str] = []
        self.streams.append(seen)
        breaks = self.breaks.pop(0) if self.breaks else None
        async for request in requests:
            seen.append(request.item_id)
            if breaks and len(seen) > breaks[0]:
                await refuse(context, breaks[1])
            answer = embedder_pb2.EmbedTextsResponse(item_id=request.item_id)
            if self.refused.get(request.item_id):
                answer.error.CopyFrom(status(self.refused[request.item_id].pop(0)))
            else:
                answer.embedding.values.append(len(request.text))
            yield answer


@asynccontextmanager
async def serving(
    auth: Auth | None = None, images: Images | None = None, embedder: Embedder | None = None
) -> AsyncIterator[str]:
    """Where they answer."""
    server = grpc.aio.server()
    auth_pb2_grpc.add_AuthServiceServicer_to_server(auth or Auth(), server)  # type: ignore[abstract]  # others are not called
    image_pb2_grpc.add_ImageServiceServicer_to_server(images or Images(), server)  # type: ignore[abstract]  # others are not called
    embedder_pb2_grpc.add_EmbedderServiceServicer_to_server(embedder or Embedder(), server)  # type: ignore[abstract]  # others are not called
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop(0)


@asynccontextmanager
async def served(
    who: ApiKey | Password,
    auth: Auth | None = None,
    images: Images | None = None,
    embedder: Embedder | None = None,
) -> AsyncIterator[Client]:
    """A client of them."""
    async with serving(auth, images, embedder) as address, connect(address, who) as client:
        yield client
