from mesh.observe.markup import Markup, join, tag
from mesh.observe.pages import message_page
from mesh.observe.words import amount, duration

BAD = '"><script>alert(1)</script>'


def test_text_never_becomes_markup() -> None:
    made = tag("a", BAD, tag("b", BAD), None, href=BAD, aria_label=BAD, hidden=False, open=True)
    assert "<script" not in made
    assert made.startswith('<a href="&quot;&gt;&lt;script')
    assert join(BAD, Markup("<br>")).endswith("<br>")
    assert b"<script>alert" not in message_page(BAD, BAD)


def test_amounts_have_units() -> None:
    assert [duration(value) for value in (900, 1_500_000, 2_340_000_000, 61e9)] == [
        "1 µs", "1.5 ms", "2.34 s", "1 min 1 s",
    ]  # fmt: skip
    assert amount(0.25, "s") == "250.0 ms"
    assert amount(3 * 2**20, "By") == "3.0 MiB"
    assert amount(4, "{image}") == "4"
    assert amount(0.5, "{image}/s") == "0.5/s"
