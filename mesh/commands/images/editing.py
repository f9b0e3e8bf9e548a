"""`argus images label|note|delete|undelete`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from mesh.client.connection import Connection, connect
from mesh.client.images import (
    count_found,
    delete_found,
    delete_images,
    label_images,
    note_image,
    undelete_images,
)
from mesh.client.names import printable
from mesh.client.reference_sets import is_uuid
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import say
from mesh.commands.words import counted
from mesh.errors import MeshError

T = TypeVar("T")

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of stored images.")]


@explained
def label(
    ids: Ids,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Sets a label.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="KEY", help="Removes a label.")
    ] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Set and remove labels of images. Of up to 500 at once all are changed, or none."""
    _check(ids)
    put = dict(_pair(text) for text in set_ or ())
    if not put and not remove:
        raise MeshError("Say what to change.", "Give --set KEY=VALUE, or --remove KEY.")
    count = _run(server, lambda connection: label_images(connection, ids, put, remove or []))
    say(f"Labelled {counted(count, 'image')}.")


@explained
def note(
    image_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a stored image.")],
    text: Annotated[str, typer.Argument(help='What to write; "" removes the note.')],
    forget_location: Annotated[
        bool, typer.Option("--forget-location", help="Also forget where it was taken.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write a note about an image, in place of the one that it has. Searches find its words."""
    _check([image_id])
    image = _run(
        server,
        lambda connection: note_image(connection, image_id, text, forget_location=forget_location),
    )
    say("Noted." if image.note else "The image has no note.")


@explained
def delete(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="Ids of stored images.")
    ] = None,
    filter_: Annotated[
        str,
        typer.Option("--filter", help="All of these instead, such as 'labels.line = \"3\"'."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --filter: only say how many they are.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --filter: delete without a question.")
    ] = False,
    permanently: Annotated[
        bool, typer.Option("--permanently", help="They cannot be brought back.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete images, by ids or by a filter. For a day, `argus images undelete` brings them back.

    Exits with 1 if one was not there.
    """
    if bool(ids) == bool(filter_) or (dry_run and not filter_):
        raise MeshError("Say which images to delete.", "Name their ids, or give --filter.")
    if filter_:
        _delete_found(filter_, server, dry_run=dry_run, yes=yes, permanently=permanently)
        return
    ids = ids or []
    _check(ids)
    deleted = _run(
        server, lambda connection: delete_images(connection, ids, permanently=permanently)
    )
    say(f"Deleted {counted(len(deleted), 'image')}.")
    _tell_missing(ids, deleted)


def _delete_found(
    filter_: str, server: str, *, dry_run: bool, yes: bool, permanently: bool
) -> None:
    count = _run(server, lambda connection: count_found(connection, filter_))
    found = counted(count, "image")
    if dry_run or not count:
        say(f"The filter finds {found}; nothing was deleted.")
        return
    kept = "They cannot be brought back." if permanently else "For a day they can be brought back."
    if not yes and not typer.confirm(f"Delete {found}? {kept}"):
        raise typer.Exit(1)
    deleted = _run(
        server,
        lambda connection: delete_found(connection, filter_, count, permanently=permanently),
    )
    say(f"Deleted {counted(deleted, 'image')}.")


@explained
def undelete(ids: Ids, server: Server = DEFAULT_SERVER) -> None:
    """Bring deleted images back. `argus images list --deleted` shows which there are.

    Exits with 1 if one was not there.
    """
    _check(ids)
    found = _run(server, lambda connection: undelete_images(connection, ids))
    say(f"Brought back {counted(len(found), 'image')}.")
    _tell_missing(ids, [image.image_id for image in found])


def _run(server: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def run() -> T:
        async with connect(server) as connection:
            return await work(connection)

    return asyncio.run(run())


def _check(ids: list[str]) -> None:
    for one in ids:
        if not is_uuid(one):
            raise MeshError(
                f"`{printable(one)}` is not the id of an image.",
                "`argus images list` and `argus search` show the ids.",
            )


def _tell_missing(ids: list[str], done: list[str]) -> None:
    missing = [one for one in dict.fromkeys(ids) if one.lower() not in set(done)]
    for one in missing:
        say(f"There is no image {one}.", style="red", stderr=True)
    if missing:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise MeshError(f"`{printable(text)}` is not KEY=VALUE.", "For example: --set line=3")
    return key, value
