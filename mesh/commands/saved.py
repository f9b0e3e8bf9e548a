"""`argus saved`: searches that are kept, and new images that match them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import uuid4

import typer
from argus.search.v1 import saved_pb2, search_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.saved_searches import find_saved, matches_of, saved_searches, watched
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.search_query import Wish
from mesh.commands.terminal import Terminal, print_json, print_json_line, say
from mesh.commands.words import counted, when

T = TypeVar("T")
PATIENCE_S = 90.0
DEFAULT_LIMIT = 50

saved = typer.Typer(
    no_args_is_help=True,
    help="Searches that are kept, and new images that match them.",
)

Saved = Annotated[str, typer.Argument(metavar="SEARCH", help="Its name, or its id.")]
Json = Annotated[bool, typer.Option("--json", help="Write the answer as JSON.")]


@saved.command()
@explained
def add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    text: Annotated[
        str | None,
        typer.Argument(help="Words that describe the images, as of `argus search`."),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Images that look like the one in this file."),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Images that look like this stored one. Repeatable."),
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
            metavar="TEXT", help="Images that these words describe are not wanted. Repeatable."
        ),
    ] = None,
    not_like: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Images like this stored one are not wanted. Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Leave this very image out. Repeatable."),
    ] = None,
    filter_: Annotated[
        str,
        typer.Option("--filter", help="Only among these, such as 'labels.line = \"3\"'."),
    ] = "",
    min_score: Annotated[
        float | None,
        typer.Option(
            min=-1, max=1, help="An image matches from this score on, as `argus search` shows it."
        ),
    ] = None,
    confident: Annotated[
        bool,
        typer.Option(
            "--confident",
            help="An image matches if its score is more than chance. So it is without --min-score.",
        ),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Give this query to the saved search of that name."),
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Save a search; images that are indexed from now on are compared with it."""
    wish = Wish(text, image, like or [], region, minus or [], not_like or [])
    query = wish.request()
    query.filter = filter_
    query.exclude_image_ids.extend(exclude or [])
    query.confident_only = confident or min_score is None
    if min_score is not None:
        query.min_score = min_score

    async def save(connection: Connection) -> saved_pb2.SavedSearch:
        if replace:
            there = await find_saved(connection, name)
            return await connection.call(
                connection.saved.UpdateSavedSearch,
                saved_pb2.UpdateSavedSearchRequest(
                    saved_search=saved_pb2.SavedSearch(
                        saved_search_id=there.saved_search_id, query=query
                    ),
                    update_mask=FieldMask(paths=["query"]),
                ),
            )
        request = saved_pb2.CreateSavedSearchRequest(
            display_name=name, query=query, request_id=str(uuid4())
        )
        return await connection.call(
            connection.saved.CreateSavedSearch, request, patience_s=PATIENCE_S
        )

    made = _run(server, save)
    say(f"{'Changed' if replace else 'Saved'} {made.display_name}, id {made.saved_search_id}.")


@saved.command("list")
@explained
def list_(json: Json = False, server: Server = DEFAULT_SERVER) -> None:
    """List your saved searches, and how many new matches each has."""
    found = _run(server, saved_searches)
    if json:
        print_json([_as_dict(one) for one in found])
        return
    if not found:
        say("You have saved none. `argus saved add NAME TEXT` saves one.")
        return
    table = Table(
        "name", "looks for", "from", Column("new", justify="right"),
        Column("in all", justify="right"), "last", Column("search id", no_wrap=True),
        box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.display_name,
            _words(one.query),
            _line(one.query),
            str(one.unseen_count or ""),
            str(one.match_count or ""),
            when(one.last_match_time) if one.HasField("last_match_time") else "",
            one.saved_search_id,
        )
    Terminal(fold=True).print(table)
    for one in found:
        if one.HasField("problem"):
            say(f"{one.display_name} finds nothing now: {one.problem.message}.", style="yellow")


