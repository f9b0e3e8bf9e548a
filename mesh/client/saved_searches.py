"""Saved searches: which one is meant, its matches, and new ones as they are found."""

from collections.abc import AsyncIterator

from argus.search.v1 import saved_pb2

from mesh.client.connection import Connection
from mesh.client.names import printable
from mesh.errors import MeshError

PAGE_SIZE = 200


async def saved_searches(connection: Connection) -> list[saved_pb2.SavedSearch]:
    """All that the caller has saved, oldest first, without pictures."""
    answer = await connection.call(
        connection.saved.ListSavedSearches, saved_pb2.ListSavedSearchesRequest()
    )
    return list(answer.saved_searches)


async def find_saved(connection: Connection, name: str) -> saved_pb2.SavedSearch:
    """The saved search with a name or an id, without its pictures.

    Raises:
        MeshError: There is none, or more than one of that name.
    """
    there = await saved_searches(connection)
    found = [one for one in there if name in (one.saved_search_id, one.display_name)]
    if not found:
        raise MeshError(
            f"You have no saved search `{printable(name)}`.", "`argus saved list` shows yours."
        )
    if len(found) > 1:
        raise MeshError(
            f"{len(found)} of your saved searches are called `{printable(name)}`.",
            "Give the id of one; `argus saved list` shows them.",
        )
    return found[0]


async def matches_of(
    connection: Connection, saved_search_id: str, *, unseen_only: bool, limit: int
) -> AsyncIterator[saved_pb2.NewMatch]:
    """What a saved search has found, newest first; at most `limit`, all if 0."""
    request = saved_pb2.ListNewMatchesRequest(
        saved_search_id=saved_search_id, unseen_only=unseen_only, page_size=PAGE_SIZE
    )
    given = 0
    while True:
        page = await connection.call(connection.saved.ListNewMatches, request)
        for match in page.matches:
            yield match
            given += 1
            if given == limit:
                return
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def watched(
    connection: Connection, saved_search_id: str, cursor: str
) -> AsyncIterator[saved_pb2.WatchMatchesResponse]:
    """New matches and checkpoints, each match once, for as long as somebody reads.

    The stream is resumed where it broke while parts of the mesh restart.

    Args:
        connection: Of whoever is signed in.
        saved_search_id: Of which search; of all if empty.
        cursor: Where to go on; the present if empty.

    Raises:
        CallFailed: It cannot be watched, or nothing is heard any more.
    """
    request = saved_pb2.WatchMatchesRequest(saved_search_id=saved_search_id, after_cursor=cursor)
    return connection.client.watch(connection.saved.WatchMatches, request)
