"""Going over to another model over a real socket, while people search; see `test_search.py`."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from argus.auth.v1 import auth_pb2
from argus.embedder.v1 import embedder_pb2
from argus.policy.v1 import policy_pb2
from argus.search.v1 import reindex_pb2, reindex_pb2_grpc

from tests.support.colours import DIMENSION, MODEL, picture
from tests.support.eventually import eventually
from tests.support.roles import assign_role
from tests.support.services import error_info
from tests.support.user import PASSWORD
from tests.support.world import World, WorldUser, sign_up

OTHER = "colours/again"
Index = reindex_pb2_grpc.IndexServiceStub


@pytest.fixture
async def index(world: World) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(world.address("search")) as channel:
        yield Index(channel)


@pytest.fixture
async def boss(world: World) -> WorldUser:
    user = await sign_up(world)
    await assign_role(world.auth_channel, user.email, policy_pb2.ADMIN)
    signed_in = await world.auth.Login(auth_pb2.LoginRequest(email=user.email, password=PASSWORD))
    return WorldUser(world, signed_in)


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), error_info(caught.value).reason


@pytest.mark.usefixtures("ada")  # the first account of all is an administrator's
async def test_only_administrators_may(ben: WorldUser, index: Any) -> None:
    start = reindex_pb2.StartReindexRequest(model=MODEL)
    for method, request in (
        (index.StartReindex, start),
        (index.GetReindex, reindex_pb2.GetReindexRequest()),
        (index.CancelReindex, reindex_pb2.CancelReindexRequest()),
    ):
        assert await refused(method(request, metadata=ben.token)) == (
            grpc.StatusCode.PERMISSION_DENIED,
            "ROLE_REQUIRED",
        )


@pytest.mark.parametrize(
    ("model", "refusal"),
    [
        ("nobody/has-it", (grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND")),
        ("pictures/only", (grpc.StatusCode.FAILED_PRECONDITION, "MODEL_UNSUITABLE")),
        ("promised/only", (grpc.StatusCode.FAILED_PRECONDITION, "MODEL_UNSUITABLE")),
    ],
)
async def test_a_model_that_cannot_be_used_is_refused(
    world: World, boss: WorldUser, index: Any, model: str, refusal: tuple[grpc.StatusCode, str]
) -> None:
    both = [embedder_pb2.MODALITY_IMAGE, embedder_pb2.MODALITY_TEXT]
    world.embedder.others = [
        embedder_pb2.Model(model=name, version="v1", dimension=DIMENSION, modalities=modalities)
        for name, modalities in (("pictures/only", both[:1]), ("promised/only", both))
    ]
    request = reindex_pb2.StartReindexRequest(model=model)
    assert await refused(index.StartReindex(request, metadata=boss.token)) == refusal
    world.embedder.others = []


async def test_searches_go_over_to_another_model_and_stay_there_after_a_restart(
    world: World, ada: WorldUser, boss: WorldUser, index: Any
) -> None:
    ids = [await ada.indexed(picture(colour)) for colour in ("red", "lime", "blue")]
    world.embedder.copies = [OTHER]
    world.embedder.bulk_answers.clear()
    told = await index.StartReindex(
        reindex_pb2.StartReindexRequest(model=OTHER), metadata=boss.token
    )
    assert told.state == reindex_pb2.Reindex.RUNNING
    assert (told.model, told.current_model, told.image_count) == (OTHER, MODEL, 3)
    answer = await ada.search(text="red")
    assert (answer.model, answer.matches[0].image.image_id) == (MODEL, ids[0])
    again = await refused(
        index.StartReindex(reindex_pb2.StartReindexRequest(model=MODEL), metadata=boss.token)
    )
    assert again == (grpc.StatusCode.FAILED_PRECONDITION, "REINDEX_RUNNING")
    world.embedder.bulk_answers.set()

    async def is_over() -> bool:
        found = await index.GetReindex(reindex_pb2.GetReindexRequest(), metadata=boss.token)
        return bool(
            found.state == reindex_pb2.Reindex.DONE
            and found.current_model == OTHER
            and found.embedded_count == found.image_count == 3
            and found.HasField("end_time")
        )

    async def finds_all_with(model: str) -> bool:
        answer = await ada.search(text="lime")
        found = [match.image.image_id for match in answer.matches]
        return answer.model == model and found[:1] == ids[1:2] and set(found) == set(ids)

    await eventually(is_over, "searches use the other model")
    assert await finds_all_with(OTHER)
    assert set(await ada.found(image_id=ids[2])) == set(ids)
    ids.append(await ada.indexed(picture("yellow")))
    await world.stop_search()
    await world.start_search()
    assert await finds_all_with(OTHER)
    # Its model is gone: searches go back to the default, and lack nothing.
    world.embedder.copies = []
    # The embedder is asked eight times, a second apart, before that is believed.
    await eventually(lambda: finds_all_with(MODEL), "searches use the default again", within_s=90)


async def test_images_are_embedded_again_with_the_model_in_use_while_people_search(
    world: World, ada: WorldUser, boss: WorldUser, index: Any
) -> None:
    ids = [await ada.indexed(picture(colour)) for colour in ("red", "lime", "blue")]
    world.embedder.bulk_answers.clear()
    embedded = world.embedder.embedded
    request = reindex_pb2.StartReindexRequest(model=MODEL, again=True)
    told = await index.StartReindex(request, metadata=boss.token)
    assert (told.state, told.again) == (reindex_pb2.Reindex.RUNNING, True)
    assert (told.model, told.current_model) == (MODEL, MODEL)
    assert (told.embedded_count, told.image_count >= 3) == (0, True)
    not_again = reindex_pb2.StartReindexRequest(model=MODEL)
    assert await refused(index.StartReindex(not_again, metadata=boss.token)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "REINDEX_RUNNING",
    )
    assert set(await ada.found(text="lime")) == set(ids)
    world.embedder.bulk_answers.set()

    async def is_over() -> bool:
        found = await index.GetReindex(reindex_pb2.GetReindexRequest(), metadata=boss.token)
        assert set(await ada.found(text="lime")) == set(ids)
        return bool(
            found.state == reindex_pb2.Reindex.DONE
            and found.again
            and found.current_model == MODEL
            and found.embedded_count == found.image_count
        )

    await eventually(is_over, "all images are embedded again")
    assert world.embedder.embedded >= embedded + 3
    # Without `again` nothing is begun for the model in use.
    told = await index.StartReindex(not_again, metadata=boss.token)
    assert (told.state, told.again) == (reindex_pb2.Reindex.DONE, True)
