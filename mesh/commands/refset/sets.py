"""`argus refset create|list|show|delete|share|unshare`: sets and who may see them."""

import asyncio
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from mesh.client.calibrations import ENDED
from mesh.client.connection import Connection, connect
from mesh.client.reference_sets import all_sets, find_set, get_version, is_uuid
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.calibrate import skipped_table
from mesh.commands.refset.options import SetName, plain_console
from mesh.commands.words import set_state, threshold_words, when
from mesh.errors import MeshError

UserIds = Annotated[
    list[str], typer.Argument(metavar="USER_ID…", help="As `argus user whoami` shows them.")
]


@explained
def create(
    name: Annotated[str, typer.Argument(help="Name for people.")], server: Server = DEFAULT_SERVER
) -> None:
    """Make a set without images."""

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            if any(one.display_name == name for one in await _own(connection)):
                raise MeshError(
                    f"You have a reference set `{name}` already.",
                    "Choose another name; `argus refset list` shows yours.",
                )
            return await connection.call(
                connection.inspection.CreateReferenceSet,
                inspection_pb2.CreateReferenceSetRequest(display_name=name),
            )

    made = asyncio.run(run())
    console = plain_console()
    console.print(Text(f"Made {made.display_name}, id {made.reference_set_id}."))
    console.print(Text(f"Next: argus refset add {_quoted(name)} FOLDER-OF-NORMAL-IMAGES"))


@explained
def list_(server: Server = DEFAULT_SERVER) -> None:
    """List your sets, and those that others share with you."""

    async def run() -> tuple[str, list[inspection_pb2.ReferenceSet]]:
        async with connect(server) as connection:
            me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
            return me.user_id, await all_sets(connection)

    me, sets = asyncio.run(run())
    console = Console()
    if not sets:
        console.print("There are no reference sets. `argus refset create NAME` makes one.")
        return
    table = Table(
        "name", "state", Column("version", justify="right"), Column("images", justify="right"),
        "owner", Column("set id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in sets:
        table.add_row(
            Text(one.display_name),
            set_state(one.state),
            str(one.current_version or "–"),
            f"{one.image_count}{' (changed)' if one.changed and one.current_version else ''}",
            "you" if one.user_id == me else "shared with you",
            one.reference_set_id,
        )
    console.print(table)


@explained
def show(
    set_name: SetName,
    images: Annotated[bool, typer.Option("--images", help="Also list the images' ids.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show a set: its images, its version, its threshold, and what its last calibration did."""

    async def run() -> tuple[inspection_pb2.ReferenceSet, inspection_pb2.Version | None, list[str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            version = await get_version(connection, found.reference_set_id, found.current_version)
            return found, version, await image_ids(connection, found) if images else []

    found, version, ids = asyncio.run(run())
    _show(plain_console(), found, version)
    for image_id in ids:
        plain_console().print(image_id)


@explained
def delete(
    set_name: SetName,
    version: Annotated[
        int | None, typer.Option(min=1, help="Delete only this version, not the set.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a set with its versions and feedback, or one version; no image is deleted."""

    async def find() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            return await find_set(connection, set_name)

    found = asyncio.run(find())
    what = f"version {version} of {found.display_name}" if version else found.display_name
    if not yes:
        with_it = "" if version else " with its versions and all feedback"
        typer.confirm(f"Delete {what}{with_it}?", abort=True, err=True)

    async def run() -> None:
        async with connect(server) as connection:
            if version:
                await connection.call(
                    connection.inspection.DeleteVersion,
                    inspection_pb2.DeleteVersionRequest(
                        reference_set_id=found.reference_set_id, version=version
                    ),
                )
            else:
                await connection.call(
                    connection.inspection.DeleteReferenceSet,
                    inspection_pb2.DeleteReferenceSetRequest(
                        reference_set_id=found.reference_set_id
                    ),
                )

    asyncio.run(run())
    plain_console().print(Text(f"Deleted {what}."))


@explained
def share(set_name: SetName, user_ids: UserIds, server: Server = DEFAULT_SERVER) -> None:
    """Let other users look at a set, inspect with it and give feedback."""
    _share(set_name, user_ids, server, take_back=False)


@explained
def unshare(set_name: SetName, user_ids: UserIds, server: Server = DEFAULT_SERVER) -> None:
    """Take that back."""
    _share(set_name, user_ids, server, take_back=True)


def _share(set_name: str, user_ids: list[str], server: str, *, take_back: bool) -> None:
    for one in user_ids:
        if not is_uuid(one):
            raise MeshError(f"`{one}` is no user id.", "`argus user whoami` shows a person theirs.")

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            if take_back:
                return await connection.call(
                    connection.inspection.UnshareReferenceSet,
                    inspection_pb2.UnshareReferenceSetRequest(
                        reference_set_id=found.reference_set_id, user_ids=user_ids
                    ),
                )
            return await connection.call(
                connection.inspection.ShareReferenceSet,
                inspection_pb2.ShareReferenceSetRequest(
                    reference_set_id=found.reference_set_id, user_ids=user_ids
                ),
            )

    found = asyncio.run(run())
    whom = ", ".join(one.user_id for one in found.members) or "nobody"
    plain_console().print(Text(f"{found.display_name} is shared with {whom}."))


async def image_ids(connection: Connection, found: inspection_pb2.ReferenceSet) -> list[str]:
    """Ids of a set's images, in the order in which they were added."""
    ids: list[str] = []
    request = inspection_pb2.ListReferenceImagesRequest(
        reference_set_id=found.reference_set_id, page_size=500
    )
    while True:
        page = await connection.call(connection.inspection.ListReferenceImages, request)
        ids += page.image_ids
        if not page.next_page_token:
            return ids
        request.page_token = page.next_page_token


async def _own(connection: Connection) -> list[inspection_pb2.ReferenceSet]:
    me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
    return [one for one in await all_sets(connection) if one.user_id == me.user_id]


def _show(
    console: Console, found: inspection_pb2.ReferenceSet, version: inspection_pb2.Version | None
) -> None:
    console.print(Text(found.display_name, style="bold").append("  ").append_text(
        set_state(found.state)
    ))  # fmt: skip
    console.print(Text(f"  id           {found.reference_set_id}"))
    changed = " (changed since the version was made)" if found.changed and version else ""
    console.print(Text(f"  images       {found.image_count}{changed}"))
    if version:
        console.print(
            Text(f"  version      {version.version}, {threshold_words(version.threshold)}")
        )
    else:
        console.print(Text("  version      none: calibrate the set to inspect with it"))
    if found.members:
        console.print(Text(f"  shared with  {', '.join(one.user_id for one in found.members)}"))
    if not found.HasField("last_calibration"):
        return
    last = found.last_calibration
    state = inspection_pb2.Calibration.State.Name(last.state).removeprefix("CALIBRATION_").lower()
    time = last.end_time if last.state in ENDED else last.create_time
    why = f": {last.error.message}" if last.HasField("error") else ""
    console.print(Text(f"  calibration  {state} {when(time)} UTC{why}"))
    if last.skipped:
        console.print(skipped_table(last))


def _quoted(name: str) -> str:
    return f'"{name}"' if any(character.isspace() for character in name) else name
