"""Deleted images leave what inspection remembers."""

from collections.abc import Sequence

from services.search.inspection.ports import ReferenceSets


class Deletions:
    """Hears of deleted images.

    Args:
        sets: Where they may be.
    """

    def __init__(self, sets: ReferenceSets) -> None:
        self._sets = sets

    async def forget(self, image_ids: Sequence[str]) -> None:
        """Forgets images.

        Raises:
            DatabaseUnavailable: not now.
        """
        await self._sets.forget_images(image_ids)
