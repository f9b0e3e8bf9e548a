"""`argus inspections`: what was inspected before."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from argus_client.errors import reason_of
from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.pictures import save_pictures
from mesh.client.reference_sets import all_sets, find_set, is_uuid, set_names
from mesh.commands.failures import explained
from mesh.commands.frame_words import problems_text
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import (
    confidence_text,
    counted,
    percent,
    ratio_text,
    verdict_text,
    when,
)
from mesh.errors import MeshError

PAGE = 200
_VERDICTS = {
    "normal": inspection_pb2.InspectResponse.NORMAL,
    "anomalous": inspection_pb2.InspectResponse.ANOMALOUS,
    "uninspectable": inspection_pb2.InspectResponse.UNINSPECTABLE,
}
_TRUTHS = {
    inspection_pb2.PastInspection.NORMAL: "normal",
    inspection_pb2.PastInspection.DEFECTIVE: "defective",
}

inspections = typer.Typer(no_args_is_help=True, help="What was inspected before.")


@inspections.command("list")
@explained
def list_(
    set_name: Annotated[
        str | None, typer.Option("--set", help="Only with this reference set: name or id.")
    ] = None,
    version: Annotated[int, typer.Option(min=0, help="Only with this version; 0 is all.")] = 0,
    image: Annotated[
        str, typer.Option("--image", metavar="ID", help="Only of this stored image.")
    ] = "",
    part: Annotated[
        str,
        typer.Option(
            "--part",
            metavar="ID",
            help="Only the views of this part, by the `partInspectionId` of what was found of it.",
        ),
    ] = "",
    verdict: Annotated[
        Literal["normal", "anomalous", "uninspectable"] | None,
        typer.Option(help="Only those that came to this."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most inspections to show.")] = 20,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List past inspections, newest first: your own, and all with sets that you own."""
    if image and not is_uuid(image):
        raise MeshError(
            f"`{printable(image)}` is not an image id.", "`argus search` shows the ids of images."
        )
    if part and not is_uuid(part):
        raise MeshError(
            f"`{printable(part)}` is not the id of a part's inspection.",
            "`argus inspect --part --format json` tells it, as `partInspectionId`.",
        )
    request = inspection_pb2.ListInspectionsRequest(
        version=version,
        image_id=image,
        verdict=_VERDICTS[verdict] if verdict else None,
        part_inspection_id=part,
    )

    async def run() -> tuple[list[inspection_pb2.PastInspection], dict[str, str]]:
        async with connect(server) as connection:
            if set_name is not None:
                found = await find_set(connection, set_name)
                request.reference_set_id = found.reference_set_id
            listed = await _listed(connection, request, limit)
            sets = await all_sets(connection)
            return listed, set_names(sets)

    listed, names = asyncio.run(run())
    if not listed:
        say("Nothing was inspected. `argus inspect --set NAME PATH…` does that.")
        return
    Terminal(fold=True).print(inspections_table(listed, names))


