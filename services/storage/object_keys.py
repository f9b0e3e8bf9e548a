"""The keys of objects in the bucket.

A client can write to its staging key as long as its presigned PUT is valid,
also after the upload was verified. Verified bytes lie under keys that only
storage writes, artifacts under keys that only services get links to.
"""

from dataclasses import dataclass
from uuid import UUID

STAGED = "uploads/"
CONTENTS = "images/"
THUMBNAILS = "thumbnails/"
RENDITIONS = "renditions/"


@dataclass(frozen=True, slots=True)
class ImagePlace:
    """Whose object a key is of."""

    user_id: UUID
    image_id: UUID


def image_of_key(key: str) -> ImagePlace | None:
    """Whose object a key is of; None if no image has such keys."""
    folder, _, rest = key.partition("/")
    owner, _, name = rest.partition("/")
    match folder + "/":
        case "uploads/" | "images/":
            image = name
        case "thumbnails/":
            image = name.removesuffix(".webp")
        case "renditions/":
            image = name.partition("/")[0]
        case _:
            return None
    try:
        place = ImagePlace(UUID(owner), UUID(image))
    except ValueError:
        return None
    # As it is written here, and no other way that a UUID may be written.
    return place if rest.startswith(f"{place.user_id}/{place.image_id}") else None


def staging_key(user_id: UUID, image_id: UUID) -> str:
    """The key to which the client uploads an image's bytes."""
    return f"uploads/{user_id}/{image_id}"


def content_key(user_id: UUID, image_id: UUID) -> str:
    """The key of an image's verified bytes."""
    return f"images/{user_id}/{image_id}"


def thumbnail_key(user_id: UUID, image_id: UUID) -> str:
    """The key of an image's thumbnail."""
    return f"thumbnails/{user_id}/{image_id}.webp"


def rendition_key(user_id: UUID, image_id: UUID, side: int) -> str:
    """The key of an image's rendition that fits in a square of `side` pixels."""
    return f"renditions/{user_id}/{image_id}/{side}.webp"


def video_key(user_id: UUID, video_id: UUID) -> str:
    """The key of a video's bytes."""
    return f"videos/{user_id}/{video_id}"


def folders_of(user_id: UUID) -> tuple[str, ...]:
    """The folders in which all objects of a user are."""
    kinds = ("uploads", "images", "thumbnails", "renditions", "videos")
    return tuple(f"{kind}/{user_id}/" for kind in kinds)


def artifact_key(name: str) -> str:
    """The key of what a service built."""
    return f"artifacts/{name}"
