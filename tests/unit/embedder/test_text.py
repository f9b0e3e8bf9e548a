import pytest

from services.embedder.text import bounded, spelled_out


def test_white_space_is_collapsed_and_only_what_no_context_holds_is_cut() -> None:
    assert bounded("  a\n\tcat  ", 4) == ("a cat", False)
    assert bounded("x" * 256, 4) == ("x" * 256, False)
    assert bounded("x" * 257, 4) == ("x" * 256, True)
    assert bounded(" " * 10_000, 4) == ("", False)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("\uff50\uff45\uff41\uff43\uff4f\uff43\uff4b", "peacock"),
        ("\ufb01sh \u00bd \u21165", "fish 1\u20442 No5"),
        ("pea\u00adcock\u200b \ufeffcat\u2060", "peacock cat"),
        ("cat\0dog\x1bcow", "cat dog cow"),
        ("\u200b\ufeff", ""),
        ("cafe\u0301", "caf\u00e9"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u3000猫\u00a0", "猫"),
    ],
)
def test_every_way_to_write_a_word_is_the_usual_one(given: str, read: str) -> None:
    assert bounded(given, 256) == (read, False)


def test_what_grows_is_bounded_as_well() -> None:
    read, cut = bounded("\ufdfa" * 256, 4)
    assert (len(read), cut) == (256, True)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("a cat", "a cat"),
        ("🦚", "peacock"),
        ("two 🐱🐶", "two cat face dog face"),
        ("\U0001f1ee\U0001f1f9", "\U0001f1ee\U0001f1f9"),
        ("猫 é", "猫 é"),
    ],
)
def test_emoji_are_read_by_their_names(given: str, read: str) -> None:
    assert spelled_out(given) == read
