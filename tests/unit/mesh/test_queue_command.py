from uuid import uuid4

import pytest
from argus.inspection.v1 import inspection_pb2

from mesh.errors import MeshError
from tests.support.fake_store import FakeStore
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import SOMEBODY, FakeMesh


@pytest.fixture
def waiting(fake: FakeMesh, store: FakeStore) -> list[inspection_pb2.ReviewItem]:
    """A queue of three, of which a page has two."""
    fake.inspection.waiting = [
        inspection_pb2.ReviewItem(
            inspection_id=str(uuid4()),
            image_id=str(uuid4()),
            score=2.1,
            threshold=2.0,
            verdict=inspection_pb2.InspectResponse.ANOMALOUS,
            uncertainty=0.9,
        )
        for _ in range(3)
    ]
    for item in fake.inspection.waiting:
        store.objects[f"/{item.image_id}"] = b"a picture"
    return fake.inspection.waiting


def test_the_queue_is_shown(argus: Argus, waiting: list[inspection_pb2.ReviewItem]) -> None:
    result = argus("queue", "--limit", "1")
    assert result.exit_code == 0, result.output
    assert waiting[0].image_id in result.stdout
    assert waiting[1].image_id not in result.stdout


@pytest.mark.parametrize(("option", "nothing"), [((), "--import"), (("--claim",), "others")])
def test_an_empty_queue_says_so(argus: Argus, option: tuple[str, ...], nothing: str) -> None:
    assert nothing in argus("queue", *option).stdout


def test_what_is_claimed_can_be_given_back(
    fake: FakeMesh, argus: Argus, waiting: list[inspection_pb2.ReviewItem]
) -> None:
    fake.inspection.add_set("tiles")
    result = argus("queue", "--set", "tiles", "--claim", "--limit", "2")
    assert result.exit_code == 0, result.output
    assert [one.image_id in result.stdout for one in waiting] == [True, True, False]
    assert f"argus queue --release {SOMEBODY}" in result.stdout
    assert "Given back" in argus("queue", "--release", SOMEBODY).stdout
    claimed, released = fake.inspection.queued
    assert claimed.reference_set_id == fake.inspection.sets[0].reference_set_id
    assert claimed.request_id
    assert released.claim_id == SOMEBODY


@pytest.mark.parametrize("option", ["--skip", "--unskip"])
def test_an_item_is_skipped_by_its_image_or_its_inspection(
    fake: FakeMesh, argus: Argus, waiting: list[inspection_pb2.ReviewItem], option: str
) -> None:
    last = waiting[-1]
    for named in (last.image_id, last.inspection_id):
        assert argus("queue", option, named).exit_code == 0
    assert [one.inspection_id for one in fake.inspection.queued] == [last.inspection_id] * 2
    assert option[2:] in type(fake.inspection.queued[0]).__name__.lower()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--skip", "cat.jpg"), "is not an id"),
        (("--release", "\x1b[31m"), "is not an id"),
        (("--claim", "--skip", SOMEBODY), "one at a time"),
    ],
)
def test_what_cannot_be_done_is_said(argus: Argus, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(MeshError, match=words):
        argus("queue", *arguments)
