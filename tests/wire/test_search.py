"""Search over a real socket, with real auth, storage, PostgreSQL, Redis, SeaweedFS and Qdrant Edge.

The embedder is the one of `tests/support/colours.py`, which can be made to fail.
"""

import asyncio
import contextlib
import shutil
import struct
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from argus.embedder.v1 import embedder_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from services.search.indexing.redis_events import IMAGES
from tests.support.colours import MODEL, picture
from tests.support.eventually import DEADLINE_S, eventually
from tests.support.services import bad_request, error_info
from tests.support.world import World, WorldUser

BOX = {"left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.9}
TINY = {"left": 0.5, "top": 0.5, "right": 0.6, "bottom": 0.6}
AGAINST_RED = {"text": "red", "weight": -2}


async def test_finds_by_text_with_records_and_links(ada: WorldUser) -> None:
    ids = {
        colour: await ada.upload(picture(colour), filename=f"{colour}.png")
        for colour in ("red", "lime", "blue")
    }
    await ada.settled(*ids.values())
    answer = await ada.search(text="something red")
    assert answer.matches[0].image.image_id == ids["red"]
    assert {match.image.image_id for match in answer.matches} == set(ids.values())
    scores = [match.score for match in answer.matches]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)
    first = answer.matches[0].image
    assert (first.filename, first.width, first.content_type) == ("red.png", 32, "image/png")
    assert (await ada.world.http.get(first.thumbnail_url)).status_code == 200
    assert (answer.model, answer.text_truncated, answer.next_page_token) == (MODEL, False, "")


async def test_finds_by_image_bytes(ada: WorldUser) -> None:
    red, blue = await ada.indexed(picture("red")), await ada.indexed(picture("blue"))
    assert await ada.found(image=picture("navy", side=90)) == [blue, red]


async def test_queries_are_urgent_and_indexing_is_not(ada: WorldUser) -> None:
    kept, asked = picture("olive", side=40), picture("olive", side=41)
    await ada.indexed(kept)
    await ada.found(text="olive")
    await ada.found(image=asked)
    priorities = ada.world.embedder.priorities
    assert priorities[kept] == embedder_pb2.PRIORITY_BULK
    assert priorities["olive"] == embedder_pb2.PRIORITY_INTERACTIVE
    assert priorities[asked] == embedder_pb2.PRIORITY_INTERACTIVE


async def test_a_stored_image_finds_itself_first_also_among_copies(ada: WorldUser) -> None:
    copies = [await ada.upload(picture("teal")) for _ in range(4)]
    other = await ada.upload(picture("yellow"))
    await ada.settled(*copies, other)
    for image_id in [*copies, other]:
        answer = await ada.search(image_id=image_id, limit=2)
        assert answer.matches[0].image.image_id == image_id
        assert answer.matches[0].score == pytest.approx(1.0, abs=1e-4)
        following = await ada.found(image_id=image_id, page_token=answer.next_page_token)
        seen = [match.image.image_id for match in answer.matches] + following
        assert sorted(seen) == sorted([*copies, other])
    assert await ada.found(image_id=copies[0].upper(), limit=1) == [copies[0]]


async def test_a_filter_can_leave_the_stored_image_itself_out(ada: WorldUser) -> None:
    one = await ada.indexed(picture("teal"), labels={"line": "1"})
    two = await ada.indexed(picture("navy"), labels={"line": "2"})
    assert await ada.found(image_id=one, filter="labels.line = 2") == [two]
    assert await ada.found(image_id=one, filter="labels:line") == [one, two]


async def test_filters_by_labels_name_and_type(ada: WorldUser) -> None:
    one = await ada.indexed(picture("red"), labels={"line": "1"}, filename="one.png")
    two = await ada.indexed(picture("blue"), labels={"line": "2", "ok": "yes"})
    for text, expected in {
        "labels.line = 1": {one},
        "NOT labels:ok": {one},
        'labels.line = "2" OR filename = one.png': {one, two},
        "content_type != image/png": set(),
    }.items():
        assert set(await ada.found(text="red", filter=text)) == expected


