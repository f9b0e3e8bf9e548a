"""Records of images."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.storage.model import Image, ImageState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def image(**fields: Any) -> Image:
    """A PNG that is reserved, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "image_id": UUID(int=1),
        "user_id": UUID(int=2),
        "filename": "cat",
        "content_type": "image/png",
        "size_bytes": 1,
        "sha256": "",
        "phash": "",
        "width": 0,
        "height": 0,
        "format": "",
        "labels": {},
        "state": ImageState.PENDING,
        "failure": None,
        "created_at": NOW,
        "completed_at": None,
        "expires_at": NOW,
        "put_expires_at": NOW,
        "revision": 1,
        "updated_at": NOW,
    }
    return Image(**(values | fields))