@saved.command()
@explained
def show(
    name: Saved,
    unseen: Annotated[bool, typer.Option("--new", help="Only what was not seen yet.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep-new", help="Leave what is shown unseen, for another time.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Most images to show; 50 if not given, all with --new."),
    ] = None,
    json: Json = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show what a saved search has found since it was saved, newest first.

    What was shown counts as seen from then on. `argus saved show NAME --new --json` in a cron job
    gives each match once.
    """
    most = limit or (0 if unseen else DEFAULT_LIMIT)

    async def read(
        connection: Connection,
    ) -> tuple[saved_pb2.SavedSearch, list[saved_pb2.NewMatch]]:
        there = await find_saved(connection, name)
        matches = [
            match
            async for match in matches_of(
                connection, there.saved_search_id, unseen_only=unseen, limit=most
            )
        ]
        return there, matches

    async def mark(connection: Connection, match: saved_pb2.NewMatch) -> None:
        await connection.call(
            connection.saved.MarkMatchesSeen,
            saved_pb2.MarkMatchesSeenRequest(
                saved_search_id=match.saved_search_id, cursor=match.cursor
            ),
            patience_s=PATIENCE_S,
        )

    there, matches = _run(server, read)
    if json:
        print_json({"savedSearch": _as_dict(there), "matches": [_as_dict(one) for one in matches]})
    elif matches:
        _print_matches(matches)
        if there.match_count > len(matches) and not unseen:
            say(f"{counted(there.match_count, 'image')} in all; --limit shows more.")
    else:
        say("Nothing new." if unseen else "It has found nothing since it was saved.")
    if keep or not matches:
        return
    # Only when it has been printed, so that nothing is lost on the way.
    if not most or len(matches) < most or matches[-1].seen:
        newest = matches[0]
        _run(server, lambda connection: mark(connection, newest))
    else:
        say("More may be new, so all of it stays new; --limit shows more.", stderr=True)


@saved.command()
@explained
def delete(name: Saved, server: Server = DEFAULT_SERVER) -> None:
    """Forget a saved search and what it has found; images stay."""

    async def forget(connection: Connection) -> saved_pb2.SavedSearch:
        there = await find_saved(connection, name)
        await connection.call(
            connection.saved.DeleteSavedSearch,
            saved_pb2.DeleteSavedSearchRequest(saved_search_id=there.saved_search_id),
        )
        return there

    say(f"Forgot {_run(server, forget).display_name}.")


@saved.command()
@explained
def watch(
    name: Annotated[
        str, typer.Argument(metavar="[SEARCH]", help="Its name or id; all if left out.")
    ] = "",
    after: Annotated[
        str, typer.Option(metavar="CURSOR", help="Go on after this cursor, of a line of --json.")
    ] = "",
    json: Annotated[
        bool, typer.Option("--json", help="Write each match as a line of JSON, with its cursor.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Tell of new matches as they are found, until Ctrl-C."""

    async def listen() -> None:
        async with connect(server) as connection:
            names = {
                one.saved_search_id: one.display_name for one in await saved_searches(connection)
            }
            search_id = (await find_saved(connection, name)).saved_search_id if name else ""
            began = False
            async for one in watched(connection, search_id, after):
                if one.HasField("match"):
                    _tell(one, names, json=json)
                elif not began:
                    began = True
                    say("Waiting for new matches; Ctrl-C ends it.", stderr=True)

    with suppress(KeyboardInterrupt):
        asyncio.run(listen())


def _tell(told: saved_pb2.WatchMatchesResponse, names: dict[str, str], *, json: bool) -> None:
    if json:
        print_json_line(_as_dict(told))
        return
    match = told.match
    name = names.get(match.saved_search_id, match.saved_search_id)
    say(f"{name}: {match.image.filename} {match.score:.3f} {match.image.image_id}")


def _print_matches(matches: list[saved_pb2.NewMatch]) -> None:
    table = Table(
        "", "score", "file", "found", Column("image id", no_wrap=True), "labels",
        box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for match in matches:
        labels = " ".join(f"{key}={value}" for key, value in sorted(match.image.labels.items()))
        table.add_row(
            "" if match.seen else "new",
            f"{match.score:.3f}",
            match.image.filename,
            when(match.found_time),
            match.image.image_id,
            labels,
        )
    Terminal(fold=True).print(table)


def _words(query: search_pb2.SearchImagesRequest) -> str:
    """What a query looks for, in short."""
    parts = [query.text] if query.text else []
    has_picture = not query.text and not query.image_id and not query.examples
    parts += ["a picture"] if query.image or has_picture else []
    parts += [f"like {query.image_id}"] if query.image_id else []
    for example in query.examples:
        source = example.WhichOneof("source")
        what = example.text if source == "text" else f"like {example.image_id or 'a picture'}"
        parts.append(f"not {what}" if example.weight < 0 else what)
    return ", ".join(parts) + (f" ({query.filter})" if query.filter else "")


def _line(query: search_pb2.SearchImagesRequest) -> str:
    """From which score on an image matches."""
    least = f"{query.min_score:.3f}" if query.HasField("min_score") else ""
    return " and ".join(filter(None, ["more than chance" if query.confident_only else "", least]))


def _as_dict(
    message: saved_pb2.SavedSearch | saved_pb2.NewMatch | saved_pb2.WatchMatchesResponse,
) -> dict[str, object]:
    found: dict[str, object] = MessageToDict(message, always_print_fields_with_no_presence=True)
    return found


def _run(server: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def run() -> T:
        async with connect(server) as connection:
            return await work(connection)

    return asyncio.run(run())