@inspections.command("show")
@explained
def show(
    inspection_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the inspection.")],
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Save its heat map in this folder, and the heat map over the image if that is "
            "one of your stored images.",
        ),
    ] = None,
    format_: Annotated[
        Literal["text", "json"], typer.Option("--format", help="How to print it.")
    ] = "text",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show a past inspection: where the image was anomalous, and what people said of it."""
    if not is_uuid(inspection_id):
        raise MeshError(
            f"`{printable(inspection_id)}` is not an id.",
            "`argus inspections list` shows the ids of inspections.",
        )
    request = inspection_pb2.GetInspectionRequest(inspection_id=inspection_id)
    if save:
        request.heatmap, request.overlay = True, inspection_pb2.InspectRequest.WEBP

    async def run() -> inspection_pb2.PastInspection:
        async with connect(server) as connection:
            return await connection.call(connection.inspection.GetInspection, request)

    try:
        past = asyncio.run(run())
    except grpc.aio.AioRpcError as error:
        if reason_of(error) != "INSPECTION_NOT_FOUND":
            raise
        raise MeshError(
            f"There is no inspection {inspection_id}, or it is not yours to see.",
            "`argus inspections list` shows those that are.",
        ) from error
    saved = _saved(past, save) if save else []
    past.inspection.ClearField("heatmap")
    past.inspection.ClearField("overlay")
    if format_ == "json":
        print_json(MessageToDict(past, always_print_fields_with_no_presence=True))
        return
    _tell(past)
    for name in saved:
        say(f"Saved {name}.")
    if save and not past.heatmap_kept:
        say("There is no heat map of it.")


def inspections_table(listed: list[inspection_pb2.PastInspection], names: dict[str, str]) -> Table:
    """Inspections as a table, with what people said of them."""
    table = Table(
        Column("inspected (UTC)", no_wrap=True), Column("set, version", overflow="fold"),
        Column("file", overflow="fold"), Column("verdict, score ÷ threshold", no_wrap=True),
        Column("people say"), Column("inspection id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in listed:
        found = one.inspection
        name = names.get(found.reference_set_id, found.reference_set_id)
        table.add_row(
            when(one.inspect_time),
            f"{name}, {found.version}",
            one.preview.filename or ("" if found.image_id else "(not stored)"),
            Text.assemble(
                verdict_text(found.verdict), "  ", ratio_text(found.score, found.threshold)
            ),
            _TRUTHS.get(one.truth, ""),
            found.inspection_id,
        )
    return table


async def _listed(
    connection: Connection, request: inspection_pb2.ListInspectionsRequest, limit: int
) -> list[inspection_pb2.PastInspection]:
    found: list[inspection_pb2.PastInspection] = []
    while len(found) < limit:
        request.page_size = min(limit - len(found), PAGE)
        page = await connection.call(connection.inspection.ListInspections, request)
        found += page.inspections
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return found


def _saved(past: inspection_pb2.PastInspection, folder: Path) -> list[str]:
    """Files that the pictures were saved as."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = save_pictures(past.inspection, folder, past.inspection.inspection_id)
    except OSError as error:
        raise MeshError(f"{printable(str(folder))} cannot be used: {error.strerror}.") from error
    return [str(folder / name) for name in names if name]


def _tell(past: inspection_pb2.PastInspection) -> None:
    found = past.inspection
    Terminal().print(
        Text.assemble(
            verdict_text(found.verdict),
            f", score {found.score:.4g}, threshold {found.threshold:.4g} "
            f"({ratio_text(found.score, found.threshold)}), p-value {found.p_value:.3g}, "
            f"confidence {confidence_text(found.confidence)}",
        )
    )
    what = past.preview.filename or found.image_id or "an image that is not stored"
    say(
        f"Inspected {when(past.inspect_time)} UTC with version {found.version}, target "
        f"{percent(past.target_false_alarm_rate)}: {what}"
    )
    if found.frame_problems:
        say(f"It cannot be inspected: {problems_text(found.frame_problems)}.")
    elif found.off_distribution:
        say("It is unlike the whole set.")
    if not past.findings_kept:
        say("Where it was anomalous was not kept: an earlier release inspected it.")
    for region in found.regions:
        box = region.box
        say(
            f"region {box.left:.3f},{box.top:.3f},{box.right:.3f},{box.bottom:.3f}  "
            f"score {region.score:.4g}, {percent(region.area)} of the image"
        )
    if found.nearest:
        say(f"{counted(len(found.nearest), 'nearest normal image')}:")
    for one in found.nearest:
        say(f"  {one.image_id}  distance {one.distance:.3g}  {one.preview.filename}".rstrip())
    for told in past.feedback:
        action = inspection_pb2.Feedback.Action.Name(told.action).lower()
        words = " ".join(part for part in (action, told.label, told.note) if part)
        say(f"feedback {told.feedback_id}  {when(told.create_time)}  {words}")
