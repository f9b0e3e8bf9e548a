"""`argus search`: find images by words, by a picture, or by one that is there."""

import asyncio
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from argus.search.v1 import search_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import connect
from mesh.client.gallery import Gallery, save_gallery
from mesh.client.inspector import Unreadable, read_image
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted
from mesh.errors import MeshError


@explained
def search(
    text: Annotated[
        str | None, typer.Argument(help="Words that describe the images, such as 'a red car'.")
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Find images that look like the one in this file."),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Find images that look like the stored one with this id."),
    ] = None,
    filter_: Annotated[
        str,
        typer.Option("--filter", help="Search only among these, such as 'labels.line = \"3\"'."),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most images to show.")] = 10,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Save the pictures in this folder, with a page that shows them."
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show the pictures in a browser.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Find images by words, by an example file, or by a stored image.

    Exits with 1 if a picture could not be saved.
    """
    if sum(choice is not None for choice in (text, image, like)) != 1:
        raise MeshError(
            "Say what to search for, in one way.", "Give TEXT, or --image FILE, or --like ID."
        )
    request = search_pb2.SearchImagesRequest(
        text=text or "", image_id=like or "", filter=filter_, limit=limit
    )
    if image is not None:
        request.image = _read(image)
    title = text or (image.name if image else f"like {like}")

    async def run() -> tuple[search_pb2.SearchImagesResponse, Gallery | None]:
        async with connect(server) as connection:
            answer = await connection.call(connection.search.SearchImages, request)
            if not (save or open_) or not answer.matches:
                return answer, None
            folder = save or Path(tempfile.mkdtemp(prefix="argus-search-"))
            return answer, await save_gallery(connection, answer.matches, folder, title=title)

    answer, gallery = asyncio.run(run())
    _print(answer)
    if gallery is None:
        return
    say(f"Saved {counted(gallery.saved, 'picture')} and {gallery.page}.", stderr=True)
    for name, why in gallery.problems:
        say(f"{name} could not be saved: {why}.", style="red", stderr=True)
    if open_ and not webbrowser.open(gallery.page.resolve().as_uri()):
        page = printable(str(gallery.page))
        raise MeshError("No browser could be started.", f"Open {page} in one.")
    if gallery.problems:
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        return read_image(file)
    except Unreadable as error:
        _, problem = error.args
        raise MeshError(f"{printable(str(file))}: {problem}.") from error


def _print(answer: search_pb2.SearchImagesResponse) -> None:
    terminal = Terminal(fold=True)
    if not answer.matches:
        say("No images were found. `argus import PATH…` imports some.")
        return
    # The id is what one copies for --like; the file name gives way to it.
    table = Table("#", "score", "file", "pixels", Column("image id", no_wrap=True), box=SIMPLE_HEAD)
    labelled = any(match.image.labels for match in answer.matches)
    if labelled:
        table.add_column("labels")
    for rank, match in enumerate(answer.matches, start=1):
        image = match.image
        labels = " ".join(f"{key}={value}" for key, value in sorted(image.labels.items()))
        table.add_row(
            str(rank),
            f"{match.score:.3f}",
            image.filename,
            f"{image.width}×{image.height}",
            image.image_id,
            *([labels] if labelled else []),
        )
    terminal.print(table)
    if answer.text_truncated:
        say("The text is longer than the model can read; its end was ignored.")
