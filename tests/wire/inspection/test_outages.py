"""Parts that go down while images are inspected and sets are calibrated."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support import parts
from tests.support.eventually import eventually
from tests.support.inspection.cable import Cable
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, item, same
from tests.support.services import error_info, retry_after_s
from tests.support.world import World


@asynccontextmanager
async def down(stop: Callable[[], Any], start: Callable[[], Any]) -> AsyncIterator[None]:
    """A part is down meanwhile."""
    await _done(stop())
    try:
        yield
    finally:
        await _done(start())


async def _done(result: Awaitable[None] | None) -> None:
    if result is not None:
        await result


async def says_so(ready: Ready, reason: str, **fields: Any) -> None:
    """Inspect is UNAVAILABLE for that reason, says when to come back, and nothing of where."""
    error = await ready.owner.refusal_of("Inspect", reference_set_id=ready.set_id, **fields)
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error_info(error).reason == reason
    assert retry_after_s(error) > 0
    assert "127.0.0.1" not in str(error.details())
    answers = await ready.owner.inspect_all([item("one", ready.set_id, **fields)])
    assert answers["one"].error.code == grpc.StatusCode.UNAVAILABLE.value[0]


async def recovers(ready: Ready, before: pb.InspectResponse, **fields: Any) -> None:
    async def as_before() -> bool:
        with contextlib.suppress(grpc.aio.AioRpcError):
            return same(await ready.owner.inspect(ready.set_id, **fields)) == same(before)
        return False

    await eventually(as_before, "images are inspected as before")


async def test_without_the_embedder(ready: Ready, world: World) -> None:
    image = part(500)
    before = await ready.owner.inspect(ready.set_id, image)
    async with down(world.stop_embedder, world.start_embedder):
        await says_so(ready, "EMBEDDER_UNAVAILABLE", image=image)
        assert (await ready.owner.see(ready.set_id)).state == pb.ReferenceSet.READY
    await recovers(ready, before, image=image)


async def test_versions_are_not_compared_without_the_embedder(ready: Ready, world: World) -> None:
    owner = ready.owner
    image_id = (await owner.uploaded([part(510)]))[0]
    before = await owner.inspect(ready.set_id, image_id=image_id)
    await owner.say("mark_normal", image_id)
    async with down(world.stop_embedder, world.start_embedder):
        error = await owner.refusal_of(
            "CompareVersions", reference_set_id=ready.set_id, version_a=1, version_b=1
        )
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error_info(error).reason == "EMBEDDER_UNAVAILABLE"
    await recovers(ready, before, image_id=image_id)


async def test_without_storage(ready: Ready, world: World) -> None:
    stored = ready.image_ids[3]
    before = await ready.owner.inspect(ready.set_id, image_id=stored)
    async with down(world.stop_storage, world.start_storage):
        await says_so(ready, "STORAGE_UNAVAILABLE", image_id=stored)
        sent = await ready.owner.inspect(ready.set_id, part(3))
        assert sent.score == before.score, "what is sent is inspected without storage"
    await recovers(ready, before, image_id=stored)


async def test_without_the_object_store(ready: Ready, seaweedfs: parts.SeaweedFS) -> None:
    stored = ready.image_ids[3]
    before = await ready.owner.inspect(ready.set_id, image_id=stored)
    # Both from this thread, with which it is to end.
    async with down(seaweedfs.kill, seaweedfs.start):
        await says_so(ready, "OBJECT_STORE_UNAVAILABLE", image_id=stored)
    await recovers(ready, before, image_id=stored)


async def test_without_the_database(ready: Ready, cable: Cable) -> None:
    image = part(500)
    before = await ready.owner.inspect(ready.set_id, image)
    async with down(cable.cut, cable.mend):
        await says_so(ready, "DATABASE_UNAVAILABLE", image=image)
    await recovers(ready, before, image=image)


async def test_a_version_that_is_not_loaded_yet_waits_for_its_artifact(
    ready: Ready, world: World
) -> None:
    image = part(501)
    before = await ready.owner.inspect(ready.set_id, image)
    await world.stop_inspection()
    await world.start_inspection()
    async with down(world.stop_storage, world.start_storage):
        await says_so(ready, "STORAGE_UNAVAILABLE", image=image)
    await recovers(ready, before, image=image)


async def begun(ada: Inspecting) -> tuple[str, str]:
    """A set of four images whose calibration is taken up; the embedder keeps it waiting."""
    ada.world.embedder.answers.clear()
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(4)))
    started = await ada.call("CalibrateReferenceSet", reference_set_id=set_id)

    async def running() -> bool:
        seen = (await ada.see(set_id)).last_calibration
        return seen.state == pb.Calibration.RUNNING and "features" in seen.stage

    await eventually(running, "the calibration is under way")
    return set_id, started.calibration_id


async def test_a_calibration_whose_replica_is_stopped_is_begun_again_by_the_next(
    ada: Inspecting, world: World
) -> None:
    set_id, calibration_id = await begun(ada)
    await world.stop_inspection()
    world.embedder.answers.set()
    await world.start_inspection()
    progress = await ada.watch(set_id, calibration_id)
    assert progress[-1].state == pb.Calibration.SUCCEEDED
    assert (progress[-1].images_done, progress[-1].version) == (4, 1)
    assert [version.version for version in await ada.versions(set_id)] == [1]
    seen = await ada.see(set_id)
    assert (seen.state, seen.current_version) == (pb.ReferenceSet.READY, 1)
    assert (await ada.inspect(set_id, part(1))).version == 1


async def test_a_calibration_outlives_the_embedder_and_the_database(
    ada: Inspecting, world: World, cable: Cable
) -> None:
    set_id, calibration_id = await begun(ada)
    before = world.embedder.extracted

    async def all_seen() -> bool:
        # Each image as it is and in four other lights.
        return world.embedder.extracted >= before + 4 * 5

    async with down(cable.cut, cable.mend):
        await world.stop_embedder()
        world.embedder.answers.set()
        await world.start_embedder()
        await eventually(all_seen, "the features are there, and nowhere to say so")

    async def ready() -> bool:
        with contextlib.suppress(grpc.aio.AioRpcError):
            return bool((await ada.see(set_id)).state == pb.ReferenceSet.READY)
        return False

    await eventually(ready, "the set is ready")
    (ended,) = await ada.watch(set_id, calibration_id)
    assert (ended.state, ended.version) == (pb.Calibration.SUCCEEDED, 1)


async def test_a_set_that_is_deleted_while_it_is_calibrated_leaves_nothing(
    ada: Inspecting, world: World
) -> None:
    set_id, _ = await begun(ada)
    await ada.call("DeleteReferenceSet", reference_set_id=set_id)
    world.embedder.answers.set()
    assert await ada.refused("GetReferenceSet", reference_set_id=set_id) == (
        "REFERENCE_SET_NOT_FOUND"
    )
    other = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)))
    assert (await ada.see(other)).current_version == 1, "the next one in the queue has its turn"
