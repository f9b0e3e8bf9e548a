from services.embedder.text import bounded


def test_white_space_is_collapsed_and_only_what_no_context_holds_is_cut() -> None:
    assert bounded("  a\n\tcat  ", 4) == ("a cat", False)
    assert bounded("x" * 256, 4) == ("x" * 256, False)
    assert bounded("x" * 257, 4) == ("x" * 256, True)
    assert bounded(" " * 10_000, 4) == ("", False)
