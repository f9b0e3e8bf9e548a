"""What can go wrong with an image, by the documented reason.

What can be wrong with its bytes alone is in `services.imaging.errors`.
"""

from services.runtime.errors import (
    Aborted,
    ArgusError,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    OutOfRange,
    ResourceExhausted,
    Unavailable,
)


class ImageNotFound(NotFound):
    """The image does not exist or is somebody else's."""

    reason = "IMAGE_NOT_FOUND"


class ImageNotReady(FailedPrecondition):
    """The image's bytes have not been verified."""

    reason = "IMAGE_NOT_READY"


class FilenameInvalid(InvalidInput):
    """Without folders and control characters, nothing is left of the file name, or too much."""

    reason = "INVALID_REQUEST"


class UnsupportedContentType(InvalidInput):
    """The media type is not one that is taken."""

    reason = "UNSUPPORTED_CONTENT_TYPE"


class UploadNotReceived(FailedPrecondition):
    """No bytes have arrived for this image; put them and complete again."""

    reason = "UPLOAD_NOT_RECEIVED"


class UploadExpired(FailedPrecondition):
    """The upload was not completed in time; create another."""

    reason = "UPLOAD_EXPIRED"


class ChunkCorrupt(Aborted):
    """A chunk's bytes do not have the CRC32C that was sent with them."""

    reason = "CHUNK_CORRUPT"


class ChunkOutOfPlace(Aborted):
    """A chunk does not begin where the one before ended."""

    reason = "CHUNK_OUT_OF_PLACE"


class UploadIncomplete(InvalidInput):
    """A stream's parts are not all there, or in no order that makes sense."""

    reason = "UPLOAD_INCOMPLETE"


class UploadStalled(Aborted):
    """The next part of an image did not come in time."""

    reason = "UPLOAD_STALLED"


class UploadInterrupted(Unavailable):
    """An image was not kept in time, and nothing of it is; it can be sent again."""

    reason = "UPLOAD_INTERRUPTED"


class RangeNotSatisfiable(OutOfRange):
    """A range of bytes begins behind the last one."""

    reason = "RANGE_NOT_SATISFIABLE"


class SizeMismatch(InvalidInput):
    """The number of bytes is not the one declared."""

    reason = "SIZE_MISMATCH"


class Sha256Mismatch(InvalidInput):
    """The bytes' SHA-256 is not the one declared."""

    reason = "SHA256_MISMATCH"


class ContentTypeMismatch(InvalidInput):
    """The bytes are an image of another type than declared."""

    reason = "CONTENT_TYPE_MISMATCH"


class ImageInHand(Unavailable):
    """Another call is completing, changing or deleting the image at this moment; try again."""

    reason = "IMAGE_IN_HAND"

    def __init__(self) -> None:
        super().__init__(
            "the image is being completed, changed or deleted at this moment; try again",
            retry_after_s=1,
        )


class EtagMismatch(Aborted):
    """The image was changed since the caller read it."""

    reason = "ETAG_MISMATCH"


class UpdateInvalid(InvalidInput):
    """The change of an image cannot be made as it is written."""

    reason = "INVALID_REQUEST"


class TimeZoneUnknown(InvalidInput):
    """There is no such time zone."""

    reason = "INVALID_REQUEST"


class CursorInvalid(InvalidInput):
    """The cursor is not one of this user's watches."""

    reason = "INVALID_CURSOR"


class CursorExpired(FailedPrecondition):
    """What happened after the cursor is not remembered any more."""

    reason = "CURSOR_EXPIRED"


class RequestIdReused(InvalidInput):
    """The request id stands for another upload."""

    reason = "INVALID_REQUEST"


class ObjectStoreUnavailable(Unavailable):
    """The object store does not answer; try again."""

    reason = "OBJECT_STORE_UNAVAILABLE"


class ObjectStoreRefuses(ObjectStoreUnavailable):
    """The object store answers, and does not keep what is written; mostly its disk is full."""

    reason = "OBJECT_STORE_REFUSES"


class TooManyPendingUploads(ResourceExhausted):
    """The user has reserved as much as one may without completing it."""

    reason = "TOO_MANY_PENDING_UPLOADS"


class QuotaExceeded(ResourceExhausted):
    """The user's images are as many, or as large, as one user's may be here."""

    reason = "QUOTA_EXCEEDED"


class TooManyCompletions(ResourceExhausted):
    """More uploads wait for verification than may."""

    reason = "OVERLOADED"


class FilterEmpty(InvalidInput):
    """A filter that has to say something says nothing."""

    reason = "INVALID_FILTER"


class CountChanged(FailedPrecondition):
    """A filter finds another number of images than the caller was told; nothing was done."""

    reason = "COUNT_CHANGED"


class RetentionRuleNotFound(NotFound):
    """The rule does not exist or is somebody else's."""

    reason = "RETENTION_RULE_NOT_FOUND"


class TooManyRetentionRules(FailedPrecondition):
    """The user has as many retention rules as one may."""

    reason = "TOO_MANY_RETENTION_RULES"


class DeadEventNotFound(NotFound):
    """No event of that id was given up, or it was replayed or discarded since."""

    reason = "DEAD_EVENT_NOT_FOUND"


def recorded(reason: str, message: str) -> ArgusError:
    """The error that was raised when an image failed, from its record."""
    kind = FailedPrecondition if reason == UploadExpired.reason else InvalidInput
    error = kind(message)
    error.reason = reason
    return error
