"""What inspections found: as a table, as JSON, as CSV."""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TextIO

from argus.inspection.v1 import inspection_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from mesh.client.inspector import Finding
from mesh.client.names import printable
from mesh.commands.frame_words import problems_text
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import confidence_text, ratio, ratio_text, verdict_text

COLUMNS = (
    "file", "verdict", "score", "threshold", "ratio", "confidence", "p_value", "off_distribution",
    "regions", "version", "total_ms", "inspection_id", "image_id", "overlay", "heatmap", "reason",
    "problem", "frame_problems",
)  # fmt: skip
OFF_DISTRIBUTION = (
    "unlike the whole set: a blank, dark or blurred frame, another product, another light?"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A finding, and the pictures that were saved of it."""

    finding: Finding
    overlay: str = ""
    """File name in the folder of --save."""
    heatmap: str = ""
    unsaved: str = ""
    """Why its pictures could not be saved; empty if they were, or were not asked for."""


def print_findings(
    rows: Sequence[Row],
    format_: Literal["table", "json", "csv"],
    *,
    against: str,
    seconds: float,
) -> None:
    """Prints findings to standard output."""
    if format_ == "json":
        print_json([as_json(row) for row in rows])
    elif format_ == "csv":
        write_csv(rows, sys.stdout)
    else:
        Terminal(fold=True).print(as_table(rows))
        say(summary(rows, against=against, seconds=seconds))


def as_table(rows: Sequence[Row]) -> Table:
    """A row for each image; a last column where there is something to say."""
    table = Table(
        Column("file", overflow="fold"), Column("verdict", no_wrap=True),
        Column("score ÷ threshold", justify="right"),
        Column("confidence", justify="right"), Column("regions", justify="right"),
        Column("ms", justify="right"), box=SIMPLE_HEAD,
    )  # fmt: skip
    notes = [_note(row) for row in rows]
    if any(notes):
        table.add_column("note")
    for row, note in zip(rows, notes, strict=True):
        found = row.finding.inspection
        cells: list[Text | str]
        if found is None:
            cells = [Text("failed", style="yellow"), "", "", "", ""]
        else:
            cells = [
                verdict_text(found.verdict),
                ratio_text(found.score, found.threshold),
                confidence_text(found.confidence),
                str(len(found.regions) or ""),
                f"{found.timings.total.ToMicroseconds() / 1000:.0f}",
            ]
        table.add_row(row.finding.item.name, *cells, *([note] if any(notes) else []))
    return table


def summary(rows: Sequence[Row], *, against: str, seconds: float) -> str:
    """All rows in a sentence."""
    found = [row.finding.inspection for row in rows if row.finding.inspection is not None]
    anomalous = sum(one.verdict == inspection_pb2.InspectResponse.ANOMALOUS for one in found)
    blind = sum(one.verdict == inspection_pb2.InspectResponse.UNINSPECTABLE for one in found)
    uninspectable = f"{blind} uninspectable, " if blind else ""
    versions = sorted({one.version for one in found if one.version})
    version = f", version {', '.join(map(str, versions))}" if versions else ""
    failed = len(rows) - len(found)
    rate = len(found) / seconds if seconds else 0.0
    return (
        f"{len(found)} inspected against {against}{version}: {anomalous} anomalous, "
        f"{uninspectable}{len(found) - anomalous - blind} normal, {failed} failed, "
        f"in {seconds:.1f} s ({rate:.1f} images/s)"
    )


def as_json(row: Row) -> dict[str, Any]:
    """A finding with the names of the contract's JSON, without the pictures' bytes."""
    answer: dict[str, Any] = {"file": row.finding.item.name}
    found = row.finding.inspection
    if found is None:
        answer["error"] = {"reason": row.finding.reason, "message": row.finding.problem}
        return answer
    answer |= MessageToDict(found, always_print_fields_with_no_presence=True)
    answer["ratio"] = ratio(found.score, found.threshold)
    for name, saved in (("overlay", row.overlay), ("heatmap", row.heatmap)):
        answer[name] = saved or None
    if row.unsaved:
        answer["notSaved"] = row.unsaved
    return answer


def write_csv(rows: Sequence[Row], output: TextIO) -> None:
    """A line for each image; what is not safe on a terminal is U+FFFD."""
    writer = csv.writer(output, lineterminator="\n")

    def write(cells: Sequence[object]) -> None:
        writer.writerow([printable(str(cell)) for cell in cells])

    write(COLUMNS)
    for row in rows:
        found = row.finding.inspection
        name = row.finding.item.name
        if found is None:
            failed = ("failed", *[""] * 13, row.finding.reason, row.finding.problem, "")
            write((name, *failed))
            continue
        share = ratio(found.score, found.threshold)
        write((
            name,
            inspection_pb2.InspectResponse.Verdict.Name(found.verdict),
            repr(found.score),
            repr(found.threshold),
            "" if share is None else f"{share:.6g}",
            f"{found.confidence:.6g}",
            f"{found.p_value:.6g}",
            str(found.off_distribution).lower(),
            len(found.regions),
            found.version,
            f"{found.timings.total.ToMicroseconds() / 1000:.3f}",
            found.inspection_id,
            found.image_id,
            row.overlay,
            row.heatmap,
            "",
            _unsaved(row),
            " ".join(
                inspection_pb2.FrameProblem.Reason.Name(one.reason) for one in found.frame_problems
            ),
        ))  # fmt: skip


def _note(row: Row) -> str:
    if row.finding.inspection is None:
        reason = f" ({row.finding.reason})" if row.finding.reason else ""
        return f"{row.finding.problem}{reason}"
    found, notes = row.finding.inspection, []
    if found.frame_problems:
        notes.append(problems_text(found.frame_problems))
    elif found.off_distribution:
        notes.append(OFF_DISTRIBUTION)
    if row.unsaved:
        notes.append(_unsaved(row))
    return "; ".join(notes)


def _unsaved(row: Row) -> str:
    return f"overlay not saved: {row.unsaved}" if row.unsaved else ""
