"""What inspection asks of the queue of jobs."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.inspection.errors import CalibrationUnderWay, ReferenceSetNotFound, TooManyJobs
from services.inspection.job import (
    Comparison,
    ComparisonRequest,
    Ending,
    HeadTraining,
    HeadTrainingRequest,
    Job,
    JobKind,
    JobState,
    Side,
)
from services.inspection.model import Counts, SkippedImage
from tests.support.inspection.records import MOST_JOBS, Stores, a_job, at, new_id

SKIPPED = (SkippedImage(new_id(), "IMAGE_NOT_FOUND", "it was deleted"),)
HEAD = HeadTrainingRequest(1)
COMPARE = ComparisonRequest(1, 2)


async def now(stores: Stores, job: Job) -> Job:
    found = await stores.jobs.get(job.set_id, job.job_id)
    assert found is not None
    return found


async def report(stores: Stores, job: Job, *, lease_s: float = 60) -> bool:
    return await stores.jobs.report(job, stage="takes features", done=3, total=7, lease_s=lease_s)


async def queued(stores: Stores, job: Job) -> Job:
    return await stores.jobs.create(job, most=MOST_JOBS)


@pytest.mark.parametrize("kind", list(JobKind))
async def test_a_job_is_as_it_was_queued(stores: Stores, user: str, kind: JobKind) -> None:
    request = {JobKind.HEAD_TRAINING: HEAD, JobKind.COMPARISON: COMPARE}.get(kind)
    changes = {} if request is None else {"request": request}
    job = a_job(await stores.new_set(user), **changes)

    assert await queued(stores, job) == job

    assert job.kind is kind
    assert await now(stores, job) == job
    assert await stores.jobs.get(job.set_id, new_id()) is None
    assert await stores.jobs.get(new_id(), job.job_id) is None


async def test_a_set_has_one_calibration_under_way(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)

    many = [a_job(set_id, user_id=user) for _ in range(6)]
    answers = await asyncio.gather(*(queued(stores, one) for one in many), return_exceptions=True)
    assert sum(isinstance(one, Job) for one in answers) == 1
    assert sum(isinstance(one, CalibrationUnderWay) for one in answers) == 5

    taken = await stores.taken("one")
    assert taken is not None
    with pytest.raises(CalibrationUnderWay):
        await queued(stores, a_job(set_id, user_id=user))
    await stores.jobs.fail(taken, "JOB_FAILED", "no", ())
    await queued(stores, a_job(set_id, user_id=user))


async def test_other_jobs_of_a_set_are_as_many_as_are_asked_for(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    await queued(stores, a_job(set_id))

    for request in (HEAD, HEAD, COMPARE, COMPARE):
        await queued(stores, a_job(set_id, request=request))


async def test_a_request_that_is_sent_again_is_queued_once(stores: Stores, user: str) -> None:
    job = a_job(await stores.new_set(user), user_id=user)

    answers = await asyncio.gather(*(queued(stores, job) for _ in range(6)))

    assert answers == [job] * 6
    taken = await stores.taken("one")
    assert await queued(stores, job) == taken
    await stores.jobs.cancel(job.set_id, job.job_id)
    assert (await queued(stores, job)).state is JobState.CANCELLED


async def test_a_user_has_only_so_many_unfinished_jobs(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    jobs = [a_job(set_id, user_id=user, request=HEAD) for _ in range(5)]

    answers = await asyncio.gather(
        *(stores.jobs.create(job, most=3) for job in jobs), return_exceptions=True
    )

    kept = [one for one in answers if isinstance(one, Job)]
    assert len(kept) == 3
    assert sum(isinstance(one, TooManyJobs) for one in answers) == 2
    assert await stores.jobs.create(kept[0], most=3) == kept[0], "it is there already"
    await stores.jobs.create(a_job(set_id, user_id=other, request=HEAD), most=3)
    await stores.jobs.cancel(set_id, kept[0].job_id)
    await stores.jobs.create(a_job(set_id, user_id=user, request=HEAD), most=3)


async def test_a_set_that_is_gone_gets_none(stores: Stores) -> None:
    with pytest.raises(ReferenceSetNotFound):
        await queued(stores, a_job(new_id()))


async def test_the_oldest_is_taken_first_and_by_one(stores: Stores, user: str) -> None:
    jobs = [
        a_job(await stores.new_set(user), user_id=user, created_at=at(minute))
        for minute in (3, 1, 2)
    ]
    for one in jobs:
        await queued(stores, one)

    first = await stores.taken("one")
    assert first == replace(jobs[1], state=JobState.RUNNING, attempts=1, revision=1)
    assert first == await now(stores, jobs[1])
    rest = await asyncio.gather(*(stores.taken(f"replica {n}") for n in range(4)))
    assert sorted(one.job_id for one in rest if one) == sorted(
        one.job_id for one in (jobs[0], jobs[2])
    )


async def in_turn(stores: Stores) -> list[str]:
    """Whose jobs are taken, one after the other, each ended before the next."""
    users = []
    while job := await stores.taken("one"):
        users.append(job.user_id)
        await stores.jobs.fail(job, "JOB_FAILED", "no", ())
    return users


async def test_users_take_turns(stores: Stores, user: str, other: str) -> None:
    third = new_id()
    for who, minutes in ((user, range(6)), (other, (10, 11)), (third, (20,))):
        for minute in minutes:
            set_id = await stores.new_set(who)
            await queued(stores, a_job(set_id, user_id=who, created_at=at(minute)))

    assert await in_turn(stores) == [user, other, third, user, other, *[user] * 4]

    # Whoever had a turn last comes last, however early it was asked for.
    for who, minute in ((user, 30), (third, 31), (other, 32)):
        set_id = await stores.new_set(who)
        await queued(stores, a_job(set_id, user_id=who, created_at=at(minute)))
    assert await in_turn(stores) == [third, other, user]


async def test_replicas_that_take_at_once_do_not_serve_one_user_alone(
    stores: Stores, user: str, other: str
) -> None:
    for who, minutes in ((user, range(6)), (other, (10,))):
        for minute in minutes:
            set_id = await stores.new_set(who)
            await queued(stores, a_job(set_id, user_id=who, created_at=at(minute)))

    taken = await asyncio.gather(*(stores.taken(f"replica {n}") for n in range(4)))

    assert len({one.job_id for one in taken if one}) == 4
    assert other in {one.user_id for one in taken if one}


async def test_each_lane_has_its_own_kinds_and_turns(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    calibration = await queued(stores, a_job(set_id, created_at=at(0)))
    comparison = await queued(stores, a_job(set_id, request=COMPARE, created_at=at(1)))

    taken = await stores.taken("one", JobKind.HEAD_TRAINING, JobKind.COMPARISON)

    assert taken is not None
    assert taken.job_id == comparison.job_id
    assert await stores.taken("two", JobKind.HEAD_TRAINING, JobKind.COMPARISON) is None
    taken = await stores.taken("one", JobKind.CALIBRATION)
    assert taken is not None
    assert taken.job_id == calibration.job_id


async def test_progress_is_shown_and_holds_the_lease(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user), lease_s=-1)

    assert await report(stores, taken)

    seen = replace(taken, stage="takes features", images_done=3, images_total=7, revision=2)
    assert await now(stores, taken) == seen
    assert await stores.taken("two") is None
    assert await report(stores, taken)
    assert await now(stores, taken) == seen, "a lease that is held on to is no news"


async def test_one_whose_replica_is_silent_is_begun_again_by_another(
    stores: Stores, user: str
) -> None:
    first = await stores.begun(await stores.new_set(user))
    await report(stores, first, lease_s=-1)

    second = await stores.taken("two")
    assert second is not None
    assert second == replace(
        first, attempts=2, crashes=1, stage="takes features", images_total=7, revision=3
    )

    assert not await report(stores, first)
    await stores.jobs.fail(first, "JOB_FAILED", "no", SKIPPED)
    await stores.jobs.leave(first)
    assert await now(stores, second) == second
    assert await report(stores, second)


async def test_one_that_is_left_waits_again_and_that_is_no_crash(
    stores: Stores, user: str, other: str
) -> None:
    job = await stores.begun(await stores.new_set(user))
    await queued(stores, a_job(await stores.new_set(other), user_id=other))
    for _ in range(5):
        await stores.jobs.leave(job)
        assert not await report(stores, job)
        waiting = await now(stores, job)
        assert (waiting.state, waiting.stage) == (JobState.QUEUED, "waits for its turn again")

        again = await stores.taken("two")
        assert again is not None
        assert again.job_id == job.job_id, "it had its turn already"
        job = again

    assert (job.attempts, job.crashes) == (6, 0)


async def test_a_failure_says_why(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))

    await stores.jobs.fail(taken, "IMAGES_UNUSABLE", "none can be read", SKIPPED)

    failed = await now(stores, taken)
    assert failed.state is JobState.FAILED
    assert (failed.error_reason, failed.error_message) == ("IMAGES_UNUSABLE", "none can be read")
    assert tuple(failed.skipped) == SKIPPED
    assert failed.ended_at is not None
    await stores.jobs.fail(taken, "JOB_FAILED", "again", ())
    await stores.jobs.leave(taken)
    assert not await report(stores, taken)
    assert not await stores.jobs.succeed(Ending(taken, COMPARED, 1, 1))
    assert await now(stores, taken) == failed


COMPARED = Comparison(
    Side(Counts(1, 2, 3, 4), 0.75), Side(Counts(4, 3, 2, 1), None), 5, 6, p_value=0.5
)


@pytest.mark.parametrize(
    ("request_", "result"),
    [
        (COMPARE, COMPARED),
        (HEAD, HeadTraining(0.5, 0.625, 8, 9, "Not kept: no gain.")),
    ],
)
async def test_a_success_shows_what_came_of_it(
    stores: Stores,
    user: str,
    request_: ComparisonRequest | HeadTrainingRequest,
    result: Comparison | HeadTraining,
) -> None:
    taken = await stores.begun(await stores.new_set(user), request=request_)

    assert await stores.jobs.succeed(Ending(taken, result, 8, 9, SKIPPED))

    ended = await now(stores, taken)
    assert ended == replace(
        taken,
        state=JobState.SUCCEEDED,
        stage="",
        result=result,
        images_done=8,
        images_total=9,
        skipped=SKIPPED,
        ended_at=ended.ended_at,
        revision=taken.revision + 1,
    )
    assert ended.ended_at is not None
    assert not await stores.jobs.succeed(Ending(taken, result, 8, 9))


async def test_one_that_waits_is_cancelled(stores: Stores, user: str) -> None:
    job = await queued(stores, a_job(await stores.new_set(user)))

    cancelled = await stores.jobs.cancel(job.set_id, job.job_id)

    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    assert cancelled.ended_at is not None
    assert cancelled.revision > job.revision
    assert await stores.taken("one") is None


async def test_one_under_way_is_cancelled_and_let_go_of(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user), request=COMPARE)

    cancelled = await stores.jobs.cancel(taken.set_id, taken.job_id)

    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    assert not await report(stores, taken)
    await stores.jobs.fail(taken, "JOB_FAILED", "no", ())
    await stores.jobs.leave(taken)
    assert not await stores.jobs.succeed(Ending(taken, COMPARED, 1, 1))
    assert await now(stores, taken) == cancelled


async def test_one_that_has_ended_stays_as_it_is(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))
    await stores.jobs.fail(taken, "JOB_FAILED", "no", ())
    failed = await now(stores, taken)

    assert await stores.jobs.cancel(taken.set_id, taken.job_id) == failed


async def test_of_another_set_none_is_cancelled(stores: Stores, user: str) -> None:
    job = await queued(stores, a_job(await stores.new_set(user)))

    assert await stores.jobs.cancel(new_id(), job.job_id) is None
    assert await stores.jobs.cancel(job.set_id, new_id()) is None
    assert await now(stores, job) == job


async def test_one_whose_set_is_deleted_is_let_go_of(stores: Stores, user: str) -> None:
    taken = await stores.begun(await stores.new_set(user))
    await stores.sets.delete(taken.set_id)

    assert not await report(stores, taken)
    assert await stores.jobs.get(taken.set_id, taken.job_id) is None
    assert await stores.jobs.sight(taken.set_id, taken.job_id) is None


async def test_jobs_are_listed_newest_first_in_pages_that_miss_none(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user)
    await queued(stores, a_job(await stores.new_set(user), request=HEAD))
    theirs = [await queued(stores, a_job(set_id, user_id=other, request=COMPARE)) for _ in range(3)]
    heads = [await queued(stores, a_job(set_id, user_id=user, request=HEAD)) for _ in range(4)]
    newest = await queued(stores, a_job(set_id, user_id=user, created_at=at(1)))

    async def listed(kind: JobKind | None = None, comparisons_of: str = "") -> list[str]:
        pages: list[str] = []
        before = None
        while page := await stores.jobs.list(
            set_id, kind=kind, comparisons_of=comparisons_of, before=before, limit=3
        ):
            pages += ids(page)
            before = (page[-1].created_at, page[-1].job_id)
        return pages

    def in_order(*jobs: Job) -> list[str]:
        return sorted(ids(jobs), reverse=True)

    assert await listed() == [newest.job_id, *in_order(*theirs, *heads)]
    assert await listed(JobKind.HEAD_TRAINING) == in_order(*heads)
    assert await listed(JobKind.COMPARISON, other) == in_order(*theirs)
    assert await listed(JobKind.COMPARISON, new_id()) == []
    assert await listed(comparisons_of=new_id()) == [newest.job_id, *in_order(*heads)]


def ids(jobs: Sequence[Job]) -> list[str]:
    return [job.job_id for job in jobs]


async def test_a_sight_tells_who_may_see_it(stores: Stores, user: str, other: str) -> None:
    job = await queued(stores, a_job(await stores.new_set(user)))
    await stores.share(job.set_id, [other])

    sight = await stores.jobs.sight(job.set_id, job.job_id)

    assert sight is not None
    assert (sight.owner_id, sight.member_ids, sight.job) == (user, frozenset({other}), job)
    none = await stores.jobs.sight(job.set_id, new_id())
    assert none is not None
    assert none.job is None


async def test_jobs_past_their_time_are_forgotten_but_not_the_last_calibration(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user)

    async def failed(minute: float, **changes: HeadTrainingRequest) -> Job:
        job = await queued(stores, a_job(set_id, created_at=at(minute), **changes))
        await stores.jobs.cancel(set_id, job.job_id)
        return job

    await failed(0)
    last = await failed(1)
    await failed(2, request=HEAD)
    waiting = await queued(stores, a_job(set_id, request=HEAD, created_at=at(3)))
    await stores.pool.execute(
        "UPDATE inspection.jobs SET ended_at = $1 WHERE ended_at IS NOT NULL", at(4)
    )

    await stores.jobs.forget_before(at(4))
    everything: dict[str, Any] = {"kind": None, "comparisons_of": "", "before": None, "limit": 9}
    assert len(await stores.jobs.list(set_id, **everything)) == 4, "not past their time"
    await stores.jobs.forget_before(at(5))

    left = await stores.jobs.list(set_id, **everything)
    assert ids(left) == [waiting.job_id, last.job_id]
