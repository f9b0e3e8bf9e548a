"""What inspection asks of the queue of calibrations."""

import asyncio
from dataclasses import replace

from services.inspection.model import Calibration, CalibrationState, SkippedImage
from tests.support.inspection.records import Stores, a_calibration, at, new_id

SKIPPED = (SkippedImage(new_id(), "IMAGE_NOT_FOUND", "it was deleted"),)


async def now(stores: Stores, calibration: Calibration) -> Calibration:
    found = await stores.calibrations.get(calibration.set_id, calibration.calibration_id)
    assert found is not None
    return found


async def report(stores: Stores, calibration: Calibration, *, lease_s: float = 60) -> bool:
    return await stores.calibrations.report(
        calibration, stage="takes features", done=3, total=7, lease_s=lease_s
    )


async def test_a_calibration_is_as_it_was_queued(stores: Stores, user: str) -> None:
    queued = a_calibration(await stores.new_set(user))

    assert await stores.calibrations.create(queued)

    assert await now(stores, queued) == queued
    assert await stores.calibrations.get(queued.set_id, new_id()) is None
    assert await stores.calibrations.get(new_id(), queued.calibration_id) is None


async def test_a_set_has_one_under_way(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)

    many = [a_calibration(set_id) for _ in range(6)]
    answers = await asyncio.gather(*(stores.calibrations.create(one) for one in many))
    assert sum(answers) == 1

    taken = await stores.calibrations.take("one", lease_s=60)
    assert taken is not None
    assert not await stores.calibrations.create(a_calibration(set_id))
    await stores.calibrations.fail(taken, "CALIBRATION_FAILED", "no", ())
    assert await stores.calibrations.create(a_calibration(set_id))


async def test_a_set_that_is_gone_gets_none(stores: Stores) -> None:
    assert not await stores.calibrations.create(a_calibration(new_id()))


async def test_the_oldest_is_taken_first_and_by_one(stores: Stores, user: str) -> None:
    queued = [
        a_calibration(await stores.new_set(user), created_at=at(minute)) for minute in (3, 1, 2)
    ]
    for one in queued:
        await stores.calibrations.create(one)

    first = await stores.calibrations.take("one", lease_s=60)
    assert first == replace(queued[1], state=CalibrationState.RUNNING, attempts=1)
    assert first == await now(stores, queued[1])
    rest = await asyncio.gather(
        *(stores.calibrations.take(f"replica {n}", lease_s=60) for n in range(4))
    )
    assert sorted(one.calibration_id for one in rest if one) == sorted(
        one.calibration_id for one in (queued[0], queued[2])
    )


async def test_progress_is_shown_and_holds_the_lease(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user), lease_s=-1)

    assert await report(stores, taken)

    assert await now(stores, taken) == replace(
        taken, stage="takes features", images_done=3, images_total=7
    )
    assert await stores.calibrations.take("two", lease_s=60) is None


async def test_one_whose_replica_is_silent_is_begun_again_by_another(
    stores: Stores, user: str
) -> None:
    first = await stores.begun(await stores.new_set(user))
    await stores.calibrations.note_skipped(first, SKIPPED)
    await report(stores, first, lease_s=-1)

    second = await stores.calibrations.take("two", lease_s=60)
    assert second == replace(first, attempts=2, stage="takes features", images_total=7)

    assert not await report(stores, first)
    await stores.calibrations.note_skipped(first, SKIPPED)
    await stores.calibrations.fail(first, "CALIBRATION_FAILED", "no", SKIPPED)
    assert await now(stores, second) == second
    assert await report(stores, second)


async def test_a_failure_says_why(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))

    await stores.calibrations.fail(taken, "IMAGES_UNUSABLE", "none can be read", SKIPPED)

    failed = await now(stores, taken)
    assert failed.state is CalibrationState.FAILED
    assert (failed.error_reason, failed.error_message) == ("IMAGES_UNUSABLE", "none can be read")
    assert tuple(failed.skipped) == SKIPPED
    assert failed.ended_at is not None
    await stores.calibrations.fail(taken, "CALIBRATION_FAILED", "again", ())
    await stores.calibrations.note_skipped(taken, ())
    assert not await report(stores, taken)
    assert await now(stores, taken) == failed


async def test_images_left_out_are_shown(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))

    await stores.calibrations.note_skipped(taken, SKIPPED)

    assert await now(stores, taken) == replace(taken, skipped=SKIPPED)


async def test_one_that_waits_is_cancelled(stores: Stores, user: str) -> None:
    queued = a_calibration(await stores.new_set(user))
    await stores.calibrations.create(queued)

    cancelled = await stores.calibrations.cancel(queued.set_id, queued.calibration_id)

    assert cancelled is not None
    assert cancelled.state is CalibrationState.CANCELLED
    assert cancelled.ended_at is not None
    assert await stores.calibrations.take("one", lease_s=60) is None


async def test_one_under_way_is_cancelled_and_let_go_of(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))

    cancelled = await stores.calibrations.cancel(taken.set_id, taken.calibration_id)

    assert cancelled is not None
    assert cancelled.state is CalibrationState.CANCELLED
    assert not await report(stores, taken)
    await stores.calibrations.fail(taken, "CALIBRATION_FAILED", "no", ())
    assert await now(stores, taken) == cancelled


async def test_one_that_has_ended_stays_as_it_is(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))
    await stores.calibrations.fail(taken, "CALIBRATION_FAILED", "no", ())
    failed = await now(stores, taken)

    assert await stores.calibrations.cancel(taken.set_id, taken.calibration_id) == failed


async def test_of_another_set_none_is_cancelled(stores: Stores, user: str) -> None:
    queued = a_calibration(await stores.new_set(user))
    await stores.calibrations.create(queued)

    assert await stores.calibrations.cancel(new_id(), queued.calibration_id) is None
    assert await stores.calibrations.cancel(queued.set_id, new_id()) is None
    assert await now(stores, queued) == queued


async def test_one_whose_set_is_deleted_is_let_go_of(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))
    await stores.sets.delete(taken.set_id)

    assert not await report(stores, taken)
    assert await stores.calibrations.get(taken.set_id, taken.calibration_id) is None
