"""`argus search`: find images by words, by pictures, by images that are there, or by any mix."""

import asyncio
import sys
import tempfile
import webbrowser
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer
from argus.search.v1 import search_pb2
from google.protobuf.json_format import MessageToJson

from mesh.client.connection import connect
from mesh.client.gallery import Gallery, save_gallery
from mesh.client.matches import all_matches
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.matches import as_json, show
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.search_query import Wish
from mesh.commands.search_words import MATCHINGS, By
from mesh.commands.terminal import print_json, say
from mesh.commands.words import counted
from mesh.errors import MeshError

DEFAULT_LIMIT = 10
MOST_SHOWN = 200


@explained
def search(
    text: Annotated[
        str | None,
        typer.Argument(
            help="Words that describe the images, such as 'a red car'. A weight may stand behind: "
            "'a red car^2'; so it may with the ids and words below. 'sea \"beach.jpg\" -people': "
            "name or labels have what is in quotes, and not what is behind a minus."
        ),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Find images that look like the one in this file."),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Find images that look like the stored one with this id. Repeatable.",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="L,T,R,B",
            help="Only this part of that image: left, top, right, bottom, 0 to 1.",
        ),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="Images that these words describe are not wanted. Repeatable.",
        ),
    ] = None,
    not_like: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Images like the stored one with this id are not wanted. Repeatable.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Leave this very image out. Repeatable."),
    ] = None,
    filter_: Annotated[
        str,
        typer.Option("--filter", help="Search only among these, such as 'labels.line = \"3\"'."),
    ] = "",
    by: Annotated[
        By | None,
        typer.Option(
            help="Order by what pictures show, by words in file names and labels, or by both. "
            "Left out: by both where some of the words are found."
        ),
    ] = None,
    facet: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Count the values of this label. Repeatable."),
    ] = None,
    months: Annotated[bool, typer.Option("--months", help="Count images by month.")] = False,
    confident: Annotated[
        bool,
        typer.Option("--confident", help="Show only what is more than chance, or nothing."),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Most images to show, at most 200; 10 if not given. With --export: all."
        ),
    ] = None,
    diverse: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            min=0,
            max=1,
            help="How much the images are to differ from each other, 0 to 1.",
        ),
    ] = 0,
    fold: Annotated[
        bool, typer.Option("--fold", help="Show near-duplicates as one, with their number.")
    ] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every image, without shortcuts.")
    ] = False,
    parts: Annotated[
        bool | None,
        typer.Option(
            "--parts/--whole",
            help="Look in parts of images, too, or at whole images only. Left out: in parts for "
            "--region, where images are indexed so.",
        ),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what each part of the query gave.")
    ] = False,
    export: Annotated[
        bool,
        typer.Option("--export", help="Write every match as a line of JSON, however many."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Write the answer as JSON.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Save the pictures in this folder, with a page that shows them."
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show the pictures in a browser.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Find images by words, by an example file, by stored images, or by any mix.

    Of words alone, or a picture alone, matches above the line are more than chance: of unrelated
    searches, 5 % find something there. The line is learnt from your own images, from 20 on.

    Exits with 1 if a picture could not be saved.
    """
    wish = Wish(text, image, like or [], region, minus or [], not_like or [])
    request = wish.request()
    request.filter = filter_
    request.exclude_image_ids.extend(exclude or [])
    request.exact, request.explain = exact, explain
    request.confident_only = confident
    if by is not None:
        request.matching = MATCHINGS[by]
    request.facet_labels.extend(dict.fromkeys(facet or []))
    request.facet_months = months
    if parts is not None:
        request.match_parts = parts
    if export:
        _check_export(
            arranged=fold or diverse > 0 or by not in (None, By.MEANING),
            shown=open_ or save is not None or json or bool(facet) or months,
        )
        asyncio.run(_export(server, request, limit or 0))
        return
    request.limit = _page(limit)
    request.diversity, request.fold_duplicates = diverse, fold
    title = ", ".join(wish.names)

    async def run() -> tuple[search_pb2.SearchImagesResponse, Gallery | None]:
        async with connect(server) as connection:
            answer = await connection.call(connection.search.SearchImages, request)
            if not (save or open_) or not answer.matches:
                return answer, None
            folder = save or Path(tempfile.mkdtemp(prefix="argus-search-"))
            return answer, await save_gallery(connection, answer.matches, folder, title=title)

    answer, gallery = asyncio.run(run())
    if json:
        print_json(as_json(answer))
    else:
        show(answer, wish.names, like=request.image_id, confident=confident)
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


def _check_export(*, arranged: bool, shown: bool) -> None:
    if arranged:
        raise MeshError(
            "All matches are given in order of their scores.",
            "Leave --diverse, --fold and --by out.",
        )
    if shown:
        raise MeshError(
            "Exported matches are not shown or counted.",
            "Leave --save, --open, --json, --facet and --months out.",
        )


def _page(limit: int | None) -> int:
    if limit is None:
        return DEFAULT_LIMIT
    if limit > MOST_SHOWN:
        raise MeshError(
            f"At most {MOST_SHOWN} images are shown.", "--export writes all, as lines of JSON."
        )
    return limit


async def _export(server: str, query: search_pb2.SearchImagesRequest, limit: int) -> None:
    async with (
        connect(server) as connection,
        aclosing(all_matches(connection, query, limit)) as matches,
    ):
        async for match in matches:
            sys.stdout.write(MessageToJson(match, indent=None, ensure_ascii=True) + "\n")
    sys.stdout.flush()
