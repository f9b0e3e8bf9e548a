"""Labelled images that a version can be judged by."""

from collections.abc import Sequence

from services.inspection.errors import FeedbackInsufficient
from services.inspection.model import LabelledImage, Version
from services.inspection.ports import FeedbackStore

MOST_IMAGES = 2000
"""Labelled images that are looked at, the newest."""


class UnseenLabels:
    """A user's labelled images that some versions did not learn from.

    Those that a version learnt from it would know by heart.

    Args:
        feedback: What people said.
    """

    def __init__(self, feedback: FeedbackStore) -> None:
        self._feedback = feedback

    async def of(
        self, set_id: str, user_id: str, versions: Sequence[Version]
    ) -> list[LabelledImage]:
        """The newest 2,000 of the images of a set that the user inspected and people judged."""
        learnt: set[str] = set()
        for version in versions:
            learnt.update(version.image_ids)
        labelled = await self._feedback.labelled(set_id, user_id=user_id)
        return [one for one in labelled if one.image_id not in learnt][-MOST_IMAGES:]


def require_some(images: int) -> None:
    """Checks that versions can be compared on so many images.

    Raises:
        FeedbackInsufficient: there is none.
    """
    if not images:
        raise FeedbackInsufficient(
            "nobody has judged an image that neither version learnt from; give feedback first"
        )
