"""What goes wrong with other services and the object store, for whoever needs them."""

from services.runtime.errors import FailedPrecondition, InvalidInput, NotFound, Unavailable


class StorageUnavailable(Unavailable):
    """Storage does not answer."""

    reason = "STORAGE_UNAVAILABLE"


class EmbedderUnavailable(Unavailable):
    """The embedder does not answer."""

    reason = "EMBEDDER_UNAVAILABLE"


class ContentsUnavailable(Unavailable):
    """The object store does not answer."""

    reason = "OBJECT_STORE_UNAVAILABLE"


class ContentWrong(InvalidInput):
    """The object store answers, but has not the bytes that storage kept."""

    reason = "CONTENT_WRONG"


class ImageNotFound(NotFound):
    """There is no such image, or it is not the caller's; the two answer alike."""

    reason = "IMAGE_NOT_FOUND"


class ImageNotIndexed(FailedPrecondition):
    """The image is the caller's, and search does not know its vector yet."""

    reason = "IMAGE_NOT_INDEXED"
