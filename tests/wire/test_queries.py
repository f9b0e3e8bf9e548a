"""Every form of a query over a real socket, with two users: real auth, storage, PostgreSQL, Redis,
SeaweedFS and Qdrant Edge; the embedder sees colours."""

import io
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.search.v1 import search_pb2
from PIL import Image

from tests.support.colours import picture
from tests.support.services import error_info
from tests.support.world import WorldUser

LEFT = {"left": 0.0, "top": 0.0, "right": 0.5, "bottom": 1.0}
RIGHT = {"left": 0.5, "top": 0.0, "right": 1.0, "bottom": 1.0}


def halves(left: str, right: str, *, turned: bool = False) -> bytes:
    """A picture of two colours; `turned` lies on its side, and its EXIF data say so."""
    seen = Image.new("RGB", (64, 64), left)
    seen.paste(Image.new("RGB", (32, 64), right), (32, 0))
    exif = Image.Exif()
    if turned:
        seen = seen.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = 6
    out = io.BytesIO()
    seen.save(out, "PNG", exif=exif)
    return out.getvalue()


async def streamed(
    user: WorldUser, cursor: str = "", limit: int = 0, **fields: Any
) -> list[search_pb2.StreamMatchesResponse]:
    request = search_pb2.StreamMatchesRequest(
        query=search_pb2.SearchImagesRequest(**fields), cursor=cursor, limit=limit
    )
    call = user.world.search.StreamMatches(request, metadata=user.token, timeout=20)
    return [one async for one in call]


async def test_regions_of_bytes_and_of_stored_images_find_what_they_show(ada: WorldUser) -> None:
    red, blue = await ada.indexed(picture("red")), await ada.indexed(picture("blue"))
    for turned in (False, True):
        both = halves("red", "blue", turned=turned)
        kept = await ada.indexed(both)
        for region, expected in ((LEFT, red), (RIGHT, blue)):
            for query in (
                {"image": both, "region": region},
                {"image_id": kept, "region": region},
                {"examples": [{"image": both, "region": region}]},
                {"examples": [{"image_id": kept, "region": region}]},
            ):
                assert (await ada.found(**query, limit=1)) == [expected], (turned, query.keys())
        # All of an image is the image.
        whole = {"left": 0.0, "top": 0.0, "right": 1.0, "bottom": 1.0}
        assert (await ada.found(image_id=kept, region=whole))[0] == kept
        await ada.delete(kept)


async def test_any_mix_is_one_query(ada: WorldUser) -> None:
    ids = {colour: await ada.upload(picture(colour)) for colour in ("red", "blue", "yellow")}
    ids["both"] = await ada.upload(halves("red", "blue"))
    await ada.settled(*ids.values())
    for query in (
        {"text": "red", "image": picture("blue")},
        {"text": "red", "image_id": ids["blue"]},
        {"image": picture("red"), "image_id": ids["blue"]},
        {"examples": [{"text": "red"}, {"text": "blue", "weight": 1}]},
    ):
        answer = await ada.search(**query, explain=True)
        assert answer.matches[0].image.image_id == ids["both"]
        assert answer.matches[-1].image.image_id == ids["yellow"]
        whole, *each = answer.matches[0].explanation.contributions
        assert (whole.kind, whole.rank) == (search_pb2.Contribution.MEANING, 1)
        assert [one.kind for one in each] == [search_pb2.Contribution.EXAMPLE] * 2
        total = sum(one.weight * one.score for one in each)
        assert total == pytest.approx(answer.matches[0].score, abs=1e-4)
    against = [{"image_id": ids["red"], "weight": -1}]
    answer = await ada.search(image_id=ids["both"], examples=against)
    places = [match.image.image_id for match in answer.matches]
    assert places.index(ids["blue"]) < places.index(ids["red"])


async def test_what_is_shown_can_be_arranged_and_chosen(ada: WorldUser) -> None:
    copies = [await ada.upload(picture("red", side=side)) for side in (20, 21, 22)]
    other = await ada.upload(picture("yellow"))
    await ada.settled(*copies, other)
    folded = await ada.search(text="red", fold_duplicates=True)
    assert [match.image.image_id for match in folded.matches][1:] == [other]
    first = folded.matches[0]
    assert {first.image.image_id, *first.folded_image_ids} == set(copies)
    assert first.folded_count == 2
    diverse = await ada.found(text="red", diversity=1.0, limit=2)
    assert diverse[1] == other
    left = await ada.found(text="red", exclude_image_ids=[copies[0].upper(), str(uuid4())])
    assert set(left) == {*copies[1:], other}
    assert await ada.found(text="red", exact=True) == await ada.found(text="red")
    answer = await ada.search(text="red", read_mask={"paths": ["filename"]})
    for match in answer.matches:
        assert {field.name for field, _ in match.image.ListFields()} == {"image_id", "filename"}


async def test_no_form_of_a_query_sees_anybody_elses(ada: WorldUser, ben: WorldUser) -> None:
    hers = [await ada.upload(halves("red", "blue", turned=turned)) for turned in (False, True)]
    his = await ben.indexed(picture("red"))
    await ada.settled(*hers)
    for form in (
        {},
        {"exact": True, "explain": True},
        {"diversity": 0.5},
        {"fold_duplicates": True},
        {"diversity": 0.5, "fold_duplicates": True},
        {"exclude_image_ids": hers},
    ):
        answer = await ben.search(text="red", examples=[{"image": picture("blue")}], **form)
        assert [match.image.image_id for match in answer.matches] == [his]
        assert not answer.matches[0].folded_image_ids
        for image_id in (hers[0], str(uuid4())):
            for query in (
                {"image_id": image_id},
                {"image_id": image_id, "region": LEFT},
                {"text": "red", "image_id": image_id},
                {"text": "red", "examples": [{"image_id": image_id, "weight": -1}]},
                {"text": "red", "examples": [{"image_id": image_id, "region": LEFT}]},
            ):
                error = await ben.refusal(**query, **form)
                assert error.code() is grpc.StatusCode.NOT_FOUND
                assert error_info(error).reason == "IMAGE_NOT_FOUND"
                assert error.details() == "there is no such image"
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await streamed(ben, **query)
                assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert [one.match.image.image_id for one in await streamed(ben, text="red")] == [his]


async def test_a_stream_gives_everything_and_goes_on_where_it_was_left(
    ada: WorldUser, ben: WorldUser
) -> None:
    ids = [await ada.upload(picture(f"hsl({hue * 30}, 80%, 50%)")) for hue in range(9)]
    await ada.settled(*ids)
    whole = [one.match.image.image_id for one in await streamed(ada, text="red")]
    assert whole == await ada.found(text="red")
    first = await streamed(ada, limit=4, text="red")
    await ada.delete(whole[2])
    new = await ada.indexed(picture("red"))
    rest = await streamed(ada, cursor=first[-1].cursor, text="red")
    told = [one.match.image.image_id for one in (*first, *rest)]
    assert [one for one in told if one != new] == whole
    for user, cursor, text in (
        (ada, "x", "red"),
        (ada, first[0].cursor, "blue"),
        (ben, first[0].cursor, "red"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await streamed(user, cursor, text=text)
        assert error_info(refused.value).reason == "INVALID_CURSOR"
    for fields in (
        {"limit": 3},
        {"page_token": "x"},
        {"diversity": 0.1},
        {"fold_duplicates": True},
    ):
        request = search_pb2.StreamMatchesRequest(
            query=search_pb2.SearchImagesRequest(text="red", **fields)
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ada.world.search.StreamMatches(request, metadata=ada.token).read()
        assert error_info(refused.value).reason == "INVALID_REQUEST"
