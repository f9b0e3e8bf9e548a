"""The page of docs."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.edge.goals import goals
from bench.edge.results import Results
from bench.goal import HEADS, missed, table

MEANING = Path(__file__).with_name("meaning.md")
"""How each line is measured, and what it means."""


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
        f"`{command}` on the single-machine edition: {machine}. Every part of the mesh, the "
        "clients and the attackers share the cores; ways that are compared take turns within each "
        "round, and a figure is the median of the rounds."
    )
    return "\n\n".join(
        (
            "# The edge",
            head,
            table(HEADS, (goal.cells for goal in found)),
            f"{len(missed(found))} of {count} goals missed.",
            *_attacks(results),
            MEANING.read_text(encoding="utf-8"),
        )
    )


def _attacks(results: Results) -> Iterator[str]:
    if results.siege and results.siege.done:
        said = ", ".join(f"{name} {count:,}" for name, count in _sorted(results.siege.done))
        yield f"What the attackers did in all rounds, and what they were answered: {said}."


def _sorted(done: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(done.items())
