"""Images that are wholly here: verified, written and kept, many at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

from services.storage.at_hand import AtHand
from services.storage.declaring import Declaring
from services.storage.gathering import Gathering
from services.storage.model import Arrived, Image, UploadRequest, Verified
from services.storage.object_keys import content_key, thumbnail_key
from services.storage.ports import Arrivals, Clock, ObjectStore
from services.storage.previewing import Previews
from services.storage.showing import RENDITION_TYPE, preview_suffices

BATCH = 64
"""Images that are begun, or kept, in one transaction."""

RENDER_AFTER = timedelta(minutes=2)
"""When an image is rendered whose preview is being made beside, in case that came to nothing."""

RENDER_LATER = timedelta(seconds=20)
"""When an image is rendered whose preview is not made beside, because too many wait: until then an
import goes on alone, and the thumbnail is shown."""

Verify = Callable[[bytes, Image], Awaitable[Verified]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an image that was brought."""

    image: Image
    existing: bool
    """Whether another image has its bytes, and serves instead."""


def render_after(image: Image, *, beside: bool) -> timedelta:
    """How long the renderer leaves a new image alone.

    Args:
        image: What is known of it; its size, in particular.
        beside: Whether its preview is being made already.
    """
    if beside:
        return RENDER_AFTER
    # What browsers do not show is seen only once it has a larger rendition.
    return RENDER_LATER if preview_suffices(image) else timedelta()


class Importing:
    """From bytes in memory to a kept image: no reservation, nothing staged, one decode.

    Args:
        declaring: What is declared of images.
        arrivals: Records of them.
        store: Objects.
        verify: Verifies bytes against their declaration.
        at_hand: Keeps the bytes for the indexer.
        previews: Makes what is shown of the pictures.
        clock: What time it is.
        settled: Told when images are kept, so that what follows starts at once.
    """

    def __init__(
        self,
        declaring: Declaring,
        arrivals: Arrivals,
        store: ObjectStore,
        verify: Verify,
        *,
        at_hand: AtHand,
        previews: Previews,
        clock: Clock,
        settled: Callable[[], None],
    ) -> None:
        self._declaring = declaring
        self._arrivals = arrivals
        self._store = store
        self._verify = verify
        self._at_hand = at_hand
        self._previews = previews
        self._clock = clock
        self._settled = settled
        self._begun = Gathering[Arrived, None](self._begin, most=BATCH)
        self._kept = Gathering[Arrived, Image](self._keep, most=BATCH, at_once=2)
        self._found = Gathering[str, Image | None](self._find, most=500)

    async def existing(self, user_id: UUID, sha256: str) -> Image | None:
        """The user's usable image that has such bytes, if there is one."""
        return await self._found.do(user_id, sha256.lower())

    async def take(
        self, user_id: UUID, request: UploadRequest, content: bytes, sha256: str
    ) -> Imported:
        """Verifies and keeps an image.

        When this returns, its bytes and thumbnail lie in the store and its record is committed. If
        it raises, there is nothing of it, or will soon be.

        Args:
            user_id: Whose it will be.
            request: What was declared.
            content: All its bytes.
            sha256: What the sender says that their SHA-256 is.

        Raises:
            InvalidInput: It would not be taken, by one of the documented reasons.
            TooManyPendingUploads, QuotaExceeded: The user has too much.
            UploadInterrupted, ObjectStoreUnavailable: Try again.
        """
        now = self._clock()
        declared = self._declaring.image(uuid4(), user_id, request, now)
        verified = await self._verify(content, self._declaring.with_digest(declared, sha256))
        if request.skip_existing:
            before = await self.existing(user_id, verified.sha256)
            if before is not None:
                return Imported(before, existing=True)
        seen = replace(declared, width=verified.width, height=verified.height)
        beside = self._previews.takes(seen, verified)
        arrived = Arrived(
            image_id=declared.image_id,
            user_id=user_id,
            filename=declared.filename,
            content_type=declared.content_type,
            size_bytes=len(content),
            labels=declared.labels,
            note=declared.note,
            keep_location=declared.keep_location,
            take_description=declared.take_description,
            skip_existing=request.skip_existing,
            verified=verified,
            at=now,
            render_at=now + render_after(seen, beside=beside),
        )
        await self._begun.do(user_id, arrived)
        await self._write(arrived, content)
        # Before it is committed: the indexer may ask at once.
        self._at_hand.put(arrived.image_id, content)
        image = await self._kept.do(user_id, arrived)
        if image.image_id != arrived.image_id:
            self._at_hand.take(arrived.image_id)
            return Imported(image, existing=True)
        if beside:
            self._previews.make(image, verified)
        return Imported(image, existing=False)

    async def _write(self, arrived: Arrived, content: bytes) -> None:
        owner, image_id = arrived.user_id, arrived.image_id
        outcomes = await asyncio.gather(
            self._store.put(content_key(owner, image_id), content, arrived.content_type),
            self._store.put(
                thumbnail_key(owner, image_id), arrived.verified.thumbnail, RENDITION_TYPE
            ),
            return_exceptions=True,
        )
        failed = [outcome for outcome in outcomes if outcome is not None]
        if failed:
            await self._arrivals.give_up([image_id], self._clock())
            raise failed[0]

    async def _begin(
        self, owner: Hashable, arrived: Sequence[Arrived]
    ) -> Sequence[Exception | None]:
        return await self._arrivals.begin(cast("UUID", owner), arrived, self._clock())

    async def _keep(
        self, owner: Hashable, arrived: Sequence[Arrived]
    ) -> Sequence[Image | Exception]:
        kept = await self._arrivals.keep(cast("UUID", owner), arrived, self._clock())
        self._settled()
        return kept

    async def _find(
        self, owner: Hashable, sha256s: Sequence[str]
    ) -> Sequence[Image | Exception | None]:
        found = await self._arrivals.existing(cast("UUID", owner), sorted(set(sha256s)))
        return [found.get(sha256) for sha256 in sha256s]
