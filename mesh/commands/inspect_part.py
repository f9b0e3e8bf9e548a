"""`argus inspect --view` and `--part`: all views of a part, and one verdict."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from argus_client.reading import NOT_TAKEN
from mesh.client.connection import connect
from mesh.client.files import Collection
from mesh.client.inspector import Finding, Item, details_of
from mesh.client.names import printable
from mesh.client.part_inspector import PartFinding, Shot, inspect_parts, shots_of_views
from mesh.client.pictures import make_folder, picture_names, save_pictures
from mesh.client.reference_sets import find_set
from mesh.commands.findings import OFF_DISTRIBUTION, Row, as_json
from mesh.commands.frame_words import problems_text
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import (
    confidence_text,
    counted,
    is_alarm,
    percent,
    ratio_text,
    verdict_text,
)
from mesh.errors import MeshError


@dataclass(frozen=True, slots=True)
class PartOptions:
    """What a person said of the parts to inspect."""

    set_name: str
    views: Sequence[str]
    """Pictures of one part, each as `VIEW=FILE`."""
    items: Sequence[Item]
    """With `views`, the picture of what they do not show; else a picture of a part each."""
    collection: Collection
    """What was found where `items` come from."""
    save: Path | None
    heatmap: bool
    as_json: bool


def inspect_part(server: str, options: PartOptions) -> list[PartFinding]:
    """Inspects one part of which views are named, or a part in each picture; prints the findings.

    Raises:
        MeshError: It is not clear what shows what.
    """
    if options.save:
        make_folder(options.save)
    if options.views and len(options.items) > 1:
        raise MeshError(
            "With --view, one picture at most shows all other views.",
            "Name the views that each picture shows, as --view top=a.png; or leave --view out, and "
            "each picture with --part is one of a part of its own.",
        )
    found, findings = asyncio.run(_inspect(server, options))
    findings += [
        PartFinding([Shot(Item(str(path), file=path))], reason="IMAGE_UNSUPPORTED", problem=words)
        for path, words in (
            *((one, NOT_TAKEN) for one in options.collection.foreign),
            *options.collection.problems,
        )
    ]
    if options.as_json:
        print_json([part_json(one) for one in findings])
    else:
        Terminal(fold=True).print(parts_table(findings))
        say(summary(findings, against=found.display_name))
    return findings


async def _inspect(server: str, options: PartOptions) -> tuple[pb.ReferenceSet, list[PartFinding]]:
    async with connect(server) as connection:
        found = await find_set(connection, options.set_name)
        if not found.current_version and not found.views:
            raise MeshError(
                f"{printable(found.display_name)} has neither been calibrated nor has it views.",
                "`argus refset create NAME --view-of SET` makes a view.",
            )
        parts = [[Shot(one)] for one in options.items]
        if options.views:
            parts = [[*shots_of_views(found, options.views), *(one for [one] in parts)]]
        template = pb.InspectPartRequest(reference_set_id=found.reference_set_id)
        if options.save:
            template.overlay = pb.InspectRequest.WEBP
            template.heatmap = options.heatmap
        names = _picture_names(found, parts) if options.save else {}
        columns = (
            TextColumn("inspected"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Terminal(stderr=True, fold=True), transient=True) as bars:
            bar = bars.add_task("", total=len(parts))

            def done(place: int, finding: PartFinding) -> PartFinding:
                bars.advance(bar)
                if not options.save or finding.answer is None:
                    return finding
                folder, saved = options.save, {}
                for view in finding.answer.views:
                    name = names[place, view.reference_set_id]
                    if view.HasField("inspection"):
                        saved[view.reference_set_id] = _save(view.inspection, folder, name)
                        # Thousands of pictures need not stay in memory.
                        view.inspection.ClearField("overlay")
                        view.inspection.ClearField("heatmap")
                return replace(finding, saved=saved)

            return found, await inspect_parts(connection, template, parts, done)


def _picture_names(
    found: pb.ReferenceSet, parts: Sequence[Sequence[Shot]]
) -> dict[tuple[int, str], str]:
    """A name for the pictures of each view of each part, by the part's place and the view's id."""
    views = [(found.reference_set_id, found.display_name)]
    views += [(one.reference_set_id, one.display_name) for one in found.views]
    keys, wanted = [], []
    for place, shots in enumerate(parts):
        for view_id, name in views:
            shot = next((one for one in shots if view_id in one.view_ids), shots[-1])
            stem = Path(shot.item.name).stem
            keys.append((place, view_id))
            # The dot ends the stem, whatever is in the names.
            wanted.append(f"{stem}-{name.replace('/', '-')}.view")
    return dict(zip(keys, picture_names(wanted), strict=True))


def _save(inspection: pb.InspectResponse, folder: Path, name: str) -> tuple[str, str, str]:
    try:
        return (*save_pictures(inspection, folder, name), "")
    except OSError as error:
        return "", "", error.strerror or str(error)


def part_json(finding: PartFinding) -> dict[str, Any]:
    """A part with the names of the contract's JSON, its views without the pictures' bytes."""
    answer = finding.answer
    if answer is None:
        return {
            "files": [shot.item.name for shot in finding.shots],
            "error": {"reason": finding.reason, "message": finding.problem},
        }
    bare = pb.InspectPartResponse()
    bare.CopyFrom(answer)
    bare.ClearField("views")
    views = []
    for view in answer.views:
        one: dict[str, Any] = {
            "referenceSetId": view.reference_set_id,
            "displayName": view.display_name,
            "file": None,
        }
        if view.WhichOneof("outcome"):
            one |= as_json(_row(finding, view))
        views.append(one)
    return MessageToDict(bare, always_print_fields_with_no_presence=True) | {"views": views}


def parts_table(findings: Sequence[PartFinding]) -> Table:
    """A row for each part, and one for each of its views; a last column for what is to be said."""
    table = Table(
        Column("part, view", overflow="fold"), Column("file", overflow="fold"),
        Column("verdict", no_wrap=True), Column("score ÷ threshold", justify="right"),
        Column("confidence", justify="right"), Column("regions", justify="right"),
        Column("note", overflow="fold"), box=SIMPLE_HEAD,
    )  # fmt: skip
    for number, finding in enumerate(findings, 1):
        if finding.answer is None:
            files = ", ".join(shot.item.name for shot in finding.shots)
            failed = Text("failed", style="yellow")
            why = f" ({finding.reason})" if finding.reason else ""
            table.add_row(f"part {number}", files, failed, "", "", "", f"{finding.problem}{why}")
            continue
        table.add_row(f"part {number}", "", verdict_text(finding.answer.verdict), "", "", "", "")
        for view in finding.answer.views:
            table.add_row(f"  {view.display_name}", *_cells(finding, view))
    return table


def summary(findings: Sequence[PartFinding], *, against: str) -> str:
    """All parts in a sentence."""
    answers = [one.answer for one in findings if one.answer is not None]
    alarms = [sum(one.verdict == verdict for one in answers) for verdict in _ALARMS]
    uninspectable = f"{alarms[1]} uninspectable, " if alarms[1] else ""
    words = (
        f"{counted(len(answers), 'part')} inspected against the views of {against}: {alarms[0]} "
        f"anomalous, {uninspectable}{len(answers) - sum(alarms)} normal, "
        f"{len(findings) - len(answers)} failed."
    )
    target = max((one.target_false_alarm_rate for one in answers), default=0.0)
    if target:
        words += f" Of normal parts at most {percent(target)} are called anomalous."
    return words


_ALARMS = (pb.InspectResponse.ANOMALOUS, pb.InspectResponse.UNINSPECTABLE)


def any_failed(findings: Sequence[PartFinding]) -> bool:
    """Whether a part or a view of one could not be inspected, or its pictures not saved."""
    return any(
        finding.answer is None
        or any(view.HasField("error") for view in finding.answer.views)
        or any(unsaved for _, _, unsaved in finding.saved.values())
        for finding in findings
    )


def any_alarm(findings: Sequence[PartFinding]) -> bool:
    """Whether a part is not normal."""
    return any(one.answer is not None and is_alarm(one.answer.verdict) for one in findings)


def _row(finding: PartFinding, view: pb.ViewInspection) -> Row:
    """A view as `argus inspect` tells of images."""
    item = finding.shots[view.frame].item
    saved = finding.saved.get(view.reference_set_id, ("", "", ""))
    if view.HasField("inspection"):
        return Row(Finding(item, view.inspection), *saved)
    reason, _ = details_of(view.error)
    return Row(Finding(item, reason=reason, problem=view.error.message))


def _cells(finding: PartFinding, view: pb.ViewInspection) -> list[Text | str]:
    if view.WhichOneof("outcome") is None:
        return ["", Text("not shown", style="yellow"), "", "", "", "no picture shows it"]
    row = _row(finding, view)
    name, found = row.finding.item.name, row.finding.inspection
    if found is None:
        why = f" ({row.finding.reason})" if row.finding.reason else ""
        failed = Text("failed", style="yellow")
        return [name, failed, "", "", "", f"{row.finding.problem}{why}"]
    notes = [f"overlay not saved: {row.unsaved}"] if row.unsaved else []
    if found.frame_problems:
        notes.append(problems_text(found.frame_problems))
    elif found.off_distribution:
        notes.append(OFF_DISTRIBUTION)
    return [
        name,
        verdict_text(found.verdict),
        ratio_text(found.score, found.threshold),
        confidence_text(found.confidence),
        str(len(found.regions) or ""),
        "; ".join(notes),
    ]
