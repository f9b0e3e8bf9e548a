"""Whether bytes are the image that was declared, and what is in them."""

import hashlib
from dataclasses import replace

from services.imaging.capture import Capture, capture_of
from services.imaging.decode import ImageLimits, decode
from services.imaging.errors import ImageEmpty, ImageTooLarge
from services.imaging.formats import sniff
from services.imaging.phash import phash
from services.imaging.thumbnail import shrunk, thumbnail
from services.imaging.xmp import Described, XmpUnreadable, read_xmp
from services.storage.errors import ContentTypeMismatch, Sha256Mismatch, SizeMismatch
from services.storage.model import Image, Verified
from services.storage.showing import PREVIEW_SIDE


def check_size(size_bytes: int, declared: Image, limits: ImageLimits) -> None:
    """Checks the number of bytes before any of them is read.

    Raises:
        ImageEmpty, ImageTooLarge, SizeMismatch: it is not what was declared.
    """
    if size_bytes == 0:
        raise ImageEmpty("the uploaded object has no bytes")
    if size_bytes > limits.max_bytes:
        raise ImageTooLarge(
            f"the image has {size_bytes} bytes; at most {limits.max_bytes} are accepted",
            metadata={"max_bytes": str(limits.max_bytes)},
        )
    if size_bytes != declared.size_bytes:
        raise SizeMismatch(
            f"{declared.size_bytes} bytes were declared, {size_bytes} arrived",
            metadata={"declared": str(declared.size_bytes), "received": str(size_bytes)},
        )


def verify(content: bytes, declared: Image, limits: ImageLimits) -> Verified:
    """Checks digest and type, decodes every pixel and makes the thumbnail. CPU work.

    Raises:
        Sha256Mismatch, ContentTypeMismatch: the bytes are not what was declared.
        ImageTooSmall, TooManyPixels: the picture breaks a limit.
        ImageUnsupported: the picture is of a kind that is not decoded.
        ImageUnreadable: the bytes are no whole picture of a known format.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if declared.sha256 and sha256 != declared.sha256:
        raise Sha256Mismatch(
            "the bytes that arrived have another SHA-256 than declared; upload them again",
            metadata={"declared": declared.sha256, "received": sha256},
        )
    found = sniff(content)
    if found is not None and found.content_type != declared.content_type:
        raise ContentTypeMismatch(
            f"declared as {declared.content_type}, but the bytes are {found.content_type}",
            metadata={"declared": declared.content_type, "found": found.content_type},
        )
    decoded = decode(content, limits)
    capture = capture_of(decoded.exif)
    if capture is not None and not declared.keep_location:
        capture = replace(capture, location=None)
    # Kept for a while, so that what is shown of the picture needs no second decode.
    preview = shrunk(decoded.image, PREVIEW_SIDE)
    return Verified(
        sha256=sha256,
        phash=phash(decoded.image),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format.value.lower(),
        capture=None if capture == Capture() else capture,
        page_count=decoded.page_count,
        described=_described(decoded.xmp) if declared.take_description else None,
        thumbnail=thumbnail(preview),
        preview=preview,
    )


def _described(xmp: bytes | None) -> Described:
    try:
        return read_xmp(xmp) if xmp else Described()
    except XmpUnreadable:
        # Damage beside the pixels.
        return Described()
