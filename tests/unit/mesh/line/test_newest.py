import asyncio

import pytest

from mesh.line.newest import CameraEnded, Newest


async def test_the_newest_frame_takes_the_place_of_the_one_before() -> None:
    newest: Newest[str] = Newest()
    await asyncio.to_thread(newest.put, "a", 1.0)
    await asyncio.to_thread(newest.put, "b", 2.0)
    found = await newest.newer_than(0)
    assert (found.number, found.frame, found.at) == (2, "b", 2.0)
    assert (await newest.newer_than(1)) == found


async def test_who_has_the_newest_waits_for_the_next_and_hears_of_the_end() -> None:
    newest: Newest[str] = Newest()
    waiting = asyncio.create_task(newest.newer_than(0))
    await asyncio.sleep(0)
    await asyncio.to_thread(newest.put, "a", 1.0)
    assert (await waiting).frame == "a"
    waiting = asyncio.create_task(newest.newer_than(1))
    await asyncio.sleep(0)
    await asyncio.to_thread(newest.end)
    with pytest.raises(CameraEnded):
        await waiting
    assert (await newest.newer_than(0)).frame == "a"
