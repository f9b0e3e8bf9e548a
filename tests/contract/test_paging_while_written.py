"""Pages and streams that are read while somebody writes, whatever is written and whenever.

Readers and a writer run at once over a real index of each kind. The writer's steps are drawn, and
so is how often each yields to the others. Many images are the same, so that places are told apart
by ids, and some keep their vectors while their labels change.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.search.model import Example, ImagePoint, SearchRequest, StoredQuery, TextQuery
from services.search.ports import VectorIndex
from services.search.query import arranged_pages, export
from tests.support.shared_index import ADAPTERS, opened
from tests.support.shelf import ANA, BEN, DIMENSION, SPACE, Shelf, unit, words

PALETTE = [unit(np.eye(DIMENSION)[0] + 0.3 * axis) for axis in np.eye(DIMENSION)[:5]]
QUERY = PALETTE[1]
IN_LINE = 'labels.line = "in"'
BEGIN = 14
SCATTER = 0x9E3779B97F4A7C15F39CC0605CEDC835

FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "exact": {"exact": True},
    "diverse": {"diversity": 0.5},
    "filtered": {"filter": IN_LINE},
    "as close as": {"min_score": 0.95},
}


@pytest.fixture(scope="module")
async def indexes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[VectorIndex]]:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(arranged_pages, "BLOCK", 6)
        small.setattr(export, "SCORED_AT_ONCE", 5)
        small.setattr(export, "SHOWN_FIRST", 2)
        small.setattr(export, "SHOWN_AT_ONCE", 3)
        async with AsyncExitStack() as stack:
            folder = tmp_path_factory.mktemp("vectors")
            made = [await stack.enter_async_context(opened(one, folder)) for one in ADAPTERS]
            for one in made:
                await one.open(SPACE)
            yield made


@dataclass(frozen=True)
class Step:
    """What the writer does: `number` says to which image, or of which colour."""

    what: str
    number: int
    rest: int
    """How often it lets others run afterwards."""


@dataclass(frozen=True)
class Reader:
    """Somebody who reads until the end."""

    form: str
    at_once: int
    rest: int
    streams: bool
    by_image: bool
    """Looks for the like of a stored image."""


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["add", "delete", "relabel", "again", "add of ben"]),
        st.integers(0, 40),
        st.integers(0, 6),
    ),
    max_size=24,
)
READERS = st.lists(
    st.builds(
        Reader,
        st.sampled_from(sorted(FORMS)),
        st.integers(1, 6),
        st.integers(0, 6),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
).map(lambda readers: [one for one in readers if not (one.streams and one.form == "diverse")])


@dataclass
class Library:
    """Images of Ana's and what became of them."""

    index: VectorIndex
    shelf: Shelf = field(init=False)
    colours: dict[str, int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    ever_in: set[str] = field(default_factory=set)
    """Images that have had the filter's label."""
    ever_out: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    of_ben: set[str] = field(default_factory=set)
    made: int = 0

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.index)

    async def add(self, colour: int, user_id: str = ANA) -> str:
        self.made += 1
        # Scattered, so that what is new is not always behind what there was.
        image_id = str(UUID(int=self.made * SCATTER % 2**128, version=4))
        if user_id == BEN:
            self.of_ben.add(image_id)
        else:
            self.colours[image_id] = colour % len(PALETTE)
            self.label(image_id, "in" if self.made % 2 else "out")
        self.shelf.owners[image_id] = user_id
        await self.put(image_id, user_id, colour)
        return image_id

    def label(self, image_id: str, value: str) -> None:
        self.labels[image_id] = value
        (self.ever_in if value == "in" else self.ever_out).add(image_id)

    async def put(self, image_id: str, user_id: str, colour: int) -> None:
        vector = PALETTE[colour % len(PALETTE)]
        labels = {"line": self.labels.get(image_id, "in")}
        point = ImagePoint(image_id, user_id, vector, "a.png", "image/png", labels)
        await self.index.upsert(SPACE, [point])

    async def write(self, steps: Sequence[Step], kept: str) -> None:
        for step in steps:
            there = sorted(set(self.colours) - self.gone - {kept})
            if step.what == "add of ben":
                await self.add(step.number, BEN)
            elif step.what == "add" or not there:
                await self.add(step.number)
            else:
                image_id = there[step.number % len(there)]
                if step.what == "delete":
                    self.gone.add(image_id)
                    await self.shelf.delete(image_id)
                else:
                    if step.what == "relabel":
                        self.label(image_id, "out" if self.labels[image_id] == "in" else "in")
                    await self.put(image_id, ANA, self.colours[image_id])
            for _ in range(step.rest):
                await asyncio.sleep(0)

    async def read(self, reader: Reader, kept: str) -> list[str]:
        """All that somebody finds, in the order in which it came."""
        example = (
            Example(StoredQuery(kept), field="image_id")
            if reader.by_image
            else Example(TextQuery(words(QUERY)), field="text")
        )
        seen: list[str] = []
        place = ""
        while True:
            request = SearchRequest(
                ANA, (example,), limit=reader.at_once,
                page_token="" if reader.streams else place, **FORMS[reader.form],
            )  # fmt: skip
            if reader.streams:
                taken, before = 0, place
                async for match, cursor in self.shelf.export.stream(request, before, 0):
                    seen.append(match.image.image_id)
                    taken, place = taken + 1, cursor
                    await asyncio.sleep(0)
                    # It breaks now and then, and is gone on with.
                    if taken == reader.at_once:
                        break
                if not taken:
                    return seen
            else:
                answer = await self.shelf.searcher.search(request)
                seen += [match.image.image_id for match in answer.matches]
                place = answer.next_page_token
                if not place:
                    return seen
            for _ in range(reader.rest):
                await asyncio.sleep(0)

    def expected(self, reader: Reader, kept: str) -> tuple[set[str], set[str]]:
        """What a reader has to have seen, and what it may have."""
        target = np.array(PALETTE[self.colours[kept]] if reader.by_image else QUERY)
        may = set(self.colours)
        must = may - self.gone
        if reader.form == "filtered":
            may, must = may & self.ever_in, must - self.ever_out
        if reader.form == "as close as":
            close = {
                one for one in may if float(target @ np.array(PALETTE[self.colours[one]])) >= 0.95
            }
            may, must = may & close, must & close
        return must, may


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    # Each try takes a moment: what fails is told as it is.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, readers=READERS)
async def test_what_stays_is_given_once_and_what_is_others_never(
    indexes: list[VectorIndex], steps: list[Step], readers: list[Reader]
) -> None:
    for index in indexes:
        for user_id in (ANA, BEN):
            await index.delete_of_user(user_id)
        library = Library(index)
        before = [await library.add(number) for number in range(BEGIN)]
        kept = before[3]
        async with asyncio.TaskGroup() as group:
            group.create_task(library.write(steps, kept))
            reading = [group.create_task(library.read(reader, kept)) for reader in readers]
        for reader, read in zip(readers, reading, strict=True):
            seen = read.result()
            must, may = library.expected(reader, kept)
            assert len(seen) == len(set(seen)), reader
            assert set(seen) <= may, reader
            assert set(before) & must <= set(seen), reader
            if reader.by_image and not reader.streams and reader.form != "filtered":
                assert seen[0] == kept, reader
        # Whatever was written, every image that is there finds itself first.
        left = set(library.colours) - library.gone
        for image_id in left:
            request = SearchRequest(ANA, (Example(StoredQuery(image_id), field="image_id"),))
            matches = (await library.shelf.searcher.search(request)).matches
            assert matches[0].image.image_id == image_id
        calm = await library.read(Reader("plain", 3, 0, streams=False, by_image=False), kept)
        assert (len(calm), set(calm)) == (len(left), left)
