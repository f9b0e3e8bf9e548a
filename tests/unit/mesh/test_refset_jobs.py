from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh, status

Job = inspection_pb2.Job

RUNNING = Job(
    job_id=str(uuid4()), kind=Job.COMPARISON, state=Job.RUNNING, versions=[1, 2],
    stage="inspects with version 1", images_done=3, images_total=8,
)  # fmt: skip
COMPARED = Job(
    job_id=RUNNING.job_id, kind=Job.COMPARISON, state=Job.SUCCEEDED, versions=[1, 2],
    comparison=inspection_pb2.Comparison(only_a_right=1, only_b_right=9, p_value=0.021),
)  # fmt: skip
Wanted = inspection_pb2.WantedFeedback
TRAINED = Job(
    job_id=str(uuid4()), kind=Job.HEAD_TRAINING, state=Job.SUCCEEDED, versions=[1],
    head_training=inspection_pb2.HeadTraining(
        kept=True, version=2, explanation="Kept: better.", defect_count=19, marked_count=4,
        wanted=[
            Wanted(kind="crack", count=16, advice=Wanted.MORE_HELPS, more=16, error=0.08,
                   expected_error=0.06),
            Wanted(kind="", count=3, advice=Wanted.TOO_EARLY, more=5),
            Wanted(kind="normal", count=40, advice=Wanted.ENOUGH),
        ],
    ),
)  # fmt: skip


def refused(argus: Argus, *arguments: str) -> MeshError:
    with pytest.raises(MeshError) as caught:
        argus(*arguments)
    return caught.value


def test_a_comparison_is_followed_to_its_end(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.progress = [RUNNING, COMPARED]
    result = argus("refset", "compare", "tiles", "1", "2")
    assert result.exit_code == 0
    assert "Version 2 is right more often" in result.stdout
    [request] = fake.inspection.reviews
    assert (request.version_a, request.version_b) == (1, 2)
    assert request.request_id


def test_a_head_is_trained_and_said_to_be_made(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING, TRAINED]
    result = argus("refset", "train", "tiles")
    assert "Kept: better." in result.stdout
    told = " ".join(result.stdout.split())
    assert "some 16 more “crack” (16 so far): pairs ranked wrongly, from 8.0% to" in told
    assert "whether more defects without a name help cannot be said yet (3 so far); 5" in told
    assert "enough normal images (40 so far)" in told
    assert "4 of 19 defects are marked" in told
    assert "argus refset use tiles 2" in result.stdout


def test_a_watch_that_breaks_is_resumed_where_it_was(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.progress = [RUNNING, RUNNING, COMPARED]
    fake.inspection.break_watch_after = 2
    assert "right more often" in argus("refset", "compare", "tiles", "1", "2").stdout
    assert fake.inspection.resumed == ["", "2"]


def test_a_watch_that_ends_with_its_token_is_resumed_too(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles", version=2)
    fake.inspection.progress = [RUNNING, RUNNING, COMPARED]
    fake.inspection.break_watch_after = 2
    fake.inspection.breaks_with = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED", "expired")
    assert "right more often" in argus("refset", "compare", "tiles", "1", "2").stdout
    assert fake.inspection.resumed == ["", "2"]


def test_too_little_feedback_gets_advice_at_once_and_afterwards(
    fake: FakeMesh, argus: Argus
) -> None:
    fake.inspection.add_set("tiles")
    code = grpc.StatusCode.FAILED_PRECONDITION
    error = status(code, "FEEDBACK_INSUFFICIENT", "Nobody judged anything.")
    fake.inspection.progress = [RUNNING, Job(kind=Job.HEAD_TRAINING, state=Job.FAILED, error=error)]
    result = argus("refset", "train", "tiles")
    assert result.exit_code == 1
    assert "The head training failed: Nobody judged anything." in result.stdout
    assert "argus queue" in result.stdout
    fake.inspection.refusal = (code, "FEEDBACK_INSUFFICIENT", "Nobody judged anything.")
    assert "argus queue" in refused(argus, "refset", "train", "tiles").advice


def test_whoever_does_not_wait_is_told_how_to_look(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING]
    result = argus("refset", "train", "tiles", "--no-wait")
    assert result.exit_code == 0
    assert f"argus refset job tiles {RUNNING.job_id}" in result.stdout


def test_leaving_a_comparison_alone_says_how_to_come_back(
    fake: FakeMesh, argus: Argus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    fake.inspection.add_set("tiles")
    fake.inspection.progress = [RUNNING]
    monkeypatch.setattr("mesh.commands.refset.following.follow", interrupted)
    result = argus("refset", "compare", "tiles", "1", "2")
    assert result.exit_code == 130
    assert "`argus refset job tiles` shows its progress" in result.stderr
    assert "--cancel" in result.stderr


def test_jobs_are_listed_on_all_pages(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    assert "no job yet" in argus("refset", "jobs", "tiles").stdout
    fake.inspection.listed = [RUNNING, TRAINED]
    listed = argus("refset", "jobs", "tiles").stdout
    assert RUNNING.job_id in listed
    assert TRAINED.job_id in listed
    assert "head training" in listed
    assert TRAINED.job_id not in argus("refset", "jobs", "tiles", "--limit", "1").stdout


def test_a_job_is_shown_again_and_cancelled(fake: FakeMesh, argus: Argus) -> None:
    fake.inspection.add_set("tiles")
    assert "no job yet" in str(refused(argus, "refset", "job", "tiles"))
    fake.inspection.listed = [RUNNING, TRAINED]
    fake.inspection.progress = [RUNNING, COMPARED]
    assert "right more often" in argus("refset", "job", "tiles").stdout
    assert argus("refset", "job", "tiles", "--cancel").stdout == "Cancelled.\n"
    ended = refused(argus, "refset", "job", "tiles", TRAINED.job_id, "--cancel")
    assert "nothing to cancel" in str(ended)
