"""ImageService, IngestService and ArtifactService: translate, call, translate."""

from collections.abc import AsyncIterator, Iterable, Sequence
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
    upload_pb2,
)
from google.api import httpbody_pb2

from services.runtime.errors import ArgusError
from services.runtime.identity import require_user
from services.runtime.item_errors import explained
from services.runtime.status import to_status
from services.runtime.streaming import answer_each
from services.runtime.text import kept_label
from services.runtime.validation import validate_request
from services.storage.allowance import Allowance
from services.storage.artifacts import Artifacts
from services.storage.byte_range import ByteRange, asked_range, header_range
from services.storage.comparing import Comparing
from services.storage.deletion import Deletion
from services.storage.editing import Editing
from services.storage.errors import FilterEmpty, UpdateInvalid, UploadIncomplete
from services.storage.import_stream import ImportStreams, Ready, timely
from services.storage.ingest import Ingest
from services.storage.library import Library
from services.storage.model import Image, Listing
from services.storage.ports import Links, UsageCounts
from services.storage.showing import RENDITION_TYPE, THUMBNAIL_SIDE
from services.storage.streamed_uploads import StreamedUpload, StreamedUploads
from services.storage.translate import (
    Limits,
    body_headers,
    body_tag,
    chunk_of,
    content_message,
    filter_of,
    fingerprints_message,
    foreign_preview_message,
    image_message,
    import_part,
    is_known,
    label_message,
    listing_of,
    listing_words,
    month_message,
    page_position,
    page_token,
    presigned_message,
    preview_message,
    standing_message,
    update_of,
    upload_progress_message,
    upload_request,
    usage_message,
    watch_message,
)
from services.storage.uploads import Uploads
from services.storage.watching import ImageWatch

Context = grpc.aio.ServicerContext[Any, Any]

IMPORT_WINDOW = 32
"""Items of a stream that are under way at once."""

DEFAULT_PAGE_SIZE = 50
DEFAULT_LABEL_VALUES = 50
DEFAULT_FINGERPRINTS = 5_000
DEFAULT_INDEXED = 1_000


