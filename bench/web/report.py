"""The page of docs."""

from pathlib import Path

from bench.goal import HEADS, missed, table
from bench.web.goals import goals
from bench.web.results import Results

MEANING = Path(__file__).with_name("meaning.md")
"""How each line is measured."""


def markdown(results: Results, *, machine: str, command: str) -> str:
    """The whole report.

    Args:
        results: What was measured.
        machine: What it was measured on.
        command: What measures the same again.
    """
    found = goals(results)
    count = sum(goal.reached is not None for goal in found)
    head = (
        f"`{command}` on the single-machine edition, with the built page in Chromium, 1440 × 900, "
        f"without a graphics card: {machine}. The browser, what drives it and every part of the "
        "mesh share the cores."
    )
    return "\n\n".join(
        (
            "# The page",
            head,
            table(HEADS, (goal.cells for goal in found)),
            f"{len(missed(found))} of {count} goals missed.",
            MEANING.read_text(encoding="utf-8"),
        )
    )
