"""Numbers as people write and read them."""

import math
import re

_SHORT = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_WRITTEN = re.compile(r"(\d+(?:[_,]\d{3})*(?:\.\d+)?|\.\d+)\s*([kmgbt]?)", re.IGNORECASE)

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_LARGE = ((10**9, "billion"), (10**6, "million"))


class NotANumberError(ValueError):
    """A text that is no count."""


def count_of(text: str) -> float:
    """What a text such as `10M`, `2.5k`, `1_000_000` or `1B` (a billion) counts.

    Raises:
        NotANumberError: It counts nothing.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise NotANumberError(f"{text!r} is no count; one is like 250000, 250k, 10M or 1B")
    return float(found[1].replace("_", "").replace(",", "")) * _SHORT[found[2].lower()]


def bytes_text(value: float) -> str:
    """Bytes in the unit of a thousand that leaves one to three digits: `1.5 TB`."""
    power = 0 if value < 1 else min(int(math.log10(value) / 3 + 1e-9), len(_BYTES) - 1)
    return f"{_digits(value / 1000**power)} {_BYTES[power]}"


def count_text(value: float) -> str:
    """A count: `10 million`, `250,000`."""
    for size, name in _LARGE:
        if value >= size:
            return f"{value / size:,.4g} {name}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


def amount_text(value: float) -> str:
    """A number of which three digits matter."""
    return _digits(value)


def _digits(value: float) -> str:
    """Three digits, or all of a whole number."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}"
