"""File names as they are kept."""

import pytest

from services.storage.errors import FilenameInvalid
from services.storage.uploads import clean_filename


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cat.png", "cat.png"),
        ("photos/2026/cat.png", "cat.png"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        (" cat\r\nSet-Cookie: x\x00.png ", "catSet-Cookie: x.png"),
        ("gnp\u202etac.png", "gnptac.png"),
        ("Ku\u0308che.jpg", "K\u00fcche.jpg"),
        ("猫.jpg", "猫.jpg"),
    ],
)
def test_folders_and_control_characters_are_dropped(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


@pytest.mark.parametrize("given", ["folder/", "\x00", "..", "a/.", "  "])
def test_a_name_of_nothing_is_refused(given: str) -> None:
    with pytest.raises(FilenameInvalid) as caught:
        clean_filename(given)

    assert caught.value.field == "filename"
