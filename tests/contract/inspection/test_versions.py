"""What inspection asks of whoever keeps versions."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from services.inspection.errors import ArtifactWrong
from services.inspection.job import Calibrated, HeadTrainingRequest, JobState
from services.inspection.model import Box, Mark, MarkScore, Threshold, Version
from tests.support.inspection.records import Stores, a_version, at, ending_of, new_id


async def due_in_an_hour(pool: asyncpg.Pool) -> set[str]:
    rows = await pool.fetch(
        "SELECT name FROM inspection.artifact_purges "
        "WHERE due_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour'"
    )
    return {row["name"] for row in rows}


async def keep(stores: Stores, version: Version, *, use: bool = True) -> int:
    return await stores.kept(version, use=use)


async def test_a_version_is_as_it_was_kept(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    version = a_version(set_id, base_version=3, has_head=True)

    assert await keep(stores, version) == 1

    assert await stores.versions.get(set_id, 1) == replace(version, version=1)
    assert await stores.versions.get(set_id, 2) is None
    assert await stores.versions.get(new_id(), 1) is None


async def test_numbers_count_from_1_and_are_never_used_again(stores: Stores, user: str) -> None:
    set_id, elsewhere = await stores.new_set(user), await stores.new_set(user)
    assert [await keep(stores, a_version(set_id), use=False) for _ in range(3)] == [1, 2, 3]
    assert await stores.versions.delete(set_id, 3)
    assert await keep(stores, a_version(elsewhere)) == 1

    assert await keep(stores, a_version(set_id)) == 4
    assert [one.version for one in await stores.versions.list(set_id)] == [4, 2, 1]
    assert list(await stores.versions.list(new_id())) == []


async def test_versions_kept_at_once_get_different_numbers(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)

    jobs = [await stores.begun(set_id, request=HeadTrainingRequest(1)) for _ in range(6)]

    numbers = await asyncio.gather(*(stores.kept_by(job, a_version(set_id)) for job in jobs))

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


async def test_a_version_becomes_current_only_if_it_is_to_be_used(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)
    await keep(stores, a_version(set_id), use=False)
    assert (await stores.seen(set_id, user)).current_version == 0
    await keep(stores, a_version(set_id), use=True)
    assert (await stores.seen(set_id, user)).current_version == 2
    await keep(stores, a_version(set_id), use=False)
    assert (await stores.seen(set_id, user)).current_version == 2


async def test_keeping_ends_the_calibration(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    calibration = await stores.begun(set_id)

    assert await stores.kept_by(calibration, a_version(set_id)) == 1

    ended = await stores.jobs.get(set_id, calibration.job_id)
    assert ended is not None
    assert (ended.state, ended.result) == (JobState.SUCCEEDED, Calibrated(1))
    assert (ended.images_done, ended.images_total) == (7, 7)
    assert ended.ended_at is not None
    assert await stores.kept_by(calibration, a_version(set_id)) == 0


async def test_a_cancelled_calibration_keeps_nothing(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    calibration = await stores.begun(set_id)
    await stores.jobs.cancel(set_id, calibration.job_id)
    version = a_version(set_id)

    assert await stores.kept_by(calibration, version) == 0

    assert list(await stores.versions.list(set_id)) == []
    assert (await stores.seen(set_id, user)).current_version == 0
    ended = await stores.jobs.get(set_id, calibration.job_id)
    assert ended is not None
    assert (ended.state, ended.result) == (JobState.CANCELLED, None)
    assert await due_in_an_hour(stores.pool) == {version.artifact_name}


async def test_a_calibration_begun_again_elsewhere_keeps_nothing_of_the_first(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)
    first = await stores.begun(set_id, lease_s=-1)
    second = await stores.taken("two")
    assert second is not None
    version = a_version(set_id)

    assert await stores.kept_by(first, version) == 0
    assert list(await stores.versions.list(set_id)) == []
    assert await stores.kept_by(second, version) == 1
    assert await due_in_an_hour(stores.pool) == set()
    ending = ending_of(first)
    assert await stores.versions.keep(a_version(set_id), ending=ending, use=True) == 0


async def test_an_artifact_that_nothing_is_kept_of_is_removed(stores: Stores, user: str) -> None:
    job = await stores.begun(await stores.new_set(user))
    name = a_version(job.set_id).artifact_name
    assert await stores.versions.expect_artifact(name)

    assert await due_in_an_hour(stores.pool) == {name}
    await stores.pool.execute("UPDATE inspection.artifact_purges SET due_at = now()")
    assert list(await stores.versions.due_artifacts(10)) == [name]
    assert not await stores.versions.expect_artifact(name), "it may be gone at any time"


async def test_an_expected_artifact_stays_expected_for_another_hour(
    stores: Stores, user: str
) -> None:
    name = a_version(await stores.new_set(user)).artifact_name
    await stores.versions.expect_artifact(name)
    await stores.pool.execute(
        "UPDATE inspection.artifact_purges SET due_at = now() + interval '5 minutes'"
    )

    assert await stores.versions.expect_artifact(name)

    assert await due_in_an_hour(stores.pool) == {name}


@pytest.mark.parametrize("left", ["-1 minute", "10 seconds", None])
async def test_a_version_is_not_kept_whose_artifact_may_be_gone(
    stores: Stores, user: str, left: str | None
) -> None:
    job = await stores.begun(await stores.new_set(user))
    version = a_version(job.set_id)
    if left is not None:
        await stores.versions.expect_artifact(version.artifact_name)
        await stores.pool.execute(
            "UPDATE inspection.artifact_purges SET due_at = now() + $1::text::interval", left
        )

    with pytest.raises(ArtifactWrong):
        await stores.versions.keep(version, ending=ending_of(job), use=True)

    assert list(await stores.versions.list(job.set_id)) == []
    now = await stores.jobs.get(job.set_id, job.job_id)
    assert now is not None
    assert now.state is JobState.RUNNING, "the job can still say that it failed"


async def test_a_deleted_set_keeps_nothing(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    calibration = await stores.begun(set_id)
    await stores.sets.delete(set_id)

    version = a_version(set_id)
    assert await stores.kept_by(calibration, version) == 0
    assert await due_in_an_hour(stores.pool) == {version.artifact_name}
    assert await stores.versions.get(set_id, 1) is None


async def test_using_goes_back_and_on(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    for _ in range(2):
        await keep(stores, a_version(set_id))

    assert await stores.versions.use(set_id, 1)
    assert (await stores.seen(set_id, user)).current_version == 1
    for missing in (0, 3):
        assert not await stores.versions.use(set_id, missing)
    assert not await stores.versions.use(new_id(), 1)
    assert (await stores.seen(set_id, user)).current_version == 1


async def test_the_current_version_is_not_deleted(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    for _ in range(2):
        await keep(stores, a_version(set_id))

    assert not await stores.versions.delete(set_id, 2)
    assert await stores.versions.exists(set_id, 1)
    assert await stores.versions.delete(set_id, 1)
    assert not await stores.versions.exists(set_id, 1)
    assert await stores.versions.exists(set_id, 2)
    assert not await stores.versions.delete(set_id, 1)
    assert not await stores.versions.delete(new_id(), 1)
    assert [one.version for one in await stores.versions.list(set_id)] == [2]


async def test_a_version_is_not_used_and_deleted_at_once(stores: Stores, user: str) -> None:
    for _ in range(10):
        set_id = await stores.new_set(user)
        for _ in range(2):
            await keep(stores, a_version(set_id))

        used, deleted = await asyncio.gather(
            stores.versions.use(set_id, 1), stores.versions.delete(set_id, 1)
        )

        assert used is not deleted
        current = (await stores.seen(set_id, user)).current_version
        assert await stores.versions.get(set_id, current) is not None


async def test_an_artifact_is_due_an_hour_after_its_version(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    version = a_version(set_id)
    await keep(stores, version)
    await keep(stores, a_version(set_id))
    await stores.versions.delete(set_id, 1)

    assert await due_in_an_hour(stores.pool) == {version.artifact_name}
    assert list(await stores.versions.due_artifacts(10)) == []


async def test_an_artifact_that_another_version_has_stays(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    version = a_version(set_id)
    for _ in range(2):
        await keep(stores, version)
    await keep(stores, a_version(set_id))

    assert await stores.versions.delete(set_id, 1)
    assert await due_in_an_hour(stores.pool) == set()
    assert await stores.versions.delete(set_id, 2)
    assert await due_in_an_hour(stores.pool) == {version.artifact_name}

    await keep(stores, version)
    assert await due_in_an_hour(stores.pool) == set()


async def test_an_artifact_that_another_set_has_stays_with_it(stores: Stores, user: str) -> None:
    first, second = await stores.new_set(user), await stores.new_set(user)
    version, own = a_version(first), a_version(first)
    await keep(stores, version)
    await keep(stores, own)
    await keep(stores, replace(version, set_id=second))

    await stores.sets.delete(first)

    assert list(await stores.versions.due_artifacts(10)) == [own.artifact_name]


async def test_artifacts_are_due_until_they_are_removed(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    names = []
    for _ in range(3):
        version = a_version(set_id)
        names.append(version.artifact_name)
        await keep(stores, version)
    await stores.versions.delete(set_id, 1)
    await stores.sets.delete(set_id)
    await stores.pool.execute("UPDATE inspection.artifact_purges SET due_at = now()")

    assert len(await stores.versions.due_artifacts(2)) == 2
    assert set(await stores.versions.due_artifacts(10)) == set(names)
    await stores.versions.artifacts_removed(names[:2])
    assert list(await stores.versions.due_artifacts(10)) == names[2:]


SET = Threshold(
    value=3.0, target=0.02, low=0.0, high=0.1, held_out_count=3, extrapolated=False,
    set_by_person=True,
)  # fmt: skip


async def derived(stores: Stores, set_id: str, base: int, **changes: Any) -> Version | None:
    asked: dict[str, Any] = {"made_by": new_id(), "created_at": at(5), "use": True} | changes
    return await stores.versions.derive(set_id, base, SET, (), **asked)


async def test_a_version_differs_from_its_base_in_the_threshold(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    base = await stores.versions.get(set_id, 1)
    assert base is not None

    made = await derived(stores, set_id, 1)

    assert made == replace(
        base, version=2, created_at=at(5), threshold=SET, base_version=1, sensitivity=()
    )
    assert await stores.versions.get(set_id, 2) == made
    assert (await stores.seen(set_id, user)).current_version == 2
    assert not (await stores.seen(set_id, user)).changed


async def test_one_request_derives_one_version(stores: Stores, user: str) -> None:
    set_id, made_by = await stores.ready_set(user), new_id()
    first, again = await asyncio.gather(
        *(derived(stores, set_id, 1, made_by=made_by) for _ in range(2))
    )
    assert first == again
    await stores.versions.use(set_id, 1)
    assert await derived(stores, set_id, 1, made_by=made_by) == first
    assert (await stores.seen(set_id, user)).current_version == 1, "nothing more is changed"
    assert len(await stores.versions.list(set_id)) == 2


async def test_nothing_is_derived_from_nothing(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    assert await derived(stores, set_id, 7) is None
    assert await derived(stores, new_id(), 1) is None
    made = await derived(stores, set_id, 1, use=False)
    assert made is not None
    assert made.version == 2, "no number was used up"
    assert (await stores.seen(set_id, user)).current_version == 1


async def test_an_artifact_stays_as_long_as_a_version_has_it(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    made = await derived(stores, set_id, 1)
    assert made is not None

    assert await stores.versions.delete(set_id, 1)
    assert await due_in_an_hour(stores.pool) == set()
    assert await stores.kept(a_version(set_id)) == 3
    assert await stores.versions.delete(set_id, 2)
    assert await due_in_an_hour(stores.pool) == {made.artifact_name}


MARKS = (
    MarkScore(Mark("scratch", 1 / 32, 7.5, 5.0, Box(0, 0, 1, 1)), 0.1 + 0.2),
    MarkScore(Mark("spot", 1 / 6, 40.0, 2.0, Box(0, 0, 1, 1)), 1e-7),
)


async def test_what_painted_defects_score_is_kept_and_derived(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    before = await stores.versions.get(set_id, 1)
    assert before is not None
    assert before.marks is None, "as of a version of an earlier release"
    await stores.versions.remember_marks(set_id, 1, MARKS)
    await stores.versions.remember_marks(set_id, 1, MARKS[:1])
    await stores.versions.remember_marks(new_id(), 1, MARKS)
    kept = await stores.versions.get(set_id, 1)
    assert kept is not None
    assert kept.marks == MARKS
    made = await derived(stores, set_id, 1)
    assert made is not None
    assert made.marks == MARKS


async def test_a_set_tells_what_its_current_version_finds(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    version = await stores.versions.get(set_id, 1)
    assert version is not None
    assert (await stores.seen(set_id, user)).sensitivity == version.sensitivity != ()
    await derived(stores, set_id, 1)
    assert (await stores.seen(set_id, user)).sensitivity == (), "of the version in use"