class ImageServicer(image_pb2_grpc.ImageServiceServicer):
    """The RPC methods for users; the contract documents them."""

    def __init__(
        self,
        uploads: Uploads,
        library: Library,
        editing: Editing,
        deletion: Deletion,
        *,
        streamed: StreamedUploads,
        imports: ImportStreams,
        watch: ImageWatch,
        links: Links,
        usage: UsageCounts,
        allowance: Allowance,
    ) -> None:
        self._usage = usage
        self._allowance = allowance
        self._uploads = uploads
        self._library = library
        self._editing = editing
        self._deletion = deletion
        self._streamed = streamed
        self._imports = imports
        self._watch = watch
        self._links = links

    async def CreateUpload(
        self, request: image_pb2.CreateUploadRequest, context: Context
    ) -> image_pb2.CreateUploadResponse:
        return await self._create(_caller(), request)

    async def BatchCreateUploads(
        self, request: image_pb2.BatchCreateUploadsRequest, context: Context
    ) -> image_pb2.BatchCreateUploadsResponse:
        user_id = _caller()
        results = []
        # One after the other: two of them may be of the same bytes.
        for one in request.requests:
            try:
                validate_request(one)
                created = await self._create(user_id, one)
                results.append(image_pb2.CreateUploadResult(response=created))
            except ArgusError as error:
                results.append(image_pb2.CreateUploadResult(error=to_status(error)))
        return image_pb2.BatchCreateUploadsResponse(results=results)

    async def CompleteUpload(
        self, request: image_pb2.CompleteUploadRequest, context: Context
    ) -> image_pb2.Image:
        return self._message(await self._uploads.complete(_caller(), UUID(request.image_id)))

    async def UploadImage(
        self, request_iterator: AsyncIterator[upload_pb2.UploadImageRequest], context: Context
    ) -> image_pb2.Image:
        user_id = _caller()
        async with self._imports.place(user_id), aclosing(timely(request_iterator)) as parts:
            upload = await self._begun(user_id, await anext(parts, None))
            try:
                if not upload.is_open:
                    # Completing it again answers the same, or what was wrong with it.
                    return self._message(await upload.finish(""))
                async for part in parts:
                    validate_request(part)
                    if part.HasField("finish"):
                        return self._message(await upload.finish(part.finish.sha256))
                    if not part.HasField("chunk"):
                        raise UploadIncomplete("after the first message come chunks, then finish")
                    await upload.take(chunk_of(part.chunk))
                raise UploadIncomplete("the stream ended without finish")
            finally:
                upload.close()

    async def _begun(
        self, user_id: UUID, first: upload_pb2.UploadImageRequest | None
    ) -> StreamedUpload:
        if first is not None:
            validate_request(first)
            if first.HasField("spec"):
                return await self._streamed.begin(user_id, upload_request(first.spec))
            if first.HasField("image_id"):
                return await self._streamed.resume(user_id, UUID(first.image_id))
        raise UploadIncomplete("an upload begins with a spec or an image id")

    async def GetUpload(
        self, request: image_pb2.GetUploadRequest, context: Context
    ) -> image_pb2.GetUploadResponse:
        image, persisted = await self._streamed.progress(_caller(), UUID(request.image_id))
        return upload_progress_message(image, persisted, self._links)

    async def ImportImages(
        self, request_iterator: AsyncIterator[upload_pb2.ImportImagesRequest], context: Context
    ) -> AsyncIterator[image_pb2.ImportImagesResponse]:
        async def answer(ready: Ready) -> image_pb2.ImportImagesResponse:
            response = image_pb2.ImportImagesResponse(item_id=ready.item_id)
            try:
                imported = await ready.result()
            except Exception as error:  # noqa: BLE001 - one item's failure harms no other
                response.error.CopyFrom(to_status(explained(error)))
            else:
                response.imported.image.CopyFrom(image_message(imported.image, None))
                response.imported.existing = imported.existing
            return response

        parts = (import_part(message) async for message in request_iterator)
        async with aclosing(self._imports.items(_caller(), parts)) as items:
            async for response in answer_each(items, answer, window=IMPORT_WINDOW):
                yield response

    async def GetImage(
        self, request: image_pb2.GetImageRequest, context: Context
    ) -> image_pb2.Image:
        return self._message(await self._library.get(_caller(), UUID(request.image_id)))

    async def BatchGetImages(
        self, request: image_pb2.BatchGetImagesRequest, context: Context
    ) -> image_pb2.BatchGetImagesResponse:
        images = await self._library.get_many(_caller(), _ids(request.image_ids))
        return image_pb2.BatchGetImagesResponse(images=self._messages(images))

    async def ListImages(
        self, request: image_pb2.ListImagesRequest, context: Context
    ) -> image_pb2.ListImagesResponse:
        user_id = _caller()
        listing, words = listing_of(request), listing_words(request)
        after = page_position(request.page_token, user_id, *words)
        page = await self._library.page(
            user_id, listing, after, request.page_size or DEFAULT_PAGE_SIZE
        )
        total = await self._library.count(user_id, listing) if request.with_total else 0
        return image_pb2.ListImagesResponse(
            images=self._messages(page.images),
            next_page_token=page_token(page.next, user_id, *words),
            total_size=total,
        )

    async def ListImageMonths(
        self, request: image_pb2.ListImageMonthsRequest, context: Context
    ) -> image_pb2.ListImageMonthsResponse:
        months = await self._library.months(
            _caller(), Listing(filter_of(request.filter)), request.time_zone or "UTC"
        )
        return image_pb2.ListImageMonthsResponse(
            months=[month_message(month) for month in months],
            total_size=sum(month.image_count for month in months),
        )

    async def ListLabels(
        self, request: image_pb2.ListLabelsRequest, context: Context
    ) -> image_pb2.ListLabelsResponse:
        keys = await self._library.labels(
            _caller(),
            request.key,
            kept_label(request.prefix),
            request.max_values or DEFAULT_LABEL_VALUES,
        )
        return image_pb2.ListLabelsResponse(keys=[label_message(key) for key in keys])

    async def UpdateImage(
        self, request: image_pb2.UpdateImageRequest, context: Context
    ) -> image_pb2.Image:
        user_id = _caller()
        if not request.image.image_id:
            raise UpdateInvalid("say which image to change", field="image.image_id")
        image_id = UUID(request.image.image_id)
        return self._message(await self._editing.update(user_id, image_id, update_of(request)))

    async def BatchUpdateLabels(
        self, request: image_pb2.BatchUpdateLabelsRequest, context: Context
    ) -> image_pb2.BatchUpdateLabelsResponse:
        images = await self._editing.label(
            _caller(), _ids(request.image_ids), dict(request.set), set(request.remove)
        )
        return image_pb2.BatchUpdateLabelsResponse(images=self._messages(images))

    async def DeleteImage(
        self, request: image_pb2.DeleteImageRequest, context: Context
    ) -> image_pb2.DeleteImageResponse:
        await self._deletion.delete(
            _caller(), UUID(request.image_id), permanently=request.permanently
        )
        return image_pb2.DeleteImageResponse()

    async def BatchDeleteImages(
        self, request: image_pb2.BatchDeleteImagesRequest, context: Context
    ) -> image_pb2.BatchDeleteImagesResponse:
        deleted = await self._deletion.delete_many(
            _caller(), _ids(request.image_ids), permanently=request.permanently
        )
        return image_pb2.BatchDeleteImagesResponse(image_ids=[str(one) for one in deleted])

    async def DeleteImagesByFilter(
        self, request: image_pb2.DeleteImagesByFilterRequest, context: Context
    ) -> image_pb2.DeleteImagesByFilterResponse:
        where = filter_of(request.filter)
        if where is None:
            raise FilterEmpty("say which images are to be deleted", field="filter")
        user_id = _caller()
        if request.dry_run:
            count = await self._deletion.count_found(user_id, where)
            return image_pb2.DeleteImagesByFilterResponse(remaining_count=count)
        deleted, left = await self._deletion.delete_found(
            user_id,
            where,
            expected=request.expected_count if request.HasField("expected_count") else None,
            permanently=request.permanently,
        )
        return image_pb2.DeleteImagesByFilterResponse(deleted_count=deleted, remaining_count=left)

    async def GetUsage(
        self, request: image_pb2.GetUsageRequest, context: Context
    ) -> image_pb2.GetUsageResponse:
        user_id = _caller()
        return image_pb2.GetUsageResponse(
            pending=usage_message(await self._usage.pending(user_id), self._allowance.pending),
            kept=usage_message(await self._usage.kept(user_id), self._allowance.kept),
        )

    async def UndeleteImage(
        self, request: image_pb2.UndeleteImageRequest, context: Context
    ) -> image_pb2.Image:
        return self._message(await self._deletion.undelete(_caller(), UUID(request.image_id)))

    async def BatchUndeleteImages(
        self, request: image_pb2.BatchUndeleteImagesRequest, context: Context
    ) -> image_pb2.BatchUndeleteImagesResponse:
        images = await self._deletion.undelete_many(_caller(), _ids(request.image_ids))
        return image_pb2.BatchUndeleteImagesResponse(images=self._messages(images))

    async def WatchImages(
        self, request: image_pb2.WatchImagesRequest, context: Context
    ) -> AsyncIterator[image_pb2.WatchImagesResponse]:
        async with aclosing(self._watch.watch(_caller(), request.after_cursor)) as watched:
            async for told in watched:
                yield watch_message(told, self._links)

    async def DownloadImage(
        self, request: image_pb2.DownloadImageRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        image = await self._library.kept(_caller(), UUID(request.image_id))
        tag = body_tag(image)
        known = _knows(context, tag)
        asked = None if known else _range(request, context, tag, image.size_bytes)
        part = asked.content_range(image.size_bytes) if asked else ""
        headers = (
            *body_headers(tag, image.filename, known=known, part=part),
            ("accept-ranges", "bytes"),
        )
        if known:
            await context.send_initial_metadata(headers)
            return
        # HTTP takes the type from the first message.
        content_type = image.content_type
        # Closed at once when the caller goes away, and with it the connection to the store.
        offset, length = (asked.offset, asked.length) if asked else (0, 0)
        read = self._library.content(image, offset=offset, length=length)
        async with aclosing(read) as content:
            async for chunk in content:
                if content_type:
                    await context.send_initial_metadata(headers)
                yield httpbody_pb2.HttpBody(content_type=content_type, data=chunk)
                content_type = ""

    async def GetThumbnail(
        self, request: image_pb2.GetThumbnailRequest, context: Context
    ) -> httpbody_pb2.HttpBody:
        side = request.size or THUMBNAIL_SIDE
        image = await self._library.kept(_caller(), UUID(request.image_id))
        tag = body_tag(image, side)
        known = _knows(context, tag)
        data = b"" if known else await self._library.rendition(image, side)
        name = f"{image.filename.rpartition('.')[0] or image.filename}-{side}.webp"
        await context.send_initial_metadata(body_headers(tag, name, known=known))
        return httpbody_pb2.HttpBody(content_type=RENDITION_TYPE, data=data)

    async def _create(
        self, user_id: UUID, request: image_pb2.CreateUploadRequest
    ) -> image_pb2.CreateUploadResponse:
        image, put = await self._uploads.create(user_id, upload_request(request))
        response = image_pb2.CreateUploadResponse(image=self._message(image))
        if put is not None:
            response.upload.CopyFrom(presigned_message(put, image.content_type))
        return response

    def _message(self, image: Image) -> image_pb2.Image:
        return image_message(image, self._links)

    def _messages(self, images: Sequence[Image]) -> list[image_pb2.Image]:
        return [image_message(image, self._links) for image in images]


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """The RPC methods for other services; the contract documents them.

    Args:
        ingest: Serves them.
        comparing: Serves those that compare what they keep with records.
        links: Presigned URLs at the store's public address.
        limits: What storage takes.
    """

    def __init__(self, ingest: Ingest, comparing: Comparing, links: Links, limits: Limits) -> None:
        self._ingest = ingest
        self._comparing = comparing
        self._links = links
        self._limits = limits

    async def ResolveContents(
        self, request: ingest_pb2.ResolveContentsRequest, context: Context
    ) -> ingest_pb2.ResolveContentsResponse:
        contents = await self._ingest.resolve(_ids(request.image_ids), request.inline_bytes)
        return ingest_pb2.ResolveContentsResponse(
            contents=[content_message(image, url, data) for image, url, data in contents]
        )

    async def ReplayImages(
        self, request: ingest_pb2.ReplayImagesRequest, context: Context
    ) -> ingest_pb2.ReplayImagesResponse:
        return ingest_pb2.ReplayImagesResponse(image_count=await self._ingest.replay())

    async def ResolvePreviews(
        self, request: ingest_pb2.ResolvePreviewsRequest, context: Context
    ) -> ingest_pb2.ResolvePreviewsResponse:
        images = await self._ingest.previews(_ids(request.image_ids))
        viewer = UUID(request.viewer_id) if request.viewer_id else None
        return ingest_pb2.ResolvePreviewsResponse(
            previews=[
                preview_message(image, self._links)
                if image.user_id == viewer
                else foreign_preview_message(image, self._links)
                for image in images
            ]
        )

    async def ListFingerprints(
        self, request: ingest_pb2.ListFingerprintsRequest, context: Context
    ) -> ingest_pb2.ListFingerprintsResponse:
        user_id = UUID(request.user_id)
        after = page_position(request.page_token, user_id, "fingerprints")
        size = request.page_size or DEFAULT_FINGERPRINTS
        page, behind = await self._ingest.fingerprints(user_id, after, size)
        return fingerprints_message(page, page_token(behind, user_id, "fingerprints"))

    async def DescribeImages(
        self, request: ingest_pb2.DescribeImagesRequest, context: Context
    ) -> ingest_pb2.DescribeImagesResponse:
        found = await self._comparing.describe(
            _ids(request.image_ids), with_events=request.with_events
        )
        return ingest_pb2.DescribeImagesResponse(images=[standing_message(one) for one in found])

    async def ListIndexedImages(
        self, request: ingest_pb2.ListIndexedImagesRequest, context: Context
    ) -> ingest_pb2.ListIndexedImagesResponse:
        after = UUID(request.after_image_id) if request.after_image_id else None
        found = await self._comparing.indexed(after, request.page_size or DEFAULT_INDEXED)
        return ingest_pb2.ListIndexedImagesResponse(image_ids=[str(one) for one in found])

    async def AnnounceImages(
        self, request: ingest_pb2.AnnounceImagesRequest, context: Context
    ) -> ingest_pb2.AnnounceImagesResponse:
        await self._comparing.announce(_ids(request.image_ids))
        return ingest_pb2.AnnounceImagesResponse()

    async def GetLimits(
        self, request: ingest_pb2.GetLimitsRequest, context: Context
    ) -> ingest_pb2.GetLimitsResponse:
        return self._limits


class ArtifactServicer(artifact_pb2_grpc.ArtifactServiceServicer):
    """The RPC methods for services that build things; the contract documents them."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def ResolveArtifacts(
        self, request: artifact_pb2.ResolveArtifactsRequest, context: Context
    ) -> artifact_pb2.ResolveArtifactsResponse:
        return artifact_pb2.ResolveArtifactsResponse(
            artifacts=[
                artifact_pb2.ArtifactLinks(
                    name=links.name, put_url=links.put_url, get_url=links.get_url
                )
                for links in self._artifacts.resolve(request.names)
            ]
        )

    async def ListArtifacts(
        self, request: artifact_pb2.ListArtifactsRequest, context: Context
    ) -> artifact_pb2.ListArtifactsResponse:
        found = await self._artifacts.listed(request.prefix, request.after)
        return artifact_pb2.ListArtifactsResponse(
            artifacts=[
                artifact_pb2.StoredArtifact(
                    name=one.name, size_bytes=one.size_bytes, put_time=one.put_at
                )
                for one in found
            ]
        )

    async def DeleteArtifacts(
        self, request: artifact_pb2.DeleteArtifactsRequest, context: Context
    ) -> artifact_pb2.DeleteArtifactsResponse:
        await self._artifacts.delete(request.names)
        return artifact_pb2.DeleteArtifactsResponse()


def _caller() -> UUID:
    return UUID(require_user().user_id)


def _knows(context: Context, tag: str) -> bool:
    """Whether the caller says that it has what a tag stands for."""
    sent = context.invocation_metadata() or ()
    return any(
        key == "if-none-match" and is_known(tag, value)
        for key, value in sent
        if isinstance(value, str)
    )


def _range(
    request: image_pb2.DownloadImageRequest, context: Context, tag: str, size_bytes: int
) -> ByteRange | None:
    """The bytes that are wanted; None for all. What the message says goes before the header."""
    if request.offset or request.length:
        return asked_range(request.offset, request.length, size_bytes)
    sent = context.invocation_metadata() or ()
    headers = {key: value for key, value in sent if isinstance(value, str)}
    if "range" not in headers or headers.get("if-range", tag) != tag:
        return None
    return header_range(headers["range"], size_bytes)


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [UUID(text) for text in texts]
