"""Jobs: asked for once, seen by whom they concern, watched, cancelled."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.eventually import DEADLINE_S
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready
from tests.support.services import error_info


@pytest.fixture
async def judged(ready: Ready) -> Ready:
    """A set with feedback that versions can be compared by."""
    image_id = await ready.owner.upload(part(950, defect="red"))
    await ready.owner.inspect(ready.set_id, image_id=image_id)
    await ready.owner.say("confirm_anomaly", image_id)
    return ready


@pytest.fixture
async def held(ada: Inspecting) -> AsyncIterator[pb.Job]:
    """A calibration of Ada's that gets no features."""
    embedder = ada.world.embedder
    embedder.answers.clear()
    try:
        set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(2)))
        yield await ada.call("CalibrateReferenceSet", reference_set_id=set_id)
    finally:
        embedder.answers.set()


def watching(user: Inspecting, job: pb.Job, after_cursor: str = "") -> Any:
    request = pb.WatchJobRequest(
        reference_set_id=job.reference_set_id, job_id=job.job_id, after_cursor=after_cursor
    )
    return user.world.inspection.WatchJob(request, metadata=user.token, timeout=DEADLINE_S)


async def test_a_comparison_says_what_was_asked_for_and_what_came_of_it(judged: Ready) -> None:
    owner, set_id = judged.owner, judged.set_id
    ended = await owner.done("CompareVersions", set_id, version_a=1, version_b=1)
    assert (ended.kind, list(ended.versions)) == (pb.Job.COMPARISON, [1, 1])
    assert ended.user_id == owner.user_id
    assert ended.images_done == ended.images_total > 0
    assert ended.WhichOneof("result") == "comparison"
    assert ended.comparison.a.true_positives >= 1
    assert ended.comparison.a == ended.comparison.b
    assert ended.end_time.ToDatetime() >= ended.create_time.ToDatetime()
    names: dict[str, Any] = {"reference_set_id": set_id, "job_id": ended.job_id}
    assert await owner.call("GetJob", **names) == ended
    assert await owner.call("CancelJob", **names) == ended, "it has ended"


async def test_the_same_request_is_one_job(judged: Ready) -> None:
    owner, set_id = judged.owner, judged.set_id
    fields: dict[str, Any] = {
        "reference_set_id": set_id,
        "version_a": 1,
        "version_b": 1,
        "request_id": str(uuid4()),
    }
    first, again = [await owner.call("CompareVersions", **fields) for _ in range(2)]
    assert first.job_id == again.job_id
    other = await owner.call("CompareVersions", **fields | {"request_id": str(uuid4())})
    assert other.job_id != first.job_id


async def test_jobs_are_listed_in_pages(judged: Ready) -> None:
    owner, set_id = judged.owner, judged.set_id
    made = [await owner.done("CompareVersions", set_id, version_a=1, version_b=1) for _ in range(3)]
    first = await owner.call(
        "ListJobs", reference_set_id=set_id, kind=pb.Job.COMPARISON, page_size=2
    )
    assert list(first.jobs) == [made[2], made[1]]
    rest = await owner.call(
        "ListJobs",
        reference_set_id=set_id,
        kind=pb.Job.COMPARISON,
        page_token=first.next_page_token,
    )
    assert rest.jobs[0] == made[0]
    (calibration,) = (
        await owner.call("ListJobs", reference_set_id=set_id, kind=pb.Job.CALIBRATION)
    ).jobs
    assert calibration == (await owner.see(set_id)).last_calibration
    other_query = await owner.refused(
        "ListJobs", reference_set_id=set_id, page_token=first.next_page_token
    )
    assert other_query == "INVALID_PAGE_TOKEN"


async def test_a_comparison_is_its_askers_and_the_owners(judged: Ready, ben: Inspecting) -> None:
    owner, set_id = judged.owner, judged.set_id
    await owner.share(set_id, ben)
    image_id = await ben.upload(part(951))
    await ben.inspect(set_id, image_id=image_id)
    await ben.say("mark_normal", image_id)
    his = await ben.done("CompareVersions", set_id, version_a=1, version_b=1)
    hers = await owner.done("CompareVersions", set_id, version_a=1, version_b=1)
    assert his.comparison.a.true_negatives == 1
    for user, job, seen in ((owner, his, True), (ben, his, True), (ben, hers, False)):
        listed = (await user.call("ListJobs", reference_set_id=set_id)).jobs
        assert (job in listed) == seen
        names: dict[str, Any] = {"reference_set_id": set_id, "job_id": job.job_id}
        if seen:
            assert await user.call("GetJob", **names) == job
            continue
        assert await user.refused("GetJob", **names) == "JOB_NOT_FOUND"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await watching(user, job).read()
        assert error_info(caught.value).reason == "JOB_NOT_FOUND"
        assert await user.refused("CancelJob", **names) == "REFERENCE_SET_READ_ONLY"
    assert await ben.call("CancelJob", reference_set_id=set_id, job_id=his.job_id) == his
    shared = (await ben.call("ListJobs", reference_set_id=set_id, kind=pb.Job.CALIBRATION)).jobs
    assert len(shared) == 1
    await owner.call("UnshareReferenceSet", reference_set_id=set_id, user_ids=[ben.user_id])


async def test_a_watch_is_resumed_after_its_cursor(ada: Inspecting, held: pb.Job) -> None:
    stream = watching(ada, held)
    seen = await stream.read()
    while seen.job.state != pb.Job.RUNNING or "features" not in seen.job.stage:
        seen = await stream.read()
    stream.cancel()
    resumed = watching(ada, held, seen.cursor)
    ada.world.embedder.answers.set()
    changes = [message async for message in resumed]
    assert all(message.job != seen.job for message in changes), "only what came after"
    assert changes[-1].job.state == pb.Job.SUCCEEDED
    assert len({message.cursor for message in changes}) == len(changes)
    again = [message async for message in watching(ada, held, changes[-1].cursor)]
    assert again == changes[-1:], "how it ended"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watching(ada, held, "forged").read()
    assert error_info(caught.value).reason == "INVALID_CURSOR"


async def test_a_calibration_that_is_cancelled_tells_its_watchers(
    ada: Inspecting, held: pb.Job
) -> None:
    seen: list[pb.Job] = []
    async for message in watching(ada, held):
        if not seen:
            await ada.call("CancelJob", reference_set_id=held.reference_set_id, job_id=held.job_id)
        seen.append(message.job)
    assert seen[-1].state == pb.Job.CANCELLED
    assert not seen[-1].HasField("error")
