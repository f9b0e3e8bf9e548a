"""What was to be reached, and what was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADS = ("what", "measured", "goal", "verdict", "detail")
"""Of a table of goals."""


@dataclass(frozen=True)
class Goal:
    """One line of the table."""

    what: str
    measured: str
    goal: str
    reached: bool | None
    """None: there is no goal."""
    detail: str = ""

    @property
    def verdict(self) -> str:
        """For the report."""
        if self.reached is None:
            return "–"
        return "reached" if self.reached else "**missed**"

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """What the table shows."""
        return self.what, self.measured, self.goal, self.verdict, self.detail


def missed(found: Sequence[Goal]) -> list[Goal]:
    """Goals that were not reached."""
    return [goal for goal in found if goal.reached is False]


def table(heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    shown = [heads, tuple("---" for _ in heads), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in shown)
