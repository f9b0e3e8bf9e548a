"""Numbers as people write and read them."""

import pytest

from mesh.capacity.quantity import NotANumberError, bytes_text, count_of, count_text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("250000", 250_000),
        ("1_000_000", 1e6),
        ("1,000,000", 1e6),
        ("10M", 1e7),
        ("2.5k", 2500),
        (" 1B ", 1e9),
        ("1g", 1e9),
        ("3 T", 3e12),
        ("0", 0),
        (".5k", 500),
    ],
)
def test_counts_are_read(text: str, count: float) -> None:
    assert count_of(text) == count


@pytest.mark.parametrize(
    "text", ["", "M", "-1", "1e6", "nan", "inf", "10 Mio", "1_0", "1.2.3", "10MB", "1__000"]
)
def test_what_counts_nothing_is_refused(text: str) -> None:
    with pytest.raises(NotANumberError):
        count_of(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_500_000_000_000, "1.5 TB"),
        (999_999_999, "1 GB"),
        (3e21, "3,000 EB"),
    ],
)
def test_bytes_have_the_unit_that_fits(value: float, text: str) -> None:
    assert bytes_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e7, "10 million"), (1e9, "1 billion"), (250_000, "250,000"), (2.5e6, "2.5 million")],
)
def test_counts_are_written_in_words(value: float, text: str) -> None:
    assert count_text(value) == text
