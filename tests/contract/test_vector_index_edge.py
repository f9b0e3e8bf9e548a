"""What only the embedded index promises: its folder survives whatever ends the process."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from services.clients.model import Space
from services.search.errors import IndexFull, IndexUnavailable, PointRefused, SpaceGone
from services.search.index.edge.qdrant_space import FLUSH_EVERY
from services.search.index.qdrant_edge import EdgeIndex
from services.search.model import ImagePoint, Scope

SPACE = Space("test/model", "v1", 4)
USER = "11111111-1111-4111-8111-111111111111"

# Writes for ever and says after each write how many points were acknowledged.
WRITER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from uuid import UUID
    from services.search.model import ImagePoint
    from services.clients.model import Space
    from services.search.index.qdrant_edge import EdgeIndex

    async def main():
        index = EdgeIndex(Path(sys.argv[1]))
        space = Space("test/model", "v1", 4)
        await index.open(space)
        written = 0
        while True:
            await index.upsert(space, [
                ImagePoint(str(UUID(int=written + number)), sys.argv[2], [1.0, 0.0, 0.0, 0.0],
                           "a.jpg", "image/jpeg", {})
                for number in range(50)
            ])
            written += 50
            print(written, flush=True)

    asyncio.run(main())
    """
)


def point(image_id: str) -> ImagePoint:
    return ImagePoint(image_id, USER, [1.0, 0.0, 0.0, 0.0], "a.jpg", "image/jpeg", {"a": "b"})


def write_until_killed(folder: Path, acknowledged: int) -> int:
    """Kills a writer that has got `acknowledged` points acknowledged; how many it had in fact."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), USER], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        seen = 0
        for line in writer.stdout:
            seen = int(line)
            if seen >= acknowledged:
                break
        os.kill(writer.pid, signal.SIGKILL)
        return max([seen, *(int(line) for line in writer.stdout if line.endswith("\n"))])


@pytest.mark.parametrize("acknowledged", [50, FLUSH_EVERY + 150])
async def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, acknowledged: int) -> None:
    seen = write_until_killed(tmp_path, acknowledged)
    index = EdgeIndex(tmp_path)
    assert await index.count(SPACE) >= seen >= acknowledged
    await index.close()


async def test_a_closed_folder_opens_with_all_its_spaces(tmp_path: Path) -> None:
    other = Space("test/model", "v2", 4)
    first = EdgeIndex(tmp_path)
    ids = ["11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"]
    for space in (SPACE, other):
        await first.open(space)
        await first.upsert(space, [point(image_id) for image_id in ids])
    await first.close()
    again = EdgeIndex(tmp_path)
    await again.delete(ids[:1])
    for space in (SPACE, other):
        hits = await again.search(space, [1.0, 0.0, 0.0, 0.0], Scope(USER), limit=9)
        assert [hit.image_id for hit in hits] == ids[1:]
    await again.close()


async def test_a_half_made_space_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / f"{SPACE.name}.new"
    half.mkdir()
    (half / "edge_config.json").write_text("{")
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    assert await index.count(SPACE) == 0
    await index.close()
    assert not half.exists()


async def test_a_folder_in_use_is_refused_with_a_reason(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    with pytest.raises(IndexUnavailable, match="another process"):
        EdgeIndex(tmp_path)
    await index.close()


async def test_a_damaged_space_is_refused_and_not_replaced(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    await index.close()
    config = tmp_path / SPACE.name / "edge_config.json"
    config.write_text("{")
    with pytest.raises(IndexUnavailable):
        EdgeIndex(tmp_path)
    assert config.read_text() == "{"


async def test_a_vector_of_another_length_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    wrong = ImagePoint("11111111-0000-4000-8000-000000000001", USER, [1.0], "a", "b", {})
    with pytest.raises(PointRefused, match="a vector of 1"):
        await index.upsert(SPACE, [wrong])
    await index.close()
    again = EdgeIndex(tmp_path)
    assert await again.count(SPACE) == 0
    await again.close()


async def test_on_a_full_disk_nothing_is_written_and_all_is_read(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    await index.upsert(SPACE, [point("11111111-0000-4000-8000-000000000001")])
    await index.close()
    full = EdgeIndex(tmp_path, keep_free_bytes=2**60)
    other = point("11111111-0000-4000-8000-000000000002")
    for writing in (
        full.upsert(SPACE, [other]),
        full.delete([other.image_id]),
        full.open(Space("test/model", "v2", 4)),
    ):
        with pytest.raises(IndexFull):
            await writing
    await full.open(SPACE)
    assert len(await full.search(SPACE, [1.0, 0.0, 0.0, 0.0], Scope(USER), limit=9)) == 1
    await full.close()


# Writes more than a file may hold, as on a disk that is full.
LIMITED = textwrap.dedent(
    """
    import asyncio, resource, sys
    from dataclasses import replace
    from pathlib import Path
    from services.search.errors import IndexUnavailable, PointRefused, SpaceGone
    from services.search.index.qdrant_edge import EdgeIndex
    from tests.contract.test_vector_index_edge import SPACE, point

    async def main():
        index = EdgeIndex(Path(sys.argv[1]))
        await index.open(SPACE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
        big = replace(point("11111111-0000-4000-8000-000000000001"), filename="x" * 40_000_000)
        try:
            await index.upsert(SPACE, [big])
        except IndexUnavailable as error:
            print(error.message)

    asyncio.run(main())
    """
)


def test_a_write_that_the_disk_refuses_is_an_outage(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout == "the vector index failed\n"


async def test_a_space_that_was_not_opened_is_gone(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    with pytest.raises(SpaceGone):
        await index.upsert(SPACE, [point("11111111-0000-4000-8000-000000000001")])
    await index.close()


async def test_a_closed_index_does_not_answer(tmp_path: Path) -> None:
    index = EdgeIndex(tmp_path)
    await index.open(SPACE)
    await index.close()
    with pytest.raises(IndexUnavailable):
        await index.probe()
    with pytest.raises(IndexUnavailable):
        await index.count(SPACE)
