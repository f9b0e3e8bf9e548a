"""What an image takes over of its file's own words."""

from services.imaging.xmp import Described
from services.storage.taking_over import (
    MAX_LABELS,
    MAX_NOTE_CHARACTERS,
    keyword_key,
    labels_and_note,
    note_of,
)


def test_what_the_owner_says_counts() -> None:
    described = Described("title", "text", ("Beach", "Old Town"), 4)
    assert labels_and_note({"rating": "1", "line": "3"}, "mine", described) == (
        {"rating": "1", "line": "3", "keyword.beach": "Beach", "keyword.old-town": "Old Town"},
        "mine",
    )
    assert labels_and_note({}, "", described)[1] == "title\ntext"


def test_there_is_room_for_so_many_labels() -> None:
    described = Described(keywords=tuple(f"word {n}" for n in range(100)), rating=5)
    labels, _ = labels_and_note({"mine": "x"}, "", described)
    assert len(labels) == MAX_LABELS
    assert labels["rating"] == "5"
    assert labels["keyword.word-0"] == "word 0"


def test_keys_of_keywords_are_keys_whatever_the_script() -> None:
    assert keyword_key("Zürich  2026!") == "keyword.zurich-2026"
    assert keyword_key("海辺") != keyword_key("山")
    assert keyword_key("海辺").startswith("keyword.")
    assert len(keyword_key("x" * 300)) == 63


def test_a_note_is_title_and_description() -> None:
    assert note_of(Described("Beach", "Beach at noon")) == "Beach at noon"
    assert note_of(Described("Beach")) == "Beach"
    assert note_of(Described(description="x" * 9000)) == "x" * MAX_NOTE_CHARACTERS
