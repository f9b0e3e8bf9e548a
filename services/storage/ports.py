"""The ports of storage's use cases."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.imaging.capture import Capture
from services.runtime.errors import ArgusError
from services.storage.allowance import Usage
from services.storage.errors import UploadInterrupted
from services.storage.model import (
    Arrived,
    Changes,
    Failure,
    Fingerprint,
    Image,
    LabelKey,
    Listing,
    Month,
    Outcome,
    PagePosition,
    Rendered,
    Standing,
    StoredPart,
    UploadRequest,
    Verified,
)

Clock = Callable[[], datetime]
"""What time it is, with a time zone."""

Render = Callable[[bytes, tuple[int, int], Collection[int]], Awaitable[Rendered]]
"""`rendering.render` somewhere that does not hold up the loop."""

Event = Mapping[str, str]
"""What storage tells others: `type` and `image_id`."""


class ObjectStore(Protocol):
    """Objects by key. Every method raises ObjectStoreUnavailable if the store does not answer.

    Once `put` has ended, even by a time limit or a cancellation, it writes nothing more.
    """

    def open(
        self, key: str, *, offset: int = 0, length: int = 0
    ) -> AbstractAsyncContextManager["OpenObject | None"]:
        """Opens an object for reading, so many of its bytes, or with 0 all behind the offset.

        None if there is none.
        """

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Writes an object, replacing any that is there."""

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; returns the keys that are left. A key without an object is no error."""

    async def probe(self) -> None:
        """Makes sure that the bucket is there."""


class PartedObjects(Protocol):
    """Objects that are put in parts. Raises ObjectStoreUnavailable as `ObjectStore` does."""

    async def begin(self, key: str, content_type: str) -> str:
        """Begins an object; the upload's id."""

    async def put(self, key: str, upload_id: str, number: int, content: bytes) -> StoredPart:
        """Writes a part, replacing the one of that number; numbers begin with 1."""

    async def listed(self, key: str, upload_id: str) -> Sequence[StoredPart] | None:
        """The parts that are there, by number; None if the upload is over, or never was."""

    async def complete(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Makes one object of the parts."""

    async def abort(self, key: str, upload_id: str) -> None:
        """Removes the parts; an upload that is over is none."""


class MultipartRecords(Protocol):
    """Which multipart upload has the bytes that came of an image."""

    async def find(self, image_id: UUID) -> str:
        """The upload's id; empty if there is none."""

    async def add(self, image: Image, upload_id: str) -> None:
        """Remembers an upload; the one before is forgotten when its parts are removed."""

    async def end(self, abort: Callable[[str, str], Awaitable[None]], limit: int) -> int:
        """Has the parts of uploads removed that are over, by key and upload id; how many."""


class Removals(Protocol):
    """Objects that are removed at once."""

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; returns the keys that are left.

        Raises:
            ObjectStoreUnavailable: The store does not answer, or a backup is made; nothing is
                removed while one is.
        """


class OpenObject(Protocol):
    """An object that is being read."""

    @property
    def size_bytes(self) -> int:
        """Its size, known before any of it is read."""

    async def read(self) -> bytes:
        """Reads all of it."""

    def chunks(self, size_bytes: int) -> AsyncIterator[bytes]:
        """Reads it piece by piece."""


class Links(Protocol):
    """Presigned URLs; made without asking anybody."""

    def put(self, key: str, expires_in: timedelta, *, size_bytes: int | None = None) -> str:
        """A URL that takes an object's bytes by PUT: so many, or with None as many as come."""

    def get(
        self, key: str, expires_in: timedelta, *, content_type: str = "", filename: str = ""
    ) -> str:
        """A URL that gives an object, with the media type and file name named."""

    def lasting(self, key: str, *, content_type: str, filename: str = "") -> str:
        """A URL that gives an object which never changes; the same one for a while.

        The answer may be kept by whoever asked, and is shown with the media type, and saved under
        the file name.
        """

    def lasting_until(self) -> datetime:
        """When the lasting URLs that are made now stop working; not within the hour."""


class LockedUpload(Protocol):
    """An image that nobody else can change until the context ends."""

    @property
    def image(self) -> Image:
        """Its record when it was taken in hand."""

    async def confirm(self) -> None:
        """Makes sure that it is still in hand; raises if that was lost."""

    async def keep(self, verified: Verified, now: datetime) -> Image:
        """Records it as UPLOADED and announces it, in one transaction.

        An upload that was to be the only image with its bytes gives way to one that is there
        already: that one is returned, and what was written for this one will be removed.
        """

    async def fail(self, failure: Failure, now: datetime) -> None:
        """Records it as FAILED; what was uploaded will be removed."""


class Reservations(Protocol):
    """Which image an upload's bytes become."""

    async def reserve(self, image: Image, request: UploadRequest) -> Image:
        """Adds a new record, unless an existing one can be used.

        Args:
            image: The new record, PENDING.
            request: What the client asked for.

        Returns:
            The first of these that exists: what the same `request_id` was answered, as it is
            now; with `skip_existing`, an image with these bytes; the PENDING reservation
            for these bytes, declared anew and with its time prolonged; the new record.

        Raises:
            RequestIdReused: The `request_id` stands for another upload.
            ImageInHand: Somebody has the reservation in hand.
            TooManyPendingUploads, QuotaExceeded: A new record would be one too many.
        """


class Catalog(Protocol):
    """The images' records. Images of other users are not found."""

    async def find(self, user_id: UUID, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds images by id."""

    async def find_merged(self, user_id: UUID, image_id: UUID) -> Image | None:
        """Finds the image that has the bytes of an upload which gave way to it."""

    async def page(
        self, user_id: UUID, listing: Listing, after: PagePosition | None, limit: int
    ) -> list[Image]:
        """Lists images, by the time when they were created."""

    def lock_upload(
        self, user_id: UUID, image_id: UUID
    ) -> AbstractAsyncContextManager[LockedUpload | None]:
        """Takes an image in hand; None if there is none.

        Raises:
            ImageInHand: Somebody else has it in hand.
        """


class Trash(Protocol):
    """Records in the trash and out of it. Images of other users are not found."""

    async def delete(
        self,
        user_id: UUID,
        image_ids: Collection[UUID],
        now: datetime,
        purge_at: datetime | None,
        only: Callable[[Image], bool] | None = None,
    ) -> set[UUID]:
        """Puts images into the trash and announces that; returns which.

        With `only`, those alone that it says yes to once nobody else can change them.

        Those whose bytes are not kept are removed instead. Without `purge_at` all are, also those
        in the trash: record now, objects soon, and that is announced.

        Raises:
            ImageInHand: Somebody has one in hand; nothing was deleted.
        """

    async def restore(
        self, user_id: UUID, image_ids: Collection[UUID], now: datetime
    ) -> dict[UUID, Image]:
        """Takes images out of the trash and announces them; those that are there then.

        Raises:
            ImageInHand: Somebody has one in hand; nothing was restored.
        """


class UsageCounts(Protocol):
    """How much each user has."""

    async def pending(self, user_id: UUID) -> Usage:
        """Uploads that are reserved and not completed."""

    async def kept(self, user_id: UUID) -> Usage:
        """All images, pending ones and those in the trash included."""


class Edits(Protocol):
    """Changes of names and labels. Images of other users are not found, nor deleted ones."""

    async def edit(
        self,
        user_id: UUID,
        image_ids: Collection[UUID],
        change: Callable[[dict[UUID, Image]], Collection[Image]],
        now: datetime,
    ) -> dict[UUID, Image]:
        """Changes images and announces that, all of them or none; all that were found.

        Args:
            user_id: Whose they are.
            image_ids: Which.
            change: Is given those that were found, and gives those of them back that become
                others; if it raises, nothing changes.
            now: The present.

        Raises:
            ImageInHand: Somebody has one in hand.
        """


class Overview(Protocol):
    """Counts of a user's images."""

    async def count(self, user_id: UUID, listing: Listing) -> int:
        """How many images a listing has."""

    async def months(self, user_id: UUID, listing: Listing, time_zone: str) -> list[Month]:
        """How many images a listing has by month, newest first.

        Raises:
            TimeZoneUnknown: There is no such time zone.
        """

    async def labels(self, user_id: UUID, key: str, prefix: str, max_values: int) -> list[LabelKey]:
        """The labels of a user's images, by key.

        Args:
            user_id: Whose.
            key: Only this key; all if empty.
            prefix: What values begin with if there is a key, else what keys begin with.
            max_values: Most values of each key.
        """


class ChangeLog(Protocol):
    """What became of each user's images lately."""

    async def position(self, user_id: UUID) -> int:
        """The position of the user's last change; 0 if there was none."""

    async def after(self, user_id: UUID, position: int, limit: int) -> Changes:
        """The user's changes after a position, the oldest first.

        Nothing becomes visible later at a position before one that was visible.
        """


class Renditions(Protocol):
    """Which images are to be rendered."""

    async def take(self, now: datetime, limit: int) -> list[Image]:
        """Takes images that are to be rendered; others do not get them soon.

        Users take turns, each with the newest.

        Each is taken a few times at most, in case rendering it ends the process.
        """

    async def give_back(self, image: Image, now: datetime) -> None:
        """Gives an image back that could not be read; the attempt does not count."""

    async def finish(self, done: Sequence[tuple[Image, Rendered]], now: datetime) -> None:
        """Records what was made of images."""


class Arrivals(Protocol):
    """Records of images whose bytes came over streams, many at once; all of one user."""

    async def existing(self, user_id: UUID, sha256s: Sequence[str]) -> Mapping[str, Image]:
        """A user's usable images that have such bytes, by SHA-256."""

    async def begin(
        self, user_id: UUID, arrived: Sequence[Arrived], now: datetime
    ) -> Sequence[ArgusError | None]:
        """Remembers what is about to be written, so that nothing of it is left behind.

        Returns:
            Of each why it may not be: TooManyPendingUploads or QuotaExceeded; None if it may.
        """

    async def keep(
        self, user_id: UUID, arrived: Sequence[Arrived], now: datetime
    ) -> Sequence[Image | UploadInterrupted]:
        """Makes records of what was written, UPLOADED, and announces them.

        Returns:
            Of each its record; or that of the image which has its bytes already, and then what was
            written is removed; or that too much time has passed, and what was written is, too.
        """

    async def give_up(self, image_ids: Sequence[UUID], now: datetime) -> None:
        """Has what was written of images removed that are not to be kept."""


class LateCaptures(Protocol):
    """Images that were stored before it was asked how they were taken."""

    async def unread(self, limit: int) -> list[Image]:
        """Images whose header was not read, the oldest first; replicas may get the same."""

    async def record(
        self, image: Image, capture: Capture | None, page_count: int, now: datetime
    ) -> None:
        """Records what was read, once; an image that says something is announced."""


class IngestCatalog(Protocol):
    """The images' records, whoever owns them."""

    async def find_kept(self, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds images by id whose bytes are kept."""

    async def announce_all(self, now: datetime) -> int:
        """Announces every image whose bytes are kept, and every deletion that is remembered.

        Returns:
            How many images.
        """

    async def record_outcomes(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Records what became of images; announces the removal of those that are gone."""


class Fingerprints(Protocol):
    """What tells images apart without looking at them."""

    async def page(
        self, user_id: UUID, after: PagePosition | None, limit: int
    ) -> list[Fingerprint]:
        """A user's kept images that are not deleted, oldest first, equals by their ids.

        Args:
            user_id: Whose.
            after: Only those behind this place; all if None.
            limit: Most of them.
        """


class Standings(Protocol):
    """Whether images are there, for services that compare what they keep."""

    async def standings(self, image_ids: Collection[UUID]) -> Mapping[UUID, Standing]:
        """What is known of images; those of which nothing is are left out."""

    async def indexed(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Ids of images that are INDEXED, ascending, behind `after`."""

    async def outbox(self, image_ids: Collection[UUID]) -> Collection[UUID]:
        """Those of the images of which an event waits to be told."""

    async def announce(self, image_ids: Collection[UUID], now: datetime) -> None:
        """Announces images as they are: those that are kept, and those that are not there."""


class Outbox(Protocol):
    """Events that were committed and not yet published."""

    async def hand_over(
        self, publish: Callable[[Sequence[Event]], Awaitable[None]], limit: int
    ) -> int | None:
        """Gives the oldest events to `publish` and removes them when it returns; returns how many.

        None if another replica is doing this: one at a time, so that an image's events keep their
        order.
        """


class EventStream(Protocol):
    """The stream that search reads."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Appends events in order."""

    async def backlog(self) -> int:
        """How many events search has not dealt with."""

    async def dead(self) -> int:
        """How many events services have given up."""


class OutcomeStream(Protocol):
    """The indexer's outcomes, each delivered at least once."""

    async def read(self) -> tuple[list[str], list[Outcome]]:
        """Waits for outcomes; ids to acknowledge, and what was read. Both may be empty."""

    def handling(self, ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around the recording of outcomes, so that one that cannot be recorded is given up."""

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Says that outcomes were recorded; they do not come again."""


class Upkeep(Protocol):
    """What the janitor does to the records."""

    async def expire_uploads(self, now: datetime, limit: int) -> int:
        """Fails uploads that were not completed in time; returns how many."""

    async def purge(
        self, remove: Callable[[Sequence[str]], Awaitable[set[str]]], now: datetime, limit: int
    ) -> int:
        """Removes objects that are due, and keeps those that fail for later; returns how many.

        While a backup is made, none.
        """

    async def purge_trash(self, now: datetime, limit: int) -> int:
        """Purges images whose time in the trash is over; returns how many."""

    async def announce_again(self, older_than: datetime, now: datetime, limit: int) -> int:
        """Announces images that have been UPLOADED for long; returns how many."""

    async def announce_deletions_again(self, now: datetime, limit: int) -> int:
        """Announces deletions whose time has come, at growing intervals; returns how many."""

    async def forget_deletions(self, before: datetime) -> None:
        """Forgets deletions that search need not be told of any more."""

    async def forget_changes(self, before: datetime, limit: int) -> None:
        """Forgets what became of images; cursors from before expire."""

    async def sum_up_labels(self, limit: int) -> int:
        """Sums up changes of labels for faster counts; returns how many."""

    async def depths(self) -> Mapping[str, int]:
        """How many events and purges wait, by queue."""
