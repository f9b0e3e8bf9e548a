"""What a report says of defects that were painted into references."""

from collections.abc import Sequence

import numpy as np

from services.inspection.evidence.curve_graphs import separation_graphs
from services.inspection.evidence.document import Bar, Bars, Graphs, Table, Tone
from services.inspection.evidence.words import decimal, interval, percent
from services.inspection.model import MarkScore, Sensitivity, Version
from services.inspection.verdict.curves import Separation, separation_of
from services.inspection.verdict.detection import Found, summary_of, total_found
from services.inspection.verdict.intervals import Proportion, wilson

Rows = Sequence[Sequence[str]]


def miss_rate(rows: Sequence[Sensitivity]) -> Proportion | None:
    """Share of painted defects that are missed; None if nothing was painted."""
    found = total_found(rows)
    return wilson(found.painted - found.found, found.painted)


def painted_numbers(version: Version, marks: Sequence[MarkScore]) -> tuple[Sequence[str], Rows]:
    """Shares of painted defects, with intervals."""
    found = total_found(version.sensitivity)
    missed = found.painted - found.found
    rows = [
        _row("Found at the present threshold", found.found, found.painted),
        _row("Missed at the present threshold", missed, found.painted),
    ]
    separation = _separation(version, marks)
    if separation is not None:
        for name, area in (
            ("Area under the ROC curve", separation.auroc),
            ("Average precision", separation.average_precision),
        ):
            value, _, rest = decimal(area).partition(" (")
            rows.append((name, "", value, rest.rstrip(")")))
    return ("", "Counted", "Value", "95 % interval"), rows


def painted_graphs(version: Version, marks: Sequence[MarkScore]) -> list[Graphs]:
    """ROC and precision-recall of painted defects among held-out normal images."""
    separation = _separation(version, marks)
    if separation is None:
        return []
    threshold = version.threshold.value
    found = sum(one.score > threshold for one in marks)
    alarms = int(np.sum(np.asarray(version.held_out) > threshold))
    return [
        separation_graphs(
            separation,
            Tone.PAINTED,
            "painted",
            recall=wilson(found, len(marks)),
            false_alarms=wilson(alarms, len(version.held_out)),
            precision=wilson(found, found + alarms),
        )
    ]


def size_table(rows: Sequence[Sensitivity]) -> Table:
    """Shares found by size, all and clear ones."""
    summary = summary_of(rows)
    sizes = [] if summary is None else summary.sizes
    return Table(
        ("Size", "Found", "Share", "95 % interval", "Of clear ones", "95 % interval"),
        [
            (
                f"{one.size_px} px",
                f"{one.all.found} of {one.all.painted}",
                _value(one.all.share),
                interval(one.all.share),
                _value(one.clear.share),
                interval(one.clear.share),
            )
            for one in sizes
        ],
    )


def sensitivity_table(rows: Sequence[Sensitivity]) -> Table:
    """Kinds and contrasts by sizes, with intervals."""
    sizes = sorted({row.size_px for row in rows})
    contrasts = sorted({row.contrast for row in rows}, reverse=True)
    kinds = list(dict.fromkeys(row.kind for row in rows))
    table = []
    for contrast in contrasts:
        for kind in kinds:
            some = [row for row in rows if (row.kind, row.contrast) == (kind, contrast)]
            by_size = [total_found(row for row in some if row.size_px == size) for size in sizes]
            if some:
                how = _contrast_name(contrast, contrasts)
                table.append((f"{how} {kind}", *(_cell(one) for one in by_size)))
    return Table(("", *(f"{size} px" for size in sizes)), table)


def sensitivity_bars(rows: Sequence[Sensitivity]) -> Bars:
    """Shares found by size and contrast."""
    sizes = sorted({row.size_px for row in rows})
    contrasts = sorted({row.contrast for row in rows})
    groups = []
    for size in sizes:
        bars = []
        for contrast in contrasts:
            some = [row for row in rows if (row.size_px, row.contrast) == (size, contrast)]
            share = total_found(some).share or Proportion(0, 0, 1)
            tone = Tone.PAINTED if contrast == contrasts[-1] else Tone.PLAIN
            bars.append(Bar(_contrast_name(contrast, contrasts[::-1]), share, tone))
        groups.append((f"{size} px", bars))
    return Bars("Found by size, with 95 % intervals", "Share found", groups)


def _separation(version: Version, marks: Sequence[MarkScore]) -> Separation | None:
    return separation_of(version.held_out, [one.score for one in marks])


def _contrast_name(contrast: float, descending: Sequence[float]) -> str:
    return "clear" if contrast == descending[0] else "faint"


def _cell(found: Found) -> str:
    if not found.painted:
        return "–"
    return f"{found.found} of {found.painted}\n({interval(found.share)})"


def _value(share: Proportion | None) -> str:
    return "–" if share is None else percent(share.value)


def _row(name: str, hits: int, total: int) -> tuple[str, str, str, str]:
    share = wilson(hits, total)
    return name, f"{hits} of {total}", _value(share), interval(share)
