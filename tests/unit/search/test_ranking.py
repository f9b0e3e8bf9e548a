import random
from collections.abc import Awaitable, Callable
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from services.clients.model import Space
from services.search.index.ranking import page_after, rank
from services.search.model import Cursor, Hit

SCORES = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.9]), max_size=60)


def engine(everything: list[Hit], shuffle: random.Random) -> Callable[[int], Awaitable[list[Hit]]]:
    """Gives the best of what is there now; leaves the order of equals to chance."""

    async def best(most: int) -> list[Hit]:
        # The last digits of one score differ from time to time.
        mixed = [Hit(hit.image_id, hit.score + shuffle.uniform(-1e-8, 1e-8)) for hit in everything]
        shuffle.shuffle(mixed)
        return sorted(mixed, key=lambda hit: -hit.score)[:most]

    return best


def behind(page: list[Hit], depth: int) -> Cursor:
    return Cursor(page[-1].score, page[-1].image_id, depth)


@given(scores=SCORES, limit=st.integers(1, 9), shuffle=st.randoms())
async def test_pages_put_together_are_the_whole_ranking_however_equals_come(
    scores: list[float], limit: int, shuffle: random.Random
) -> None:
    everything = [Hit(f"{number:03}", score) for number, score in enumerate(scores)]
    best = engine(everything, shuffle)
    together = page = await page_after(best, after=None, limit=limit)
    while len(page) == limit:
        page = await page_after(best, after=behind(page, len(together)), limit=limit)
        together = together + page
    assert together == sorted(everything, key=rank)


@given(scores=SCORES, limit=st.integers(1, 9), shuffle=st.randoms(), depth=st.integers(0, 99))
async def test_what_comes_and_goes_between_pages_neither_repeats_nor_skips_what_stays(
    scores: list[float], limit: int, shuffle: random.Random, depth: int
) -> None:
    there = [Hit(f"{number:03}", score) for number, score in enumerate(scores)]
    goes = [hit for hit in there if shuffle.random() < 0.3]
    stays = [hit for hit in there if hit not in goes]
    best = engine(there, shuffle)
    seen = page = await page_after(best, after=None, limit=limit)
    numbers = count()
    while len(page) == limit:
        for hit in goes[: shuffle.randint(0, 5)]:
            there.remove(hit)
            goes.remove(hit)
        there += [
            Hit(f"{shuffle.randint(0, 999):03}-{next(numbers)}", shuffle.choice([0.1, 0.2, 0.9]))
            for _ in range(shuffle.randint(0, 5))
        ]
        # The depth is a hint, and may be as wrong as it likes.
        page = await page_after(best, after=behind(page, depth), limit=limit)
        seen = seen + page
        # Otherwise it might go on for ever.
        if len(seen) > len(scores) + 60:
            break
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen, key=rank)
    ends = rank(seen[-1]) if seen and len(page) == limit else (2.0, "")
    assert {hit for hit in stays if rank(hit) <= ends} <= set(seen)


def test_spaces_have_different_names_that_folders_can_bear() -> None:
    spaces = [
        Space("compact", "a", 512),
        Space("compact", "b", 512),
        Space("compact", "a", 384),
        Space("ViT-B-32/laion2b_s34b_b79k", "a", 512),
        Space("ViT-B-32_laion2b/s34b_b79k", "a", 512),
        Space("../../" + "x" * 300, "a", 512),
    ]
    names = [space.name for space in spaces]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 and "/" not in name and "." not in name for name in names)
    assert names[3].startswith("images-vit-b-32-laion2b-s34b-b79k-")
