"""Taking images in: reserve, verify what arrived, keep it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

from services.imaging.decode import ImageLimits
from services.runtime.errors import InvalidInput
from services.storage.at_hand import AtHand
from services.storage.budget import Budget
from services.storage.declaring import Declaring
from services.storage.errors import (
    ImageNotFound,
    UploadExpired,
    UploadNotReceived,
    recorded,
)
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
        declaring: What is declared of images.
        budget: Bytes that may be verified at once.
        in_hand: Who works on which image.
        put_ttl: How long the presigned PUT works.
        at_hand: Keeps bytes for the indexer.
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
        declaring: Declaring,
        budget: Budget,
        in_hand: InHand,
        put_ttl: timedelta,
        at_hand: AtHand,
        clock: Clock,
        settled: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._reservations = reservations
        self._store = store
        self._links = links
        self._verify = verify
        self._limits = limits
        self._declaring = declaring
        self._budget = budget
        self._in_hand = in_hand
        self._put_ttl = put_ttl
        self._at_hand = at_hand
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
        new = self._declaring.image(uuid4(), user_id, request, self._clock())
        image = await self._in_hand.alone(
            [new.image_id], lambda: self._reservations.reserve(new, request)
        )
        if not _open(image):
            return image, None
        staged = staging_key(user_id, image.image_id)
        url = self._links.put(staged, self._put_ttl, size_bytes=image.size_bytes)
        return image, PresignedPut(url, image.put_expires_at)

    async def complete(self, user_id: UUID, image_id: UUID, *, sha256: str = "") -> Image:
        """Verifies the uploaded bytes and keeps them. Again, it answers the same.

        Args:
            user_id: Whose image.
            image_id: Which.
            sha256: SHA-256 of the bytes, where the client says it only now.

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
        return await self._in_hand.alone(
            [image_id], lambda: self._complete(user_id, image_id, sha256)
        )

    async def _complete(self, user_id: UUID, image_id: UUID, sha256: str) -> Image:
        found = await self._catalog.find(user_id, [image_id])
        if image_id not in found:
            return await self._merged(user_id, image_id)
        image = found[image_id]
        if not _open(image):
            return _answer(image)
        self._declaring.with_digest(image, sha256)
        async with (
            self._budget.take(image.size_bytes, user_id),
            self._catalog.lock_upload(user_id, image_id) as upload,
        ):
            if upload is None:
                return await self._merged(user_id, image_id)
            is_open = _open(upload.image)
            outcome = await self._settle(upload, sha256) if is_open else _answer(upload.image)
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

    async def _settle(
        self, upload: LockedUpload, sha256: str
    ) -> Image | InvalidInput | UploadExpired:
        image = self._declaring.with_digest(upload.image, sha256)
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
                # Before it is committed: the indexer may ask at once.
                self._at_hand.put(image.image_id, content)
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
