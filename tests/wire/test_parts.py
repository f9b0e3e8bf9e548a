"""Images that are found by their parts, over a real socket: real auth, storage, PostgreSQL, Redis,
SeaweedFS and Qdrant Edge; the embedder sees colours."""

import io
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from argus.search.v1 import saved_pb2, search_pb2
from PIL import Image

from tests.support import parts
from tests.support.colours import picture
from tests.support.eventually import eventually
from tests.support.services import error_info
from tests.support.world import World, WorldUser, running_world, urls_of

SIDE = 256
CORNER = {"left": 0.55, "top": 0.55, "right": 0.95, "bottom": 0.95}


@pytest.fixture(scope="module")
async def world(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    urls = urls_of(fresh_postgres_url, fresh_redis_url, s3) | {"search_crops": True}
    async with running_world(urls, tmp_path_factory.mktemp("vectors")) as made:
        yield made


def with_a_corner(ground: str, colour: str) -> bytes:
    """A picture of one colour whose lower right quarter has another."""
    seen = Image.new("RGB", (SIDE, SIDE), ground)
    seen.paste(Image.new("RGB", (SIDE // 2, SIDE // 2), colour), (SIDE // 2, SIDE // 2))
    out = io.BytesIO()
    seen.save(out, "PNG")
    return out.getvalue()


def region_of(match: search_pb2.Match) -> tuple[float, ...] | None:
    """What of a match is said to give its score."""
    for one in match.explanation.contributions:
        if one.HasField("matched_region"):
            box = one.matched_region
            return (box.left, box.top, box.right, box.bottom)
    return None


async def test_a_region_finds_the_images_that_it_is_in(ada: WorldUser) -> None:
    red = await ada.indexed(with_a_corner("white", "red"))
    blue = await ada.indexed(with_a_corner("white", "blue"))
    purple = await ada.indexed(picture("purple", side=SIDE))
    asked = with_a_corner("black", "red")
    answer = await ada.search(image=asked, region=CORNER, explain=True)
    assert answer.matches[0].image.image_id == red
    assert answer.matched_parts
    assert not answer.HasField("cutoff")
    first = answer.matches[0]
    assert first.score == pytest.approx(1.0, abs=1e-3)
    assert region_of(first) == pytest.approx((0.5, 0.5, 1.0, 1.0), abs=1e-3)
    whole, example = first.explanation.contributions
    assert example.score * example.weight == pytest.approx(whole.score, abs=1e-3)
    # Of one colour all parts are like the whole.
    one_colour = next(one for one in answer.matches if one.image.image_id == purple)
    assert region_of(one_colour) is None
    # A stored image's region finds the image itself, and others with the same.
    assert (await ada.found(image_id=blue, region=CORNER))[0] == blue
    wholes = await ada.search(image=asked, region=CORNER, match_parts=False)
    assert not wholes.matched_parts
    assert wholes.matches[0].score < 0.9


async def test_words_and_small_pictures_are_looked_for_in_parts_if_that_is_asked(
    ada: WorldUser,
) -> None:
    red = await ada.indexed(with_a_corner("white", "red"))
    # Smaller than what has parts.
    small = await ada.indexed(picture("maroon", side=60))
    for query in ({"text": "red"}, {"image": picture("red")}):
        plain = await ada.search(**query)
        assert not plain.matched_parts
        assert plain.matches[0].image.image_id == small
        for fields in ({}, {"exact": True}, {"fold_duplicates": True}, {"diversity": 0.2}):
            answer = await ada.search(**query, **fields, match_parts=True)
            assert answer.matched_parts
            assert [one.image.image_id for one in answer.matches] == [red, small]
        request = search_pb2.StreamMatchesRequest(
            query=search_pb2.SearchImagesRequest(**query, match_parts=True)
        )
        call = ada.world.search.StreamMatches(request, metadata=ada.token, timeout=20)
        assert [one.match.image.image_id async for one in call] == [red, small]


async def test_nobody_finds_parts_of_somebody_elses_images(ada: WorldUser, ben: WorldUser) -> None:
    await ada.indexed(with_a_corner("white", "red"))
    mine = await ben.indexed(with_a_corner("white", "blue"))
    for query in (
        {"image": with_a_corner("black", "red"), "region": CORNER},
        {"text": "red", "match_parts": True},
        {"image": picture("red"), "match_parts": True, "exact": True},
    ):
        assert await ben.found(**query) == [mine]


async def test_pages_by_parts_go_on_and_belong_to_their_query(ada: WorldUser) -> None:
    ids = [await ada.upload(with_a_corner("white", one)) for one in ("red", "blue", "lime", "teal")]
    await ada.settled(*ids)
    query: dict[str, Any] = {"text": "red", "match_parts": True}
    whole = await ada.found(**query)
    first = await ada.search(**query, limit=2)
    after = await ada.found(**query, limit=2, page_token=first.next_page_token)
    assert [one.image.image_id for one in first.matches] + after == whole
    wrong = await ada.refusal(text="red", page_token=first.next_page_token)
    assert error_info(wrong).reason == "INVALID_PAGE_TOKEN"


async def test_there_is_no_cut_off_for_parts(ada: WorldUser) -> None:
    await ada.indexed(with_a_corner("white", "red"))
    refused = await ada.refusal(text="red", match_parts=True, confident_only=True)
    assert error_info(refused).reason == "NO_CUTOFF"


async def test_a_saved_search_reports_what_a_region_finds(ada: WorldUser) -> None:
    query = search_pb2.SearchImagesRequest(
        image=with_a_corner("black", "red"), region=CORNER, min_score=0.95
    )
    search = await ada.world.saved.CreateSavedSearch(
        saved_pb2.CreateSavedSearchRequest(display_name="red corners", query=query),
        metadata=ada.token,
        timeout=10,
    )
    red = await ada.indexed(with_a_corner("white", "red"))
    last = await ada.indexed(picture("red", side=SIDE))
    await ada.indexed(with_a_corner("white", "blue"))

    async def reported() -> list[str]:
        found = await ada.world.saved.ListNewMatches(
            saved_pb2.ListNewMatchesRequest(saved_search_id=search.saved_search_id),
            metadata=ada.token,
            timeout=10,
        )
        return [one.image.image_id for one in found.matches]

    async def both() -> bool:
        return {red, last} <= set(await reported())

    await eventually(both)
    assert sorted(await reported()) == sorted([red, last])


async def test_where_images_have_no_parts_that_is_said(world: World, ada: WorldUser) -> None:
    image_id = await ada.indexed(with_a_corner("white", "red"))
    await world.stop_search()
    world.change(search_crops=False)
    await world.start_search()
    try:
        refused = await ada.refusal(text="red", match_parts=True)
        assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert error_info(refused).reason == "PARTS_NOT_INDEXED"
        query = search_pb2.SearchImagesRequest(text="red", match_parts=True, min_score=0.5)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await world.saved.CreateSavedSearch(
                saved_pb2.CreateSavedSearchRequest(display_name="red", query=query),
                metadata=ada.token,
                timeout=10,
            )
        assert error_info(caught.value).reason == "PARTS_NOT_INDEXED"
        answer = await ada.search(image=with_a_corner("black", "red"), region=CORNER)
        assert not answer.matched_parts
        assert [one.image.image_id for one in answer.matches] == [image_id]
        late = await ada.indexed(with_a_corner("white", "blue"))
    finally:
        await world.stop_search()
        world.change(search_crops=True)
        await world.start_search()

    # What came meanwhile gets its parts.
    async def has_parts() -> bool:
        answer = await ada.search(text="blue", match_parts=True)
        return answer.matches[0].image.image_id == late and answer.matches[0].score > 0.99

    await eventually(has_parts)
