"""`argus feedback|stats`: people's corrections, and how good the verdicts are."""

import asyncio
from typing import Annotated, Literal

import grpc
import typer
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from argus.type.v1 import geometry_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from argus_client.errors import reason_of
from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.reference_sets import all_sets, find_set, is_uuid, set_names
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.outlines import parse_polygon
from mesh.commands.refset.compare import agreement_table
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import proportion
from mesh.errors import MeshError

ACTIONS = {
    "confirm": "CONFIRM_ANOMALY",
    "normal": "MARK_NORMAL",
    "relabel": "RELABEL",
    "comment": "COMMENT",
}
FEWEST_RECENT = 20
"""Recent scores below which the contract promises no warning."""

_ABSENT = ("IMAGE_NOT_FOUND", "INSPECTION_NOT_FOUND")

SetOption = Annotated[
    str | None, typer.Option("--set", help="Only this reference set: name or id.")
]


@explained
def feedback(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id of an image, or of an inspection; with undo, also of feedback."
        ),
    ],
    action: Annotated[
        Literal["confirm", "normal", "relabel", "comment", "undo"],
        typer.Argument(
            help="confirm: it is defective; normal: it is not; relabel: it is LABEL; comment: "
            "only a note; undo: take back what was said last."
        ),
    ],
    label: Annotated[str, typer.Argument(help="With relabel: a kind of defect, or `normal`.")] = "",
    note: Annotated[str, typer.Option(help="Note for other people.")] = "",
    region: Annotated[
        str,
        typer.Option(
            "--region",
            "--box",
            metavar="LEFT,TOP,RIGHT,BOTTOM",
            help="Where it is, in fractions of width and height.",
        ),
    ] = "",
    polygon: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y X,Y X,Y…",
            help="Its outline: the corners, in fractions. Again for each part of it.",
        ),
    ] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Say what an inspected image really shows. The last feedback on an image counts."""
    if not is_uuid(subject):
        raise MeshError(
            f"`{printable(subject)}` is not an id.",
            "`argus queue` and `argus inspect --format json` show the ids of inspections, "
            "`argus search` those of images.",
        )
    if (action == "relabel") != bool(label):
        raise MeshError(
            "relabel needs a LABEL, and nothing else takes one.",
            f"For example: argus feedback {subject} relabel crack",
        )
    if action == "comment" and not note:
        raise MeshError("comment needs --note.")
    if action == "undo":
        if note or region or polygon:
            raise MeshError("undo takes neither --note nor --region nor --polygon.")
        undone = asyncio.run(_undone(server, subject))
        say(f"Taken back: feedback {undone}.")
        return
    request = inspection_pb2.SubmitFeedbackRequest(
        action=ACTIONS[action],
        label=label,
        note=note,
        region=parse_region(region),
        polygons=[parse_polygon(text) for text in polygon or ()],
    )

    async def run() -> inspection_pb2.Feedback:
        async with connect(server) as connection:
            return await _submit(connection, request, subject)

    told = asyncio.run(run())
    what = f"image {told.image_id}" if told.image_id else f"inspection {told.inspection_id}"
    said = {inspection_pb2.Feedback.Action.Value(name): word for word, name in ACTIONS.items()}
    kind = f" as {told.label}" if told.label else ""
    say(f"Noted: {said[told.action]}{kind}, {what}.")
    if not told.inspection_id:
        say("The image has never been inspected, so this does not count in any set's statistics.")


@explained
def stats(
    set_name: SetOption = None,
    version: Annotated[
        int, typer.Option(min=0, help="Only this version of the set; 0 is all.")
    ] = 0,
    days: Annotated[int, typer.Option(min=1, max=1000, help="Most days to show.")] = 14,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show how well verdicts agree with people, by day, and whether scores have drifted."""
    if version and set_name is None:
        raise MeshError("--version needs --set SET.")

    async def run() -> tuple[inspection_pb2.GetStatsResponse, dict[str, str]]:
        async with connect(server) as connection:
            answer = await connection.call(
                connection.inspection.GetStats,
                inspection_pb2.GetStatsRequest(
                    reference_set_id=await set_id(connection, set_name), version=version
                ),
            )
            sets = await all_sets(connection)
            return answer, set_names(sets)

    answer, names = asyncio.run(run())
    say(
        f"{answer.inspected:,} inspected, {answer.anomalous - answer.uninspectable:,} called "
        f"anomalous, {answer.uninspectable:,} uninspectable, "
        f"{answer.judged:,} judged by people."
    )
    terminal = Terminal(fold=True)
    if answer.judged:
        title = "agreement with people (95 % confidence interval)"
        terminal.print(agreement_table({title: answer.agreement}))
    if answer.rows:
        terminal.print(_days(list(answer.rows)[:days], names))
    for drift in answer.drift:
        Terminal().print(drift_text(drift, names.get(drift.reference_set_id, "")))


