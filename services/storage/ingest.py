"""What other services ask for: links to bytes, previews, fingerprints, and all events once more."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from services.storage.model import Fingerprint, Image, PagePosition
from services.storage.object_keys import content_key
from services.storage.ports import Clock, Fingerprints, IngestCatalog, Links

LINK_TTL = timedelta(minutes=15)


class Ingest:
    """Serves the indexer, which sees every user's images.

    Args:
        catalog: Records.
        links: Presigned URLs at the store's inside address.
        fingerprints: What tells images apart.
        clock: What time it is.
        announced: Told when there are new events in the outbox.
    """

    def __init__(
        self,
        catalog: IngestCatalog,
        links: Links,
        *,
        fingerprints: Fingerprints,
        clock: Clock,
        announced: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._links = links
        self._fingerprints = fingerprints
        self._clock = clock
        self._announced = announced

    async def resolve(self, image_ids: Sequence[UUID]) -> list[tuple[Image, str]]:
        """Gets kept images and links to their bytes, in the order asked for; others are omitted."""
        found = await self._catalog.find_kept(image_ids)
        return [
            (image, self._links.get(content_key(image.user_id, image.image_id), LINK_TTL))
            for image_id in dict.fromkeys(image_ids)
            if (image := found.get(image_id)) is not None
        ]

    async def previews(self, image_ids: Sequence[UUID]) -> list[Image]:
        """Gets kept images that may be shown, in the order asked for; others are omitted."""
        found = await self._catalog.find_kept(image_ids)
        return [found[image_id] for image_id in dict.fromkeys(image_ids) if image_id in found]

    async def fingerprints(
        self, user_id: UUID, after: PagePosition | None, size: int
    ) -> tuple[list[Fingerprint], PagePosition | None]:
        """A page of a user's kept images, oldest first, and where the next one begins, if any."""
        page = await self._fingerprints.page(user_id, after, size + 1)
        if len(page) <= size:
            return page, None
        last = page[size - 1]
        return page[:size], PagePosition(last.created_at, last.image_id)

    async def replay(self) -> int:
        """Announces every kept image and every remembered deletion anew; how many images."""
        count = await self._catalog.announce_all(self._clock())
        self._announced()
        return count
