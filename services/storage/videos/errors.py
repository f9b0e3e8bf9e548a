"""What can go wrong with a video, by the documented reason."""

from services.runtime.errors import FailedPrecondition, InvalidInput, NotFound


class VideoNotFound(NotFound):
    """The video does not exist or is somebody else's."""

    reason = "VIDEO_NOT_FOUND"


class VideoNotSupported(FailedPrecondition):
    """Nothing that decodes videos is installed."""

    reason = "VIDEO_NOT_SUPPORTED"


class VideoTooLarge(InvalidInput):
    """The video has more bytes than are taken."""

    reason = "VIDEO_TOO_LARGE"


class VideoTooLong(InvalidInput):
    """The video lasts longer than is taken, or takes too long to take apart."""

    reason = "VIDEO_TOO_LONG"


class VideoUnreadable(InvalidInput):
    """The bytes are no video, have no pictures, or are damaged."""

    reason = "VIDEO_UNREADABLE"


class VideoCodecUnsupported(InvalidInput):
    """The pictures are coded in a way that is not decoded here."""

    reason = "VIDEO_CODEC_UNSUPPORTED"


class NoLongerImported(VideoNotFound):
    """The video was deleted while it was imported, or somebody else imports it."""

    def __init__(self) -> None:
        super().__init__("the video was deleted, or is imported elsewhere")
