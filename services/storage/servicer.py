"""ImageService, IngestService and ArtifactService: translate, call, translate."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import grpc
from argus.storage.v1 import (
    artifact_pb2,
    artifact_pb2_grpc,
    image_pb2,
    image_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
)
from google.api import httpbody_pb2

from services.runtime.filters import parse_filter
from services.runtime.identity import require_service, require_user
from services.runtime.text import kept_filter
from services.storage.artifacts import Artifacts
from services.storage.filter_sql import FILTER_FIELDS
from services.storage.ingest import Ingest
from services.storage.library import Library
from services.storage.ports import Links
from services.storage.translate import (
    content_message,
    image_message,
    page_position,
    page_token,
    presigned_message,
    upload_request,
)
from services.storage.uploads import THUMBNAIL_TYPE, Uploads

Context = grpc.aio.ServicerContext[Any, Any]

DEFAULT_PAGE_SIZE = 50


class ImageServicer(image_pb2_grpc.ImageServiceServicer):
    """The RPC methods for users; the contract documents them."""

    def __init__(self, uploads: Uploads, library: Library, links: Links) -> None:
        self._uploads = uploads
        self._library = library
        self._links = links

    async def CreateUpload(
        self, request: image_pb2.CreateUploadRequest, context: Context
    ) -> image_pb2.CreateUploadResponse:
        image, put = await self._uploads.create(_caller(), upload_request(request))
        response = image_pb2.CreateUploadResponse(image=image_message(image, self._links))
        if put is not None:
            response.upload.CopyFrom(presigned_message(put, image.content_type))
        return response

    async def CompleteUpload(
        self, request: image_pb2.CompleteUploadRequest, context: Context
    ) -> image_pb2.Image:
        image = await self._uploads.complete(_caller(), UUID(request.image_id))
        return image_message(image, self._links)

    async def GetImage(
        self, request: image_pb2.GetImageRequest, context: Context
    ) -> image_pb2.Image:
        image = await self._library.get(_caller(), UUID(request.image_id))
        return image_message(image, self._links)

    async def BatchGetImages(
        self, request: image_pb2.BatchGetImagesRequest, context: Context
    ) -> image_pb2.BatchGetImagesResponse:
        ids = [UUID(image_id) for image_id in request.image_ids]
        images = await self._library.get_many(_caller(), ids)
        return image_pb2.BatchGetImagesResponse(
            images=[image_message(image, self._links) for image in images]
        )

    async def ListImages(
        self, request: image_pb2.ListImagesRequest, context: Context
    ) -> image_pb2.ListImagesResponse:
        user_id = _caller()
        where = kept_filter(parse_filter(request.filter, FILTER_FIELDS))
        after = page_position(request.page_token, user_id, request.filter)
        page = await self._library.page(
            user_id, where, after, request.page_size or DEFAULT_PAGE_SIZE
        )
        return image_pb2.ListImagesResponse(
            images=[image_message(image, self._links) for image in page.images],
            next_page_token=page_token(page.next, user_id, request.filter),
        )

    async def DeleteImage(
        self, request: image_pb2.DeleteImageRequest, context: Context
    ) -> image_pb2.DeleteImageResponse:
        await self._library.delete(_caller(), UUID(request.image_id))
        return image_pb2.DeleteImageResponse()

    async def DownloadImage(
        self, request: image_pb2.DownloadImageRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        first = True
        # Closed at once when the caller goes away, and with it the connection to the store.
        async with aclosing(self._library.content(_caller(), UUID(request.image_id))) as content:
            async for content_type, chunk in content:
                # HTTP takes the type from the first message.
                yield httpbody_pb2.HttpBody(content_type=content_type if first else "", data=chunk)
                first = False

    async def GetThumbnail(
        self, request: image_pb2.GetThumbnailRequest, context: Context
    ) -> httpbody_pb2.HttpBody:
        thumbnail = await self._library.thumbnail(_caller(), UUID(request.image_id))
        return httpbody_pb2.HttpBody(content_type=THUMBNAIL_TYPE, data=thumbnail)


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """The RPC methods for the indexer; the contract documents them."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    async def ResolveContents(
        self, request: ingest_pb2.ResolveContentsRequest, context: Context
    ) -> ingest_pb2.ResolveContentsResponse:
        require_service()
        contents = await self._ingest.resolve([UUID(image_id) for image_id in request.image_ids])
        return ingest_pb2.ResolveContentsResponse(
            contents=[content_message(image, url) for image, url in contents]
        )

    async def ReplayImages(
        self, request: ingest_pb2.ReplayImagesRequest, context: Context
    ) -> ingest_pb2.ReplayImagesResponse:
        require_service()
        return ingest_pb2.ReplayImagesResponse(image_count=await self._ingest.replay())


class ArtifactServicer(artifact_pb2_grpc.ArtifactServiceServicer):
    """The RPC methods for services that build things; the contract documents them."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def ResolveArtifacts(
        self, request: artifact_pb2.ResolveArtifactsRequest, context: Context
    ) -> artifact_pb2.ResolveArtifactsResponse:
        require_service()
        return artifact_pb2.ResolveArtifactsResponse(
            artifacts=[
                artifact_pb2.ArtifactLinks(
                    name=links.name, put_url=links.put_url, get_url=links.get_url
                )
                for links in self._artifacts.resolve(request.names)
            ]
        )

    async def DeleteArtifacts(
        self, request: artifact_pb2.DeleteArtifactsRequest, context: Context
    ) -> artifact_pb2.DeleteArtifactsResponse:
        require_service()
        await self._artifacts.delete(request.names)
        return artifact_pb2.DeleteArtifactsResponse()


def _caller() -> UUID:
    return UUID(require_user().user_id)
