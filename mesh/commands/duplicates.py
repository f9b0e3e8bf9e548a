"""`argus duplicates`: images that are the same, and the trash for all but the best of each."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

import typer
from argus.search.v1 import duplicates_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.duplicates import find_duplicates
from mesh.client.images import delete_images
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json_line, say
from mesh.commands.words import counted
from mesh.errors import MeshError


class Kind(StrEnum):
    """What counts as the same."""

    EXACT = "exact"
    NEAR = "near"
    ALIKE = "alike"


_KINDS = {
    Kind.EXACT: duplicates_pb2.DuplicateCluster.EXACT,
    Kind.NEAR: duplicates_pb2.DuplicateCluster.NEAR,
    Kind.ALIKE: duplicates_pb2.DuplicateCluster.ALIKE,
}
_MEANINGS = {
    "exact": "the same bytes",
    "near": "the same picture",
    "alike": "alike",
}


@dataclass
class _Heard:
    """What was told so far."""

    summary: duplicates_pb2.DuplicatesSummary | None = None
    led_ids: list[str] = field(default_factory=list)
    """All but the best of each cluster."""

    def hear(self, cluster: duplicates_pb2.DuplicateCluster) -> None:
        ids = [one.image.image_id for one in cluster.images]
        self.led_ids += ids if cluster.first else ids[1:]


@explained
def duplicates(
    kind: Annotated[
        list[Kind] | None,
        typer.Option(
            help="exact: the same bytes; near: the same picture, saved otherwise or resized; "
            "alike: pictures that the model holds to be alike. Can be given several times; all "
            "three by default."
        ),
    ] = None,
    filter_: Annotated[
        str, typer.Option("--filter", help="Only among these, such as 'labels.line = \"3\"'.")
    ] = "",
    max_distance: Annotated[
        int | None,
        typer.Option(min=0, max=10, help="Bits in which hashes may differ, for near."),
    ] = None,
    min_cosine: Annotated[
        float | None,
        typer.Option(min=0.8, max=1.0, help="How alike images have to be, for alike."),
    ] = None,
    min_size: Annotated[int, typer.Option(min=2, max=1000, help="Fewest images of a cluster.")] = 2,
    limit: Annotated[
        int, typer.Option(min=0, max=10_000, help="Most clusters to show; all if 0.")
    ] = 0,
    format_: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="How to print them; JSON is a cluster a line."),
    ] = "text",
    delete_all_but_best: Annotated[
        bool,
        typer.Option(
            "--delete-all-but-best",
            help="Move all but the best image of each cluster to the trash, after a question.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Find images that are the same, the best of each first: most pixels, then oldest.

    What is deleted can be brought back for a day: `argus images undelete`.
    """
    request = duplicates_pb2.FindDuplicatesRequest(
        kinds=[_KINDS[one] for one in kind or ()],
        filter=filter_,
        max_distance=max_distance,
        min_cosine=min_cosine,
        min_size=min_size,
        limit=limit,
    )
    if yes and not delete_all_but_best:
        raise MeshError("--yes answers a question that is not asked.",
                        "Give --delete-all-but-best, too.")  # fmt: skip
    as_json = format_ == "json"

    async def run() -> None:
        async with connect(server) as connection:
            heard = await _show(connection, request, as_json=as_json)
            if delete_all_but_best:
                await _delete(connection, heard, yes=yes, as_json=as_json)

    asyncio.run(run())


async def _show(
    connection: Connection, request: duplicates_pb2.FindDuplicatesRequest, *, as_json: bool
) -> _Heard:
    heard = _Heard()
    with Terminal(stderr=True).status("Comparing images …"):
        messages = find_duplicates(connection, request)
        async for message in messages:
            if message.HasField("summary"):
                heard.summary = message.summary
                break
        clusters = [one.cluster async for one in messages if one.HasField("cluster")]
    for cluster in clusters:
        heard.hear(cluster)
        if as_json:
            print_json_line(MessageToDict(cluster))
        else:
            _print(cluster)
    if not as_json:
        _sum_up(heard, request)
    return heard


def _print(cluster: duplicates_pb2.DuplicateCluster) -> None:
    name = duplicates_pb2.DuplicateCluster.Kind.Name(cluster.kind).lower()
    if cluster.first == 0:
        say(f"{counted(cluster.image_count, 'image')}, {_MEANINGS.get(name, name)}:")
    table = Table(
        "", Column("file", overflow="fold", min_width=10), "pixels",
        Column("image id", no_wrap=True), Column("created", no_wrap=True),
        box=SIMPLE_HEAD, show_header=cluster.first == 0,
    )  # fmt: skip
    for place, one in enumerate(cluster.images):
        image = one.image
        if place == 0 and cluster.first == 0:
            closeness = "best"
        elif one.HasField("cosine"):
            closeness = f"{one.cosine:.3f}"
        else:
            closeness = "same" if name == "exact" else counted(one.distance, "bit")
        table.add_row(
            closeness,
            image.filename,
            f"{image.width}×{image.height}",
            image.image_id,
            image.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M"),
        )
    Terminal(fold=True).print(table)


def _sum_up(heard: _Heard, request: duplicates_pb2.FindDuplicatesRequest) -> None:
    summary = heard.summary
    if summary is None:
        return
    if not summary.cluster_count:
        say(f"No duplicates among {counted(summary.image_count, 'image')}.")
    else:
        say(
            f"{counted(summary.duplicate_count, 'duplicate')} in "
            f"{counted(summary.cluster_count, 'cluster')} among "
            f"{counted(summary.image_count, 'image')}: {summary.duplicate_bytes / 2**20:,.1f} MiB."
        )
        if request.limit and summary.cluster_count > request.limit:
            say("--limit shows more.")
    if summary.without_embedding_count:
        say(
            f"{counted(summary.without_embedding_count, 'image')} not indexed yet: compared by "
            "bytes and hash alone."
        )


async def _delete(connection: Connection, heard: _Heard, *, yes: bool, as_json: bool) -> None:
    """Moves all but the best of each cluster to the trash.

    The best of one may be led in the next, looser kind; so what leads last stays.
    """
    ids = list(dict.fromkeys(heard.led_ids))
    if not ids:
        return
    if not yes:
        typer.confirm(
            f"Move {counted(len(ids), 'image')} to the trash, all but the best of each cluster?",
            abort=True,
            err=as_json,
        )
    deleted = await delete_images(connection, ids, permanently=False)
    say(
        f"Moved {counted(len(deleted), 'image')} to the trash. For a day, `argus images undelete` "
        "brings them back.",
        stderr=as_json,
    )