async def test_filters_by_time_size_and_words_of_the_name(ada: WorldUser) -> None:
    small = await ada.indexed(picture("red", side=20), filename="IMG_1_OldTown.png")
    large = await ada.indexed(picture("red", side=60), filename="old.png")
    found = await ada.search(image_id=large)
    between = found.matches[0].image.create_time.ToJsonString()
    for text, expected in {
        "width > 20": {large},
        "height <= 20 AND size_bytes > 0": {small},
        "filename:old": {small, large},
        "filename:'old town'": {small},
        f'create_time < "{between}"': {small},
        f'create_time >= "{between}"': {large},
    }.items():
        assert set(await ada.found(text="red", filter=text)) == expected


async def test_words_of_names_and_labels_are_found_of_ones_own_images_only(
    ada: WorldUser, ben: WorldUser
) -> None:
    red = await ada.indexed(picture("red"), filename="holiday.png", labels={"place": "海滩"})
    blue = await ada.indexed(picture("blue"), filename="work.png")
    his = await ben.indexed(picture("red"), filename="secret holiday.png", labels={"mine": "x"})
    words = search_pb2.SearchImagesRequest.WORDS
    for text, hers in (
        ("holiday", [red]),
        ("HOLIDAY 海滩", [red]),
        ("secret", []),
        ("mine", []),
        ('png -"holiday"', [blue]),
    ):
        answer = await ada.search(text=text, matching=words)
        assert [match.image.image_id for match in answer.matches] == hers
        assert answer.matched_by == words
    assert await ben.found(text="holiday", matching=words) == [his]
    # Words of his make hers no ranking by words, and narrow nothing.
    request = search_pb2.SearchImagesRequest
    assert (await ada.search(text="secret blue")).matched_by == request.MEANING
    both = await ada.search(text="holiday blue", explain=True)
    assert both.matched_by == request.BOTH
    assert {match.image.image_id for match in both.matches} == {red, blue}
    said = {
        match.image.image_id: list(part.matched_words)
        for match in both.matches
        for part in match.explanation.contributions
        if part.kind == search_pb2.Contribution.WORDS
    }
    assert said == {red: ["holiday"], blue: []}
    facets = (
        await ada.search(text="red", facet_labels=["mine", "place"], facet_months=True)
    ).facets
    assert [facet.label_key for facet in facets] == ["mine", "place", ""]
    counted = [[(one.value, one.count) for one in facet.values] for facet in facets[:2]]
    assert counted == [[], [("海滩", 1)]]
    assert sum(one.count for one in facets[2].values) == 2


async def test_nobody_sees_anybody_elses(ada: WorldUser, ben: WorldUser) -> None:
    hers, his = await ada.indexed(picture("red")), await ben.indexed(picture("red"))
    assert await ada.found(text="red") == [hers]
    assert await ben.found(image=picture("red")) == [his]
    for image_id in (hers, str(uuid4())):
        error = await ben.refusal(image_id=image_id)
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert error_info(error).reason == "IMAGE_NOT_FOUND"
        assert error.details() == "there is no such image"


