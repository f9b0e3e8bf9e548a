"""Taking images in: reserve, verify what arrived, keep it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageTooLarge
from services.imaging.formats import CONTENT_TYPES
from services.runtime.errors import InvalidInput
from services.runtime.text import kept_content_type, kept_note
from services.storage.budget import Budget
from services.storage.errors import (
    ImageNotFound,
    UnsupportedContentType,
    UploadExpired,
    UploadNotReceived,
    recorded,
)
from services.storage.filenames import clean_filename
from services.storage.in_hand import InHand
from services.storage.model import (
    Failure,
    Image,
    ImageState,
    PresignedPut,
    UploadRequest,
    Verified,
)
from services.storage.object_keys import content_key, staging_key, thumbnail_key
from services.storage.ports import (
    Catalog,
    Clock,
    Links,
    LockedUpload,
    ObjectStore,
    Reservations,
)
from services.storage.showing import RENDITION_TYPE
from services.storage.verification import check_size

Verify = Callable[[bytes, Image], Awaitable[Verified]]
"""`verification.verify` somewhere that does not hold up the loop."""


class Uploads:
    """From a reserved id to a kept image.

    Args:
        catalog: Records.
        reservations: Which image an upload's bytes become.
        store: Objects.
        links: Presigned URLs.
        verify: Verifies bytes against their declaration.
        limits: What an image may measure.
        budget: Bytes that may be verified at once.
        in_hand: Who works on which image.
        put_ttl: How long the presigned PUT works.
        upload_ttl: How long an upload may stay incomplete.
        clock: What time it is.
        settled: Told when an upload is kept or failed, so that what follows starts at once.
    """

    def __init__(
        self,
        catalog: Catalog,
        reservations: Reservations,
        store: ObjectStore,
        links: Links,
        verify: Verify,
        *,
        limits: ImageLimits,
        budget: Budget,
        in_hand: InHand,
        put_ttl: timedelta,
        upload_ttl: timedelta,
        clock: Clock,
        settled: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._reservations = reservations
        self._store = store
        self._links = links
        self._verify = verify
        self._limits = limits
        self._budget = budget
        self._in_hand = in_hand
        self._put_ttl = put_ttl
        self._upload_ttl = upload_ttl
        self._clock = clock
        self._settled = settled

    async def create(
        self, user_id: UUID, request: UploadRequest
    ) -> tuple[Image, PresignedPut | None]:
        """Reserves an id and says where the bytes go.

        Returns:
            The reserved image, and where to put its bytes; or the image that serves instead (see
            `Reservations`) and, unless it is PENDING as well, nothing to put.

        Raises:
            FilenameInvalid, UnsupportedContentType, ImageTooLarge: it would not be taken.
            RequestIdReused: the request id stands for another upload.
            TooManyPendingUploads, QuotaExceeded: complete or delete others first.
            ImageInHand: try again.
        """
        filename = clean_filename(request.filename)
        content_type = kept_content_type(request.content_type)
        if content_type not in CONTENT_TYPES:
            raise UnsupportedContentType(
                f"{request.content_type} is none of {', '.join(sorted(CONTENT_TYPES))}",
                field="content_type",
            )
        if request.size_bytes > self._limits.max_bytes:
            raise ImageTooLarge(
                f"{request.size_bytes} bytes; at most {self._limits.max_bytes} are accepted",
                field="size_bytes",
                metadata={"max_bytes": str(self._limits.max_bytes)},
            )
        now = self._clock()
        new = Image(
            image_id=uuid4(),
            user_id=user_id,
            filename=filename,
            content_type=content_type,
            size_bytes=request.size_bytes,
            sha256=request.sha256.lower(),
            phash="",
            width=0,
            height=0,
            format="",
            labels=request.labels,
            note=kept_note(request.note),
            keep_location=request.keep_location,
            take_description=request.take_description,
            state=ImageState.PENDING,
            failure=None,
            created_at=now,
            completed_at=None,
            expires_at=now + self._upload_ttl,
            put_expires_at=now + self._put_ttl,
            revision=1,
            updated_at=now,
        )
        image = await self._in_hand.alone(
            [new.image_id], lambda: self._reservations.reserve(new, request)
        )
        if not _open(image):
            return image, None
        staged = staging_key(user_id, image.image_id)
        url = self._links.put(staged, self._put_ttl, size_bytes=image.size_bytes)
        return image, PresignedPut(url, image.put_expires_at)

    async def complete(self, user_id: UUID, image_id: UUID) -> Image:
        """Verifies the uploaded bytes and keeps them. Again, it answers the same.

        Returns:
            The image; or if these bytes were to be kept once and another upload was faster, the
            image that it became.

        Raises:
            ImageNotFound: There is no such image of this user.
            UploadNotReceived: No bytes have arrived; the upload may still be completed.
            UploadExpired: It was not completed in time.
            InvalidInput: The bytes are wrong, by one of the documented reasons; the
                image is FAILED.
            TooManyCompletions, ImageInHand, ObjectStoreUnavailable: Try again.
        """
        return await self._in_hand.alone([image_id], lambda: self._complete(user_id, image_id))

    async def _complete(self, user_id: UUID, image_id: UUID) -> Image:
        found = await self._catalog.find(user_id, [image_id])
        if image_id not in found:
            return await self._merged(user_id, image_id)
        image = found[image_id]
        if not _open(image):
            return _answer(image)
        async with (
            self._budget.take(image.size_bytes, user_id),
            self._catalog.lock_upload(user_id, image_id) as upload,
        ):
            if upload is None:
                return await self._merged(user_id, image_id)
            outcome = await self._settle(upload) if _open(upload.image) else _answer(upload.image)
        # Raised after the context, which undoes what an exception leaves.
        self._settled()
        if isinstance(outcome, Image):
            return outcome
        raise outcome

    async def _merged(self, user_id: UUID, image_id: UUID) -> Image:
        kept = await self._catalog.find_merged(user_id, image_id)
        if kept is None:
            raise ImageNotFound(f"there is no image {image_id}")
        return _answer(kept)

    async def _settle(self, upload: LockedUpload) -> Image | InvalidInput | UploadExpired:
        image = upload.image
        now = self._clock()
        if image.expires_at <= now:
            error: InvalidInput | UploadExpired = UploadExpired(
                "the upload was not completed in time; create another"
            )
        else:
            try:
                content = await self._fetch(image)
                verified = await self._verify(content, image)
            except InvalidInput as invalid:
                error = invalid
            else:
                # Bytes are written by whoever has the image in hand, and nobody else.
                await upload.confirm()
                await self._write(image, content, verified.thumbnail)
                return await upload.keep(verified, self._clock())
        await upload.fail(Failure(error.reason, error.message), now)
        return error

    async def _write(self, image: Image, content: bytes, thumbnail: bytes) -> None:
        owner, image_id = image.user_id, image.image_id
        # If one fails, the other one is waited for: nothing is written once this has ended.
        outcomes = await asyncio.gather(
            self._store.put(content_key(owner, image_id), content, image.content_type),
            self._store.put(thumbnail_key(owner, image_id), thumbnail, RENDITION_TYPE),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _fetch(self, image: Image) -> bytes:
        async with self._store.open(staging_key(image.user_id, image.image_id)) as uploaded:
            if uploaded is None:
                raise UploadNotReceived("no bytes have arrived; put them at the upload's URL first")
            check_size(uploaded.size_bytes, image, self._limits)
            return await uploaded.read()


def _open(image: Image) -> bool:
    """Whether an upload can still be completed."""
    return image.state is ImageState.PENDING


def _answer(image: Image) -> Image:
    """What completing a settled upload answers: the image, or what was wrong with it."""
    if image.failure is not None and not image.kept:
        raise recorded(image.failure.reason, image.failure.message)
    return image
