"""Why an image cannot be used."""

from services.runtime.errors import InvalidInput


class ImageEmpty(InvalidInput):
    """There are no bytes."""

    reason = "IMAGE_EMPTY"


class ImageTooLarge(InvalidInput):
    """There are more bytes than the limit."""

    reason = "IMAGE_TOO_LARGE"


class ImageTooSmall(InvalidInput):
    """A side is shorter than the limit."""

    reason = "IMAGE_TOO_SMALL"


class TooManyPixels(InvalidInput):
    """The header promises more pixels than the limit; nothing was decoded."""

    reason = "TOO_MANY_PIXELS"


class ImageUnreadable(InvalidInput):
    """The bytes are no image of a known format, or a damaged one."""

    reason = "IMAGE_UNREADABLE"


class ImageUnsupported(InvalidInput):
    """The file may be whole, but is of a kind of its format that is not decoded."""

    reason = "IMAGE_UNSUPPORTED"


def unsupported(what: str) -> ImageUnsupported:
    """The error for a kind of file, such as `this TIFF is compressed with JPEG XL`."""
    return ImageUnsupported(f"{what}, which is not decoded; convert it to PNG or JPEG")
