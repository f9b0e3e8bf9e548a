"""`argus refset create|list|show|rename|delete`: sets."""

import asyncio
import shlex
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from mesh.client.connection import Connection, connect
from mesh.client.jobs import ENDED
from mesh.client.names import printable
from mesh.client.paging import pages
from mesh.client.reference_sets import all_sets, find_set, get_version
from mesh.commands.failures import explained
from mesh.commands.frame_words import limits_text
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.following import skipped_table, state_name
from mesh.commands.refset.options import SetName
from mesh.commands.refset.parts import rule_words, show_parts
from mesh.commands.refset.sensitivity import show_sensitivity
from mesh.commands.refset.sharing import group_names, shared_with
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import (
    banks_words,
    counted,
    percent,
    registration_words,
    set_state,
    threshold_words,
    when,
)
from mesh.errors import MeshError


@explained
def create(
    name: Annotated[str, typer.Argument(help="Name of the set.")],
    view_of: Annotated[
        str | None,
        typer.Option(
            "--view-of",
            metavar="SET",
            help="Make it a view of this set: another camera's, or a region of the same pictures.",
        ),
    ] = None,
    copy_images: Annotated[
        bool,
        typer.Option(
            "--copy-images", help="With --view-of: begin with the images that the set has now."
        ),
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Create a reference set, without images, or a view of one.

    A view is a set of its own, which other commands call SET/NAME.
    """
    if copy_images and view_of is None:
        raise MeshError("--copy-images works only with --view-of.")
    if view_of is not None:
        _create_view(name, view_of, copy_images=copy_images, server=server)
        return

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            if any(one.display_name == name for one in await _own(connection)):
                raise MeshError(
                    f"You already have a reference set `{name}`.",
                    "Choose another name; `argus refset list` shows your sets.",
                )
            return await connection.call(
                connection.inspection.CreateReferenceSet,
                inspection_pb2.CreateReferenceSetRequest(display_name=name),
            )

    made = asyncio.run(run())
    say(f"Created {made.display_name}, id {made.reference_set_id}.")
    say(f"Next: argus refset add {shlex.quote(name)} FOLDER-OF-NORMAL-IMAGES")


def _create_view(name: str, view_of: str, *, copy_images: bool, server: str) -> None:
    async def run() -> tuple[inspection_pb2.ReferenceSet, inspection_pb2.ReferenceSet]:
        async with connect(server) as connection:
            parent = await find_set(connection, view_of)
            if any(one.display_name == name for one in parent.views):
                raise MeshError(
                    f"{printable(parent.display_name)} already has a view `{printable(name)}`.",
                    "Choose another name; `argus refset show SET` shows its views.",
                )
            request = inspection_pb2.CreateReferenceSetRequest(
                display_name=name, view_of=parent.reference_set_id, copy_images=copy_images
            )
            return parent, await connection.call(connection.inspection.CreateReferenceSet, request)

    parent, made = asyncio.run(run())
    called = f"{parent.display_name}/{made.display_name}"
    say(f"Created {called}, id {made.reference_set_id}, with {counted(made.image_count, 'image')}.")
    command = "calibrate" if made.image_count else "add"
    folder = "" if made.image_count else " FOLDER-OF-NORMAL-IMAGES"
    say(f"Next: argus refset {command} {shlex.quote(printable(called))}{folder}")


@explained
def list_(server: Server = DEFAULT_SERVER) -> None:
    """List your reference sets, and those that others share with you."""

    async def run() -> tuple[str, list[inspection_pb2.ReferenceSet]]:
        async with connect(server) as connection:
            me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
            return me.user_id, await all_sets(connection)

    me, sets = asyncio.run(run())
    if not sets:
        say("There are no reference sets. `argus refset create NAME` creates one.")
        return
    table = Table(
        "name", "state", Column("version", justify="right"), Column("images", justify="right"),
        "owner", Column("set id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in sets:
        table.add_row(
            one.display_name,
            set_state(one.state),
            str(one.current_version or "–"),
            f"{one.image_count}{' (changed)' if one.changed and one.current_version else ''}",
            "you" if one.user_id == me else "shared with you",
            one.reference_set_id,
        )
        for view in one.views:
            table.add_row(
                f"  {one.display_name}/{view.display_name}",
                set_state(view.state),
                str(view.current_version or "–"),
                str(view.image_count),
                "its set's",
                view.reference_set_id,
            )
    Terminal(fold=True).print(table)


@explained
def show(
    set_name: SetName,
    images: Annotated[bool, typer.Option("--images", help="Also list the images' ids.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show a set: its images, its version and threshold, and its last calibration."""

    async def run() -> list[str]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            version = await get_version(connection, found.reference_set_id, found.current_version)
            _show(found, version, shared_with(found, await group_names(connection, found)))
            return await image_ids(connection, found) if images else []

    for image_id in asyncio.run(run()):
        say(image_id)


@explained
def rename(
    set_name: SetName,
    name: Annotated[str, typer.Argument(help="Its new name; of a view, without its set's.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Give a set, or a view of one, another name."""

    async def run() -> tuple[str, str]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            if found.view_of:
                parent = await find_set(connection, found.view_of)
                beside = [(one.reference_set_id, one.display_name) for one in parent.views]
                has = f"{printable(parent.display_name)} already has a view"
            else:
                own = await _own(connection)
                beside = [(one.reference_set_id, one.display_name) for one in own]
                has = "You already have a reference set"
            if any(one == name and set_id != found.reference_set_id for set_id, one in beside):
                raise MeshError(f"{has} `{printable(name)}`.", "Choose another name.")
            renamed = await connection.call(
                connection.inspection.RenameReferenceSet,
                inspection_pb2.RenameReferenceSetRequest(
                    reference_set_id=found.reference_set_id, display_name=name
                ),
            )
            return found.display_name, renamed.display_name

    before, after = asyncio.run(run())
    say(f"Renamed {before}: it is called {after} now.")


@explained
def delete(
    set_name: SetName,
    version: Annotated[
        int | None, typer.Option(min=1, help="Delete only this version of the set.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a set with its versions and feedback, or one version. Images are kept."""

    async def find() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            return await find_set(connection, set_name)

    found = asyncio.run(find())
    what = f"version {version} of {found.display_name}" if version else found.display_name
    if not yes:
        views = f"its {counted(len(found.views), 'view')}, " if found.views else ""
        with_it = "" if version else f" with {views}its versions and all feedback"
        typer.confirm(printable(f"Delete {what}{with_it}?"), abort=True, err=True)

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
    say(f"Deleted {what}.")


async def image_ids(connection: Connection, found: inspection_pb2.ReferenceSet) -> list[str]:
    """Ids of a set's images, in the order in which they were added."""
    request = inspection_pb2.ListReferenceImagesRequest(
        reference_set_id=found.reference_set_id, page_size=500
    )
    listed = pages(connection, connection.inspection.ListReferenceImages, request)
    return [image_id async for page in listed for image_id in page.image_ids]


async def _own(connection: Connection) -> list[inspection_pb2.ReferenceSet]:
    me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
    return [one for one in await all_sets(connection) if one.user_id == me.user_id]


def _show(
    found: inspection_pb2.ReferenceSet,
    version: inspection_pb2.Version | None,
    others: list[str],
) -> None:
    title = Text(printable(found.display_name), style="bold").append("  ")
    Terminal().print(title.append_text(set_state(found.state)))
    say(f"  id           {found.reference_set_id}")
    changed = " (changed since the version was made)" if found.changed and version else ""
    say(f"  images       {found.image_count}{changed}")
    if found.view_of:
        say(f"  view of      {found.view_of}")
    if found.part_rule.WhichOneof("rule"):
        say(f"  parts        {rule_words(found.part_rule)}")
    if version:
        say(f"  version      {version.version}, {threshold_words(version.threshold)}")
    else:
        say("  version      none: calibrate the set before inspecting with it")
    if others:
        say(f"  shared with  {', '.join(others)}")
    if found.HasField("last_calibration"):
        _show_calibration(found.last_calibration)
    if found.views:
        _show_views(found)
    if version:
        if version.HasField("banks"):
            say(banks_words(version.banks))
        if aligned := registration_words(version):
            say(aligned)
        show_sensitivity(version)
        show_parts(version)
        _show_frame_checks(version)


def _show_views(found: inspection_pb2.ReferenceSet) -> None:
    table = Table(
        "view", "state", Column("version", justify="right"), Column("images", justify="right"),
        "regions", "target false-alarm rate", Column("set id", no_wrap=True), box=SIMPLE_HEAD,
    )  # fmt: skip
    for view in found.views:
        regions = len(view.regions_of_interest)
        table.add_row(
            view.display_name,
            set_state(view.state),
            str(view.current_version or "–"),
            str(view.image_count),
            str(regions) if regions else "whole image",
            percent(view.target_false_alarm_rate) if view.current_version else "–",
            view.reference_set_id,
        )
    Terminal(fold=True).print(table)


def _show_frame_checks(version: inspection_pb2.Version) -> None:
    if not version.HasField("frame_checks"):
        say("Of frames that cannot be inspected it tells blank ones and other products alone.")
        return
    say("Frames that cannot be inspected:")
    for line in limits_text(version.frame_checks):
        say(f"  {line}")


def _show_calibration(last: inspection_pb2.Job) -> None:
    state = state_name(last)
    time = last.end_time if last.state in ENDED else last.create_time
    why = f": {last.error.message}" if last.HasField("error") else ""
    say(f"  calibration  {state} {when(time)} UTC{why}")
    if last.skipped:
        Terminal(fold=True).print(skipped_table(last))
