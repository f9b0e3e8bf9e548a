"""Every form of a query answers the same, to the last count and score, whatever others have.

Ben asks with everything that a query can say, over real sockets and stores; then Ada, who had
nothing, gets images like his, with the same words, labels and copies; then he asks again.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.search.v1 import duplicates_pb2, saved_pb2, search_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from tests.support import parts
from tests.support.colours import picture
from tests.support.eventually import eventually
from tests.support.services import error_info
from tests.support.world import World, WorldUser, running_world, sign_up, urls_of

Request = search_pb2.SearchImagesRequest
LEFT = {"left": 0.0, "top": 0.0, "right": 0.5, "bottom": 1.0}
HUES = 24
"""Enough for cut-offs."""
NOT_STREAMED = {
    "limit", "page_token", "diversity", "fold_duplicates", "facet_labels", "facet_months",
}  # fmt: skip


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


async def fill(user: WorldUser, *, word: str = "") -> list[str]:
    """Images of many colours, and copies of some, with names and labels of one another's kind.

    Args:
        user: Whose.
        word: In all names, so that it is rarer among somebody else's.
    """
    # Large enough to have parts.
    pictures = [picture(f"hsl({15 * number}, 100%, 50%)", side=128) for number in range(HUES)]
    ids = [
        await user.upload(
            pictures[number % HUES],
            filename=f"{'red' if number % 3 else 'blue'} car {number} {word}.png",
            labels={"line": str(number % 2)} | ({"shift": "night"} if number % 5 else {}),
        )
        for number in range(HUES + 4)
    ]
    await user.settled(*ids)
    return ids


def forms(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What somebody can ask who has these images."""
    red, blue = picture("red", side=48), picture("blue", side=48)
    examples = [
        {"text": "blue", "weight": 0.5},
        {"image": blue, "region": LEFT},
        {"image_id": ids[1], "weight": -1},
        {"image_id": ids[2], "region": LEFT, "weight": 2},
    ]
    return {
        "text": {"text": "red"},
        "words in names": {"text": "red car"},
        "words and meaning": {"text": "red car", "matching": Request.BOTH, "words_weight": 3},
        "words alone": {"text": "blue car 7", "matching": Request.WORDS},
        "meaning alone": {"text": "red", "matching": Request.MEANING},
        "quotes and minus": {"text": 'red "car 1" -blue'},
        "image": {"image": red},
        "region of an image": {"image": red, "region": LEFT},
        "stored image": {"image_id": ids[0]},
        "region of a stored image": {"image_id": ids[0], "region": LEFT},
        "mix with weights": {"text": "red", "image": blue, "examples": examples},
        "examples alone": {"examples": examples},
        "filter": {"text": "red", "filter": 'labels.line = "1" AND filename:"red car"'},
        "what differs from a filter": {"text": "red", "filter": "NOT labels:shift"},
        "page": {"text": "red", "limit": 3},
        "least score": {"image": red, "min_score": 0.5},
        "confident": {"text": "red", "confident_only": True},
        "confident of pictures": {"image_id": ids[0], "confident_only": True},
        "diverse": {"text": "red", "diversity": 0.5},
        "folded": {"image": red, "fold_duplicates": True},
        "diverse and folded": {"text": "red", "diversity": 0.5, "fold_duplicates": True},
        "exact": {"text": "red", "exact": True},
        "explained": {"text": "red car", "explain": True, "examples": examples[:1]},
        "facets": {
            "text": "red", "facet_labels": ["line", "shift", "other"], "facet_months": True,
        },
        "facets of a filter": {
            "text": "red", "facet_labels": ["line"], "filter": "labels:shift", "explain": True,
        },
        "parts": {"text": "red", "match_parts": True, "explain": True},
        "parts of a filter": {"image": red, "match_parts": True, "filter": "labels:shift"},
        "whole images alone": {"image": red, "region": LEFT, "match_parts": False},
        "some fields": {"text": "red", "read_mask": FieldMask(paths=["labels"])},
        "all but some": {"text": "red", "exclude_image_ids": ids[:3]},
    }  # fmt: skip


