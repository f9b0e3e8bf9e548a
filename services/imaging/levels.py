"""Samples of any depth to levels of 8 or 16 bits.

A sample of up to 16 bits without sign means a part of what its bits can hold.
Longer ones and floats mean a part of the smallest usual range that holds them
all; where none does, of their own range.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
Levels = NDArray[Any]
"""Of 8 or of 16 bits."""

_BAND_SAMPLES = 2_000_000


@dataclass(frozen=True)
class SampleKind:
    """What the file says that its samples are."""

    kind: Literal["u", "i", "f"]
    """Integers without and with sign, or floats."""
    bits: int
    inverted: bool = False
    """Whether 0 is white."""


@dataclass(frozen=True)
class Scale:
    """How samples become levels."""

    low: float
    """What becomes black, white if it is inverted."""
    high: float
    inverted: bool

    def levels(self, samples: Samples, dtype: type[np.uint8 | np.uint16]) -> Levels:
        """The levels of samples of any shape; NaN and infinity count as 0."""
        top = np.iinfo(dtype).max
        if samples.dtype in {np.dtype(np.uint8), np.dtype(np.uint16)}:
            return self._table(samples.dtype, dtype)[samples]
        out = np.empty(samples.shape, dtype)
        factor = top / max(self.high - self.low, 1e-30)
        rows = max(1, _BAND_SAMPLES // max(1, samples[0].size))
        for start in range(0, len(samples), rows):
            band = _finite(samples[start : start + rows].astype(np.float64))
            band = np.clip(np.rint((band - self.low) * factor), 0, top)
            out[start : start + rows] = top - band if self.inverted else band
        return out

    def _table(self, source: np.dtype[Any], dtype: type[np.uint8 | np.uint16]) -> Levels:
        top = np.iinfo(dtype).max
        values = np.arange(np.iinfo(source).max + 1, dtype=np.float64)
        values = np.clip(np.rint((values - self.low) * (top / (self.high - self.low))), 0, top)
        return (top - values if self.inverted else values).astype(dtype)


def scale_for(kind: SampleKind, parts: Iterable[Samples]) -> Scale:
    """How samples of a kind become levels.

    Args:
        kind: What they are.
        parts: All of them; looked at only where their range matters.
    """
    if kind.kind == "u" and kind.bits <= 16:
        return Scale(0, 2**kind.bits - 1, kind.inverted)
    low, high = 0.0, 0.0
    for index, part in enumerate(parts):
        smallest, largest = _extremes(part)
        low, high = (min(low, smallest), max(high, largest)) if index else (smallest, largest)
    if low >= 0:
        for limit in _usual_ranges(kind, high):
            if high <= limit:
                return Scale(0, limit, kind.inverted)
    return Scale(low, high, kind.inverted)


def _usual_ranges(kind: SampleKind, high: float) -> tuple[float, ...]:
    if kind.kind == "f":
        return (1, 255, 65535)
    if kind.kind == "i":
        return {8: (127,), 16: (255, 32767)}.get(kind.bits, (255, 65535))
    # Counts seldom come this far; a sample that means a part of all its bits does.
    full = 2**kind.bits - 1
    return (255, 65535, full) if high >= full / 256 else (255, 65535)


def _extremes(samples: Samples) -> tuple[float, float]:
    if samples.dtype.kind != "f":
        return float(samples.min()), float(samples.max())
    bands = [
        _finite(samples[start : start + rows])
        for rows in [max(1, _BAND_SAMPLES // max(1, samples[0].size))]
        for start in range(0, len(samples), rows)
    ]
    return min(float(band.min()) for band in bands), max(float(band.max()) for band in bands)


def _finite(samples: Samples) -> Samples:
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
