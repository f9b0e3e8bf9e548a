"""Snapshots of vectors: out of every index into every other; damaged ones are refused."""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argus.search.v1.operator_pb2 import SnapshotPart
from hypothesis import given
from hypothesis import strategies as st

from services.clients.model import Crop, ImageContent, Space
from services.runtime.filters import parse_filter
from services.search.errors import SnapshotDamaged, VectorWrong
from services.search.index.conditions import FILTER_FIELDS
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.qdrant_server import ServerIndex, connect
from services.search.model import ImagePoint, Scope
from services.search.ports import VectorIndex
from services.search.snapshots.files import SnapshotWriter, read_snapshot
from services.search.snapshots.importing import Imported, VectorImport
from services.search.snapshots.restored import DAMAGED, RestoredVectors
from services.search.snapshots.taking import snapshot
from tests.contract.test_vector_index import ANA, BEN, DIMENSION, image_id, point, unit, vector
from tests.support.qdrant import stand_in

SPACE = Space("test/model", "v1", DIMENSION)
OTHER = Space("test/model", "v2", DIMENSION)
CROPS = (Crop(0.0, 0.0, 0.5, 1.0, unit([1.0, 2.0] * 8)), Crop(0.5, 0.0, 1.0, 1.0, vector(7)))
KINDS = ["edge", "stand-in", *(["server"] if os.environ.get("ARGUS_TEST_QDRANT_URL") else [])]


class Contents:
    """What storage has: `Contents`, changed while it is asked."""

    def __init__(self, images: Sequence[ImagePoint]) -> None:
        self.images = {image.image_id: image for image in images}
        self.between: list[Callable[[], None]] = []
        """What happens after each answer."""

    async def resolve(
        self, image_ids: Sequence[str], *, inline_bytes: int = 0
    ) -> Mapping[str, ImageContent]:
        found = {
            one: ImageContent(
                one, image.user_id, "", "", image.size_bytes, image.content_type, image.filename,
                image.labels, image.create_time_us, image.width, image.height,
            )
            for one in image_ids
            if (image := self.images.get(one)) is not None
        }  # fmt: skip
        if self.between:
            self.between.pop(0)()
        return found

    async def fetch(self, content: ImageContent) -> bytes:
        raise NotImplementedError

    async def replay(self) -> int:
        raise NotImplementedError


