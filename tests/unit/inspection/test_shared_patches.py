"""Several views of one picture are looked at once."""

import asyncio

import numpy as np
import pytest

from services.inspection.model import PatchGrid, View
from services.inspection.scoring.shared_patches import SharedPatches


class Counting:
    """`PatchExtractor` that says which pictures it looked at."""

    def __init__(self) -> None:
        self.looks: list[tuple[bytes, int]] = []

    async def patches(
        self, image: bytes, *, model: str, size: int, interactive: bool, view: View | None = None
    ) -> PatchGrid:
        self.looks.append((image, size))
        await asyncio.sleep(0)
        if image == b"bad":
            raise ValueError("not an image")
        return PatchGrid(np.zeros((1, 1, 1)), model, "1")


async def look(shared: SharedPatches, image: bytes, size: int = 0) -> PatchGrid:
    return await shared.patches(image, model="m", size=size, interactive=True)


async def test_what_is_asked_for_again_is_looked_at_once() -> None:
    counting = Counting()
    shared = SharedPatches(counting)
    async with shared.shared():
        await asyncio.gather(*(look(shared, b"a") for _ in range(5)), look(shared, b"b"))
        await look(shared, b"a")
        await look(shared, b"a", size=448)
    assert sorted(counting.looks) == [(b"a", 0), (b"a", 448), (b"b", 0)]


async def test_nothing_is_shared_outside_and_with_others() -> None:
    counting = Counting()
    shared = SharedPatches(counting)

    async def part() -> None:
        async with shared.shared():
            await look(shared, b"a")

    await asyncio.gather(part(), part())
    await look(shared, b"a")
    assert counting.looks == [(b"a", 0)] * 3


async def test_a_failure_is_that_of_all_who_share_it() -> None:
    counting = Counting()
    shared = SharedPatches(counting)
    async with shared.shared():
        found = await asyncio.gather(
            look(shared, b"bad"), look(shared, b"bad"), look(shared, b"a"), return_exceptions=True
        )
        assert [type(one) for one in found] == [ValueError, ValueError, PatchGrid]
        with pytest.raises(ValueError, match="not an image"):
            await look(shared, b"bad")
    assert sorted(counting.looks) == [(b"a", 0), (b"bad", 0)]
