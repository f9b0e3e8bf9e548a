"""Somebody who uses a running storage service, and what a test may look at behind it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import grpc
import httpx
import pytest
import redis.asyncio
from argus.auth.v1 import auth_pb2
from argus.storage.v1 import image_pb2
from pydantic import SecretStr

from services.runtime.outgoing import ServiceToken
from services.storage.s3_links import S3Links, utc_now
from services.storage.settings import StorageSettings
from tests.support.eventually import eventually
from tests.support.measuring import Measured
from tests.support.services import SERVICE_SECRET, error_info
from tests.support.user import User, register

if TYPE_CHECKING:
    from argus.auth.v1 import auth_pb2_grpc
    from argus.storage.v1 import artifact_pb2_grpc, image_pb2_grpc, ingest_pb2_grpc

Metadata = tuple[tuple[str, str], ...]


class AdjustableClock:
    """The real time and whatever was added."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Storage:
    """A running storage service and what a test needs to talk to it."""

    channel: grpc.aio.Channel
    auth_channel: grpc.aio.Channel
    images: "image_pb2_grpc.ImageServiceAsyncStub"
    ingest: "ingest_pb2_grpc.IngestServiceAsyncStub"
    artifacts: "artifact_pb2_grpc.ArtifactServiceAsyncStub"
    auth: "auth_pb2_grpc.AuthServiceAsyncStub"
    http: httpx.AsyncClient
    redis: "redis.asyncio.Redis"
    postgres: asyncpg.Pool
    clock: AdjustableClock
    settings: StorageSettings
    measured: Measured

    def search_token(self) -> ServiceToken:
        """What search calls storage with."""
        return ServiceToken(self.auth_channel, service="search", secret=SecretStr(SERVICE_SECRET))

    def link(self, key: str) -> str:
        """A presigned GET of any object."""
        return self.links().get(key, timedelta(minutes=1))

    def links(self) -> S3Links:
        """Presigned links to any object."""
        s3 = self.settings
        return S3Links(
            s3.s3_url,
            bucket=s3.s3_bucket,
            access_key=s3.s3_access_key,
            secret_key=s3.s3_secret_key.get_secret_value(),
            region=s3.s3_region,
            clock=utc_now,
        )


class StorageUser(User):
    """Somebody who signed up, and all that storage lets them do."""

    def __init__(self, storage: Storage, session: auth_pb2.Session) -> None:
        super().__init__(storage.images, storage.http, session)

    async def call(self, method: str, **fields: Any) -> Any:
        """Calls a unary method, whose request has these fields."""
        request = getattr(image_pb2, f"{method}Request")(**fields)
        return await getattr(self.images, method)(request, metadata=self.token)

    @asynccontextmanager
    async def watching(self, after_cursor: str = "") -> AsyncIterator[Any]:
        """A watch of their images that has begun; its messages are read with `read`."""
        request = image_pb2.WatchImagesRequest(after_cursor=after_cursor)
        stream = self.images.WatchImages(request, metadata=self.token)
        try:
            yield stream
        finally:
            stream.cancel()

    async def page(self, **fields: Any) -> image_pb2.ListImagesResponse:
        """A page of their images."""
        request = image_pb2.ListImagesRequest(**fields)
        return await self.images.ListImages(request, metadata=self.token)

    async def download(self, image_id: str) -> list[Any]:
        """All messages of a download."""
        request = image_pb2.DownloadImageRequest(image_id=image_id)
        return [
            message async for message in self.images.DownloadImage(request, metadata=self.token)
        ]

    async def thumbnail(self, image_id: str) -> Any:
        """A thumbnail."""
        request = image_pb2.GetThumbnailRequest(image_id=image_id)
        return await self.images.GetThumbnail(request, metadata=self.token)


async def sign_up(storage: Storage) -> StorageUser:
    """Somebody new."""
    return StorageUser(storage, await register(storage.auth))


async def refused(
    call: Awaitable[object], code: grpc.StatusCode, reason: str
) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), error_info(caught.value).reason) == (code, reason)
    return caught.value


async def events_of(storage: Storage, image_id: str) -> list[str]:
    entries: Any = await storage.redis.xrange("argus:images")
    events = [json.loads(fields["event"]) for _, fields in entries]
    return [event["type"] for event in events if event["image_id"] == image_id]


async def announce_raw(storage: Storage, fields: dict[str, str]) -> None:
    entry: dict[Any, Any] = dict(fields)
    await storage.redis.xadd("argus:indexed", entry)


async def announce(storage: Storage, **event: str) -> None:
    await announce_raw(storage, {"event": json.dumps(event)})


async def indexed(storage: Storage, user: StorageUser, image_id: str) -> None:
    """Says that search has an image, as search does; it is reminded of it no more."""
    await announce(storage, type="indexed", image_id=image_id)

    async def done() -> bool:
        return (await user.image(image_id)).state == image_pb2.Image.INDEXED

    await eventually(done, "it is indexed")


async def told(storage: Storage, image_id: str, *types: str) -> None:
    async def check() -> bool:
        return await events_of(storage, image_id) == list(types)

    await eventually(check, f"search is told {types}")


def gone(storage: Storage, url: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return (await storage.http.get(url)).status_code == 404

    return check


def staging_empty(
    storage: Storage, user: StorageUser, image_id: str
) -> Callable[[], Awaitable[bool]]:
    return gone(storage, storage.link(f"uploads/{user.user_id}/{image_id}"))
