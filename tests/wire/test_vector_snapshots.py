"""Vectors out of search and into it over a real socket; see `test_search.py`."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from argus.auth.v1 import auth_pb2
from argus.policy.v1 import policy_pb2
from argus.search.v1 import operator_pb2, operator_pb2_grpc
from argus.search.v1.operator_pb2 import SnapshotPart

from tests.support.colours import DIMENSION, MODEL, picture
from tests.support.roles import assign_role
from tests.support.services import error_info
from tests.support.user import PASSWORD
from tests.support.world import World, WorldUser, sign_up


@pytest.fixture
async def operator(world: World) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(world.address("search")) as channel:
        yield operator_pb2_grpc.SearchOperatorServiceStub(channel)


@pytest.fixture
async def boss(world: World) -> WorldUser:
    user = await sign_up(world)
    await assign_role(world.auth_channel, user.email, policy_pb2.ADMIN)
    signed_in = await world.auth.Login(auth_pb2.LoginRequest(email=user.email, password=PASSWORD))
    return WorldUser(world, signed_in)


async def exported(operator: Any, caller: WorldUser) -> list[SnapshotPart]:
    request = operator_pb2.ExportVectorsRequest()
    return [answer.part async for answer in operator.ExportVectors(request, metadata=caller.token)]


async def imported(operator: Any, caller: WorldUser, parts: list[SnapshotPart]) -> Any:
    requests = (operator_pb2.ImportVectorsRequest(part=part) for part in parts)
    return await operator.ImportVectors(requests, metadata=caller.token)


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), error_info(caught.value).reason


@pytest.mark.usefixtures("ada")  # the first account of all is an administrator's
async def test_only_administrators_may(ben: WorldUser, operator: Any) -> None:
    denied = (grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED")
    assert await refused(exported(operator, ben)) == denied
    assert await refused(imported(operator, ben, [])) == denied


async def test_what_goes_out_comes_in(ada: WorldUser, boss: WorldUser, operator: Any) -> None:
    ids = [await ada.indexed(picture(colour)) for colour in ("red", "lime", "blue")]
    parts = await exported(operator, boss)
    assert (parts[0].space.model, parts[0].space.dimension) == (MODEL, DIMENSION)
    images = [image for part in parts for image in part.vectors.images]
    assert {image.image_id for image in images} >= set(ids)
    assert all(len(image.vector) == 4 * DIMENSION for image in images)
    assert parts[-1].image_count == len(images)
    done = await imported(operator, boss, parts)
    assert (done.taken_count, done.present_count) == (0, len(images))
    assert set(await ada.found(image_id=ids[0])) == set(ids)


async def test_what_cannot_be_taken_in_is_refused_with_its_reason(
    ada: WorldUser, boss: WorldUser, operator: Any
) -> None:
    await ada.indexed(picture("red"))
    parts = await exported(operator, boss)
    other = SnapshotPart()
    other.CopyFrom(parts[0])
    other.space.model_version = "another"
    short = SnapshotPart()
    short.vectors.images.add(image_id=parts[1].vectors.images[0].image_id, vector=b"\0" * 8)
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    for wrong, expected in (
        ([other, *parts[1:]], (grpc.StatusCode.FAILED_PRECONDITION, "VECTORS_OF_ANOTHER_MODEL")),
        ([], (invalid, "SNAPSHOT_DAMAGED")),
        (parts[:-1], (invalid, "SNAPSHOT_DAMAGED")),
        (parts[1:], (invalid, "SNAPSHOT_DAMAGED")),
        ([parts[0], short], (invalid, "VECTOR_WRONG")),
        ([parts[0], SnapshotPart()], (invalid, "INVALID_REQUEST")),
    ):
        assert await refused(imported(operator, boss, wrong)) == expected
