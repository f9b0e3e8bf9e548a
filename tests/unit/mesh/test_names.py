import unicodedata

import pytest

from mesh.client.names import MAX_SAVED_BYTES, printable, safe_name

SCRIPTS = ("a", "é", "я", "ひ", "हि", "👨‍👩‍👧", "e\u0301", "\udcf1")


@pytest.mark.parametrize(
    "kept",
    [
        "Muñoz 3.png",
        "می\u200cخواهم.png",
        "👨\u200d👩\u200d👧 trip.png",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "שלום\u200f.png",
        "❤\ufe0f [red]bold[/] :cat:",
    ],
)
def test_what_words_need_is_printable(kept: str) -> None:
    assert printable(kept) == kept


@pytest.mark.parametrize(
    "odd",
    [
        "\x1b", "\x00", "\n", "\r", "\t", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202a",
        "\u202e", "\u2066", "\u2069", "\u206f", "\ufeff", "\udcf1",
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_replaced(odd: str) -> None:
    assert printable(f"a{odd}b") == "a\ufffdb"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_saved_name_is_short_enough_in_any_script_and_keeps_its_ends(script: str) -> None:
    for length in range(250, 256):
        name = f"first{script * length}"[:length] + "0042.png"
        saved = safe_name(name, ending=".overlay.webp")
        assert len(saved.encode()) <= MAX_SAVED_BYTES
        assert saved.startswith("first")
        assert saved.endswith("0042.png.overlay.webp")
        assert "\ufffd" not in saved


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("-rf.png", "rf.png"),
        (".hidden", "hidden"),
        ("a\x1b[2J\n\u202eb?.png", "a__2J__b_.png"),
        ("$(reboot)`x`;'\"|&<>*", "__reboot__x_________"),
        ("...", "image"),
        ("हिन्दी.png", "हिन्दी.png"),
    ],
)
def test_a_saved_name_is_safe(name: str, saved: str) -> None:
    assert safe_name(name) == saved
    assert unicodedata.is_normalized("NFC", saved)
