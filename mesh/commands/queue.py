"""`argus queue`: what people should look at next, and who does."""

import asyncio
import uuid
from collections.abc import Iterable
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.paging import pages
from mesh.client.reference_sets import is_uuid
from mesh.client.stored import file_names
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.review import SetOption, set_id
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import kind_words, ratio_text, verdict_text
from mesh.errors import MeshError

PAGE_SIZE = 100


@explained
def queue(
    set_name: SetOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most images to show.")] = 20,
    claim: Annotated[
        bool,
        typer.Option("--claim", help="Keep them for me for 10 minutes; nobody else gets them."),
    ] = False,
    release: Annotated[
        str, typer.Option(metavar="CLAIM", help="Give back what was kept for me.")
    ] = "",
    skip: Annotated[
        str, typer.Option(metavar="ID", help="Put an image, or an inspection, last for a day.")
    ] = "",
    unskip: Annotated[str, typer.Option(metavar="ID", help="Take that back.")] = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show which inspected images a person should look at first.

    First those with the least certain verdicts, those unlike all others, and
    those that resemble a kind of which the last head training asked for more; of
    several that are alike, only one.
    """
    if sum(map(bool, (claim, release, skip, unskip))) > 1:
        raise MeshError("--claim, --release, --skip and --unskip go one at a time.")
    for given in (release, skip, unskip):
        if given and not is_uuid(given):
            raise MeshError(
                f"`{printable(given)}` is not an id.",
                "`argus queue` shows the ids of images, `argus queue --claim` that of a claim.",
            )
    if release:
        asyncio.run(_released(server, release))
        say("Given back: others may get these images now.")
    elif skip or unskip:
        asyncio.run(_skipped(server, skip or unskip, back=bool(unskip)))
        say("It comes last for a day." if skip else "It is back in its place.")
    else:
        asyncio.run(_shown(server, set_name, limit, claim=claim))


async def _shown(server: str, set_name: str | None, limit: int, *, claim: bool) -> None:
    async with connect(server) as connection:
        wanted = await set_id(connection, set_name)
        if claim:
            claimed = await connection.call(
                connection.inspection.ClaimReviewItems,
                inspection_pb2.ClaimReviewItemsRequest(
                    reference_set_id=wanted, limit=limit, request_id=str(uuid.uuid4())
                ),
            )
            items = list(claimed.items)
        else:
            answer = await connection.call(
                connection.inspection.ListReviewQueue,
                inspection_pb2.ListReviewQueueRequest(reference_set_id=wanted, page_size=limit),
            )
            items = list(answer.items)
        names = await file_names(connection, (item.image_id for item in items))
    if not items:
        say(
            "No images wait for review, or others have them in their hands."
            if claim
            else "No images wait for review. Inspected images come here if they are stored: "
            "`argus inspect --set NAME --import PATH…`."
        )
        return
    Terminal(fold=True).print(_table(items, names))
    say("Say what an image is with `argus feedback ID normal`, `confirm` or `relabel LABEL`.")
    if claim:
        until = claimed.expire_time.ToDatetime().strftime("%H:%M")
        say(f"Yours until {until} UTC. Give them back: argus queue --release {claimed.claim_id}")


def _table(items: Iterable[inspection_pb2.ReviewItem], names: dict[str, str]) -> Table:
    table = Table(
        Column("file", overflow="fold", min_width=10), Column("verdict, score ÷ threshold"),
        Column("unsure", justify="right"), Column("novel", justify="right"),
        "why",
        Column("image id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for item in items:
        table.add_row(
            names.get(item.image_id, ""),
            Text.assemble(verdict_text(item.verdict), "  ", ratio_text(item.score, item.threshold)),
            f"{item.uncertainty:.0%}",
            f"{item.novelty:.0%}",
            reason_words(item),
            item.image_id,
        )
    return table


def reason_words(item: inspection_pb2.ReviewItem) -> str:
    """Why an item is asked."""
    match item.reason:
        case inspection_pb2.ReviewItem.NEAR_THRESHOLD:
            return "near the threshold"
        case inspection_pb2.ReviewItem.UNUSUAL:
            return "unusual"
        case inspection_pb2.ReviewItem.KIND_WANTED:
            return f"may be {kind_words(item.wanted_kind, one=True)}: more of those help"
    return "not judged yet"


async def _released(server: str, claim_id: str) -> None:
    async with connect(server) as connection:
        await connection.call(
            connection.inspection.ReleaseReviewItems,
            inspection_pb2.ReleaseReviewItemsRequest(claim_id=claim_id),
        )


async def _skipped(server: str, subject: str, *, back: bool) -> None:
    """Skips the item of an image, or of an inspection, or takes that back."""
    async with connect(server) as connection:
        inspection_id = await _inspection_of(connection, subject)
        if back:
            await connection.call(
                connection.inspection.UnskipReviewItem,
                inspection_pb2.UnskipReviewItemRequest(inspection_id=inspection_id),
            )
        else:
            await connection.call(
                connection.inspection.SkipReviewItem,
                inspection_pb2.SkipReviewItemRequest(inspection_id=inspection_id),
            )


async def _inspection_of(connection: Connection, subject: str) -> str:
    """The inspection that the queue has of an image; of anything else, the same id."""
    request = inspection_pb2.ListReviewQueueRequest(page_size=PAGE_SIZE)
    async for page in pages(connection, connection.inspection.ListReviewQueue, request):
        for item in page.items:
            if item.image_id == subject:
                return str(item.inspection_id)
    return subject
