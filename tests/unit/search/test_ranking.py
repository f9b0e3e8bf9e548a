import random

from hypothesis import given
from hypothesis import strategies as st

from services.clients.model import Space
from services.search.index.ranking import stable_page
from services.search.model import Hit


@given(
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.9]), max_size=60),
    limit=st.integers(1, 9),
    shuffle=st.randoms(),
)
async def test_pages_put_together_are_the_whole_ranking_however_equals_come(
    scores: list[float], limit: int, shuffle: random.Random
) -> None:
    everything = [Hit(f"{number:03}", score) for number, score in enumerate(scores)]

    async def best(count: int) -> list[Hit]:
        mixed = list(everything)
        shuffle.shuffle(mixed)
        return sorted(mixed, key=lambda hit: -hit.score)[:count]

    pages = [
        await stable_page(best, offset=offset, limit=limit)
        for offset in range(0, len(scores) + limit, limit)
    ]
    together = [hit for page in pages for hit in page]
    assert together == sorted(everything, key=lambda hit: (-hit.score, hit.image_id))


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
