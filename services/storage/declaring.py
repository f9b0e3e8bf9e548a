"""What clients declare of images before their bytes are looked at."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageTooLarge
from services.imaging.formats import CONTENT_TYPES
from services.runtime.text import kept_content_type, kept_note
from services.storage.errors import Sha256Mismatch, UnsupportedContentType
from services.storage.filenames import clean_filename
from services.storage.model import Image, ImageState, UploadRequest


class Declaring:
    """Makes records, PENDING, of what clients declare.

    Args:
        limits: What an image may measure.
        put_ttl: How long a presigned PUT works.
        upload_ttl: How long an upload may stay incomplete.
    """

    def __init__(self, limits: ImageLimits, *, put_ttl: timedelta, upload_ttl: timedelta) -> None:
        self._limits = limits
        self._put_ttl = put_ttl
        self._upload_ttl = upload_ttl

    def image(self, image_id: UUID, user_id: UUID, request: UploadRequest, now: datetime) -> Image:
        """The record of an upload.

        Raises:
            FilenameInvalid, UnsupportedContentType, ImageTooLarge: it would not be taken.
        """
        filename = clean_filename(request.filename)
        content_type = kept_content_type(request.content_type)
        if content_type not in CONTENT_TYPES:
            raise UnsupportedContentType(
                f"{request.content_type} is none of {', '.join(sorted(CONTENT_TYPES))}",
                field="content_type",
            )
        if request.size_bytes > self._limits.max_bytes:
            raise ImageTooLarge(
                f"{request.size_bytes} bytes; at most {self._limits.max_bytes} are accepted",
                field="size_bytes",
                metadata={"max_bytes": str(self._limits.max_bytes)},
            )
        return Image(
            image_id=image_id,
            user_id=user_id,
            filename=filename,
            content_type=content_type,
            size_bytes=request.size_bytes,
            sha256=request.sha256.lower(),
            phash="",
            width=0,
            height=0,
            format="",
            labels=request.labels,
            note=kept_note(request.note),
            keep_location=request.keep_location,
            take_description=request.take_description,
            state=ImageState.PENDING,
            failure=None,
            created_at=now,
            completed_at=None,
            expires_at=now + self._upload_ttl,
            put_expires_at=now + self._put_ttl,
            revision=1,
            updated_at=now,
        )

    def with_digest(self, declared: Image, sha256: str) -> Image:
        """The record with the SHA-256 that was said when all bytes were sent.

        Raises:
            Sha256Mismatch: Another one was declared before.
        """
        sha256 = sha256.lower()
        if declared.sha256 and sha256 and declared.sha256 != sha256:
            raise Sha256Mismatch(
                "the upload was finished with another SHA-256 than it was declared with",
                metadata={"declared": declared.sha256, "received": sha256},
            )
        return replace(declared, sha256=sha256 or declared.sha256)
