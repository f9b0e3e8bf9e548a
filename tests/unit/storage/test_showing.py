"""What is rendered of an image, and what is shown of it."""

from typing import Any

import pytest

from services.storage.showing import display_of, held, preview_of, wanted_sides
from tests.unit.storage.images import image

MIB = 2**20


def shape(width: int, height: int, **fields: Any) -> Any:
    return image(width=width, height=height, **fields)


@pytest.mark.parametrize(
    ("picture", "sides", "before", "after"),
    [
        (shape(256, 10), (), "images", "images"),
        (shape(300, 300), (512,), "images", "images"),
        (shape(2048, 2048), (512,), "images", "images"),
        (shape(2049, 10), (512, 2048), "images", "2048"),
        (shape(1000, 10, size_bytes=3 * MIB), (512, 2048), "images", "2048"),
        (shape(100, 100, content_type="image/tiff"), (), "thumbnails", "thumbnails"),
        (shape(400, 100, content_type="image/tiff"), (512,), "thumbnails", "512"),
        (shape(600, 100, content_type="image/tiff"), (512, 2048), "thumbnails", "2048"),
        (shape(400, 400, size_bytes=3 * MIB), (512,), "thumbnails", "512"),
    ],
)
def test_nothing_is_rendered_that_a_smaller_object_is_as_good_as(
    picture: Any, sides: tuple[int, ...], before: str, after: str
) -> None:
    """The display before there are renditions, and when all are there."""
    assert wanted_sides(picture) == sides
    assert before in display_of(picture).key
    complete = shape(
        picture.width,
        picture.height,
        content_type=picture.content_type,
        size_bytes=picture.size_bytes,
        renditions=frozenset(sides),
    )
    assert after in display_of(complete).key


def test_the_thumbnail_is_the_preview_until_there_is_one() -> None:
    assert "thumbnails" in preview_of(shape(900, 900)).key
    assert preview_of(shape(900, 900, renditions=frozenset({512}))).key.endswith("/512.webp")


@pytest.mark.parametrize(
    ("picture", "side", "key"),
    [
        (shape(900, 900), 256, "thumbnails"),
        (shape(200, 200), 2048, "thumbnails"),
        (shape(900, 900, renditions=frozenset({512})), 512, "512.webp"),
        (shape(900, 900, renditions=frozenset({512})), 2048, None),
        (shape(900, 900), 512, None),
    ],
)
def test_what_is_there_for_a_size(picture: Any, side: int, key: str | None) -> None:
    found = held(picture, side)
    assert (found is None) == (key is None)
    assert (key or "") in (found or "")
