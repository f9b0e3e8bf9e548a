"""What things cost a month. Prices are inputs; the defaults are assumptions, and dated."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

ASSUMED_ON = "2026-11"
"""When the defaults were written down."""

ASSUMPTION = (
    f"Prices are assumptions of {ASSUMED_ON}, round numbers of the order of what large clouds list "
    "for machines by the hour; they are nobody's offer. Give your own."
)


class PriceError(ValueError):
    """What is no price."""


@dataclass(frozen=True)
class Prices:
    """US dollars, or whatever else you reckon in, a month.

    Raises:
        PriceError: One is negative or no number.
    """

    core: float = 22.0
    """A core."""

    memory_gb: float = 3.0
    """A gigabyte (10^9 bytes) of memory."""

    disk_gb: float = 0.10
    """A gigabyte of SSD: database, vectors."""

    object_gb: float = 0.025
    """A gigabyte of the object store's disks, for each copy."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not math.isfinite(value) or value < 0:
                raise PriceError(f"{one.name}: {value} is no price")

    def but(self, given: Mapping[str, float | None]) -> Self:
        """These, but for those that are given."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Those of a TOML file with some of the names above.

        Raises:
            PriceError: It is no TOML, or names something else, or a price is none.
            OSError: It cannot be read.
        """
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PriceError(f"{path} is not TOML: {error}") from error
        known = {one.name for one in fields(cls)}
        for name, value in found.items():
            if name not in known:
                raise PriceError(f"{path}: there is no price {name}; those are {_listed(known)}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise PriceError(f"{path}: {name} is not a number")
        return cls(**{name: float(value) for name, value in found.items()})


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
