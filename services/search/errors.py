"""What search refuses, and why."""

from services.runtime.errors import InvalidInput, Unavailable


class QueryEmpty(InvalidInput):
    """The text has no words."""

    reason = "QUERY_EMPTY"


class IndexUnavailable(Unavailable):
    """The vector index does not answer."""

    reason = "INDEX_UNAVAILABLE"


class ContentTooLarge(InvalidInput):
    """The image is larger than what can be sent to be embedded."""

    reason = "IMAGE_TOO_LARGE"


class VectorWrong(InvalidInput):
    """A vector is not of the space that it is said to be of."""

    reason = "VECTOR_WRONG"


class StreamBroke(Unavailable):
    """The stream to the embedder broke after an image was sent and before it was answered."""

    reason = "EMBEDDER_UNAVAILABLE"


class IndexingFailed(InvalidInput):
    """Embedding the image ended the embedder, again and again, also when it was alone."""

    reason = "INDEXING_FAILED"


class SpaceChanged(Exception):
    """The embedder runs another model than the index was opened for."""


class EventsLost(Exception):
    """The event stream is gone; what it held must be announced anew."""
