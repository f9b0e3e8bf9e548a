"""`argus video`: videos into a mesh, where each shot becomes an image."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from argus.storage.v1 import image_pb2, video_pb2
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.images import list_images
from mesh.client.names import printable
from mesh.client.reference_sets import is_uuid
from mesh.client.videos import (
    at_text,
    content_type_of,
    delete_video,
    get_video,
    import_video,
    list_videos,
)
from mesh.commands.failures import explained
from mesh.commands.importing import parse_labels
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import counted, when
from mesh.errors import MeshError

State = video_pb2.Video.State

video = typer.Typer(no_args_is_help=True, help="Videos: import, list, show, delete.")

Format = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a video.")]


@video.command("import")
@explained
def import_(
    files: Annotated[list[Path], typer.Argument(help="Videos to import.")],
    label: Annotated[
        list[str] | None,
        typer.Option("--label", "-l", help="Label for every image, as key=value; repeatable."),
    ] = None,
    max_key_frames: Annotated[
        int,
        typer.Option(min=1, max=1000, help="Most images of a video; the longest shots have one."),
    ] = 200,
    wait: Annotated[bool, typer.Option(help="Wait until each is imported.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Import videos: find their shots, and keep a key frame of each as an image.

    A video that is stored already is skipped. Exits with 1 if one could not be imported.
    """
    labels = parse_labels(label or [])
    for file in files:
        content_type_of(file)
    failed = 0

    async def run() -> None:
        nonlocal failed
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        async with connect(server) as connection:
            for file in files:
                with Progress(
                    *columns, console=Terminal(stderr=True, fold=True), transient=True
                ) as bars:
                    bar = bars.add_task("", total=1.0)

                    def told(
                        what: str, part: float, bars: Progress = bars, bar: TaskID = bar
                    ) -> None:
                        bars.update(bar, description=f"{what:<10}", completed=part)

                    found, is_new = await import_video(
                        connection,
                        file,
                        labels=labels,
                        max_key_frames=max_key_frames,
                        wait=wait,
                        told=told,
                    )
                failed += found.state == State.FAILED
                _say_imported(found, is_new=is_new)

    asyncio.run(run())
    if failed:
        raise typer.Exit(1)


@video.command("list")
@explained
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most videos to show.")] = 20,
    format_: Format = "table",
    server: Server = DEFAULT_SERVER,
) -> None:
    """List videos, the newest first."""

    async def run() -> list[video_pb2.Video]:
        async with connect(server) as connection:
            return await list_videos(connection, limit)

    found = asyncio.run(run())
    if format_ == "json":
        print_json([MessageToDict(one) for one in found])
        return
    if not found:
        say("There are none. `argus video import FILE…` imports some.")
        return
    table = Table(
        Column("file", overflow="fold", min_width=10), "length", "pixels", "images", "created",
        "state", Column("video id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.filename,
            at_text(one.duration) if one.HasField("duration") else "",
            f"{one.width}×{one.height}" if one.width else "",
            str(one.key_frame_count) if one.state == State.READY else "",
            when(one.create_time),
            _state(one),
            one.video_id,
        )
    Terminal(fold=True).print(table)


@video.command("show")
@explained
def show(id_: Id, format_: Format = "table", server: Server = DEFAULT_SERVER) -> None:
    """Show a video and the images that were made of it."""

    async def run() -> tuple[video_pb2.Video, list[image_pb2.Image]]:
        async with connect(server) as connection:
            return await _shown(connection, id_)

    _check(id_)
    found, frames = asyncio.run(run())
    if format_ == "json":
        print_json(
            {"video": MessageToDict(found), "images": [MessageToDict(one) for one in frames]}
        )
        return
    _say_imported(found, is_new=True)
    if not frames:
        return
    table = Table("at", "shot", "state", Column("image id", no_wrap=True), box=SIMPLE_HEAD)
    for image in frames:
        place = image.video
        table.add_row(
            at_text(place.timestamp),
            f"{at_text(place.shot_start)} – {at_text(place.shot_end)}",
            image_pb2.Image.State.Name(image.state).lower(),
            image.image_id,
        )
    Terminal(fold=True).print(table)


@video.command("delete")
@explained
def delete(
    id_: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a video and all images that were made of it. They cannot be brought back."""
    _check(id_)

    async def run() -> bool:
        async with connect(server) as connection:
            found, frames = await _shown(connection, id_)
            what = f"{printable(found.filename)} and {counted(len(frames), 'image')}"
            if not yes and not typer.confirm(f"Delete {what} for good?"):
                return False
            await delete_video(connection, id_)
            say(f"Deleted {what}.")
            return True

    if not asyncio.run(run()):
        raise typer.Exit(1)


async def _shown(
    connection: Connection, video_id: str
) -> tuple[video_pb2.Video, list[image_pb2.Image]]:
    found = await get_video(connection, video_id)
    frames, _ = await list_images(
        connection,
        filter_=f'video_id = "{video_id}"',
        oldest_first=True,
        deleted=False,
        limit=1000,
    )
    return found, frames


def _say_imported(found: video_pb2.Video, *, is_new: bool) -> None:
    """Says what became of a video."""
    if found.state == State.READY:
        kept = counted(found.key_frame_count, "image")
        known = "" if is_new else ", stored already"
        say(
            f"{found.filename}: {counted(found.shot_count, 'shot')} in "
            f"{at_text(found.duration)}, {kept}{known}. {found.video_id}"
        )
        if found.damaged:
            say("Some of it is missing or could not be decoded.", style="yellow")
    elif found.state == State.FAILED:
        say(
            f"{found.filename}: {found.failure.message} ({found.failure.reason}). {found.video_id}",
            style="red",
            stderr=True,
        )
    else:
        say(f"{found.filename}: {_state(found)}. {found.video_id}")


def _state(found: video_pb2.Video) -> str:
    name = State.Name(found.state).lower()
    return f"{name} {found.progress:.0%}" if found.state == State.IMPORTING else name


def _check(video_id: str) -> None:
    if not is_uuid(video_id):
        raise MeshError(
            f"`{printable(video_id)}` is not the id of a video.",
            "`argus video list` shows the ids.",
        )
