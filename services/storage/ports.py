"""What storage's use cases need of the world."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.runtime.filters import Filter
from services.storage.model import Failure, Image, Outcome, PagePosition, Verified

Clock = Callable[[], datetime]
"""What time it is, with a time zone."""

Event = Mapping[str, str]
"""What storage tells search: `type` and `image_id`."""


class ObjectStore(Protocol):
    """Objects by key. Every method raises ObjectStoreUnavailable if the store does not answer."""

    def open(self, key: str) -> AbstractAsyncContextManager["OpenObject | None"]:
        """Opens an object for reading; None if there is none."""

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Writes an object, over the one that may be there."""

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; the keys that are still there. Those that never were are gone too."""

    async def probe(self) -> None:
        """Makes sure that the bucket is there."""


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

    def put(self, key: str, expires_in: timedelta) -> str:
        """A URL that takes an object's bytes by PUT."""

    def get(
        self, key: str, expires_in: timedelta, *, content_type: str = "", filename: str = ""
    ) -> str:
        """A URL that gives an object, with the media type and file name named."""


class UploadInHand(Protocol):
    """An image that nobody else can change until the context ends."""

    @property
    def image(self) -> Image:
        """Its record when it was taken in hand."""

    async def keep(self, verified: Verified, now: datetime) -> Image:
        """Records it as UPLOADED and announces it, in one transaction."""

    async def fail(self, failure: Failure, now: datetime) -> None:
        """Records it as FAILED; what was uploaded will be removed."""


class Catalog(Protocol):
    """The images' records. Images of other users are not found."""

    async def add(self, image: Image) -> None:
        """Adds a new record."""

    async def find(self, user_id: UUID, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds images by id."""

    async def find_usable(self, user_id: UUID, sha256: str) -> Image | None:
        """Finds the newest image with these bytes that is UPLOADED or INDEXED."""

    async def page(
        self, user_id: UUID, where: Filter | None, after: PagePosition | None, limit: int
    ) -> list[Image]:
        """Lists images, newest first."""

    def take_in_hand(
        self, user_id: UUID, image_id: UUID
    ) -> AbstractAsyncContextManager[UploadInHand | None]:
        """Waits for whoever has the image in hand, and takes it; None if there is none."""

    async def remove(self, user_id: UUID, image_id: UUID, now: datetime) -> bool:
        """Removes a record, announces that, and has its objects removed; False if there is none."""


class IngestCatalog(Protocol):
    """The images' records, whoever owns them."""

    async def find_kept(self, image_ids: Collection[UUID]) -> dict[UUID, Image]:
        """Finds images by id whose bytes are kept."""

    async def announce_all(self, now: datetime) -> int:
        """Announces every image whose bytes are kept; their number."""

    async def record_outcomes(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Records what became of images; announces the removal of those that are gone."""


class Outbox(Protocol):
    """Events that were committed and not yet told."""

    async def hand_over(
        self, publish: Callable[[Sequence[Event]], Awaitable[None]], limit: int
    ) -> int:
        """Gives the oldest events to `publish` and removes them when it returns; their number."""


class EventStream(Protocol):
    """The stream that search reads."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Appends events in order."""

    async def backlog(self) -> int:
        """How many events search has not dealt with."""


class OutcomeStream(Protocol):
    """The indexer's news, at least once."""

    async def read(self) -> tuple[list[str], list[Outcome]]:
        """Waits for news; ids to acknowledge and what they say. Both may be empty."""

    async def acknowledge(self, ids: Sequence[str]) -> None:
        """Says that news were dealt with; they do not come again."""


class Upkeep(Protocol):
    """What the janitor does to the records."""

    async def expire_uploads(self, now: datetime, limit: int) -> int:
        """Fails uploads that were not completed in time; their number."""

    async def purge(
        self, remove: Callable[[Sequence[str]], Awaitable[set[str]]], now: datetime, limit: int
    ) -> int:
        """Removes objects whose time has come; those that fail come again later. Their number."""

    async def announce_again(self, older_than: datetime, now: datetime, limit: int) -> int:
        """Announces images that have been UPLOADED for long; their number."""

    async def depths(self) -> Mapping[str, int]:
        """How many events and purges wait, by queue."""
