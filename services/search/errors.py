"""What search refuses, and why."""

from services.clients.model import Space
from services.runtime.errors import InvalidInput, Unavailable


class QueryEmpty(InvalidInput):
    """The text has no words."""

    reason = "QUERY_EMPTY"


class IndexUnavailable(Unavailable):
    """The vector index does not answer."""

    reason = "INDEX_UNAVAILABLE"


class SpaceGone(IndexUnavailable):
    """The index answers, and has not the space that was opened; it must be opened anew."""


class PointRefused(InvalidInput, ValueError):
    """The index answers, and will never take this point."""

    reason = "INDEX_REFUSED"


class ContentTooLarge(InvalidInput):
    """The image is larger than what can be sent to be embedded."""

    reason = "IMAGE_TOO_LARGE"


class VectorWrong(InvalidInput):
    """A vector is not of the space that it is said to be of."""

    reason = "VECTOR_WRONG"


class MapFailed(Exception):
    """A map could not be made; it is tried again later."""


class StreamBroke(Unavailable):
    """The stream to the embedder broke after an image was sent and before it was answered."""

    reason = "EMBEDDER_UNAVAILABLE"


class IndexingFailed(InvalidInput):
    """Embedding the image ended the embedder, again and again, also when it was alone."""

    reason = "INDEXING_FAILED"


class OtherModel(Unavailable):
    """The image was embedded by another model than the one whose space is in use."""

    reason = "EMBEDDER_UNAVAILABLE"


class SpaceChanged(Exception):
    """The embedder runs another model than the index was opened for.

    Args:
        space: That model's space.
    """

    def __init__(self, space: Space) -> None:
        super().__init__(f"the embedder's space is {space} now")
        self.space = space


class EventsLost(Exception):
    """The event stream is gone; what it held must be announced anew."""
