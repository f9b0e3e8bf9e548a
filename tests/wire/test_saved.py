"""Saved searches over a real socket, with real storage, PostgreSQL and Qdrant Edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
from argus.search.v1 import saved_pb2, search_pb2
from argus.storage.v1 import image_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.search.indexing.redis_events import IMAGES
from tests.support.colours import picture
from tests.support.eventually import eventually
from tests.support.services import bad_request, error_info
from tests.support.world import World, WorldUser

LINE = 0.95


async def saved(user: WorldUser, *, name: str = "reds", **query: Any) -> saved_pb2.SavedSearch:
    query = query or {"text": "red", "min_score": LINE}
    return await user.world.saved.CreateSavedSearch(
        saved_pb2.CreateSavedSearchRequest(
            display_name=name, query=search_pb2.SearchImagesRequest(**query)
        ),
        metadata=user.token,
    )


async def matches(
    user: WorldUser, search: saved_pb2.SavedSearch, **fields: Any
) -> saved_pb2.ListNewMatchesResponse:
    return await user.world.saved.ListNewMatches(
        saved_pb2.ListNewMatchesRequest(saved_search_id=search.saved_search_id, **fields),
        metadata=user.token,
    )


async def found(user: WorldUser, search: saved_pb2.SavedSearch) -> list[str]:
    return [one.image.image_id for one in (await matches(user, search)).matches]


async def compared(user: WorldUser, database: str) -> None:
    """Waits until all that happened to images is known to search, and has been compared."""
    connection = await asyncpg.connect(database)

    async def none_waits() -> bool:
        # In the order in which an event goes from one to the next.
        told = await connection.fetchval("SELECT count(*) FROM storage.outbox")
        taken = await user.world.redis.xlen(IMAGES)
        waiting = await connection.fetchval("SELECT count(*) FROM searches.arrivals")
        return bool(told == taken == waiting == 0)

    try:
        await eventually(none_waits, "every image has been compared", within_s=60)
    finally:
        await connection.close()


async def relabel(user: WorldUser, image_id: str, **labels: str) -> None:
    await user.images.UpdateImage(
        image_pb2.UpdateImageRequest(
            image=image_pb2.Image(image_id=image_id, labels=labels),
            update_mask=FieldMask(paths=["labels"]),
        ),
        metadata=user.token,
    )


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


@asynccontextmanager
async def watching(
    user: WorldUser, search: saved_pb2.SavedSearch | None = None, cursor: str = ""
) -> AsyncIterator[Any]:
    call = user.world.saved.WatchMatches(
        saved_pb2.WatchMatchesRequest(
            saved_search_id=search.saved_search_id if search else "", after_cursor=cursor
        ),
        metadata=user.token,
    )
    try:
        yield call
    finally:
        call.cancel()


async def next_match(call: Any) -> saved_pb2.WatchMatchesResponse:
    while True:
        told: saved_pb2.WatchMatchesResponse = await call.read()
        if told.HasField("match"):
            return told


async def test_what_is_indexed_after_it_was_saved_is_found_once(
    ada: WorldUser, fresh_postgres_url: str
) -> None:
    old = await ada.indexed(picture("red", side=40))
    search = await saved(ada)
    assert (search.display_name, search.unseen_count, search.match_count) == ("reds", 0, 0)
    red = await ada.indexed(picture("red"))
    await ada.indexed(picture("blue"))
    await compared(ada, fresh_postgres_url)
    page = await matches(ada, search)
    (one,) = page.matches
    assert (one.image.image_id, one.seen, one.saved_search_id) == (
        red, False, search.saved_search_id,
    )  # fmt: skip
    assert one.image.thumbnail_url
    (hit,) = [m for m in (await ada.search(text="red")).matches if m.image.image_id == red]
    assert one.score == pytest.approx(hit.score, abs=1e-6)
    assert (page.unseen_count, page.match_count) == (1, 1)
    # Announced again, and for a label that has nothing to do with it, it is not told again.
    await relabel(ada, red, line="3")
    await relabel(ada, old, line="3")
    await compared(ada, fresh_postgres_url)
    again = await ada.indexed(picture("red", side=48))
    await compared(ada, fresh_postgres_url)
    assert await found(ada, search) == [again, red]


async def test_what_was_seen_is_remembered(ada: WorldUser, fresh_postgres_url: str) -> None:
    search = await saved(ada)
    first = await ada.indexed(picture("red"))
    await compared(ada, fresh_postgres_url)
    (one,) = (await matches(ada, search)).matches
    second = await ada.indexed(picture("red", side=48))
    await compared(ada, fresh_postgres_url)
    request = saved_pb2.MarkMatchesSeenRequest(
        saved_search_id=search.saved_search_id, cursor=one.cursor
    )
    now = await ada.world.saved.MarkMatchesSeen(request, metadata=ada.token)
    assert (now.unseen_count, now.match_count) == (1, 2)
    page = await matches(ada, search, unseen_only=True)
    assert [m.image.image_id for m in page.matches] == [second]
    assert [(m.image.image_id, m.seen) for m in (await matches(ada, search)).matches] == [
        (second, False), (first, True),
    ]  # fmt: skip
    paged = await matches(ada, search, page_size=1)
    rest = await matches(ada, search, page_size=1, page_token=paged.next_page_token)
    assert [m.image.image_id for m in (*paged.matches, *rest.matches)] == [second, first]
    assert not rest.next_page_token


async def test_a_watch_goes_on_where_it_was(ada: WorldUser) -> None:
    search = await saved(ada)
    async with watching(ada) as call:
        assert (await call.read()).HasField("checkpoint")
        first = await ada.indexed(picture("red"))
        told = await next_match(call)
        assert told.match.image.image_id == first
    others = [await ada.indexed(picture("red", side=side)) for side in (40, 48)]
    async with watching(ada, search, told.cursor) as call:
        heard = [(await next_match(call)).match.image.image_id for _ in others]
        assert heard == others
        assert (await call.read()).HasField("checkpoint")
        await ada.world.saved.DeleteSavedSearch(
            saved_pb2.DeleteSavedSearchRequest(saved_search_id=search.saved_search_id),
            metadata=ada.token,
        )


async def test_filters_are_those_of_a_search(ada: WorldUser, fresh_postgres_url: str) -> None:
    line = await saved(ada, text="red", min_score=LINE, filter='labels.line = "3"')
    named = await saved(ada, text='red "left side"', min_score=LINE)
    without = await saved(ada, text="red -broken", min_score=LINE)
    red = await ada.indexed(picture("red"), labels={"line": "3"})
    side = await ada.indexed(picture("red", side=48), filename="left side.png")
    broken = await ada.indexed(picture("red", side=56), filename="broken.png")
    await compared(ada, fresh_postgres_url)
    assert await found(ada, line) == [red]
    assert await found(ada, named) == [side]
    assert await found(ada, without) == [side, red]
    # What matches only by a later change of a label or a name is new then, and only then.
    await relabel(ada, broken, line="3")
    await relabel(ada, red, line="3", shift="night")
    await eventually(lambda: _has(ada, line, [broken, red]), "the relabelled image is found")
    await compared(ada, fresh_postgres_url)
    assert await found(ada, line) == [broken, red]


async def _has(user: WorldUser, search: saved_pb2.SavedSearch, image_ids: list[str]) -> bool:
    return await found(user, search) == image_ids


async def test_an_old_image_is_new_only_where_its_change_makes_it_match(
    ada: WorldUser, fresh_postgres_url: str
) -> None:
    matched = await ada.indexed(picture("red"), labels={"line": "3"})
    did_not = await ada.indexed(picture("red", side=48), labels={"line": "4"})
    line = await saved(ada, text="red", min_score=LINE, filter='labels.line = "3"')
    everything = await saved(ada, name="all")
    await relabel(ada, matched, line="3", shift="night")
    await relabel(ada, did_not, line="3")
    await eventually(lambda: _has(ada, line, [did_not]), "the relabelled image is found")
    await compared(ada, fresh_postgres_url)
    assert (await found(ada, line), await found(ada, everything)) == ([did_not], [])


async def test_deleted_images_are_not_shown_until_they_are_brought_back(
    ada: WorldUser, fresh_postgres_url: str
) -> None:
    search = await saved(ada)
    red = await ada.indexed(picture("red"))
    await compared(ada, fresh_postgres_url)
    await ada.delete(red)
    assert await found(ada, search) == []
    await eventually(lambda: _counted(ada, search, 0), "it does not count")
    await ada.images.UndeleteImage(image_pb2.UndeleteImageRequest(image_id=red), metadata=ada.token)
    await ada.settled(red)
    await eventually(lambda: _counted(ada, search, 1), "it counts again")
    await compared(ada, fresh_postgres_url)
    assert await found(ada, search) == [red]


async def _counted(user: WorldUser, search: saved_pb2.SavedSearch, count: int) -> bool:
    return (await matches(user, search)).match_count == count


async def test_pictures_and_stored_images_are_saved(
    ada: WorldUser, fresh_postgres_url: str
) -> None:
    blue = await ada.indexed(picture("blue"))
    by_picture = await saved(ada, image=picture("red"), min_score=LINE)
    by_stored = await saved(ada, image_id=blue, min_score=LINE)
    red = await ada.indexed(picture("red", side=48))
    bluer = await ada.indexed(picture("blue", side=48))
    await compared(ada, fresh_postgres_url)
    assert (await found(ada, by_picture), await found(ada, by_stored)) == ([red], [bluer])
    got = await ada.world.saved.GetSavedSearch(
        saved_pb2.GetSavedSearchRequest(saved_search_id=by_picture.saved_search_id),
        metadata=ada.token,
    )
    assert got.query.image == picture("red")
    listed = await ada.world.saved.ListSavedSearches(
        saved_pb2.ListSavedSearchesRequest(), metadata=ada.token
    )
    assert [(one.query.image, one.match_count) for one in listed.saved_searches] == [
        (b"", 1), (b"", 1),
    ]  # fmt: skip


async def test_confident_matches_have_the_cutoff_of_then(
    ada: WorldUser, fresh_postgres_url: str
) -> None:
    search = await refused(saved(ada, text="red", confident_only=True))
    assert error_info(search).reason == "NO_CUTOFF"
    colours = ("blue", "green", "black", "white", "yellow")
    await ada.settled(
        *[
            await ada.upload(picture(colour, side=side))
            for side in range(40, 44)
            for colour in colours
        ]
    )

    async def is_saved() -> bool:
        try:
            kept.append(await saved(ada, text="red", confident_only=True))
        except grpc.aio.AioRpcError as error:
            return error_info(error).reason not in ("CUTOFF_NOT_READY", "NO_CUTOFF")
        return True

    kept: list[saved_pb2.SavedSearch] = []
    await eventually(is_saved, "the cut-off is known")
    red = await ada.indexed(picture("red"))
    await ada.indexed(picture("blue", side=60))
    await compared(ada, fresh_postgres_url)
    assert await found(ada, kept[0]) == [red]


async def test_a_query_may_be_changed(ada: WorldUser, fresh_postgres_url: str) -> None:
    search = await saved(ada)
    red = await ada.indexed(picture("red"))
    await compared(ada, fresh_postgres_url)
    request = saved_pb2.UpdateSavedSearchRequest(
        saved_search=saved_pb2.SavedSearch(
            saved_search_id=search.saved_search_id,
            query=search_pb2.SearchImagesRequest(text="blue", min_score=LINE),
        ),
        update_mask=FieldMask(paths=["query"]),
    )
    changed = await ada.world.saved.UpdateSavedSearch(request, metadata=ada.token)
    assert (changed.display_name, changed.query.text) == ("reds", "blue")
    blue = await ada.indexed(picture("blue"))
    await ada.indexed(picture("red", side=48))
    await compared(ada, fresh_postgres_url)
    assert await found(ada, search) == [blue, red]
    request.update_mask.CopyFrom(FieldMask(paths=["display_name"]))
    request.saved_search.display_name = "blues"
    renamed = await ada.world.saved.UpdateSavedSearch(request, metadata=ada.token)
    assert (renamed.display_name, renamed.query.text) == ("blues", "blue")
    for wrong in ([], ["user_id"]):
        request.update_mask.CopyFrom(FieldMask(paths=wrong))
        error = await refused(ada.world.saved.UpdateSavedSearch(request, metadata=ada.token))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_nobody_sees_anybody_elses(
    ada: WorldUser, ben: WorldUser, fresh_postgres_url: str
) -> None:
    search = await saved(ada)
    await saved(ben)
    await ada.indexed(picture("red"))
    his = await ben.indexed(picture("red"))
    await compared(ben, fresh_postgres_url)
    await compared(ada, fresh_postgres_url)
    (one,) = (await matches(ada, search)).matches
    assert one.image.image_id != his
    api, theirs, nobodys = ben.world.saved, search.saved_search_id, str(uuid4())
    messages = set()
    for search_id in (theirs, nobodys):
        for call in (
            api.GetSavedSearch(
                saved_pb2.GetSavedSearchRequest(saved_search_id=search_id), metadata=ben.token
            ),
            api.ListNewMatches(
                saved_pb2.ListNewMatchesRequest(saved_search_id=search_id), metadata=ben.token
            ),
            api.DeleteSavedSearch(
                saved_pb2.DeleteSavedSearchRequest(saved_search_id=search_id), metadata=ben.token
            ),
            api.UpdateSavedSearch(
                saved_pb2.UpdateSavedSearchRequest(
                    saved_search=saved_pb2.SavedSearch(
                        saved_search_id=search_id, display_name="mine"
                    ),
                    update_mask=FieldMask(paths=["display_name"]),
                ),
                metadata=ben.token,
            ),
            api.WatchMatches(
                saved_pb2.WatchMatchesRequest(saved_search_id=search_id), metadata=ben.token
            ).read(),
        ):
            error = await refused(call)
            assert error_info(error).reason == "SAVED_SEARCH_NOT_FOUND"
            messages.add(error.details())
    assert len(messages) == 1
    own = (
        await api.ListSavedSearches(saved_pb2.ListSavedSearchesRequest(), metadata=ben.token)
    ).saved_searches
    assert [one.match_count for one in own] == [1]
    # A cursor of somebody else's is none.
    error = await refused(
        api.MarkMatchesSeen(
            saved_pb2.MarkMatchesSeenRequest(
                saved_search_id=own[0].saved_search_id, cursor=one.cursor
            ),
            metadata=ben.token,
        )
    )
    assert error_info(error).reason == "INVALID_CURSOR"
    # Nor can one save a search for somebody else's image.
    error = await refused(saved(ben, image_id=one.image.image_id, min_score=LINE))
    assert error_info(error).reason == "IMAGE_NOT_FOUND"


async def test_the_same_request_saves_once(ada: WorldUser) -> None:
    request = saved_pb2.CreateSavedSearchRequest(
        display_name="reds",
        query=search_pb2.SearchImagesRequest(text="red", min_score=LINE),
        request_id=str(uuid4()),
    )
    first, second = [
        await ada.world.saved.CreateSavedSearch(request, metadata=ada.token) for _ in range(2)
    ]
    assert first.saved_search_id == second.saved_search_id


@pytest.mark.parametrize(
    "query",
    [
        {"text": "red"},
        {"min_score": 0.5},
        {"text": "red", "min_score": 0.5, "limit": 3},
        {"text": "red", "min_score": 0.5, "matching": search_pb2.SearchImagesRequest.WORDS},
        {"text": "red", "min_score": 0.5, "filter": "labels.line ="},
        {"text": "-red", "min_score": 0.5},
        {"image": b"no image", "min_score": 0.5},
    ],
)
async def test_what_makes_no_sense_is_refused(ada: WorldUser, query: dict[str, Any]) -> None:
    error = await refused(saved(ada, **query))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(error).reason


async def test_a_query_that_is_too_large_says_what_to_do(ada: WorldUser) -> None:
    error = await refused(saved(ada, image=bytes(5 * 2**20), min_score=0.5))
    assert error_info(error).reason == "QUERY_TOO_LARGE_TO_SAVE"
    assert error_info(error).metadata["max_bytes"] == str(4 * 2**20)
    assert bad_request(error).field_violations[0].field == "query"


async def test_another_model_reports_nothing_twice(
    world: World, ada: WorldUser, fresh_postgres_url: str
) -> None:
    """The saved query is embedded anew, by the model that is in use."""
    await ada.indexed(picture("red", side=40))
    search = await saved(ada, image=picture("red"), min_score=LINE)
    red = await ada.indexed(picture("red"))
    await compared(ada, fresh_postgres_url)
    version, world.embedder.version = world.embedder.version, "another"
    try:
        # Another model must be named again and again before it is believed.
        await eventually(lambda: _is_found(ada, red), "all are indexed anew", within_s=60)
        later = await ada.indexed(picture("red", side=48))
        await compared(ada, fresh_postgres_url)
        assert await found(ada, search) == [later, red]
    finally:
        world.embedder.version = version
    await eventually(lambda: _is_found(ada, later), "the former model is in use", within_s=60)


async def _is_found(user: WorldUser, image_id: str) -> bool:
    """Whether it is in the space of the model that embeds words now."""
    try:
        return image_id in await user.found(text="red")
    except grpc.aio.AioRpcError:
        return False


async def test_what_came_while_search_was_down_is_found_once(
    world: World, ada: WorldUser, fresh_postgres_url: str
) -> None:
    search = await saved(ada)
    before = [await ada.upload(picture("red", side=side)) for side in (40, 44)]
    await world.stop_search()
    try:
        during = [await ada.upload(picture("red", side=side)) for side in (48, 52)]
    finally:
        await world.start_search()
    await ada.settled(*before, *during)
    await compared(ada, fresh_postgres_url)
    assert sorted(await found(ada, search)) == sorted(before + during)
