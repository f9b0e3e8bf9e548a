"""Words in any script, and how much they say."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.words import (
    MOST_LENGTH,
    asked_neighbours,
    folded,
    neighbours_of,
    query_terms,
    terms_of,
    words_of,
)
from services.search.words.bm25 import rarity, weights_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("IMG_2034_BeachHouse.jpg", "img 2034 beach house jpg"),
        ("HTMLParser2", "html parser 2"),
        ("don\u2019t 'quote' it's", "don't quote it's"),
        ("Café ＣＡＦＥ cafe\u0301", "cafe cafe cafe"),
        ("Straße İstanbul", "strasse istanbul"),
        ("й Ёлка", "й ёлка"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("हिन्दी शब्द", "हिन्दी शब्द"),
        ("שלום עולם", "שלום עולם"),
        ("海滩 photo", "海 滩 photo"),
        ("한국", "한 국"),
        ("ｶﾒﾗ", "カ メ ラ"),
        ("👍🏽👩\u200d🚀🇩🇪🇫🇷❤️", "👍 👩\u200d🚀 🇩🇪 🇫🇷 ❤"),
        ("a3f9c01b22dd7e.png", "a3f9c01b22dd7e png"),
        ("3.5 cm", "3 5 cm"),
        ("Alt\u00adstadt zero\u200bwidth می\u200cخواهم", "altstadt zerowidth میخواهم"),
        ("-- … $ ", ""),
        ("\u0301\u200d", ""),
    ],
)
def test_words_of_a_text(text: str, words: str) -> None:
    assert [word.text for word in words_of(text)] == words.split()


def test_names_are_found_whole_too_and_characters_in_pairs() -> None:
    assert terms_of("BeachHouse7") == ["beach", "beachhouse7", "house", "7"]
    assert terms_of("海滩 a 片") == ["海", "滩", "海滩", "a", "片"]
    assert query_terms("海滩照 片 beachhouse7") == [
        "海滩", "滩照", "片", "beachhouse", "beachhouse7", "7",
    ]  # fmt: skip
    assert asked_neighbours("red Car.jpg") == ["red car", "car jpg"]
    assert asked_neighbours("Car") == ["car"]
    assert asked_neighbours("…") == []


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(), st.text())
def test_whatever_is_written_is_found_by_what_is_in_it(one: str, other: str) -> None:
    whole = f"{one} {other}"
    assert set(asked_neighbours(one)) <= neighbours_of(whole) | set()
    assert set(query_terms(one)) <= set(terms_of(whole))
    assert all(0 < len(word) <= 2 * MOST_LENGTH for word in terms_of(whole))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_rare_words_tell_more_and_repeated_ones_say_little_more() -> None:
    assert rarity(100, 1) > rarity(100, 50) > rarity(100, 100) > 0
    assert rarity(3, 5) > 0
    once, twice, among_many = (
        weights_of(text.split())["red"]
        for text in ("red car", "red red car", "red " + "word " * 40)
    )
    assert among_many < once < twice < 1
