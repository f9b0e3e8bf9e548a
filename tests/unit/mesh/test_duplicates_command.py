"""`argus duplicates`: what is shown, what is asked before anything is deleted, and what stays."""

import json
from uuid import uuid4

import pytest
from argus.search.v1 import duplicates_pb2
from argus.storage.v1 import image_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

Cluster = duplicates_pb2.DuplicateCluster


def store(fake: FakeMesh, *names: str) -> list[str]:
    ids = []
    for name in names:
        image = image_pb2.Image(image_id=str(uuid4()), filename=name, width=3, height=2)
        fake.images.stored[image.image_id] = image
        ids.append(image.image_id)
    return ids


def cluster(fake: FakeMesh, kind: Cluster.Kind, *ids: str, first: int = 0, count: int = 0) -> None:
    message = Cluster(kind=kind, image_count=count or len(ids), first=first)
    for image_id in ids:
        member = message.images.add(image=fake.images.stored[image_id], distance=2)
        if kind == Cluster.ALIKE:
            member.cosine = 0.981
    fake.search.duplicates.append(message)


@pytest.fixture
def ids(fake: FakeMesh) -> list[str]:
    """Images a to f: a and b are the same, c is the best picture of a, d and e are alike."""
    found = store(fake, "a.png", "b\x1b[31m.png", "c.png", "d.png", "e.png", "f.png")
    a, b, c, d, e, _ = found
    cluster(fake, Cluster.EXACT, a, b)
    cluster(fake, Cluster.NEAR, c, a)
    cluster(fake, Cluster.ALIKE, d, e)
    return found


def test_clusters_are_shown_best_first_with_what_they_would_free(
    ids: list[str], argus: Argus
) -> None:
    out = argus("duplicates").stdout
    assert all(one in out for one in ids[:5])
    assert ids[5] not in out
    assert "\x1b" not in out
    assert "2 images, the same picture:" in out
    assert all(word in out for word in ("best", "same", "2 bits", "0.981"))
    assert "3 duplicates in 3 clusters among 9 images: 3.0 MiB." in out
    assert "1 image not indexed yet" in out


def test_what_is_asked_for_is_asked_of_the_mesh(fake: FakeMesh, argus: Argus) -> None:
    result = argus(
        "duplicates", "--kind", "near", "--kind", "alike", "--filter", "labels:line",
        "--max-distance", "0", "--min-cosine", "0.9", "--min-size", "3", "--limit", "5",
    )  # fmt: skip
    assert "No duplicates among 9 images." in result.stdout
    (asked,) = fake.search.asked_for_duplicates
    assert list(asked.kinds) == [Cluster.NEAR, Cluster.ALIKE]
    assert (asked.filter, asked.max_distance, asked.min_size, asked.limit) == (
        "labels:line", 0, 3, 5,
    )  # fmt: skip
    assert asked.HasField("max_distance")
    assert asked.min_cosine == pytest.approx(0.9)
    argus("duplicates")
    assert not fake.search.asked_for_duplicates[1].HasField("max_distance")


def test_json_is_a_cluster_a_line(ids: list[str], argus: Argus) -> None:
    lines = [
        json.loads(line) for line in argus("duplicates", "--format", "json").stdout.splitlines()
    ]
    assert [one["kind"] for one in lines] == ["EXACT", "NEAR", "ALIKE"]
    assert [one["image"]["imageId"] for one in lines[1]["images"]] == [ids[2], ids[0]]


def test_a_stream_that_breaks_goes_on_and_nothing_is_told_twice(
    fake: FakeMesh, argus: Argus
) -> None:
    for name in "abc":
        cluster(fake, Cluster.EXACT, *store(fake, name, name))
    fake.search.break_duplicates_after = 2
    lines = argus("duplicates", "--limit", "3", "--format", "json").stdout.splitlines()
    assert len(lines) == 3
    again = fake.search.asked_for_duplicates[1]
    assert (again.after_cursor, again.limit) == ("2", 1)


def test_all_but_the_best_go_to_the_trash_after_a_question(
    fake: FakeMesh, ids: list[str], argus: Argus
) -> None:
    result = argus("duplicates", "--delete-all-but-best", typed="n\n")
    assert (result.exit_code, len(fake.images.stored)) == (1, 6)
    assert "Move 3 images to the trash" in result.stdout
    result = argus("duplicates", "--delete-all-but-best", "--yes")
    assert "Moved 3 images to the trash." in result.stdout
    assert set(fake.images.stored) == {ids[2], ids[3], ids[5]}
    assert set(fake.images.trash) == {ids[0], ids[1], ids[4]}


def test_the_best_of_a_large_cluster_is_in_its_first_message(fake: FakeMesh, argus: Argus) -> None:
    a, b, c = store(fake, "a", "b", "c")
    cluster(fake, Cluster.EXACT, a, b, count=3)
    cluster(fake, Cluster.EXACT, c, first=2, count=3)
    argus("duplicates", "--delete-all-but-best", "--yes")
    assert set(fake.images.stored) == {a}


def test_yes_alone_is_a_mistake(argus: Argus) -> None:
    with pytest.raises(MeshError, match="--yes"):
        argus("duplicates", "--yes")
