import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.embedder.items import Items, load_items
from bench.embedder.jpeg import with_comment
from services.embedder.model import Pixels
from tests.support.pictures import drawing, encoded

JPEG = encoded(drawing(1), "JPEG")


def pixels(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_a_comment_changes_the_bytes_and_not_the_pixels() -> None:
    marked = with_comment(JPEG, b"hello")

    assert marked != JPEG
    np.testing.assert_array_equal(pixels(marked), pixels(JPEG))
    with Image.open(io.BytesIO(marked)) as image:
        assert image.info["comment"] == b"hello"


def test_a_comment_stands_behind_the_application_segments() -> None:
    profiled = encoded(drawing(1), "JPEG", exif=Image.Exif(), icc_profile=b"profile" * 100)
    marked = with_comment(profiled, b"hello")

    with Image.open(io.BytesIO(marked)) as image:
        assert image.info["icc_profile"] == b"profile" * 100
        # Pillow reads a colour profile only if its segments stand together at the front.
        assert image.info["comment"] == b"hello"


@pytest.mark.parametrize(("data", "comment"), [(b"\x89PNG", b""), (JPEG, bytes(65_534))])
def test_what_cannot_be_marked_is_refused(data: bytes, comment: bytes) -> None:
    with pytest.raises(ValueError, match=r"JPEG|65,533"):
        with_comment(data, comment)


def test_items_of_all_passes_differ_and_equal_names_give_equal_bytes() -> None:
    items = Items((JPEG, with_comment(JPEG, b"other")))

    first, second = items.of_pass("one", 6), items.of_pass("two", 6)

    assert len({*first, *second}) == 12
    assert items.of_pass("one", 6) == first
    assert items.of_pass("one", 2, start=4) == first[4:]
    assert Items(items.photographs).of_pass("one", 6) != first


def test_photographs_come_from_packages_if_no_folder_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.embedder.items.PHOTOGRAPHS", 3)

    items = load_items(tmp_path / "work", None)

    assert len(set(items.photographs)) == 3
    assert all(pixels(photograph).shape[2] == 3 for photograph in items.photographs)


def test_a_folders_jpeg_files_are_used_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(JPEG)

    assert load_items(tmp_path / "work", folder).photographs[0] == JPEG
