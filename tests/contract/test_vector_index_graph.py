"""What Edge promises where a graph is built: nothing lost, nothing twice, whatever ends when."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as edge

from services.clients.model import Space
from services.search.errors import IndexUnavailable
from services.search.index.conditions import FILENAME, LABEL_PAIRS, WIDTH
from services.search.index.edge import folders, qdrant_build
from services.search.index.edge.builder import BuildFailed
from services.search.index.qdrant_edge import EdgeIndex
from services.search.index.tuning import BuildTuning, GraphTuning, Quantization
from services.search.model import ImagePoint, Scope
from tests.contract.test_vector_index import ANA, BEN, DIMENSION, image_id, point, unit
from tests.support.eventually import eventually
from tests.support.graphs import NEVER, BuiltIndex

SPACE = Space("test/model", "v1", DIMENSION)
WALKED = GraphTuning(full_scan_kb=1)
"""A graph is walked also where a scan would be quicker."""


def drawn(count: int, seed: int = 0) -> list[list[float]]:
    """Vectors in all directions; of these a graph finds nearly all, however it comes out."""
    made = np.random.default_rng(seed).standard_normal((count, DIMENSION))
    return [unit(row.tolist()) for row in made]


def points_of(numbers: range, user_id: str = ANA) -> list[ImagePoint]:
    vectors = drawn(numbers.stop)[numbers.start :]
    return [
        replace(point(number, user_id), vector=made)
        for number, made in zip(numbers, vectors, strict=True)
    ]


async def indexed(index: EdgeIndex) -> int:
    """Vectors in a graph."""
    return index._shards[SPACE.name].in_graph()


async def ids_of(index: EdgeIndex, user_id: str = ANA) -> set[str]:
    return set(await index.image_ids(SPACE, Scope(user_id), limit=100_000))


def shards_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("images-*"))


async def test_indexes_of_former_code_are_read_where_they_lie_once_there_is_a_graph(
    tmp_path: Path,
) -> None:
    index = BuiltIndex(tmp_path)
    await index.open(SPACE)
    # As indexes were made: put together in memory at each opening.
    kind = edge.PayloadSchemaType.Keyword
    index._shards[SPACE.name].update(edge.UpdateOperation.create_field_index(FILENAME, kind))
    assert _read_in_place(index) == {FILENAME: False, LABEL_PAIRS: True, WIDTH: True}
    await index.upsert(SPACE, points_of(range(300)))
    assert await indexed(index) == 300
    assert _read_in_place(index) == {FILENAME: True, LABEL_PAIRS: True, WIDTH: True}
    assert await index.values(SPACE, FILENAME, Scope(ANA), limit=1000)
    await index.close()


def _read_in_place(index: EdgeIndex) -> dict[str, bool]:
    schema = index._shards[SPACE.name].info().payload_schema
    asked = {field: schema[field].params for field in (FILENAME, LABEL_PAIRS, WIDTH)}
    return {
        field: bool(params and params.memory == edge.Memory.Cached)
        for field, params in asked.items()
    }


@pytest.mark.parametrize("quantization", Quantization)
async def test_a_graph_finds_what_a_scan_finds(tmp_path: Path, quantization: Quantization) -> None:
    graph = replace(WALKED, quantization=quantization, oversampling=40.0)
    index = BuiltIndex(tmp_path, graph)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(600)) + points_of(range(600, 1200), BEN))
    assert await indexed(index) == 1200
    true = np.array(drawn(600))
    found = 0
    queries = drawn(50, seed=7)
    for query in queries:
        best = {image_id(int(n)) for n in np.argsort(-(true @ np.array(query)))[:10]}
        hits = await index.search(SPACE, query, Scope(ANA), limit=10)
        found += len(best & {hit.image_id for hit in hits})
        # Scores are those of the vectors as they are, not of what they were quantized to.
        for hit in hits:
            number = int(hit.image_id[-12:], 16)
            assert hit.score == pytest.approx(float(true[number] @ np.array(query)), abs=1e-5)
    assert found >= 0.97 * 10 * len(queries)
    await index.close()


async def test_what_was_written_during_a_build_hides_what_the_graph_has(tmp_path: Path) -> None:
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(300)))
    elsewhere = unit([1.0] * DIMENSION)
    async with index.built_meanwhile(SPACE.name):
        await EdgeIndex.upsert(
            index, SPACE, [replace(point(5, colour="red"), vector=elsewhere), point(300)]
        )
        await EdgeIndex.delete(index, [image_id(6), image_id(7)])
        await EdgeIndex.delete(index, [image_id(300)])
        await EdgeIndex.upsert(index, SPACE, points_of(range(7, 8)))
        before = await ids_of(index)
    assert shards_in(tmp_path) == [index._shards[SPACE.name].path.name]
    assert before == await ids_of(index) == {image_id(n) for n in range(300) if n != 6}
    assert await index.count(SPACE) == await index.count_of_user(ANA) == 299
    hits = await index.search(SPACE, elsewhere, Scope(ANA), limit=300)
    ids = [hit.image_id for hit in hits]
    assert ids[0] == image_id(5)
    assert len(ids) == len(set(ids))
    stored = await index.stored(SPACE, [image_id(5), image_id(6), image_id(7)])
    assert set(stored) == {image_id(5), image_id(7)}
    assert stored[image_id(5)].vector == pytest.approx(elsewhere, abs=1e-6)
    await index.close()
    again = EdgeIndex(tmp_path, build=NEVER)
    assert await ids_of(again) == before
    await again.close()


async def test_all_of_a_user_can_be_deleted_during_a_build(tmp_path: Path) -> None:
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(1200)) + points_of(range(1200, 1300), BEN))
    await index.delete_of_user(ANA)
    assert await index.count_of_user(ANA) == 0
    assert await ids_of(index) == set()
    assert len(await ids_of(index, BEN)) == await index.count(SPACE) == 100
    await index.close()


async def test_writes_wait_while_the_shard_is_copied_and_searches_do_not(tmp_path: Path) -> None:
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await EdgeIndex.upsert(index, SPACE, points_of(range(50)))
    space = index._shards[SPACE.name]
    space.hold()
    writing = asyncio.create_task(EdgeIndex.upsert(index, SPACE, points_of(range(50, 60))))
    deleting = asyncio.create_task(EdgeIndex.delete(index, [image_id(0)]))
    assert len(await index.search(SPACE, drawn(1)[0], Scope(ANA), limit=100)) == 50
    assert not writing.done()
    assert not deleting.done()
    space.release()
    await asyncio.gather(writing, deleting)
    assert await index.count(SPACE) == 59
    await index.close()


async def test_few_images_get_no_graph_and_many_get_one_by_themselves(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path, graph=WALKED, build=BuildTuning(from_points=400))
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(399)))
    seen = [index._graphs.is_building]
    await index.upsert(SPACE, points_of(range(399, 400)))
    assert [*seen, index._graphs.is_building] == [False, True]
    await index.upsert(SPACE, points_of(range(400, 450)))

    async def is_built() -> bool:
        return await indexed(index) > 0

    await eventually(is_built)
    assert await ids_of(index) == {image_id(n) for n in range(450)}
    await index.close()
    assert len(shards_in(tmp_path)) == 1
    again = EdgeIndex(tmp_path, graph=WALKED, build=BuildTuning(from_points=400))
    await again.open(SPACE)
    assert await indexed(again) >= 400
    # What has a graph is not built again.
    assert not again._graphs.is_building
    await again.close()


async def test_a_graph_of_images_that_are_gone_is_built_anew(tmp_path: Path) -> None:
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(1500)))
    space = index._shards[SPACE.name]
    assert not space.wants_graph(500)
    await EdgeIndex.delete(index, [image_id(n) for n in range(400)])
    assert space.wants_graph(500)
    async with index.built_meanwhile(SPACE.name):
        pass
    assert await indexed(index) == 1100
    assert not space.wants_graph(500)
    await index.close()


async def test_a_plain_shard_of_before_opens_and_gets_a_graph(tmp_path: Path) -> None:
    plain = EdgeIndex(tmp_path, build=NEVER)
    await plain.open(SPACE)
    await plain.upsert(SPACE, points_of(range(300)))
    await plain.close()
    assert shards_in(tmp_path) == [SPACE.name]
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    async with index.built_meanwhile(SPACE.name):
        pass
    assert await indexed(index) == 300
    await index.close()


class Crash(BaseException):
    """The process ends here."""


def crash(*_: object, **__: object) -> None:
    raise Crash


def half_removed(path: Path) -> None:
    for one in sorted(path.rglob("*.mmap")):
        one.unlink()
    raise Crash


@pytest.mark.parametrize(
    ("step", "end", "counts"),
    [
        ((qdrant_build, "build"), crash, "former"),
        ((folders, "finish"), crash, "former"),
        ((Path, "rename"), crash, "former"),
        ((folders, "_sync_folder"), crash, "built"),
        ((folders, "remove"), crash, "built"),
        ((folders, "remove"), half_removed, "built"),
    ],
)
async def test_each_step_of_the_change_may_be_the_last(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[object, str],
    end: Callable[..., None],
    counts: str,
) -> None:
    """The folder is left as it is at that step, as by a process that ends there."""
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(200)))
    former = index._shards[SPACE.name].path.name
    removed: list[str] = []
    with monkeypatch.context() as patched:
        if step[1] != "remove":
            patched.setattr(folders, "remove", lambda path: removed.append(path.name))
        with pytest.raises(Crash):  # noqa: PT012 # it comes when the context ends
            async with index.built_meanwhile(SPACE.name):
                await EdgeIndex.upsert(index, SPACE, points_of(range(200, 230)))
                await EdgeIndex.delete(index, [image_id(0)])
                patched.setattr(*step, end)
    for shard in index._shards.values():
        # A process that ends flushes nothing; the log has what was acknowledged.
        shard._shard.close()
    again = EdgeIndex(tmp_path, build=NEVER)
    assert (again._shards[SPACE.name].path.name == former) == (counts == "former")
    assert await ids_of(again) == {image_id(n) for n in range(1, 230)}
    assert await again.count(SPACE) == 229
    assert len(shards_in(tmp_path)) == 1
    await again.close()


async def test_what_is_left_of_builds_is_removed_at_the_start(tmp_path: Path) -> None:
    index = BuiltIndex(tmp_path, WALKED)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(100)))
    path = index._shards[SPACE.name].path
    await index.close()
    for name in (f"{SPACE.name}.7-0123abcd", f"{SPACE.name}.new", f"{SPACE.name}"):
        (tmp_path / name / "segments").mkdir(parents=True)
    again = EdgeIndex(tmp_path, build=NEVER)
    assert shards_in(tmp_path) == [path.name]
    assert await again.count(SPACE) == 100
    await again.close()


async def test_a_builder_that_is_killed_harms_nothing(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path, graph=WALKED, build=NEVER)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(100)))

    async def is_under_way() -> bool:
        return len(shards_in(tmp_path)) > 1

    async def in_the_middle() -> None:
        await eventually(is_under_way)
        _kill_builders(os.getpid())

    with pytest.raises(BuildFailed):
        await asyncio.gather(index.build_graph(SPACE), in_the_middle())
    assert shards_in(tmp_path) == [SPACE.name]
    await index.upsert(SPACE, points_of(range(100, 110)))
    await index.build_graph(SPACE)
    assert await indexed(index) == await index.count(SPACE) == 110
    await index.close()


async def test_on_a_disk_without_room_for_a_copy_nothing_is_built(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path, graph=WALKED, build=NEVER)
    await index.open(SPACE)
    await index.upsert(SPACE, points_of(range(100)))
    index._graphs._keep_free_bytes = 2**60
    with pytest.raises(IndexUnavailable, match="full"):
        await index.build_graph(SPACE)
    await index.upsert(SPACE, points_of(range(100, 110)))
    assert await index.count(SPACE) == 110
    assert shards_in(tmp_path) == [SPACE.name]
    await index.close()


# Writes and deletes for ever, builds graphs meanwhile, and says what was acknowledged.
WRITER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from services.search.index.edge.builder import BuildFailed
    from services.search.index.qdrant_edge import EdgeIndex
    from tests.contract.test_vector_index_graph import NEVER, SPACE, WALKED, image_id, points_of

    async def build(index):
        while True:
            try:
                await index.build_graph(SPACE)
                print("built", flush=True)
            except BuildFailed:
                print("failed", flush=True)

    async def main():
        index = EdgeIndex(Path(sys.argv[1]), graph=WALKED, build=NEVER)
        await index.open(SPACE)
        start = int(sys.argv[2])
        building = asyncio.create_task(build(index))
        for number in range(start, start + 1_000_000, 20):
            await index.upsert(SPACE, points_of(range(number, number + 20)))
            await index.delete([image_id(number)])
            print(number + 20, flush=True)

    asyncio.run(main())
    """
)


