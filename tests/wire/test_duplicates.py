"""Finding duplicates over a real socket, with real storage, PostgreSQL and Qdrant Edge."""

from typing import Any

import grpc
import pytest
from argus.search.v1 import duplicates_pb2

from tests.support.colours import MODEL, picture
from tests.support.pictures import chelsea, drawing, encoded
from tests.support.services import bad_request, error_info
from tests.support.world import WorldUser

Cluster = duplicates_pb2.DuplicateCluster
EXACT, NEAR, ALIKE = Cluster.EXACT, Cluster.NEAR, Cluster.ALIKE


async def told(user: WorldUser, **fields: Any) -> list[duplicates_pb2.FindDuplicatesResponse]:
    request = duplicates_pb2.FindDuplicatesRequest(**fields)
    return [one async for one in user.world.search.FindDuplicates(request, metadata=user.token)]


async def found(user: WorldUser, **fields: Any) -> list[tuple[int, list[str]]]:
    return [
        (one.cluster.kind, [member.image.image_id for member in one.cluster.images])
        for one in await told(user, **fields)
        if one.HasField("cluster")
    ]


async def test_copies_of_every_kind_are_found_best_first(ada: WorldUser) -> None:
    cat = chelsea()
    small = await ada.upload(encoded(cat.resize((225, 150)), "JPEG", quality=80), filename="s.jpg",
                             content_type="image/jpeg")  # fmt: skip
    whole = await ada.upload(encoded(cat), filename="whole.png")
    again = await ada.upload(encoded(cat), filename="again.png")
    red, redder = (
        await ada.upload(picture("red", side=32)),
        await ada.upload(picture("red", side=64)),
    )
    alone = await ada.upload(encoded(drawing(1)))
    await ada.settled(small, whole, again, red, redder, alone)
    messages = await told(ada)
    events = [one.WhichOneof("event") for one in messages]
    assert (events[0], events[-4:]) == ("progress", ["summary", "cluster", "cluster", "cluster"])
    summary = messages[-4].summary
    assert (summary.image_count, summary.cluster_count, summary.duplicate_count) == (6, 3, 3)
    assert (summary.model, summary.max_distance, summary.without_embedding_count) == (MODEL, 6, 0)
    clusters = await found(ada)
    assert clusters == [(EXACT, [whole, again]), (NEAR, [whole, small]), (ALIKE, [redder, red])]
    exact, near, alike = (one.cluster for one in messages[-3:])
    best = near.images[0].image
    assert (best.width, best.filename) == (451, "whole.png")
    assert best.thumbnail_url
    assert (exact.images[1].distance, near.images[1].distance <= 6) == (0, True)
    assert not near.images[1].HasField("cosine")
    assert alike.images[1].cosine == pytest.approx(1, abs=1e-3)
    sizes = [one.image.size_bytes for cluster in (exact, near, alike) for one in cluster.images[1:]]
    assert summary.duplicate_bytes == sum(sizes)
    # A stream that broke, and one with a limit, go on behind a cursor.
    assert await found(ada, after_cursor=messages[-3].cursor) == clusters[1:]
    assert await found(ada, kinds=[EXACT, NEAR], limit=1) == [(EXACT, [whole, again])]
    # What is in the trash is no duplicate, and the next best takes its place.
    await ada.delete(whole)
    assert await found(ada, kinds=[NEAR]) == [(NEAR, [again, small])]


async def test_nobody_sees_anybody_elses(ada: WorldUser, ben: WorldUser) -> None:
    cat = encoded(chelsea())
    await ada.indexed(cat)
    await ben.indexed(cat)
    assert (await found(ada), await found(ben)) == ([], [])
    mine = await ada.indexed(cat)
    (cluster,) = await found(ada)
    assert (cluster[0], cluster[1][1]) == (EXACT, mine)
    assert await found(ben) == []
    (message,) = [one for one in await told(ada) if one.HasField("cluster")]
    assert {one.image.user_id for one in message.cluster.images} == {ada.user_id}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await told(ben, after_cursor=message.cursor)
    assert error_info(caught.value).reason == "INVALID_CURSOR"


async def test_a_filter_chooses(ada: WorldUser) -> None:
    cat = encoded(chelsea())
    labelled = [await ada.indexed(cat, labels={"line": "3"}) for _ in range(2)]
    await ada.indexed(cat)
    assert await found(ada, filter="labels.line = 3") == [(EXACT, labelled)]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await told(ada, filter="colour = red")
    assert error_info(caught.value).reason == "INVALID_FILTER"


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("max_distance", {"max_distance": 11}),
        ("min_cosine", {"min_cosine": 0.5}),
        ("kinds[0]", {"kinds": [0]}),
        ("kinds", {"kinds": [EXACT, EXACT]}),
        ("min_size", {"min_size": -1}),
        ("limit", {"limit": 10_001}),
        ("after_cursor", {"after_cursor": "none"}),
    ],
)
async def test_what_is_wrong_is_said_of_its_field(
    ada: WorldUser, field: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await told(ada, **fields)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    violations = bad_request(caught.value).field_violations
    assert [one.field for one in violations] == [field]