Open = Callable[..., Any]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens an empty index of a kind, by a name."""
    async with AsyncExitStack() as stack:

        async def open_(kind: str, name: str, *, crops: bool = False) -> VectorIndex:
            index: VectorIndex
            if kind == "edge":
                index = EdgeIndex(tmp_path / name, crops=crops)
            else:
                url = (
                    os.environ["ARGUS_TEST_QDRANT_URL"]
                    if kind == "server"
                    else await stack.enter_async_context(stand_in())
                )
                client = connect(url, "")
                for collection in (await client.get_collections()).collections:
                    await client.delete_collection(collection.name)
                index = ServerIndex(client, crops=crops)
            stack.push_async_callback(index.close)
            await index.open(SPACE)
            return index

        yield open_


async def taken(index: VectorIndex) -> list[SnapshotPart]:
    return [part async for part in snapshot(index, SPACE)]


async def brought(
    parts: Sequence[SnapshotPart], index: VectorIndex, contents: Contents
) -> Imported:
    importing = VectorImport(index, contents, SPACE)
    for part in parts[1:]:
        await importing.take(part)
    return importing.finish()


async def labelled(index: VectorIndex, text: str, user_id: str = ANA) -> set[str]:
    scope = Scope(user_id, parse_filter(text, FILTER_FIELDS))
    return set(await index.image_ids(SPACE, scope, limit=100))


def images(count: int) -> list[ImagePoint]:
    return [point(n, ANA if n % 2 else BEN, kind=str(n)) for n in range(count)]


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
async def test_vectors_go_from_every_index_to_every_other(
    opened: Open, source: str, target: str
) -> None:
    points = [replace(one, crops=CROPS if n % 3 else ()) for n, one in enumerate(images(40))]
    first = await opened(source, "first", crops=True)
    await first.upsert(SPACE, points)
    parts = await taken(first)
    second = await opened(target, "second", crops=True)
    done = await brought(parts, second, Contents(points))
    assert (done.taken, done.present, done.unknown) == (40, 0, 0)
    ids = [one.image_id for one in points]
    there = await first.stored(SPACE, ids, crops=True)
    here = await second.stored(SPACE, ids, crops=True)
    assert there.keys() == here.keys() == set(ids)
    for one in ids:
        assert here[one].user_id == there[one].user_id
        assert here[one].vector == pytest.approx(there[one].vector, abs=1e-6)
        assert (here[one].crops is None) == (there[one].crops is None)
        for mine, its in zip(here[one].crops or (), there[one].crops or (), strict=True):
            assert mine.vector == pytest.approx(its.vector, abs=2e-3)
            assert (mine.left, mine.right) == (its.left, its.right)
    assert set(await second.image_ids(SPACE, Scope(ANA), limit=100)) == {
        one.image_id for one in points if one.user_id == ANA
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_there_stays_and_what_storage_has_not_is_passed_over(
    opened: Open, kind: str
) -> None:
    points = images(10)
    first = await opened(kind, "first")
    await first.upsert(SPACE, points)
    parts = await taken(first)
    second = await opened(kind, "second")
    newer = replace(points[3], vector=vector(999))
    await second.upsert(SPACE, [newer])
    contents = Contents([*points[:5], replace(points[5], user_id=ANA, labels={"as": "it is now"})])
    done = await brought(parts, second, contents)
    assert (done.taken, done.present, done.unknown) == (5, 1, 4)
    stored = await second.stored(SPACE, [one.image_id for one in points])
    assert stored.keys() == {one.image_id for one in points[:6]}
    assert stored[newer.image_id].vector == pytest.approx(newer.vector, abs=1e-6)
    # Whose it is says storage, whatever it was.
    assert stored[image_id(5)].user_id == ANA
    assert await labelled(second, 'labels.as = "it is now"') == {image_id(5)}
    again = await brought(parts, second, contents)
    assert (again.taken, again.present, again.unknown) == (0, 6, 4)


async def test_what_happens_to_an_image_meanwhile_counts(opened: Open) -> None:
    points = images(6)
    first, second = await opened("edge", "first"), await opened("edge", "second")
    await first.upsert(SPACE, points)
    contents = Contents(points)

    def change() -> None:
        del contents.images[image_id(0)]
        contents.images[image_id(1)] = replace(points[1], labels={"kind": "another"})

    def change_again() -> None:
        contents.images[image_id(2)] = replace(points[2], labels={"kind": "late"})

    contents.between = [change, change_again]
    done = await brought(await taken(first), second, contents)
    assert (done.taken, done.unknown) == (5, 1)
    assert await second.count(SPACE) == 5
    assert await labelled(second, 'labels.kind = "another"') == {image_id(1)}
    assert await labelled(second, 'labels.kind = "late"', BEN) == {image_id(2)}


async def test_an_index_that_keeps_no_parts_takes_wholes_and_one_that_does_misses_them(
    opened: Open,
) -> None:
    points = images(3)
    plain, keeping = await opened("edge", "plain"), await opened("edge", "keeping", crops=True)
    await keeping.upsert(SPACE, [replace(one, crops=CROPS) for one in points])
    parts = await taken(keeping)
    assert (await brought(parts, plain, Contents(points))).taken == 3
    await keeping.upsert(SPACE, points)  # As before there were parts.
    assert (await brought(parts, keeping, Contents(points))).taken == 3
    stored = await keeping.stored(SPACE, [image_id(0)], crops=True)
    assert len(stored[image_id(0)].crops or ()) == len(CROPS)
    assert (await brought(await taken(plain), keeping, Contents(points))).present == 3


async def test_an_empty_index_has_an_empty_snapshot(opened: Open) -> None:
    index = await opened("edge", "empty")
    parts = await taken(index)
    assert [part.WhichOneof("part") for part in parts] == ["space", "image_count"]
    assert (await brought(parts, index, Contents([]))).total == 0


async def test_parts_that_are_missing_or_in_no_order_are_refused(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.search.snapshots.parts.IMAGES_OF_PART", 4)
    points = images(10)
    index = await opened("edge", "first")
    await index.upsert(SPACE, points)
    parts = await taken(index)
    assert len(parts) == 5
    target = await opened("edge", "second")
    contents = Contents(points)
    for wrong in (
        parts[:-1],
        [*parts[:2], *parts[3:]],
        [parts[0], parts[2], parts[1], *parts[3:]],
        [*parts[:2], parts[0], *parts[2:]],
        [*parts, parts[1]],
        [*parts[:2], *parts[1:]],
        [*parts, parts[-1]],
        [parts[0], SnapshotPart(), *parts[1:]],
    ):
        with pytest.raises(SnapshotDamaged):
            await brought(wrong, target, contents)
    # What came before is there, and does no harm.
    assert (await brought(parts, target, contents)).total == 10


@given(st.binary(max_size=70))
async def test_only_vectors_of_the_space_are_taken(content: bytes) -> None:
    part = SnapshotPart()
    part.vectors.images.add(image_id=image_id(1), vector=content)
    importing = VectorImport(_Untouched(), Contents([]), SPACE)  # type: ignore[arg-type] # not asked
    try:
        await importing.take(part)
    except (SnapshotDamaged, VectorWrong):
        return
    assert len(content) == 4 * DIMENSION


class _Untouched:
    """An index that has nothing."""

    keeps_crops = False

    async def stored(self, *_: Any, **__: Any) -> Mapping[str, Any]:
        return {}


def lying(path: Path, parts: Sequence[SnapshotPart]) -> None:
    """A snapshot lies there."""
    path.parent.mkdir()
    with path.open("wb") as file:
        writer = SnapshotWriter(file)
        for part in parts:
            writer.write(part)


async def test_what_a_restore_left_is_taken_in_once(opened: Open, tmp_path: Path) -> None:
    points = images(20)
    first, second = await opened("edge", "first"), await opened("edge", "second")
    await first.upsert(SPACE, points)
    path = tmp_path / "restored" / "a.vectors"
    restored = RestoredVectors(path.parent, second, Contents(points))
    await restored.bring(SPACE)  # There is not even a folder.
    lying(path, await taken(first))
    await second.open(OTHER)
    await restored.bring(OTHER)
    assert path.exists(), "its model may come back"
    await restored.bring(SPACE)
    assert not path.exists()
    assert await second.count(SPACE) == 20


async def test_a_damaged_one_is_set_aside(opened: Open, tmp_path: Path) -> None:
    first, second = await opened("edge", "first"), await opened("edge", "second")
    await first.upsert(SPACE, images(20))
    path = tmp_path / "restored" / "a.vectors"
    lying(path, (await taken(first))[:-1])
    await RestoredVectors(path.parent, second, Contents(images(20))).bring(SPACE)
    assert [one.name for one in path.parent.iterdir()] == [path.name + DAMAGED]


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_file_of_any_bytes_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "it"
    with path.open("wb") as file:
        writer = SnapshotWriter(file)
        writer.write(SnapshotPart(image_count=3))
        file.write(content)
    path.write_bytes(path.read_bytes()[: max(0, path.stat().st_size - cut)])
    with suppress(SnapshotDamaged):
        assert all(isinstance(part, SnapshotPart) for part in read_snapshot(path))
