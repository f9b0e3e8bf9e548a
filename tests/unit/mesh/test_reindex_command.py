"""`argus reindex`: what is asked of the mesh, and what a person is told."""

import json

import pytest
from argus.search.v1 import reindex_pb2

from mesh.commands import reindex
from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reindex, "ASK_EVERY_S", 0.01)


def test_another_model_is_gone_over_to(fake: FakeMesh, argus: Argus) -> None:
    result = argus("reindex", "--model", "other")
    assert result.exit_code == 0, result.output
    assert "To other: done; it has 3 images." in result.stdout
    assert "argus models use other" in result.stdout
    assert not fake.index.started[0].again


@pytest.mark.parametrize("named", [(), ("--model", "compact")])
def test_again_means_the_model_in_use_if_none_is_named(
    fake: FakeMesh, argus: Argus, named: tuple[str, ...]
) -> None:
    result = argus("reindex", "--again", *named)
    assert result.exit_code == 0, result.output
    assert fake.index.started == [reindex_pb2.StartReindexRequest(model="compact", again=True)]
    assert "Searches use compact: 3 images." in result.stdout
    assert "Embedded again with compact: done; 3 images." in result.stdout
    assert "argus models use" not in result.stdout, "the model is what it was"


def test_another_model_can_embed_again_those_that_it_has(fake: FakeMesh, argus: Argus) -> None:
    result = argus("reindex", "--again", "--model", "other")
    assert fake.index.started == [reindex_pb2.StartReindexRequest(model="other", again=True)]
    assert "Embedded again with other: done; 3 images." in result.stdout
    assert "argus models use other" in result.stdout


def test_again_does_not_wait_if_it_is_to_detach(fake: FakeMesh, argus: Argus) -> None:
    result = argus("reindex", "--again", "--detach")
    assert result.exit_code == 0, result.output
    assert "Embedded again with compact: running; 0 images." in result.stdout
    assert "argus models use" not in result.stdout
    assert fake.index.told.state == reindex_pb2.Reindex.RUNNING


def test_images_that_could_not_be_embedded_again_are_told(fake: FakeMesh, argus: Argus) -> None:
    fake.index.told.failed_count = 2
    told = argus("reindex", "--again").stdout
    assert "2 images could not be embedded with it; those that had a vector of it keep" in told


def test_one_that_is_cancelled_meanwhile_fails(fake: FakeMesh, argus: Argus) -> None:
    fake.index.ends = reindex_pb2.Reindex.CANCELLED
    result = argus("reindex", "--again", "--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["state"], told["again"]) == ("CANCELLED", True)


@pytest.mark.parametrize("begins", [("--again",), ("--model", "other")])
def test_who_begins_does_not_cancel(fake: FakeMesh, argus: Argus, begins: tuple[str, ...]) -> None:
    with pytest.raises(MeshError, match=r"Begin one or cancel one\?") as caught:
        argus("reindex", *begins, "--cancel")
    assert begins[0] in str(caught.value.advice)
    assert not fake.index.started
    assert not fake.index.cancelled


def test_there_must_be_something_to_detach_from(argus: Argus) -> None:
    with pytest.raises(MeshError, match="nothing to begin"):
        argus("reindex", "--detach")
