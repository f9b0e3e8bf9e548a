"""`argus check` and `argus events`: what is asked, what a person reads, and the exit code."""

import json

import pytest
from argus.storage.v1 import operator_pb2
from argus.type.v1.finding_pb2 import Finding

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

LOST = Finding(
    kind=Finding.VECTOR_MISSING,
    subject="an image\x1b[31m",
    description="search does not have it",
    repair=Finding.POSSIBLE,
)
GONE = Finding(
    kind=Finding.ARTIFACT_MISSING,
    subject="reference-sets/a/b",
    description="calibrate anew",
    repair=Finding.BY_HAND,
)


@pytest.fixture
def ids(fake: FakeMesh) -> list[str]:
    """Ids of events that were given up."""
    for number in (1, 2, 3):
        event = operator_pb2.DeadEvent(
            dead_event_id=f"{number}-0",
            stream="argus:images",
            service="search",
            replica="here",
            event='{"type": "\x1b[31m"}',
            cause="FAILS",
            message="ValueError: no",
            attempts=10,
        )
        fake.operators.dead[event.dead_event_id] = event
    return list(fake.operators.dead)


def test_where_everything_agrees_it_says_so_and_exits_with_0(fake: FakeMesh, argus: Argus) -> None:
    result = argus("check", "--as-admin")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "images 1,234, vectors 1,200, artifacts 7" in result.stderr
    assert "Everything agrees." in result.stderr
    assert {one.grace.seconds for one in fake.operators.asked} == {3600}
    assert {one.settle.seconds for one in fake.operators.asked} == {5}
    assert not any(one.repair for one in fake.operators.asked)


def test_what_is_wrong_is_told_and_nothing_is_changed(fake: FakeMesh, argus: Argus) -> None:
    fake.operators.findings = [LOST, GONE]
    result = argus("check", "--as-admin", "--grace-minutes", "0.5", "--settle-s", "0")
    assert result.exit_code == 1
    assert "vector missing: an image" in result.stdout
    assert "artifact missing (by hand): reference-sets/a/b: calibrate anew" in result.stdout
    assert "\x1b" not in result.stdout
    assert "2 findings; nothing was changed." in result.stderr
    assert "mends 1 of them" in result.stderr
    assert {one.grace.seconds for one in fake.operators.asked} == {30}
    assert {one.settle.ToNanoseconds() for one in fake.operators.asked} == {0}


def test_what_is_mended_is_told_and_what_is_left_ends_with_1(fake: FakeMesh, argus: Argus) -> None:
    fake.operators.findings = [LOST]
    result = argus("check", "--as-admin", "--repair")
    assert result.exit_code == 0
    assert "vector missing (mended)" in result.stdout
    assert "Mended 1 of 1 finding." in result.stderr
    fake.operators.findings = [LOST, GONE]
    result = argus("check", "--as-admin", "--repair", "--format", "json")
    assert result.exit_code == 1
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["kind"], one["repair"]) for one in told] == [
        ("VECTOR_MISSING", "MENDED"),
        ("ARTIFACT_MISSING", "BY_HAND"),
    ]
    assert "1 finding left for a person" in result.stderr


def test_without_a_mesh_on_this_machine_it_says_what_to_do(argus: Argus) -> None:
    with pytest.raises(MeshError, match="Nothing runs on"):
        argus("check", "--data-dir", "nowhere")


def test_events_are_listed_page_by_page_and_explained(ids: list[str], argus: Argus) -> None:
    listed = argus("events", "list", "--as-admin").stdout
    assert all(one in listed for one in ids)
    assert "10 attempts" in listed
    assert "\x1b" not in listed
    assert ids[2] not in argus("events", "list", "--as-admin", "--limit", "2").stdout
    lines = argus("events", "list", "--as-admin", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["deadEventId"] for line in lines] == ids
    explained = argus("events", "explain", ids[0], "--as-admin").stdout
    assert "FAILS: ValueError: no" in explained
    assert "Replay it." in explained
    assert "\x1b" not in explained


def test_events_are_replayed_and_discarded(fake: FakeMesh, ids: list[str], argus: Argus) -> None:
    assert "Sent 1 event again." in argus("events", "replay", ids[0], "--as-admin").stdout
    assert fake.operators.replayed == ids[:1]
    assert "Sent 0 events again." in argus("events", "replay", ids[0], "--as-admin").stdout
    assert "Forgot 2 events." in argus("events", "discard", "--all", "--as-admin").stdout
    assert "No event was given up." in argus("events", "list", "--as-admin").stdout


@pytest.mark.parametrize("arguments", [["replay"], ["discard"], ["replay", "1-0", "--all"]])
def test_which_events_has_to_be_said(argus: Argus, arguments: list[str]) -> None:
    with pytest.raises(MeshError, match="Name the events"):
        argus("events", *arguments, "--as-admin")
