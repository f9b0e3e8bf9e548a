"""What an update makes of an image."""

from dataclasses import replace
from typing import Any

import pytest

from services.storage.editing import Update, check_paths, etag_of, updated
from services.storage.errors import UpdateInvalid
from services.storage.taking_over import MAX_LABELS
from services.storage.translate import is_known
from tests.unit.storage.images import image

BEFORE = image(labels={"a.b": "1", "c": "2"})


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["labels"], {"a.b": "9"}),
        (["labels.a.b"], {"a.b": "9", "c": "2"}),
        (["labels.c"], {"a.b": "1"}),
        (["labels.none"], {"a.b": "1", "c": "2"}),
        (["labels", "labels.c"], {"a.b": "9"}),
        (["filename"], {"a.b": "1", "c": "2"}),
    ],
)
def test_only_what_is_named_becomes_as_it_is_said(paths: list[str], labels: Any) -> None:
    after = updated(BEFORE, Update("dog.png", {"a.b": "9"}, paths, etag=""))
    assert after.labels == labels
    assert after.filename == ("dog.png" if "filename" in paths else "cat")


def test_an_image_has_no_more_labels_than_it_may() -> None:
    many = {f"k{n}": "" for n in range(MAX_LABELS)}
    full = updated(BEFORE, Update("", many, ["labels"], etag=""))
    assert len(full.labels) == MAX_LABELS
    with pytest.raises(UpdateInvalid, match="65 labels"):
        updated(full, Update("", {"one": "more"}, ["labels.one"], etag=""))


@pytest.mark.parametrize("paths", [[], ["sha256"], ["label"], ["*"]])
def test_nothing_else_can_be_changed(paths: list[str]) -> None:
    with pytest.raises(UpdateInvalid):
        check_paths(paths)


def test_the_etag_is_of_the_revision() -> None:
    assert etag_of(BEFORE) == etag_of(replace(BEFORE, thumbhash=b"x"))
    assert etag_of(BEFORE) != etag_of(replace(BEFORE, revision=2))


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
    ],
)
def test_a_client_says_by_tags_what_it_has(sent: str, known: bool) -> None:
    assert is_known('"a"', sent) == known