def drift_text(drift: inspection_pb2.Drift, name: str) -> Text:
    """Whether recent scores have drifted, in words."""
    where = printable(f"{name or drift.reference_set_id}, version {drift.version}")
    if drift.recent_count < FEWEST_RECENT:
        return Text(
            f"drift unknown  {where}: {drift.recent_count} recent scores, "
            f"at least {FEWEST_RECENT} are needed."
        )
    facts = (
        f"{drift.recent_count} recent scores, median {drift.median_ratio:.2f} × that of the "
        f"held-out normal images, distance {drift.distance:.2f}, p = {drift.p_value:.2g}"
    )
    if drift.warning:
        return Text(
            f"DRIFT  {where}: {facts}. Check camera and light, or calibrate again.",
            style="bold yellow",
        )
    return Text(f"no drift  {where}: {facts}.")


def parse_region(text: str) -> geometry_pb2.Box | None:
    """A region given as four fractions; None if empty.

    Raises:
        MeshError: It is not one.
    """
    if not text:
        return None
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError:
        left = top = right = bottom = -1.0
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise MeshError(
            f"`{printable(text)}` is not a region.",
            "Write LEFT,TOP,RIGHT,BOTTOM as fractions from 0 to 1, such as 0.2,0.3,0.4,0.5.",
        )
    return geometry_pb2.Box(left=left, top=top, right=right, bottom=bottom)


async def _submit(
    connection: Connection, request: inspection_pb2.SubmitFeedbackRequest, subject: str
) -> inspection_pb2.Feedback:
    """Submits feedback on the image with an id or, if there is none, on the inspection."""
    for name in ("image_id", "inspection_id"):
        asked = inspection_pb2.SubmitFeedbackRequest()
        asked.CopyFrom(request)
        setattr(asked, name, subject)
        try:
            return await connection.call(connection.inspection.SubmitFeedback, asked)
        except grpc.aio.AioRpcError as error:
            if reason_of(error) not in _ABSENT:
                raise
    raise MeshError(
        f"{subject} is neither one of your images nor an inspection.",
        "`argus queue` shows which images wait for review.",
    )


async def _undone(server: str, subject: str) -> str:
    """Takes back the feedback with an id, or the caller's last on an image or inspection; its id.

    Raises:
        MeshError: There is none.
    """
    async with connect(server) as connection:
        if await _taken_back(connection, subject):
            return subject
        last = await _last_said(connection, subject)
        if last and await _taken_back(connection, last):
            return last
    raise MeshError(f"You said nothing of {subject} that could be taken back.")


async def _taken_back(connection: Connection, feedback_id: str) -> bool:
    """Takes feedback back; False if there is none with this id."""
    try:
        await connection.call(
            connection.inspection.DeleteFeedback,
            inspection_pb2.DeleteFeedbackRequest(feedback_id=feedback_id),
        )
    except grpc.aio.AioRpcError as error:
        if reason_of(error) != "FEEDBACK_NOT_FOUND":
            raise
        return False
    return True


async def _last_said(connection: Connection, subject: str) -> str:
    """Id of the caller's last feedback on an image or an inspection; empty if there is none."""
    me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
    on_image = await connection.call(
        connection.inspection.ListFeedback, inspection_pb2.ListFeedbackRequest(image_id=subject)
    )
    said = list(on_image.feedback)
    if not said:
        try:
            past = await connection.call(
                connection.inspection.GetInspection,
                inspection_pb2.GetInspectionRequest(inspection_id=subject),
            )
        except grpc.aio.AioRpcError as error:
            if reason_of(error) not in _ABSENT:
                raise
            return ""
        said = [one for one in past.feedback if one.inspection_id == subject]
    return next((one.feedback_id for one in said if one.user_id == me.user_id), "")


async def set_id(connection: Connection, name: str | None) -> str:
    """Id of the set with that name or id; empty if none is named."""
    return (await find_set(connection, name)).reference_set_id if name is not None else ""


def _days(rows: list[inspection_pb2.StatsRow], names: dict[str, str]) -> Table:
    table = Table(
        "day (UTC)", "set", Column("version", justify="right"),
        Column("inspected", justify="right"), Column("anomalous", justify="right"),
        Column("uninspectable", justify="right"),
        "recall", "false alarms", box=SIMPLE_HEAD,
    )  # fmt: skip
    for row in rows:
        agreement = row.agreement
        table.add_row(
            f"{row.day.year:04}-{row.day.month:02}-{row.day.day:02}",
            names.get(row.reference_set_id, row.reference_set_id),
            str(row.version),
            str(row.inspected),
            str(row.anomalous - row.uninspectable),
            str(row.uninspectable),
            proportion(agreement.recall, known=agreement.HasField("recall")),
            proportion(agreement.false_alarm_rate, known=agreement.HasField("false_alarm_rate")),
        )
    return table
