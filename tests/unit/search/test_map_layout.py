"""Maps as they are kept: images that come and go, files that are whole or nothing."""

from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from services.clients.model import Space
from services.search.mapping.layout import Layout, are_in, packed, unpacked
from services.search.mapping.layout_files import UNUSED_DAYS, LayoutFiles
from services.search.mapping.task import MapTask, needs_building

SPACE = Space("test/model", "v1", 4)
ANA, BEN = str(UUID(int=1)), str(UUID(int=2))


def image_id(number: int) -> str:
    return str(UUID(int=number))


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def layout_of(*numbers: int, built_count: int | None = None) -> Layout:
    ids = packed(image_id(number) for number in sorted(numbers))
    return Layout(
        ids=ids,
        points=np.array([[number / 100, 0.5] for number in sorted(numbers)], np.float32),
        landmark_ids=ids,
        landmarks=np.eye(len(numbers), 4, dtype=np.float16),
        built_at=12.5,
        built_count=len(numbers) if built_count is None else built_count,
    )


def test_ids_are_packed_as_they_are() -> None:
    # Zeros at the end are part of an id.
    some = ["00000000-0000-0000-0000-000000000000", "ffffffff-0000-4000-8000-000000000000"]
    some += [str(uuid4()) for _ in range(5)]
    assert unpacked(packed(some)) == some
    assert packed(some).tobytes() == b"".join(UUID(one).bytes for one in some)


def test_which_ids_are_among_others() -> None:
    some = packed(image_id(number) for number in (1, 3, 256, 700))
    others = packed(image_id(number) for number in (3, 4, 256))
    assert are_in(some, others).tolist() == [False, True, True, False]
    assert are_in(some, packed([])).tolist() == [False] * 4
    assert are_in(packed([]), others).tolist() == []


def test_images_come_and_go_and_the_others_stay_where_they_are() -> None:
    layout = layout_of(1, 5, 9)
    less = layout.only(packed([image_id(5), image_id(9), image_id(11)]))
    assert unpacked(less.ids) == unpacked(less.landmark_ids) == [image_id(5), image_id(9)]
    more = less.with_more(packed([image_id(7)]), np.array([[0.9, 0.9]], np.float32))
    assert unpacked(more.ids) == [image_id(5), image_id(7), image_id(9)]
    np.testing.assert_allclose(more.points, [[0.05, 0.5], [0.9, 0.9], [0.09, 0.5]])
    assert more.built_at == 12.5


@pytest.mark.parametrize(
    ("former", "count", "needs"),
    [
        (None, 1, True),
        (layout_of(), 3, True),
        (layout_of(*range(8)), 10, False),
        (layout_of(*range(8)), 11, True),
        (layout_of(*range(4), built_count=8), 4, False),
        (layout_of(*range(3), built_count=8), 3, True),
    ],
)
def test_a_map_is_computed_anew_when_a_quarter_came_or_half_of_what_it_stands_on_went(
    former: Layout | None, count: int, *, needs: bool
) -> None:
    assert needs_building(former, count) is needs


def test_the_process_moves_nothing_when_it_adds(tmp_path: Path) -> None:
    former = layout_of(1, 5, 9)
    task = MapTask(tmp_path)
    task.vectors_path.write_bytes(np.eye(2, 4, dtype="<f4").tobytes())
    task.describe(packed([image_id(4), image_id(30)]), former).run()
    made = task.result()
    assert unpacked(made.ids) == [image_id(number) for number in (1, 4, 5, 9, 30)]
    np.testing.assert_array_equal(made.points_of(former.ids), former.points)


async def test_files_outlive_the_process_and_hold_each_users_own(tmp_path: Path) -> None:
    files = LayoutFiles(tmp_path, most_bytes=2**20)
    assert await files.shown(ANA, SPACE) is None
    await files.keep(ANA, SPACE, layout_of(1, 2))
    await files.keep(BEN, SPACE, layout_of(3))
    for reader in (files, LayoutFiles(tmp_path, most_bytes=2**20)):
        shown, whole = await reader.shown(ANA, SPACE), await reader.whole(ANA, SPACE)
        assert shown is not None
        assert whole is not None
        assert unpacked(shown.ids) == unpacked(whole.ids) == [image_id(1), image_id(2)]
        assert (whole.built_at, whole.built_count, whole.landmarks.shape) == (12.5, 2, (2, 4))
    await files.keep(ANA, SPACE, layout_of(9))
    shown = await files.shown(ANA, SPACE)
    assert shown is not None
    assert unpacked(shown.ids) == [image_id(9)]


async def test_a_user_has_one_file_whatever_the_model(tmp_path: Path) -> None:
    files = LayoutFiles(tmp_path, most_bytes=2**20)
    other = Space("test/model", "v2", 4)
    await files.keep(ANA, SPACE, layout_of(1))
    await files.keep(BEN, SPACE, layout_of(2))
    await files.keep(ANA, other, layout_of(1))
    assert await files.shown(ANA, SPACE) is None
    assert await files.shown(ANA, other) is not None
    assert await files.shown(BEN, SPACE) is not None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
async def test_a_damaged_file_is_no_map(tmp_path: Path, content: bytes) -> None:
    files = LayoutFiles(tmp_path, most_bytes=2**20)
    await files.keep(ANA, SPACE, layout_of(1))
    (path,) = files_in(tmp_path)
    path.write_bytes(content)
    assert await files.shown(ANA, SPACE) is None
    assert await files.whole(ANA, SPACE) is None
    await files.keep(ANA, SPACE, layout_of(1))
    assert await files.shown(ANA, SPACE) is not None


async def test_maps_that_nobody_looked_at_go_first_and_after_a_month_anyway(tmp_path: Path) -> None:
    now = 1e9

    def clock() -> float:
        return now

    users = [str(UUID(int=number)) for number in range(4)]
    files = LayoutFiles(tmp_path, most_bytes=2**20, clock=clock)
    for user in users:
        await files.keep(user, SPACE, layout_of(1))
    now = max(path.stat().st_mtime for path in files_in(tmp_path))
    size = files_in(tmp_path)[0].stat().st_size
    narrow = LayoutFiles(tmp_path, most_bytes=2 * size, clock=clock)
    await narrow.keep(users[0], SPACE, layout_of(2))
    assert len(files_in(tmp_path)) == 2
    assert await narrow.shown(users[0], SPACE) is not None
    now += (UNUSED_DAYS + 1) * 86_400
    await narrow.keep(users[3], SPACE, layout_of(3))
    assert len(files_in(tmp_path)) == 1
    assert await narrow.shown(users[3], SPACE) is not None