async def test_pages_neither_repeat_nor_skip(ada: WorldUser) -> None:
    ids = [await ada.upload(picture(f"hsl({hue * 24}, 80%, 50%)")) for hue in range(14)]
    ids += [await ada.upload(picture("red")) for _ in range(4)]
    await ada.settled(*ids)
    token, seen = "", []
    while True:
        answer = await ada.search(text="red", limit=5, page_token=token)
        seen += [match.image.image_id for match in answer.matches]
        token = answer.next_page_token
        if not token:
            break
        assert len(answer.matches) == 5
    assert len(seen) == len(set(seen))
    assert set(seen) == set(ids)


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("by", ["text", "image", "image_id"])
async def test_images_deleted_while_a_search_is_paged_take_no_other_with_them(
    ada: WorldUser, world: World, by: str, limit: int
) -> None:
    ids = [await ada.upload(picture(f"hsl({hue * 30}, 80%, 50%)")) for hue in range(7)]
    ids += [await ada.upload(picture("red")) for _ in range(3)]
    await ada.settled(*ids)
    query = {"text": "red", "image": picture("red"), "image_id": ids[-1]}[by]
    whole = await ada.found(**{by: query})
    answer = await ada.search(**{by: query}, limit=limit)
    seen = [match.image.image_id for match in answer.matches]
    while token := answer.next_page_token:
        # What was seen goes, but for the image that is searched with.
        for image_id in seen[-limit:]:
            if image_id != ids[-1]:
                await ada.delete(image_id)
        await eventually(lambda: drained(world), "the deletions are dealt with")
        answer = await ada.search(**{by: query}, limit=limit, page_token=token)
        seen += [match.image.image_id for match in answer.matches]
    assert seen == whole


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"text": "  \n "}, "QUERY_EMPTY", "text"),
        ({}, "INVALID_REQUEST", ""),
        ({"examples": [{"text": "red", "weight": -1}]}, "INVALID_REQUEST", ""),
        ({"examples": [{"weight": 1}]}, "INVALID_REQUEST", "examples[0].source"),
        ({"examples": [{"text": " "}]}, "QUERY_EMPTY", "examples[0].text"),
        ({"examples": [{"text": "red", "weight": 11}]}, "INVALID_REQUEST", "examples[0].weight"),
        ({"examples": [{"text": "red", "region": BOX}]}, "INVALID_REQUEST", "examples[0]"),
        ({"text": "red", "region": BOX}, "INVALID_REQUEST", ""),
        ({"image": picture("red"), "region": TINY}, "REGION_TOO_SMALL", "region"),
        ({"image": picture("red"), "region": {"left": 1}}, "INVALID_REQUEST", "region"),
        ({"image": b"no image", "region": BOX}, "IMAGE_UNREADABLE", None),
        ({"text": "red", "examples": [AGAINST_RED]}, "EXAMPLES_CANCEL_OUT", "examples"),
        ({"text": "red", "read_mask": {"paths": ["colour"]}}, "INVALID_REQUEST", "read_mask"),
        ({"text": "red", "exclude_image_ids": ["x"]}, "INVALID_REQUEST", "exclude_image_ids[0]"),
        ({"text": "red", "diversity": 1.5}, "INVALID_REQUEST", "diversity"),
        ({"image_id": "no uuid"}, "INVALID_REQUEST", "image_id"),
        ({"text": "red", "limit": 201}, "INVALID_REQUEST", "limit"),
        ({"text": "red", "filter": "size > 3"}, "INVALID_FILTER", "filter"),
        ({"text": "red", "filter": "state = INDEXED"}, "INVALID_FILTER", "filter"),
        ({"text": "red", "page_token": "x"}, "INVALID_PAGE_TOKEN", "page_token"),
        ({"text": "red", "page_token": "bAA.x"}, "INVALID_PAGE_TOKEN", "page_token"),
        ({"text": "-red"}, "QUERY_EMPTY", "text"),
        ({"image": b"x", "matching": 2}, "QUERY_EMPTY", "matching"),
        ({"text": "red", "filter": "width > wide"}, "INVALID_FILTER", "filter"),
        ({"text": "red", "matching": 9}, "INVALID_REQUEST", "matching"),
        ({"text": "red", "words_weight": 11}, "INVALID_REQUEST", "words_weight"),
        ({"text": "red", "facet_labels": ["A"]}, "INVALID_REQUEST", "facet_labels[0]"),
        ({"image": b"no image"}, "IMAGE_UNREADABLE", None),
    ],
)
async def test_refuses_bad_queries_with_a_reason(
    ada: WorldUser, fields: dict[str, Any], reason: str, field: str | None
) -> None:
    error = await ada.refusal(**fields)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(error).reason == reason
    if field is not None:
        assert bad_request(error).field_violations[0].field == field