def test_search_and_its_builders_can_be_killed_at_any_moment(tmp_path: Path) -> None:
    """Seeded: after how many acknowledged writes, and whether search or its builder."""
    chance = random.Random(54)  # noqa: S311 # the same moments every time
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(acknowledged)],
            stdout=subprocess.PIPE, text=True,
        ) as writer:  # fmt: skip
            assert writer.stdout is not None
            until = acknowledged + 20 * chance.randrange(5, 30)
            for line in writer.stdout:
                if line.strip().isdigit():
                    acknowledged = int(line)
                    if chance.random() < 0.1:
                        _kill_builders(writer.pid)
                if acknowledged >= until:
                    break
            os.kill(writer.pid, signal.SIGKILL)
            for line in writer.stdout:
                if line.strip().isdigit() and line.endswith("\n"):
                    acknowledged = int(line)
        asyncio.run(_has_all(tmp_path, acknowledged))


async def _has_all(folder: Path, acknowledged: int) -> None:
    index = EdgeIndex(folder, build=NEVER)
    expected = {image_id(n) for n in range(acknowledged) if n % 20}
    found = await ids_of(index)
    # What was under way when it was killed may be there as well.
    under_way = {image_id(n) for n in range(acknowledged, acknowledged + 20)}
    assert found - under_way == expected
    assert await index.count(SPACE) == len(found)
    await index.close()


def _kill_builders(pid: int) -> None:
    """Those that a process has started."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,args="], check=True, stdout=subprocess.PIPE, text=True
    )
    for line in listed.stdout.splitlines():
        child, parent, command = line.split(None, 2)
        if int(parent) == pid and "services.search.index.edge" in command:
            os.kill(int(child), signal.SIGKILL)
