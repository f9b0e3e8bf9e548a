"""Which reference set a person means."""

import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from uuid import UUID

import grpc
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2

from mesh.client.connection import Connection
from mesh.client.names import printable
from mesh.client.paging import pages
from mesh.errors import MeshError

PAGE = 200
LISTED_NAMES = 10


async def all_sets(connection: Connection) -> list[inspection_pb2.ReferenceSet]:
    """The caller's sets and those shared with the caller, newest first."""
    request = inspection_pb2.ListReferenceSetsRequest(page_size=PAGE)
    listed = pages(connection, connection.inspection.ListReferenceSets, request)
    return [one async for page in listed for one in page.reference_sets]


def set_names(sets: Sequence[inspection_pb2.ReferenceSet]) -> dict[str, str]:
    """What sets, and their views, are called, by their ids."""
    names = {one.reference_set_id: one.display_name for one in sets}
    return names | {
        view.reference_set_id: f"{one.display_name}/{view.display_name}"
        for one in sets
        for view in one.views
    }


async def find_set(connection: Connection, name: str) -> inspection_pb2.ReferenceSet:
    """The set with an id or a name; of several with one name, the caller's own.

    A view is named by its set and its own name, as `tiles/top`.

    Raises:
        MeshError: There is none, or more than one.
    """
    if is_uuid(name):
        return await _get(connection, name.lower())
    sets = await all_sets(connection)
    named = [one for one in sets if one.display_name == name]
    if not named and (views := _views_named(name, sets)):
        if len(views) == 1:
            return await _get(connection, views[0])
        ids = "\n".join(f"  {one}" for one in views)
        raise MeshError(
            f"{len(views)} views are called `{printable(name)}`.", f"Give the id of one:\n{ids}"
        )
    if len(named) > 1:
        me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
        named = [one for one in named if one.user_id == me.user_id] or named
    if not named:
        raise MeshError(f"There is no reference set `{printable(name)}`.", _known(name, sets))
    if len(named) > 1:
        ids = "\n".join(
            f"  {one.reference_set_id}  {one.image_count} images, "
            f"created {one.create_time.ToDatetime():%Y-%m-%d %H:%M} UTC"
            for one in named
        )
        raise MeshError(
            f"{len(named)} reference sets are called `{name}`.", f"Give the id of one:\n{ids}"
        )
    return named[0]


async def get_version(
    connection: Connection, set_id: str, number: int
) -> inspection_pb2.Version | None:
    """A set's version; None if there is none of that number."""
    if not number:
        return None
    return next(
        (one for one in await all_versions(connection, set_id) if one.version == number), None
    )


async def all_versions(connection: Connection, set_id: str) -> list[inspection_pb2.Version]:
    """A set's versions, newest first."""
    request = inspection_pb2.ListVersionsRequest(reference_set_id=set_id, page_size=100)
    listed = pages(connection, connection.inspection.ListVersions, request)
    return [version async for page in listed for version in page.versions]


def is_uuid(text: str) -> bool:
    """Whether this is an id."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


async def _get(connection: Connection, set_id: str) -> inspection_pb2.ReferenceSet:
    try:
        return await connection.call(
            connection.inspection.GetReferenceSet,
            inspection_pb2.GetReferenceSetRequest(reference_set_id=set_id),
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        raise MeshError(
            f"There is no reference set {set_id}, or it is not shared with you.",
            "`argus refset list` shows your sets.",
        ) from error


def _views_named(name: str, sets: Sequence[inspection_pb2.ReferenceSet]) -> list[str]:
    """Ids of the views with a name such as `tiles/top`."""
    return [
        view.reference_set_id
        for one in sets
        for view in one.views
        if f"{one.display_name}/{view.display_name}" == name
    ]


def _known(name: str, sets: Sequence[inspection_pb2.ReferenceSet]) -> str:
    if not sets:
        quoted = shlex.quote(printable(name))
        return f"You have none yet; `argus refset create {quoted}` creates it."
    names = list(dict.fromkeys(one.display_name for one in sets))
    folded = {one.casefold(): one for one in names}
    if close := get_close_matches(name.casefold(), folded, n=3):
        return f"Did you mean {' or '.join(f'`{folded[one]}`' for one in close)}?"
    shown = ", ".join(f"`{one}`" for one in names[:LISTED_NAMES])
    more = f" and {len(names) - LISTED_NAMES} more" if len(names) > LISTED_NAMES else ""
    return f"The sets are {shown}{more}."
