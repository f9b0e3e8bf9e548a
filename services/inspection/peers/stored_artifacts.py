"""Artifacts in the object store; storage resolves their URLs, for services only."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC

import grpc
import httpx
from argus.storage.v1 import artifact_pb2, artifact_pb2_grpc

from services.clients.errors import ContentsUnavailable, StorageUnavailable
from services.clients.peer_errors import translated
from services.clients.service_call import as_service
from services.inspection.errors import ArtifactWrong
from services.inspection.ports import ListedArtifact
from services.runtime.errors import DeadlineExceeded
from services.runtime.outgoing import ServiceToken
from services.runtime.pools import PoolFull
from services.runtime.request import remaining_s
from services.runtime.store_spans import object_request

RESOLVE_TIMEOUT_S = 10.0
DELETE_TIMEOUT_S = 30.0
LIST_TIMEOUT_S = 30.0
TRANSFER_TIMEOUT_S = 120.0
MOST_AT_ONCE = 100
"""Names that storage is told at once."""


class StoredArtifacts:
    """`Artifacts` over storage's ArtifactService and the object store behind it.

    Args:
        channel: To storage.
        token: This service's identity.
        http: Uses the presigned links.
    """

    def __init__(
        self, channel: grpc.aio.Channel, token: ServiceToken, http: httpx.AsyncClient
    ) -> None:
        self._storage = artifact_pb2_grpc.ArtifactServiceStub(channel)
        self._token = token
        self._http = http

    async def put(self, name: str, content: bytes) -> None:
        """Keeps an artifact, in place of a former one of that name.

        Raises:
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """
        links = await self._resolve(name)
        with object_request("PUT") as answered:
            async with _transfer():
                response = await self._http.put(links.put_url, content=content)
            answered(response.status_code)
        if response.status_code != 200:
            raise _answered(response.status_code)

    async def get(self, name: str, sha256: str) -> bytes:
        """An artifact's bytes, verified.

        Raises:
            ArtifactWrong: they are gone or not those that were kept.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """
        links = await self._resolve(name)
        with object_request("GET") as answered:
            async with _transfer(), self._http.stream("GET", links.get_url) as response:
                answered(response.status_code)
                if response.status_code == 404:
                    raise ArtifactWrong("what the version learnt is gone; calibrate anew")
                if response.status_code != 200:
                    raise _answered(response.status_code)
                content = b"".join([chunk async for chunk in response.aiter_raw()])
        digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
        if digest != sha256:
            raise ArtifactWrong("what the version learnt was changed; calibrate anew")
        return content

    async def remove(self, names: Sequence[str]) -> None:
        """Removes artifacts; those that are gone are fine.

        Raises:
            Unavailable: storage or the object store does not answer.
        """
        for start in range(0, len(names), MOST_AT_ONCE):
            with translated("storage", StorageUnavailable, as_service=True):
                await self._storage.DeleteArtifacts(
                    artifact_pb2.DeleteArtifactsRequest(names=names[start : start + MOST_AT_ONCE]),
                    **await as_service(self._token, timeout_s=DELETE_TIMEOUT_S),
                )

    async def listed(self, prefix: str, after: str) -> Sequence[ListedArtifact]:
        """Artifacts whose names begin so, by name, behind `after`; none if there are no more.

        Raises:
            Unavailable: storage or the object store does not answer.
        """
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._storage.ListArtifacts(
                artifact_pb2.ListArtifactsRequest(prefix=prefix, after=after),
                **await as_service(self._token, timeout_s=LIST_TIMEOUT_S),
            )
        return [
            ListedArtifact(one.name, one.size_bytes, one.put_time.ToDatetime(UTC))
            for one in answer.artifacts
        ]

    async def _resolve(self, name: str) -> artifact_pb2.ArtifactLinks:
        with translated("storage", StorageUnavailable, as_service=True):
            answer = await self._storage.ResolveArtifacts(
                artifact_pb2.ResolveArtifactsRequest(names=[name]),
                **await as_service(self._token, timeout_s=RESOLVE_TIMEOUT_S),
            )
        return answer.artifacts[0]


@asynccontextmanager
async def _transfer() -> AsyncIterator[None]:
    """Bounds the time of a request to the object store, and says what a failed one means."""
    try:
        async with asyncio.timeout(remaining_s(TRANSFER_TIMEOUT_S)):
            yield
    except TimeoutError:
        raise DeadlineExceeded("the object store did not answer in time") from None
    except httpx.PoolTimeout:
        raise PoolFull("the object store") from None
    except httpx.TransportError as error:
        # The error's words may hold the presigned link.
        raise ContentsUnavailable(
            f"the object store does not answer ({type(error).__name__})", retry_after_s=1
        ) from None


def _answered(status: int) -> ContentsUnavailable:
    return ContentsUnavailable(f"the object store answers {status}", retry_after_s=1)