async def test_a_page_token_belongs_to_its_query(ada: WorldUser) -> None:
    for colour in ("red", "blue"):
        await ada.indexed(picture(colour))
    token = (await ada.search(text="red", limit=1)).next_page_token
    assert len(await ada.found(text="red", page_token=token)) == 1
    error = await ada.refusal(text="blue", page_token=token)
    assert error_info(error).reason == "INVALID_PAGE_TOKEN"


async def test_an_image_that_waits_to_be_indexed_says_so(ada: WorldUser) -> None:
    reserved = await ada.reserve(picture("red"))
    error = await ada.refusal(image_id=reserved.image.image_id)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error_info(error).reason == "IMAGE_NOT_INDEXED"


async def test_long_text_is_cut_and_says_so(ada: WorldUser) -> None:
    red = await ada.indexed(picture("red"))
    answer = await ada.search(text="red " * 10_000)
    assert answer.text_truncated
    assert answer.matches[0].image.image_id == red


async def test_needs_a_token(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.search.SearchImages(search_pb2.SearchImagesRequest(text="red"))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_deleted_image_is_not_found_again(ada: WorldUser, world: World) -> None:
    gone, kept = await ada.indexed(picture("red")), await ada.indexed(picture("orange"))
    await ada.delete(gone)
    assert await ada.found(text="red", limit=1) == [kept]
    assert error_info(await ada.refusal(image_id=gone)).reason == "IMAGE_NOT_FOUND"
    await eventually(lambda: drained(world), "the deletion is dealt with")
    assert await ada.found(text="red") == [kept]


async def drained(world: World) -> bool:
    return int(await world.redis.xlen(IMAGES)) == 0


async def test_health_follows_the_parts_and_names_the_peers(world: World) -> None:
    names = (
        "", "redis", "index", "argus.search.v1.SearchService", "argus.auth.v1.AuthService",
        "argus.storage.v1.ImageService", "argus.embedder.v1.EmbedderService",
    )  # fmt: skip
    for name in names:
        await eventually(lambda name=name: world.serving(name), f"{name} is SERVING")  # type: ignore[misc] # mypy cannot infer a lambda with a default
    await world.stop_embedder()

    async def down() -> bool:
        return not await world.serving() and await world.serving("argus.storage.v1.ImageService")

    await eventually(down, "search is not ready without the embedder")
    assert not await world.serving("argus.embedder.v1.EmbedderService")
    await world.start_embedder()
    await eventually(world.serving, "search is ready again")


async def test_while_the_embedder_is_down_images_wait_and_are_not_failed(
    ada: WorldUser, world: World
) -> None:
    before = await ada.indexed(picture("red"))
    await world.stop_embedder()
    waiting = [await ada.upload(picture("red", side=side)) for side in range(20, 26)]
    error = await ada.refusal(text="red")
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error_info(error).reason == "EMBEDDER_UNAVAILABLE"
    assert "127.0.0.1" not in str(error.details())
    assert await ada.found(image_id=before) == [before]
    await world.start_embedder()
    images = await ada.settled(*waiting)
    assert [image.state for image in images] == [image_pb2.Image.INDEXED] * len(waiting)


async def test_an_image_that_ends_the_embedder_fails_alone(ada: WorldUser, world: World) -> None:
    poison = picture("red", side=50)
    world.embedder.poison.add(poison)
    before = [await ada.upload(picture("lime", side=side)) for side in range(20, 26)]
    bad = await ada.upload(poison)
    after = [await ada.upload(picture("blue", side=side)) for side in range(20, 26)]
    (failed,) = await ada.settled(bad)
    assert failed.state == image_pb2.Image.FAILED
    assert failed.failure.reason == "INDEXING_FAILED"
    images = await ada.settled(*before, *after)
    assert [image.state for image in images] == [image_pb2.Image.INDEXED] * 12
    assert await world.redis.hlen("argus:search:alone") == 0
    world.embedder.poison.clear()


async def test_images_under_way_when_search_ends_are_indexed_when_it_is_back(
    ada: WorldUser, world: World
) -> None:
    world.embedder.answers.clear()
    under_way = [await ada.upload(picture("red", side=side)) for side in range(20, 30)]

    async def taken() -> bool:
        return int((await world.redis.xpending(IMAGES, "search"))["pending"]) >= 10

    await eventually(taken, "search has taken the events")
    await world.stop_search()
    world.embedder.answers.set()
    await world.start_search()
    images = await ada.settled(*under_way)
    assert [image.state for image in images] == [image_pb2.Image.INDEXED] * 10
    assert set(await ada.found(text="red")) == set(under_way)
    await eventually(lambda: drained(world), "no event is left")


async def test_search_ended_at_any_moment_ends_and_loses_nothing(
    ada: WorldUser, world: World
) -> None:
    ids: list[str] = []
    for sides in range(20, 44, 6):
        ids += await asyncio.gather(
            *(ada.upload(picture("red", side=side)) for side in range(sides, sides + 6))
        )
        async with asyncio.timeout(DEADLINE_S):
            await world.stop_search()
        await world.start_search()
    images = await ada.settled(*ids)
    assert {image.state for image in images} == {image_pb2.Image.INDEXED}
    assert set(await ada.found(text="red", limit=200)) == set(ids)


async def test_senseless_events_are_dropped(ada: WorldUser, world: World) -> None:
    for event in (
        {"event": "{"},
        {"event": "[]"},
        {"other": "x"},
        {"event": '{"type": "uploaded", "image_id": "no uuid"}'},
        {"event": f'{{"type": "painted", "image_id": "{uuid4()}"}}'},
        {"event": f'{{"type": "uploaded", "image_id": "{uuid4()}"}}'},
    ):
        await world.redis.xadd(IMAGES, event)  # type: ignore[arg-type] # the client's mapping type is invariant
    await ada.indexed(picture("red"))
    await eventually(lambda: drained(world), "no event is left")


async def test_an_image_announced_again_is_not_embedded_again(ada: WorldUser, world: World) -> None:
    image_id = await ada.indexed(picture("red"))
    before = world.embedder.embedded
    await world.redis.xadd(IMAGES, {"event": f'{{"type":"uploaded","image_id":"{image_id}"}}'})
    await eventually(lambda: drained(world), "the event is dealt with")
    assert await ada.found(text="red") == [image_id]
    assert world.embedder.embedded == before


async def test_a_lost_index_is_filled_again(ada: WorldUser, world: World) -> None:
    ids = {await ada.indexed(picture(colour)) for colour in ("red", "blue")}
    await world.stop_search()
    await asyncio.to_thread(shutil.rmtree, world.folder)
    await world.start_search()

    async def all_found() -> bool:
        return set(await ada.found(text="red")) == ids

    await eventually(all_found, "all images are found again")


async def test_a_new_model_gets_vectors_of_its_own(ada: WorldUser, world: World) -> None:
    ids = {await ada.indexed(picture(colour)) for colour in ("red", "blue")}
    await world.stop_embedder()
    world.embedder.version = "v2"
    await world.start_embedder()

    async def indexed_anew() -> bool:
        # Right after its start the embedder may not be connected to yet.
        with contextlib.suppress(grpc.aio.AioRpcError):
            return set(await ada.found(text="red")) == ids
        return False

    await eventually(indexed_anew, "all images are found in the new model's space")


async def test_events_lost_with_redis_are_announced_anew(ada: WorldUser, world: World) -> None:
    ids = {await ada.indexed(picture("red"))}
    await world.redis.delete(IMAGES, "argus:search:replayed-for")
    ids.add(await ada.indexed(picture("blue")))
    assert set(await ada.found(text="red")) == ids


async def map_of(user: WorldUser, **fields: Any) -> search_pb2.GetMapResponse:
    return await user.world.search.GetMap(
        search_pb2.GetMapRequest(**fields), metadata=user.token, timeout=10
    )


async def ready_map(user: WorldUser, count: int) -> search_pb2.GetMapResponse:
    """The user's map, once it shows so many images and nothing is on its way to it."""
    answer = search_pb2.GetMapResponse()

    async def is_ready() -> bool:
        answer.CopyFrom(await map_of(user))
        return answer.state == answer.READY and answer.image_count == count

    await eventually(is_ready, "the map is ready")
    return answer


def ids_on(answer: search_pb2.GetMapResponse) -> list[str]:
    content = answer.image_ids
    return [str(UUID(bytes=content[n : n + 16])) for n in range(0, len(content), 16)]


async def test_a_map_shows_the_callers_images_and_nobody_elses(
    ada: WorldUser, ben: WorldUser
) -> None:
    hers = [await ada.upload(picture(colour)) for colour in ("red", "lime", "blue", "navy")]
    his = await ben.indexed(picture("red"))
    await ada.settled(*hers)
    answer = await ready_map(ada, 4)
    assert ids_on(answer) == sorted(hers)
    assert len(answer.points) == 8 * 4
    numbers = struct.unpack("<8f", answer.points)
    assert all(0 <= number <= 1 for number in numbers)
    assert (answer.model, answer.HasField("built_time")) == (MODEL, True)
    assert ids_on(await ready_map(ben, 1)) == [his]


async def test_a_map_that_the_caller_has_is_not_sent_again(ada: WorldUser) -> None:
    await ada.indexed(picture("red"), labels={"line": "1"})
    await ada.indexed(picture("blue"))
    answer = await ready_map(ada, 2)
    again = await map_of(ada, if_version=answer.version)
    assert (again.unchanged, again.version, again.image_count) == (True, answer.version, 2)
    assert (again.image_ids, again.points) == (b"", b"")
    other = await map_of(ada, if_version="another")
    assert (other.unchanged, other.image_ids) == (False, answer.image_ids)
    some = await map_of(ada, if_version=answer.version, filter="labels:line")
    assert (some.unchanged, some.image_count) == (False, 1)


async def test_an_image_that_is_deleted_leaves_the_map(ada: WorldUser) -> None:
    one, two = await ada.indexed(picture("red")), await ada.indexed(picture("blue"))
    await ready_map(ada, 2)
    await ada.delete(one)
    assert ids_on(await ready_map(ada, 1)) == [two]


async def test_a_map_of_nothing_is_ready(ada: WorldUser) -> None:
    answer = await map_of(ada)
    assert (answer.state, answer.image_count) == (answer.READY, 0)
    assert not answer.HasField("built_time")


async def test_a_map_is_for_users_with_filters_that_can_be_read(
    ada: WorldUser, world: World
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.search.GetMap(search_pb2.GetMapRequest())
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await map_of(ada, filter="labels.line =")
    assert error_info(caught.value).reason == "INVALID_FILTER"


async def test_a_least_score_leaves_out_what_is_farther(ada: WorldUser) -> None:
    ids = [await ada.upload(picture(f"hsl({hue * 30}, 80%, 50%)")) for hue in range(12)]
    await ada.settled(*ids)
    everything = (await ada.search(image_id=ids[0])).matches
    scores = [match.score for match in everything]
    least = scores[5]
    wanted = [match.image.image_id for match in everything if match.score >= least]
    assert len(wanted) >= 6
    assert await ada.found(image_id=ids[0], min_score=least) == wanted
    seen: list[str] = []
    token = ""
    while True:
        answer = await ada.search(image_id=ids[0], min_score=least, limit=2, page_token=token)
        seen += [match.image.image_id for match in answer.matches]
        if not (token := answer.next_page_token):
            break
    assert seen == wanted
    assert await ada.found(text="red", min_score=-1) == await ada.found(text="red")
    page = await ada.search(text="red", limit=1, min_score=-1)
    error = await ada.refusal(text="red", limit=1, min_score=-0.5, page_token=page.next_page_token)
    assert error_info(error).reason == "INVALID_PAGE_TOKEN"
    for wrong in (1.5, -2, float("nan")):
        error = await ada.refusal(text="red", min_score=wrong)
        assert error_info(error).reason == "INVALID_REQUEST"


async def test_what_unrelated_words_find_is_below_the_cutoff(
    ada: WorldUser, ben: WorldUser
) -> None:
    """The embedder sees words that are no colours as grey, and so most captions; there is no grey
    image, so that they find what is nearest by chance."""
    hues = [picture(f"hsl({hue * 15}, 100%, 50%)") for hue in range(24)]
    ids = [await ada.upload(hue) for hue in hues]
    await ada.settled(*ids)

    async def learnt() -> bool:
        return (await ada.search(text="red", limit=1)).HasField("cutoff")

    await eventually(learnt, "the cut-off for words")
    red = await ada.search(text="red")
    assert red.matches[0].image.image_id == ids[0]
    assert red.matches[0].confidence > 0.95
    assert (red.cutoff.sample_size, red.cutoff.false_alarm_rate) == (24, 0.05)
    above = [match for match in red.matches if match.score >= red.cutoff.score]
    assert red.cutoff.confident_count == len(above) > 0
    confidences = [match.confidence for match in red.matches]
    assert confidences == sorted(confidences, reverse=True)

    nothing = await ada.search(text="quarterly report")
    assert nothing.matches
    assert nothing.cutoff.confident_count == 0
    assert nothing.matches[0].confidence < 0.95
    only = await ada.search(text="quarterly report", confident_only=True)
    assert (len(only.matches), only.next_page_token) == (0, "")
    assert only.cutoff.score == nothing.cutoff.score

    wanted = [match.image.image_id for match in above]
    assert await ada.found(text="red", confident_only=True) == wanted
    page = await ada.search(text="red", limit=1)
    error = await ada.refusal(
        text="red", limit=1, confident_only=True, page_token=page.next_page_token
    )
    assert error_info(error).reason == "INVALID_PAGE_TOKEN"

    async def learnt_of_pictures() -> bool:
        return (await ada.search(image_id=ids[0], limit=1)).HasField("cutoff")

    await eventually(learnt_of_pictures, "the cut-off for pictures")
    like = await ada.search(image_id=ids[0], confident_only=True)
    assert like.matches[0].image.image_id == ids[0]
    assert like.cutoff.score != red.cutoff.score

    # Ben's few images are his own matter, and say nothing yet.
    mine = await ben.indexed(hues[0])
    few = await ben.search(text="red")
    assert [match.image.image_id for match in few.matches] == [mine]
    assert not few.HasField("cutoff")
    assert not few.matches[0].HasField("confidence")
    for query in ({"text": "red"}, {"image_id": mine}, {"image": hues[3]}):
        error = await ben.refusal(**query, confident_only=True)
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error_info(error).reason == "NO_CUTOFF"


async def test_changed_labels_and_names_are_searched_by(ada: WorldUser, world: World) -> None:
    image_id = await ada.indexed(picture("red"), labels={"line": "1"}, filename="one.png")
    other = await ada.indexed(picture("blue"), labels={"line": "1"})
    embedded = world.embedder.embedded
    image = image_pb2.Image(image_id=image_id, filename="two.png", labels={"line": "2"})
    await world.images.UpdateImage(
        image_pb2.UpdateImageRequest(image=image, update_mask={"paths": ["filename", "labels"]}),
        metadata=ada.token,
    )

    async def is_found_so() -> bool:
        return await ada.found(text="red", filter="labels.line = 2 AND filename = two.png") == [
            image_id
        ]

    await eventually(is_found_so, "the new labels and name are searched by")
    assert await ada.found(text="red", filter="labels.line = 1") == [other]
    assert world.embedder.embedded == embedded


async def test_an_image_that_is_brought_back_is_found_again(ada: WorldUser, world: World) -> None:
    image_id = await ada.indexed(picture("red"))
    for _ in range(3):
        await ada.delete(image_id)
        await world.images.UndeleteImage(
            image_pb2.UndeleteImageRequest(image_id=image_id), metadata=ada.token
        )

    async def is_found() -> bool:
        return await drained(world) and await ada.found(text="red") == [image_id]

    await ada.settled(image_id)
    await eventually(is_found, "it is found again")
    assert ids_on(await ready_map(ada, 1)) == [image_id]
