"""`argus refset parts`: which images of a set show the same part."""

import asyncio
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.reference_sets import find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.following import skipped_table
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, percent
from mesh.errors import MeshError

COMPARING_S = 300.0
"""How long pictures may be compared."""


@explained
def parts(
    set_name: SetName,
    label: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Images with the same value of this label."),
    ] = None,
    filename: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="Images in whose file names this regular expression (RE2, with one group) finds "
            "the same text, such as '^([0-9]+)_'.",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Compare the pictures, and ask before they are grouped."),
    ] = False,
    none: Annotated[
        bool, typer.Option("--none", help="Every image shows a part of its own.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Change nothing; show which images that would be.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --compare: group without asking.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Say which images show the same part, such as several exposures of it.

    The threshold then holds for parts never seen. It counts from the next
    calibration on. Without options, shows what the set's rule comes to.
    """
    if sum((label is not None, filename is not None, compare, none)) > 1:
        raise MeshError("Give one of --label, --filename, --compare and --none.")
    rule = inspection_pb2.PartRule()
    if label:
        rule.label = label
    elif filename:
        rule.filename_pattern = filename

    async def look() -> tuple[inspection_pb2.ReferenceSet, inspection_pb2.PartProposal]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            asked = rule if label or filename or none else found.part_rule
            return found, await _proposed(connection, found, None if compare else asked)

    found, proposal = asyncio.run(look())
    tell_proposal(proposal)
    if preview or not (label or filename or compare or none):
        return
    if compare and not yes:
        typer.confirm("Count these images as the same parts?", abort=True, err=True)

    async def change() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            return await connection.call(
                connection.inspection.SetPartRule,
                inspection_pb2.SetPartRuleRequest(
                    reference_set_id=found.reference_set_id, rule=proposal.rule
                ),
            )

    changed = asyncio.run(change())
    say(f"{changed.display_name}: {rule_words(changed.part_rule)}.", style="green")
    say(f"It counts from the next calibration on: argus refset calibrate {set_name}")


async def _proposed(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    rule: inspection_pb2.PartRule | None,
) -> inspection_pb2.PartProposal:
    request = inspection_pb2.ProposePartsRequest(reference_set_id=found.reference_set_id, rule=rule)
    return await connection.call(connection.inspection.ProposeParts, request, timeout_s=COMPARING_S)


def tell_proposal(proposal: inspection_pb2.PartProposal) -> None:
    """Says which images would count as the same part."""
    say(
        f"{counted(proposal.image_count, 'image')} of {counted(proposal.part_count, 'part')}: "
        f"{rule_words(proposal.rule)}."
    )
    if proposal.unmatched_count:
        say(f"Of {counted(proposal.unmatched_count, 'image')} it says nothing: each is its own.")
    if proposal.groups:
        Terminal(fold=True).print(groups_table(proposal))
    if proposal.skipped:
        Terminal(fold=True).print(skipped_table(proposal))


def groups_table(proposal: inspection_pb2.PartProposal) -> Table:
    """Parts with several pictures, with the names of some of them."""
    table = Table(
        Column("part", overflow="fold"), Column("images", justify="right"),
        Column("such as", overflow="fold"), box=SIMPLE_HEAD,
    )  # fmt: skip
    for number, group in enumerate(proposal.groups, start=1):
        names = {one.image_id: one.filename for one in group.previews}
        some = [printable(names.get(one) or one) for one in group.image_ids]
        more = " …" if group.image_count > len(some) else ""
        table.add_row(
            printable(group.key) or str(number), str(group.image_count), ", ".join(some) + more
        )
    return table


def rule_words(rule: inspection_pb2.PartRule) -> str:
    """Which images show the same part, in words."""
    match rule.WhichOneof("rule"):
        case "label":
            return f"those with the same label {rule.label} show one part"
        case "filename_pattern":
            return f"those with the same {printable(rule.filename_pattern)} in their names show one"
        case "proposal":
            return "those whose pictures are alike show one part"
        case _:
            return "each shows a part of its own"


def show_parts(version: inspection_pb2.Version) -> None:
    """Prints what to expect of parts never seen and of known ones, where they differ."""
    if version.threshold.parts_known:
        say("All its images show one part: of others the threshold may be too low.", style="yellow")
    if version.HasField("parts_new"):
        Terminal(fold=True).print(figures_table(version))


def figures_table(version: inspection_pb2.Version) -> Table:
    """Both figures side by side."""
    table = Table(
        "parts", Column("threshold", justify="right"), Column("median score", justify="right"),
        Column("false alarms", justify="right"), Column("painted defects found", justify="right"),
        box=SIMPLE_HEAD,
    )  # fmt: skip
    for name, one in (("never seen", version.parts_new), ("known", version.parts_known)):
        table.add_row(
            name,
            f"{one.threshold.value:.4g}",
            f"{one.median_score:.4g}",
            percent(one.false_alarm_rate),
            f"{one.found} of {one.painted}" if one.painted else "–",
        )
    return table
