"""What a threshold finds of painted defects, in short, and whether it is of any use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.inspection.model import Sensitivity
from services.inspection.verdict.intervals import Proportion, wilson

ALMOST_NOTHING = 0.1
"""Share of all painted defects below which a threshold finds almost nothing."""

USUALLY = 0.5
"""Share from which on defects are found more often than missed."""


@dataclass(frozen=True, slots=True)
class Found:
    """Painted defects, and those of them that were found."""

    painted: int
    found: int

    @property
    def share(self) -> Proportion | None:
        """The share found with its 95 % interval; None if nothing was painted.

        Defects count one by one, although several are painted into one reference: where
        references differ much, the true interval is wider.
        """
        return wilson(self.found, self.painted)


@dataclass(frozen=True, slots=True)
class FoundOfSize:
    """Painted defects of one size, all kinds together."""

    size_px: int
    all: Found
    clear: Found
    """Those of the highest contrast."""


@dataclass(frozen=True, slots=True)
class SensitivitySummary:
    """What a threshold finds of painted defects."""

    all: Found
    sizes: Sequence[FoundOfSize]
    """The smallest first; at least one."""

    @property
    def finds_almost_nothing(self) -> bool:
        """Whether nearly all are missed, large and clear ones among them."""
        largest = self.sizes[-1].clear
        return (
            self.all.found < ALMOST_NOTHING * self.all.painted
            and largest.found < USUALLY * largest.painted
        )


def summary_of(rows: Sequence[Sensitivity]) -> SensitivitySummary | None:
    """The rows of a version's sensitivity in short; None if there are none."""
    if not rows:
        return None
    clearest = max(row.contrast for row in rows)
    by_size = {
        size: [row for row in rows if row.size_px == size]
        for size in sorted({row.size_px for row in rows})
    }
    return SensitivitySummary(
        all=total_found(rows),
        sizes=[
            FoundOfSize(
                size,
                total_found(some),
                total_found(row for row in some if row.contrast == clearest),
            )
            for size, some in by_size.items()
        ],
    )


def total_found(rows: Iterable[Sensitivity]) -> Found:
    """Rows taken together."""
    some = list(rows)
    return Found(sum(row.painted for row in some), sum(row.found for row in some))
