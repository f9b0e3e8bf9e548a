"""What rules say of images."""

from collections.abc import Sequence

import pytest

from services.inspection.errors import PartPatternWrong
from services.inspection.model import EACH_ITS_OWN, PartRule
from services.inspection.part_rules import LONGEST_NAME, checked, keys_of, numbers_of
from services.inspection.ports import ImageNames


def named(*filenames: str) -> list[ImageNames | None]:
    return [ImageNames(one, {}) for one in filenames]


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("^([0-9]+)_", ["12", "12", None, None]),
        (r"_(\w+)\.", ["a", "b", None, "c"]),
        ("^(x)?", [None, None, None, "x"]),
        ("(ä)", [None, None, "ä", None]),
    ],
)
def test_a_pattern_finds_what_images_of_a_part_have_in_common(
    pattern: str, keys: Sequence[str | None]
) -> None:
    rule = checked(PartRule(filename_pattern=pattern))
    assert keys_of(rule, named("12_a.png", "12_b.png", "nähte.png", "x_c.jpg")) == keys


def test_a_label_has_the_part_as_its_value() -> None:
    names = [ImageNames("a", {"part": "17"}), ImageNames("b", {"part": ""}), ImageNames("c", {})]
    assert keys_of(PartRule(label="part"), [*names, None]) == ["17", None, None, None]


def test_images_of_which_nothing_is_said_are_parts_of_their_own() -> None:
    assert keys_of(EACH_ITS_OWN, named("a", "a")) == [None, None]
    numbers = numbers_of(["a", None, "b", "a", None, 7, 7])
    assert numbers[0] == numbers[3]
    assert numbers[5] == numbers[6]
    assert len(set(numbers)) == 5


@pytest.mark.parametrize(
    "pattern",
    ["(", "no group", "(two)(groups)", "(a)(?=b)", r"(a)\1", "(a{1000}){1000}", "(?P<n>a)(b)"],
)
def test_a_pattern_that_cannot_be_followed_is_refused(pattern: str) -> None:
    with pytest.raises(PartPatternWrong) as refused:
        checked(PartRule(filename_pattern=pattern))
    assert refused.value.field == "filename_pattern"


def test_a_pattern_takes_no_time_whatever_it_is() -> None:
    """One that others would try in more ways than could ever be tried."""
    slow = PartRule(filename_pattern="^((?:a*)*a*a*a*a*a*a*)x$")
    assert keys_of(slow, named("a" * LONGEST_NAME * 4)) == [None]
