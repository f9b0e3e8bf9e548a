"""Records of videos."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.storage.videos.model import Video, VideoState
from tests.unit.storage.images import NOW

OWNER = UUID(int=2)
WEBM = b"\x1a\x45\xdf\xa3" + bytes(2000)
"""What a WebM file begins with, and no video."""


def video(**fields: Any) -> Video:
    """A video whose bytes are waited for, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "video_id": UUID(int=1),
        "user_id": OWNER,
        "filename": "film.webm",
        "content_type": "video/webm",
        "size_bytes": len(WEBM),
        "sha256": "",
        "labels": {"line": "3"},
        "max_key_frames": 200,
        "state": VideoState.PENDING,
        "failure": None,
        "created_at": NOW,
        "updated_at": NOW,
        "put_expires_at": NOW + timedelta(minutes=15),
        "expires_at": NOW + timedelta(hours=1),
    }
    return Video(**(values | fields))
