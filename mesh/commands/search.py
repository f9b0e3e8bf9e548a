"""`argus search`: find images by words, by a picture, or by one that is there."""

import asyncio
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from argus.search.v1 import search_pb2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from mesh.client.connection import connect
from mesh.client.gallery import save_gallery
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.errors import MeshError


@explained
def search(
    text: Annotated[str | None, typer.Argument(help="Words that describe the images.")] = None,
    image: Annotated[
        Path | None,
        typer.Option(help="Picture to find the like of.", exists=True, dir_okay=False),
    ] = None,
    like: Annotated[
        str | None, typer.Option(help="Id of an imported image to find the like of.")
    ] = None,
    filter_: Annotated[str, typer.Option("--filter", help="Such as 'labels.line = \"3\"'.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many.")] = 10,
    save: Annotated[Path | None, typer.Option(help="Save the pictures and a page here.")] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Show the pictures in the browser.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Find images by TEXT, by --image FILE, or --like ID."""
    if sum(choice is not None for choice in (text, image, like)) != 1:
        raise MeshError("Say what to search for.", "Give TEXT, or --image FILE, or --like ID.")
    request = search_pb2.SearchImagesRequest(
        text=text or "", image_id=like or "", filter=filter_, limit=limit
    )
    if image is not None:
        request.image = image.read_bytes()
    title = text or (image.name if image else f"like {like}")

    async def run() -> search_pb2.SearchImagesResponse:
        async with connect(server) as connection:
            answer = await connection.call(connection.search.SearchImages, request)
        if (save or open_) and answer.matches:
            folder = save or Path(tempfile.mkdtemp(prefix="argus-search-"))
            page = await save_gallery(answer.matches, folder, title=title)
            Console(stderr=True).print(f"Saved {len(answer.matches)} pictures and {page}.")
            if open_ and not webbrowser.open(page.resolve().as_uri()):
                raise MeshError("No browser could be started.", f"Open {page} yourself.")
        return answer

    _print(asyncio.run(run()))


def _print(answer: search_pb2.SearchImagesResponse) -> None:
    console = Console()
    if not answer.matches:
        console.print("No images were found. `argus import` puts some in.")
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
            escape(image.filename),
            f"{image.width}×{image.height}",
            image.image_id,
            *([escape(labels)] if labelled else []),
        )
    console.print(table)
    if answer.text_truncated:
        console.print("The text was longer than the model reads; its end was left out.")
