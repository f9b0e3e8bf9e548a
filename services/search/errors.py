"""What search refuses, and why."""

from services.runtime.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable


class QueryEmpty(InvalidInput):
    """The text has no words."""

    reason = "QUERY_EMPTY"


class ImageNotFound(NotFound):
    """There is no such image, or it is not the caller's; the two answer alike."""

    reason = "IMAGE_NOT_FOUND"


class ImageNotIndexed(FailedPrecondition):
    """The image is the caller's, and search does not know its vector yet."""

    reason = "IMAGE_NOT_INDEXED"


class IndexUnavailable(Unavailable):
    """The vector index does not answer."""

    reason = "INDEX_UNAVAILABLE"


class EmbedderUnavailable(Unavailable):
    """The embedder does not answer."""

    reason = "EMBEDDER_UNAVAILABLE"


class StorageUnavailable(Unavailable):
    """Storage does not answer."""

    reason = "STORAGE_UNAVAILABLE"


class ContentsUnavailable(Unavailable):
    """The object store does not answer."""

    reason = "OBJECT_STORE_UNAVAILABLE"


class ContentWrong(InvalidInput):
    """The object store answers, but has not the bytes that storage kept."""

    reason = "CONTENT_WRONG"


class ContentTooLarge(InvalidInput):
    """The image is larger than what can be sent to be embedded."""

    reason = "IMAGE_TOO_LARGE"


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
