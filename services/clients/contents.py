"""Images' bytes: where they are says storage, to services only; the object store gives them."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

import grpc
import httpx
from argus.storage.v1 import ingest_pb2, ingest_pb2_grpc

from services.clients.errors import ContentsUnavailable, ContentWrong, StorageUnavailable
from services.clients.model import ImageContent
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.runtime.outgoing import ServiceToken
from services.runtime.pools import POOL_WAIT_S, PoolFull, pool_wait_s
from services.runtime.request import remaining_s
from services.runtime.store_spans import object_request

RESOLVE_TIMEOUT_S = 10.0
REPLAY_TIMEOUT_S = 60.0
FETCH_TIMEOUT_S = 120.0
"""For all of an image's bytes, however slowly they come."""
TRANSFER_TIMEOUT_S = 20.0
"""For the next of them."""
CONNECT_TIMEOUT_S = 2.0
HASH_ON_LOOP_BYTES = 2**20
"""Bytes that are hashed on the event loop, in about a millisecond; more go to a thread."""


_NOT_THERE = (404, 410, 416)


def open_http(connections: int) -> httpx.AsyncClient:
    """Opens a client for the object store."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(TRANSFER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=POOL_WAIT_S),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        # The store is inside; no proxy of the environment stands before it.
        trust_env=False,
    )


class StoredContents:
    """Storage's IngestService and the object store behind it.

    Args:
        channel: To storage.
        token: This service's identity.
        http: Fetches the presigned links.
    """

    def __init__(
        self, channel: grpc.aio.Channel, token: ServiceToken, http: httpx.AsyncClient
    ) -> None:
        self._ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        self._token = token
        self._http = http

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        """Those of the images that exist; with bytes that storage has at hand, up to so many."""
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._ingest.ResolveContents(
                ingest_pb2.ResolveContentsRequest(image_ids=image_ids, inline_bytes=inline_bytes),
                **await as_service(self._token, timeout_s=RESOLVE_TIMEOUT_S),
            )
        return {
            content.image_id: ImageContent(
                image_id=content.image_id,
                user_id=content.user_id,
                url=content.url,
                sha256=content.sha256,
                size_bytes=content.size_bytes,
                content_type=content.content_type,
                filename=content.filename,
                labels=dict(content.labels),
                create_time_us=content.create_time.ToMicroseconds(),
                width=content.width,
                height=content.height,
                was_indexed=content.was_indexed,
                note=content.note,
                camera=content.capture.camera,
                lens=content.capture.lens,
                capture_time_us=(
                    content.capture.time.ToMicroseconds()
                    if content.capture.HasField("time")
                    else None
                ),
                iso=content.capture.iso or None,
                data=content.data,
            )
            for content in answer.contents
        }

    async def fetch(self, content: ImageContent) -> bytes:
        """An image's bytes, verified; never more than were announced."""
        if content.data:
            return await _verified(content, content.data)
        try:
            async with asyncio.timeout(remaining_s(FETCH_TIMEOUT_S)):
                image = await self._get(content)
        except TimeoutError:
            # Says so if it is the caller's time that is up.
            remaining_s(FETCH_TIMEOUT_S)
            raise ContentsUnavailable(
                "the object store did not answer in time", retry_after_s=1
            ) from None
        except httpx.PoolTimeout:
            raise PoolFull("the object store") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The error's words may hold the presigned link.
            raise ContentsUnavailable(
                f"the object store does not answer ({type(error).__name__})", retry_after_s=1
            ) from None
        return await _verified(content, bytes(image))

    async def _get(self, content: ImageContent) -> bytearray:
        timeout = httpx.Timeout(TRANSFER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=pool_wait_s())
        with object_request("GET") as answered:
            async with self._http.stream("GET", content.url, timeout=timeout) as response:
                answered(response.status_code)
                return await self._read(content, response)

    async def _read(self, content: ImageContent, response: httpx.Response) -> bytearray:
        if response.status_code in _NOT_THERE:
            raise ContentWrong(f"the object store does not give the bytes ({response.status_code})")
        if response.status_code != 200:
            # Also if it does not take the link: that expires, or its keys were changed.
            raise ContentsUnavailable(
                f"the object store answers {response.status_code}", retry_after_s=1
            )
        image = bytearray()
        async for chunk in response.aiter_raw():
            image += chunk
            if len(image) > content.size_bytes:
                break
        return image

    async def replay(self) -> int:
        """Has every kept image announced anew; how many there are."""
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._ingest.ReplayImages(
                ingest_pb2.ReplayImagesRequest(),
                **await as_service(self._token, timeout_s=REPLAY_TIMEOUT_S),
            )
        return answer.image_count


async def _verified(content: ImageContent, image: bytes) -> bytes:
    if len(image) != content.size_bytes or await _sha256(image) != content.sha256:
        raise ContentWrong("the bytes in the object store are not those that were uploaded")
    return image


async def _sha256(image: bytes) -> str:
    if len(image) <= HASH_ON_LOOP_BYTES:
        return hashlib.sha256(image).hexdigest()
    return await asyncio.to_thread(lambda: hashlib.sha256(image).hexdigest())
