"""Where in the bucket what lies.

A client can write to its staging key as long as its presigned PUT is valid,
also after the upload was verified. What was verified lies under keys that only
storage writes; what services build, under keys that only services get links to.
"""

from uuid import UUID


def staging_key(user_id: UUID, image_id: UUID) -> str:
    """Where the client puts an image's bytes."""
    return f"uploads/{user_id}/{image_id}"


def content_key(user_id: UUID, image_id: UUID) -> str:
    """Where an image's verified bytes are."""
    return f"images/{user_id}/{image_id}"


def thumbnail_key(user_id: UUID, image_id: UUID) -> str:
    """Where an image's thumbnail is."""
    return f"thumbnails/{user_id}/{image_id}.webp"


def artifact_key(name: str) -> str:
    """Where what a service built is."""
    return f"artifacts/{name}"
