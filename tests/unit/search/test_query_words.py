"""What a person wrote into the search field, and what a model can read of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.search.query.reading import MOST_NAMED, read_by
from services.search.query.words import MOST_ASKED, MOST_TERMS, read_text


@pytest.mark.parametrize(
    ("text", "meant", "having", "lacking"),
    [
        ("a red car", "a red car", (), ()),
        ('holiday "beach.jpg" -people', "holiday beach.jpg", ("beach.jpg",), ("people",)),
        ('-"old town" city', "city", (), ("old town",)),
        (
            "“Alt­stadt” „rot“ «mer» 「海」",
            "Alt­stadt rot mer 海",
            ("Alt­stadt", "rot", "mer", "海"),
            (),
        ),
        ('red"car"blue', "redcarblue", ("car",), ()),
        ("well-known - dash -", "well-known - dash -", (), ()),
        ("--deep \u2212minus x", "x", (), ("-deep", "minus")),
        ('5" disk', '5" disk', (), ()),
        ('"..." -... x', "... -... x", (), ()),
        ("-people", "", (), ("people",)),
        ('"a" "a" -b -b x', "a a x", ("a",), ("b",)),
        ('  ""  ', '""', (), ()),
        ("🎉 -🎂", "🎉", (), ("🎂",)),
        ("\n", "", (), ()),
    ],
)
def test_quotes_and_minus(
    text: str, meant: str, having: tuple[str, ...], lacking: tuple[str, ...]
) -> None:
    wanted = read_text(text)
    assert (wanted.text, wanted.having, wanted.lacking) == (meant, having, lacking)


def test_words_that_say_nothing_are_looked_for_only_by_themselves() -> None:
    assert read_text("a photo of the BeachHouse").terms == ("beach", "beachhouse", "house")
    assert read_text("the photo").terms == ("the", "photo")
    assert read_text("-x 海滩 🎉 🎉").terms == ("海滩", "🎉")
    assert read_text("…").terms == ()


def test_long_texts_are_bounded_and_reach_the_model_whole() -> None:
    text = " ".join(f'"w{number}" -x{number} y{number}' for number in range(3000))
    wanted = read_text(text)
    assert len(wanted.having) == len(wanted.lacking) == MOST_ASKED
    assert len(wanted.terms) == MOST_TERMS
    assert wanted.text.endswith("y2999")
    assert len(read_text("red " * 10_000).text) > 39_000


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_whatever_is_written_can_be_read(text: str) -> None:
    wanted = read_text(text)
    assert all(wanted.having)
    assert all(wanted.lacking)
    assert wanted.text == " ".join(wanted.text.split())
    if not set(text) & set('"-\u2212“”„‟«»「」'):
        assert wanted.text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "readable", "unread"),
    [
        ("red car", "red car", []),
        ("café naïve ﬁsh — 5 €", "café naïve ﬁsh — 5 €", []),
        ("red собака, car", "red car", ["собака"]),
        ("海滩", "", ["海滩"]),
        ("🎉 ... 🇩🇪", "🎉 ...", ["🇩🇪"]),
        ("🇩🇪 ...", "", ["🇩🇪"]),
        ("naïve кот кот", "naïve", ["кот"]),
        ("７ ａｐｐｌｅｓ", "７ ａｐｐｌｅｓ", []),
    ],
)
def test_compact_reads_latin_letters(text: str, readable: str, unread: list[str]) -> None:
    assert read_by("compact", text) == (readable, unread)
    assert read_by("another", text) == (text, [])


def test_no_more_words_are_named_than_anybody_reads() -> None:
    text = " ".join(chr(0x4E00 + number) for number in range(500))
    assert len(read_by("compact", text)[1]) == MOST_NAMED
