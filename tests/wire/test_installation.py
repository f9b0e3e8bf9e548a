"""What an installation says of itself over a real socket, and what of it stays while parts stop."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from argus.auth.v1 import auth_pb2
from argus.embedder.v1 import embedder_pb2
from argus.installation.v1 import installation_pb2 as pb

from services.storage.settings import StorageSettings
from tests.support import parts
from tests.support.colours import MODEL, picture
from tests.support.eventually import eventually
from tests.support.services import SERVICE_SECRET, bearer, error_info
from tests.support.world import World, WorldUser, running_world, sign_up, urls_of

NAMES = ["auth", "storage", "embedder", "search", "inspection"]


@pytest.fixture(scope="module")
async def world(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    urls = urls_of(fresh_postgres_url, fresh_redis_url, s3)
    folder = tmp_path_factory.mktemp("vectors")
    inspection = {"installation_name": "Line 3", "inspection_keep_days": 30}
    async with running_world(urls, folder, inspection=inspection) as made:
        yield made


@pytest.fixture
async def ada(world: World) -> WorldUser:
    return await sign_up(world)


async def installation_of(user: WorldUser) -> pb.Installation:
    return await user.world.installation.GetInstallation(
        pb.GetInstallationRequest(), metadata=user.token, timeout=10
    )


async def status_of(user: WorldUser) -> pb.InstallationStatus:
    return await user.world.installation.GetStatus(
        pb.GetStatusRequest(), metadata=user.token, timeout=10
    )


def counters(status: pb.InstallationStatus) -> dict[str, int]:
    return {counter.name: counter.value for counter in status.counters}


async def test_says_what_it_takes_in_and_can_do(ada: WorldUser) -> None:
    found = await installation_of(ada)
    fields = StorageSettings.model_fields
    assert (found.name, bool(found.version)) == ("Line 3", True)
    assert found.limits.images.max_bytes == fields["storage_max_image_bytes"].default
    assert found.limits.images.max_pixels == fields["storage_max_pixels"].default
    assert "image/avif" in found.limits.images.content_types
    assert found.limits.images.undelete_grace.ToSeconds() > 0
    assert found.limits.inspection.keep.ToSeconds() == 30 * 86_400
    assert found.trace_share == 0, "there is no collector"
    assert found.default_model == MODEL
    assert [model.model for model in found.models] == [MODEL]
    assert {pb.FEATURE_MAP, pb.FEATURE_TEXT_SEARCH, pb.FEATURE_ZERO_SHOT} <= set(found.features)


async def test_says_how_all_parts_are_and_what_they_did(ada: WorldUser) -> None:
    async def all_serve() -> bool:
        return all(part.state == pb.Part.SERVING for part in (await status_of(ada)).parts)

    await eventually(all_serve, "all parts serve")
    before = counters(await status_of(ada))
    await ada.indexed(picture("red"))
    status = await status_of(ada)
    assert [part.name for part in status.parts] == NAMES
    assert not any(part.message for part in status.parts)
    assert all(part.HasField("check_duration") for part in status.parts)
    assert counters(status)["images_indexed"] == before["images_indexed"] + 1
    queues = {queue.name: queue for queue in status.queues}
    assert set(queues) == {"indexing", "jobs"}
    assert queues["indexing"].total >= 1
    assert [model.residency for model in status.models] == [embedder_pb2.RESIDENCY_RESIDENT]
    assert status.server_time.ToSeconds() > 0


async def test_is_for_users_only(world: World) -> None:
    service = await world.auth.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="search", secret=SERVICE_SECRET)
    )
    calls: list[tuple[Any, Any]] = [
        (world.installation.GetInstallation, pb.GetInstallationRequest()),
        (world.installation.GetStatus, pb.GetStatusRequest()),
    ]
    for call, request in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(request)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(request, metadata=bearer(service.access_token))
        assert error_info(caught.value).reason == "USER_ONLY"


async def test_tells_which_parts_are_down_and_what_it_knew_before(
    ada: WorldUser, world: World
) -> None:
    known = await installation_of(ada)
    await world.stop_embedder()
    await world.stop_storage()
    try:

        async def is_told() -> bool:
            status = await status_of(ada)
            states = {part.name: part.state for part in status.parts}
            return (
                states["embedder"] == states["storage"] == pb.Part.UNREACHABLE
                and states["search"] == states["inspection"] == pb.Part.NOT_SERVING
                and states["auth"] == pb.Part.SERVING
                and not status.models
            )

        await eventually(is_told, "the status says which parts are down")
        status = await status_of(ada)
        messages = {part.name: part.message for part in status.parts}
        assert messages["storage"].startswith("storage does not answer.")
        assert messages["inspection"] == "inspection needs storage, embedder and search."
        assert not any("127.0.0.1" in message for message in messages.values())
        assert {queue.name for queue in status.queues} == {"indexing", "jobs"}
        assert await installation_of(ada) == known
    finally:
        await world.start_storage()
        await world.start_embedder()
