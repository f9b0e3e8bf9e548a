"""Work that is done together: each piece once, whenever it comes."""

import asyncio
from collections.abc import Hashable, Sequence

import pytest

from services.storage.gathering import Gathering


async def doubled(_: Hashable, pieces: Sequence[int]) -> Sequence[int | Exception]:
    await asyncio.sleep(0)
    return [ValueError("odd") if piece % 2 else 2 * piece for piece in pieces]


async def test_what_comes_as_a_batch_ends_does_not_wait_for_ever() -> None:
    gathering: Gathering[int, int] = Gathering(doubled, most=8)
    async with asyncio.timeout(10):
        for piece in range(0, 20, 2):
            # The next comes in the very turn of the loop in which this one is done.
            assert await gathering.do("ana", piece) == 2 * piece


@pytest.mark.parametrize("at_once", [1, 3])
async def test_each_piece_has_its_own_outcome(at_once: int) -> None:
    gathering: Gathering[int, int] = Gathering(doubled, most=4, at_once=at_once)
    async with asyncio.timeout(10):
        found = await asyncio.gather(
            *(gathering.do(piece % 3, piece) for piece in range(30)), return_exceptions=True
        )
    for piece, outcome in enumerate(found):
        assert isinstance(outcome, ValueError) if piece % 2 else outcome == 2 * piece
