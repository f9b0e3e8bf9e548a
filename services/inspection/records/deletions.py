"""Deleted images leave what inspection remembers."""

from functools import partial

from services.clients.patience import patiently
from services.inspection.ports import DeletedImages, ReferenceSets


class Deletions:
    """Hears of deleted images, and forgets them.

    At least once and idempotent: news are finished only after what they ask for is done.

    Args:
        news: Which images were deleted.
        sets: Where they may be.
    """

    def __init__(self, news: DeletedImages, sets: ReferenceSets) -> None:
        self._news = news
        self._sets = sets

    async def run(self) -> None:
        """Forgets for ever; waits while PostgreSQL or Redis is down."""
        while True:
            message_ids, image_ids = await patiently(self._news.read)
            if image_ids:
                async with self._news.handling(message_ids):
                    await patiently(partial(self._sets.forget_images, image_ids))
            if message_ids:
                await patiently(partial(self._news.finish, message_ids))
