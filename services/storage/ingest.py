"""What other services ask for: links to bytes, previews, fingerprints, and all events once more."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from services.storage.at_hand import AtHand
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
        at_hand: Bytes that were verified a moment ago.
        clock: What time it is.
        announced: Told when there are new events in the outbox.
    """

    def __init__(
        self,
        catalog: IngestCatalog,
        links: Links,
        *,
        fingerprints: Fingerprints,
        at_hand: AtHand,
        clock: Clock,
        announced: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._links = links
        self._fingerprints = fingerprints
        self._at_hand = at_hand
        self._clock = clock
        self._announced = announced

    async def resolve(
        self, image_ids: Sequence[UUID], inline_bytes: int = 0
    ) -> list[tuple[Image, str, bytes]]:
        """Gets kept images, links to their bytes, and those bytes that are at hand.

        Args:
            image_ids: Which; of others nothing is told.
            inline_bytes: Most bytes that may be given with the links.

        Returns:
            In the order asked for: records, links, and bytes or none.
        """
        found = await self._catalog.find_kept(image_ids)
        resolved = []
        for image_id in dict.fromkeys(image_ids):
            if (image := found.get(image_id)) is None:
                continue
            content = self._at_hand.take(image_id, inline_bytes) if inline_bytes else b""
            inline_bytes -= len(content)
            link = self._links.get(content_key(image.user_id, image_id), LINK_TTL)
            resolved.append((image, link, content))
        return resolved

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
