"""What a version finds of painted defects, as a table and as advice."""

from collections.abc import Iterable, Sequence

from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, percent

USUALLY = 0.5
"""Share of defects above which they are usually found."""

NEARLY_ALL = 0.9

LEAST_IMAGES = 4
"""Below that nothing is painted."""

Rows = Sequence[inspection_pb2.Sensitivity]


def show_sensitivity(version: inspection_pb2.Version) -> None:
    """Prints what a version finds, a warning if that is next to nothing, and what would help."""
    if version.sensitivity:
        Terminal(fold=True).print(sensitivity_table(version.sensitivity))
    if version.HasField("sensitivity_summary"):
        Terminal(fold=True).print(sizes_table(version.sensitivity_summary))
        warn_if_useless(version.sensitivity_summary)
    say(sensitivity_advice(version))


def sizes_table(summary: inspection_pb2.SensitivitySummary) -> Table:
    """Shares found by size, with their 95 % intervals."""
    table = Table(
        "size", "found", "95 % interval", "of clear ones", "95 % interval",
        box=SIMPLE_HEAD, title="Found by size", title_justify="left",
    )  # fmt: skip
    for one in summary.sizes:
        table.add_row(
            f"{one.size_px} px",
            f"{one.found} of {one.painted}",
            _interval(one.share),
            percent(one.clear_share.value),
            _interval(one.clear_share),
        )
    table.add_row(
        "all", f"{summary.found} of {summary.painted}", _interval(summary.share), end_section=True
    )
    return table


def warn_if_useless(summary: inspection_pb2.SensitivitySummary) -> None:
    """Says so if a threshold finds almost none of the painted defects."""
    if summary.finds_almost_nothing:
        say(
            f"This threshold is useless as far as painted defects tell: it finds {summary.found} "
            f"of {summary.painted}, and misses most of the largest and clearest.",
            style="yellow",
        )


def _interval(share: inspection_pb2.Proportion) -> str:
    return f"{percent(share.low)} to {percent(share.high)}"


def sensitivity_table(rows: Rows) -> Table:
    """Kinds and contrasts by sizes."""
    sizes = sorted({row.size_px for row in rows})
    table = Table(
        "defect", *(Column(f"{size} px", justify="right", no_wrap=True) for size in sizes),
        box=SIMPLE_HEAD, title="Painted defects found", title_justify="left",
    )  # fmt: skip
    for kind, contrast in dict.fromkeys((row.kind, row.contrast) for row in rows):
        found = {
            row.size_px: f"{row.found} of {row.painted}"
            for row in rows
            if (row.kind, row.contrast) == (kind, contrast)
        }
        how = "clear" if contrast == _contrasts(rows)[-1] else "faint"
        table.add_row(f"{how} {kind}", *(found.get(size, "–") for size in sizes))
    return table


def sensitivity_advice(version: inspection_pb2.Version) -> str:
    """What is usually missed, and what helps, in sentences."""
    rows = version.sensitivity
    if not rows:
        return f"Which defects it would find cannot be estimated{_why(version)}."
    contrasts = _contrasts(rows)
    clear, missed = _missed(row for row in rows if row.contrast == contrasts[-1])
    words = clear
    if not missed and len(contrasts) > 1:
        faint, missed = _missed(row for row in rows if row.contrast == contrasts[0])
        words = faint.replace("Defects", "Faint defects").replace(" defects", " faint defects")
    elif len(contrasts) > 1 and _share(row for row in rows if row.contrast == contrasts[0]) < (
        USUALLY
    ):
        words += " Faint ones are missed more often still."
    if not missed:
        return f"{words} Real defects may be harder to see than painted ones."
    size = f" (now {version.settings.size})" if version.settings.size else ""
    return (
        f"{words} More reference images (it has {version.image_count}), a larger --size{size} or a "
        "stronger --model help. Real defects may be harder to see than painted ones."
    )


def _missed(rows: Iterable[inspection_pb2.Sensitivity]) -> tuple[str, bool]:
    """What is usually missed of some contrast, and whether anything is."""
    by_size: dict[int, list[inspection_pb2.Sensitivity]] = {}
    for row in rows:
        by_size.setdefault(row.size_px, []).append(row)
    sizes = sorted(by_size)
    missed = [size for size in sizes if _share(by_size[size]) < USUALLY]
    if not missed:
        share = _share(row for some in by_size.values() for row in some)
        most = "Nearly all" if share >= NEARLY_ALL else "Most"
        return f"{most} defects of {sizes[0]} px and more are found.", False
    largest = missed[-1]
    if largest == sizes[-1]:
        return f"Defects of up to {largest} px are usually missed.", True
    above = sizes[sizes.index(largest) + 1]
    return f"Defects smaller than about {above} px are usually missed.", True


def _share(rows: Iterable[inspection_pb2.Sensitivity]) -> float:
    some = list(rows)
    return sum(row.found for row in some) / max(1, sum(row.painted for row in some))


def _contrasts(rows: Rows) -> list[float]:
    return sorted({row.contrast for row in rows})


def _why(version: inspection_pb2.Version) -> str:
    if version.settings.scorer == inspection_pb2.CalibrationSettings.IMAGE_KNN:
        return " for this scorer"
    if version.has_head:
        return " for a version with a head"
    if version.image_count < LEAST_IMAGES:
        return f" from {counted(version.image_count, 'image')}; it takes {LEAST_IMAGES}"
    return " for a version that an earlier release made; calibrate with --from-scratch"