def test_every_field_of_a_query_is_tried() -> None:
    asked = [Request(**form) for form in forms([str(uuid4()) for _ in range(4)]).values()]
    tried: set[str] = set()
    for one in [*asked, *(example for query in asked for example in query.examples)]:
        tried |= {field.full_name for field, _ in one.ListFields()}
    # Pages of somebody else's have a test of their own.
    tried.add(Request.DESCRIPTOR.fields_by_name["page_token"].full_name)
    assert tried == fields_of(Request) | fields_of(search_pb2.Example)


def fields_of(kind: type[Message]) -> set[str]:
    return {field.full_name for field in kind.DESCRIPTOR.fields}


def bare(message: Message) -> Message:
    """An answer without what differs from call to call: links, tokens and times of making."""
    left = type(message)()
    left.CopyFrom(message)
    for field, value in left.ListFields():
        if field.name.endswith(("_url", "_token", "cursor")) or field.name == "built_time":
            left.ClearField(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for part in value if field.is_repeated else [value]:
                part.CopyFrom(bare(part))
    return left


async def streamed(user: WorldUser, **fields: Any) -> list[Message]:
    request = search_pb2.StreamMatchesRequest(query=Request(**fields))
    call = user.world.search.StreamMatches(request, metadata=user.token, timeout=20)
    return [bare(one) async for one in call]


async def duplicates(user: WorldUser) -> list[Message]:
    call = user.world.search.FindDuplicates(
        duplicates_pb2.FindDuplicatesRequest(), metadata=user.token, timeout=60
    )
    return [bare(one) async for one in call if not one.HasField("progress")]


async def whole_map(user: WorldUser) -> search_pb2.GetMapResponse:
    answer = search_pb2.GetMapResponse()

    async def is_ready() -> bool:
        request = search_pb2.GetMapRequest()
        answer.CopyFrom(await user.world.search.GetMap(request, metadata=user.token))
        return answer.state == answer.READY and answer.image_count == HUES + 4

    await eventually(is_ready, "the map is ready")
    return answer


async def saved(user: WorldUser) -> saved_pb2.SavedSearch:
    """A search that all images match."""
    return await user.world.saved.CreateSavedSearch(
        saved_pb2.CreateSavedSearchRequest(
            display_name="all", query=Request(text="red", min_score=-1)
        ),
        metadata=user.token,
    )


async def found_by(user: WorldUser, search: saved_pb2.SavedSearch) -> list[str]:
    answer = await user.world.saved.ListNewMatches(
        saved_pb2.ListNewMatchesRequest(saved_search_id=search.saved_search_id, page_size=200),
        metadata=user.token,
    )
    assert answer.match_count == answer.unseen_count == len(answer.matches)
    return [one.image.image_id for one in answer.matches]


async def everything(user: WorldUser, ids: Sequence[str]) -> dict[str, Any]:
    """All that search answers somebody."""
    told: dict[str, Any] = {}
    for name, form in forms(ids).items():
        told[name] = bare(await user.search(**form))
        if not (form.keys() & NOT_STREAMED or form.get("matching", 0) > Request.MEANING):
            told[f"stream: {name}"] = await streamed(user, **form)
    told["map"] = bare(await whole_map(user))
    told["duplicates"] = await duplicates(user)
    return told


async def learnt(user: WorldUser, ids: Sequence[str]) -> None:
    """Waits until the cut-offs of somebody's images are known."""

    async def known() -> bool:
        queries: list[dict[str, Any]] = [{"text": "red"}, {"image_id": ids[0]}]
        answers = [await user.search(**query) for query in queries]
        return all(answer.HasField("cutoff") for answer in answers)

    await eventually(known, "the cut-offs")


async def test_what_others_have_changes_no_answer(world: World) -> None:
    ben, ada = await sign_up(world), await sign_up(world)
    ids = await fill(ben)
    await learnt(ben, ids)
    mine = await saved(ben)
    before = await everything(ben, ids)
    for name, answer in before.items():
        assert answer, name
    assert before["explained"].matches[0].explanation.contributions
    assert before["folded"].matches[0].folded_image_ids
    hers = await fill(ada, word="blue 7")
    theirs = await saved(ada)
    # What it found for him lately is in its memory.
    await world.stop_search()
    await world.start_search()
    await learnt(ada, hers)
    await learnt(ben, ids)
    after = await everything(ben, ids)
    for name, answer in before.items():
        assert after[name] == answer, name
    # Nor are images of hers reported to him that are indexed now.
    again = await ada.indexed(picture("red", side=40))

    async def reported() -> bool:
        return await found_by(ada, theirs) == [again]

    await eventually(reported, "her saved search has found her image")
    assert await found_by(ben, mine) == []
    # And hers are found by herself alone: nothing above is empty because nothing is indexed.
    assert set(await ada.found(text="red", limit=200)) == {*hers, again}
    for answer in after.values():
        for one in answer if isinstance(answer, list) else [answer]:
            assert not any(image_id in str(one) for image_id in (*hers, again))


@pytest.fixture
async def both(world: World) -> tuple[WorldUser, list[str], WorldUser, list[str]]:
    """Two people, and a few images of each."""
    people: list[Any] = []
    for _ in range(2):
        user = await sign_up(world)
        ids = [await user.upload(picture(f"hsl({40 * n}, 100%, 50%)")) for n in range(4)]
        await user.settled(*ids)
        people += [user, ids]
    return tuple(people)


async def test_ids_of_others_are_as_unknown_as_any_wherever_they_stand(
    both: tuple[WorldUser, list[str], WorldUser, list[str]],
) -> None:
    _, hers, ben, ids = both
    shapes: list[dict[str, Any]] = [
        {},
        *(
            {key: value for key, value in form.items() if key not in {"image_id", "region"}}
            for form in forms(ids).values()
        ),
    ]
    for shape in shapes:
        refusals = set()
        for image_id in (hers[0], str(uuid4())):
            for query in (
                {"image_id": image_id},
                {"image_id": image_id, "region": LEFT},
                {"examples": [{"image_id": image_id, "weight": 1}]},
                {"text": "red", "examples": [{"image_id": image_id, "weight": -1}]},
                {"text": "red", "examples": [{"image_id": image_id, "region": LEFT}]},
            ):
                asked = {"text": "red", **shape, **query} if "text" in query else shape | query
                if "image" in asked and "region" in asked:
                    continue
                error = await ben.refusal(**asked)
                refusals.add((error.code(), error_info(error).reason, error.details()))
        assert refusals == {
            (grpc.StatusCode.NOT_FOUND, "IMAGE_NOT_FOUND", "there is no such image")
        }, shape
    for form in forms(ids).values():
        if form.get("confident_only"):
            continue  # He has too few images for a cut-off.
        left_out = [*form.get("exclude_image_ids", ()), hers[0]]
        left = await ben.search(**form | {"exclude_image_ids": left_out})
        assert bare(left) == bare(await ben.search(**form))


async def test_tokens_cursors_and_versions_of_others_are_none(
    both: tuple[WorldUser, list[str], WorldUser, list[str]],
) -> None:
    ada, _, ben, ids = both
    for form in (
        {"text": "red"},
        {"text": "red", "exact": True},
        {"text": "red", "diversity": 0.5},
        {"text": "red", "fold_duplicates": True},
        {"image": picture("red")},
    ):
        token = (await ada.search(**form, limit=1)).next_page_token
        assert token
        error = await ben.refusal(**form, limit=1, page_token=token)
        assert error_info(error).reason == "INVALID_PAGE_TOKEN"
    query = Request(text="red")
    stream = ada.world.search.StreamMatches(
        search_pb2.StreamMatchesRequest(query=query), metadata=ada.token
    )
    cursors = [one.cursor async for one in stream]
    for cursor in cursors:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ben.world.search.StreamMatches(
                search_pb2.StreamMatchesRequest(query=query, cursor=cursor), metadata=ben.token
            ).read()
        assert error_info(refused.value).reason == "INVALID_CURSOR"

    async def map_of(user: WorldUser, version: str = "") -> search_pb2.GetMapResponse:
        return await user.world.search.GetMap(
            search_pb2.GetMapRequest(if_version=version), metadata=user.token
        )

    async def are_ready() -> bool:
        answers = [await map_of(user) for user in (ada, ben)]
        return all(one.state == one.READY and one.image_count == len(ids) for one in answers)

    await eventually(are_ready, "the maps are ready")
    hers, his = await map_of(ada), await map_of(ben)
    assert hers.version != his.version
    answer = await map_of(ben, hers.version)
    assert (answer.unchanged, answer.image_ids) == (False, his.image_ids)
