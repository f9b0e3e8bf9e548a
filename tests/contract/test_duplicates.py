"""What finding duplicates promises, on a real Qdrant Edge and with the real process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argus.storage.v1.image_pb2 import Image

from services.clients.model import Embedded, Space
from services.runtime.errors import ResourceExhausted
from services.search.duplicates import comparing, finder
from services.search.duplicates.comparing import Comparer
from services.search.duplicates.finder import DuplicateFinder
from services.search.duplicates.kept_clusters import KEEP_S, KeptClusters
from services.search.duplicates.model import DuplicatesRequest, Kind, Piece, Progress, Summary, Told
from services.search.duplicates.ports import FingerprintPage
from services.search.errors import CursorInvalid, DuplicatesFailed, TooManyImages
from services.search.index.qdrant_edge import EdgeIndex
from services.search.model import ImagePoint

ANA, BEN = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SPACE = Space("test/model", "v1", 2)
HASH = 0x00FF00FF00FF00FF
ASKED = DuplicatesRequest(ANA, frozenset(Kind), max_distance=6, min_cosine=0.95)


class Library:
    """Users' images: what storage knows of them, and what a caller may see."""

    def __init__(self) -> None:
        self.images: dict[str, list[tuple[str, bytes, int]]] = {}
        self.deleted: set[str] = set()
        self.caller = ANA
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def pages(self, user_id: str) -> AsyncGenerator[FingerprintPage]:
        self.reads += 1
        await self.gate.wait()
        own = [one for one in self.images.get(user_id, []) if one[0] not in self.deleted]
        for start in range(0, max(1, len(own)), 3):
            some = own[start : start + 3]
            yield FingerprintPage(
                b"".join(UUID(one).bytes for one, _, _ in some),
                b"".join(digest * 32 for _, digest, _ in some),
                b"".join(phash.to_bytes(8, "big") for _, _, phash in some),
                [1] * len(some),
                [100] * len(some),
            )

    async def images_of(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        own = {one for one, _, _ in self.images.get(self.caller, [])} - self.deleted
        return {one: Image(image_id=one) for one in image_ids if one in own}


class Model:
    """The space in use."""

    async def space(self) -> Space:
        return SPACE

    async def embed_text(self, text: str) -> Embedded:
        raise NotImplementedError

    async def embed_image(self, image: bytes) -> Embedded:
        raise NotImplementedError


class Records:
    """The records that a caller may see."""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        return await self._library.images_of(image_ids)


class Duplicates:
    """A finder and what it stands on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = EdgeIndex(folder / "vectors")
        self.library = Library()
        self.now = 0.0
        self.finder = self.started()

    def started(self) -> DuplicateFinder:
        comparer = Comparer(self.library, self.index, self.folder / "duplicates")
        return DuplicateFinder(
            self.index,
            Model(),
            Records(self.library),
            comparer,
            KeptClusters(clock=lambda: self.now),
            heartbeat_s=0.01,
        )

    async def add(
        self,
        *told: tuple[bytes, int],
        user_id: str = ANA,
        vector: Sequence[float] | None = None,
        **labels: str,
    ) -> list[str]:
        """Images of (digest, hash); indexed with a vector, if there is one."""
        own = self.library.images.setdefault(user_id, [])
        count = sum(len(images) for images in self.library.images.values())
        ids = [str(UUID(int=count + at + (4 << 76) + (8 << 60))) for at in range(len(told))]
        own += [(one, digest, phash) for one, (digest, phash) in zip(ids, told, strict=True)]
        if vector is not None:
            await self.index.open(SPACE)
            await self.index.upsert(
                SPACE,
                [
                    ImagePoint(one, user_id, list(vector), "a.jpg", "image/jpeg", labels)
                    for one in ids
                ],
            )
        return ids

    async def told(self, **asked: Any) -> list[Told]:
        return [one async for one in self.finder.find(replace(ASKED, **asked))]

    async def pieces(self, **asked: Any) -> list[Piece]:
        return [one for one in await self.told(**asked) if isinstance(one, Piece)]


def ids_of(pieces: list[Piece]) -> list[tuple[Kind, list[str]]]:
    return [(one.kind, [member.image.image_id for member in one.members]) for one in pieces]


@pytest.fixture
async def duplicates(tmp_path: Path) -> AsyncIterator[Duplicates]:
    made = Duplicates(tmp_path)
    yield made
    await made.index.close()


async def test_clusters_are_told_after_progress_and_a_summary(duplicates: Duplicates) -> None:
    a, b = await duplicates.add((b"a", 1), (b"a", 1))
    c, d = await duplicates.add((b"c", HASH), (b"d", HASH ^ 1))
    e, f = await duplicates.add((b"e", 0), (b"f", 0), vector=[1, 0])
    told = await duplicates.told()
    kinds = [type(one) for one in told]
    summary = told[kinds.index(Summary)]
    assert isinstance(summary, Summary)
    assert set(kinds[: kinds.index(Summary)]) == {Progress}
    assert kinds[kinds.index(Summary) + 1 :] == [Piece] * 3
    assert (summary.model, summary.max_distance, summary.min_cosine) == (SPACE.model, 6, 0.95)
    found = summary.clusters
    assert (found.image_count, found.without_vector_count, found.duplicate_bytes) == (6, 4, 300)
    pieces = [one for one in told if isinstance(one, Piece)]
    assert ids_of(pieces) == [
        (Kind.EXACT, [a, b]), (Kind.NEAR, [c, d]), (Kind.ALIKE, [e, f]),
    ]  # fmt: skip
    distances = [[member.distance for member in one.members] for one in pieces]
    assert distances == [[0, 0], [0, 1], [0, 0]]
    assert [one.members[1].cosine for one in pieces] == [None, None, 1]
    assert list((duplicates.folder / "duplicates").iterdir()) == []


async def test_nobody_is_compared_with_somebody_else(duplicates: Duplicates) -> None:
    await duplicates.add((b"a", HASH), vector=[1, 0])
    await duplicates.add((b"a", HASH), user_id=BEN, vector=[1, 0])
    assert await duplicates.pieces() == []
    # Records come with the caller's own rights: what they do not give is not shown.
    await duplicates.add((b"a", HASH), vector=[1, 0])
    assert len(await duplicates.pieces()) == 1
    duplicates.library.caller = BEN
    assert await duplicates.pieces() == []
    # What was found for one is nothing that another's cursor leads to.
    duplicates.library.caller = ANA
    (piece,) = await duplicates.pieces()
    with pytest.raises(CursorInvalid):
        await duplicates.told(user_id=BEN, after_cursor=piece.cursor)


async def test_a_filter_leaves_what_is_indexed_and_fits(duplicates: Duplicates) -> None:
    red = await duplicates.add((b"a", 1), (b"a", 1), vector=[1, 0], colour="red")
    await duplicates.add((b"a", 1), vector=[1, 0], colour="blue")
    await duplicates.add((b"a", 1))
    exact = frozenset({Kind.EXACT})
    (whole,) = await duplicates.pieces(kinds=exact)
    assert whole.image_count == 4
    (piece,) = await duplicates.pieces(kinds=exact, filter="labels.colour = red")
    assert ids_of([piece]) == [(Kind.EXACT, red)]


async def test_a_broken_stream_goes_on_from_any_cursor(
    duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "IN_A_PIECE", 3)
    monkeypatch.setattr(finder, "RECORDS_AT_ONCE", 7)
    await duplicates.add(*[(b"a", 1)] * 8, *[(b"b", 1)] * 5, *[(b"c", 1)] * 2, *[(b"d", 1)] * 2)
    whole = await duplicates.pieces()
    assert [(one.first, len(one.members), one.image_count) for one in whole] == [
        (0, 3, 8), (3, 3, 8), (6, 2, 8), (0, 3, 5), (3, 2, 5), (0, 2, 2), (0, 2, 2),
    ]  # fmt: skip
    reads = duplicates.library.reads
    for number, piece in enumerate(whole):
        assert await duplicates.pieces(after_cursor=piece.cursor) == whole[number + 1 :]
    # What was found is kept: nothing was read or compared again.
    assert duplicates.library.reads == reads
    # Where it is not, the images are compared anew, and the same comes after the cursor.
    duplicates.finder = duplicates.started()
    assert await duplicates.pieces(after_cursor=whole[1].cursor) == whole[2:]
    # Also if images came and went meanwhile: what is new comes in its place.
    await duplicates.add(*[(b"e", 1)] * 3)
    duplicates.finder = duplicates.started()
    rest = await duplicates.pieces(after_cursor=whole[4].cursor)
    assert [one.image_count for one in rest] == [3, 2, 2]


async def test_a_limit_ends_after_so_many_clusters(duplicates: Duplicates) -> None:
    await duplicates.add(*[(bytes([number]), 1) for number in range(5) for _ in range(2)])
    first = await duplicates.pieces(limit=2)
    rest = await duplicates.pieces(after_cursor=first[-1].cursor, limit=10)
    assert (len(first), len(rest)) == (2, 3)
    assert [*first, *rest] == await duplicates.pieces()
    assert len(await duplicates.pieces(min_size=3)) == 0


async def test_what_is_known_is_found_without_comparing_and_never_when_it_changed(
    duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await duplicates.add((b"a", 1), (b"a", 1), (b"a", 1))
    (before,) = await duplicates.pieces()
    monkeypatch.setattr(comparing, "MOST_S", 0.0)
    assert await duplicates.pieces() == [before]
    monkeypatch.undo()
    duplicates.library.deleted.add(ids[0])
    (after,) = await duplicates.pieces()
    assert (before.image_count, after.image_count) == (3, 2)
    duplicates.now += KEEP_S + 1
    reads = duplicates.library.reads
    await duplicates.pieces(after_cursor=after.cursor)
    assert duplicates.library.reads == reads + 1


async def test_what_was_deleted_since_is_left_out(duplicates: Duplicates) -> None:
    a = await duplicates.add((b"a", 1), (b"a", 1), (b"a", 1))
    b = await duplicates.add((b"b", 1), (b"b", 1))
    c = await duplicates.add((b"c", 1), (b"c", 1))
    (first, *_) = await duplicates.pieces()
    found = duplicates.finder.find(replace(ASKED, after_cursor=""))
    async with aclosing(found):
        async for told in found:
            if isinstance(told, Summary):
                # Gone after it was compared: the best of one, another of a pair, one of three.
                duplicates.library.deleted |= {a[2], b[0], c[1]}
            if isinstance(told, Piece):
                assert [member.image.image_id for member in told.members] == a[:2]
    assert first.image_count == 3


@pytest.mark.parametrize("cursor", ["x", "W10", "bm90IG9uZSBvZiBvdXJz"])
async def test_a_damaged_cursor_is_refused(duplicates: Duplicates, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        await duplicates.told(after_cursor=cursor)


async def test_a_cursor_belongs_to_its_request(duplicates: Duplicates) -> None:
    await duplicates.add((b"a", 1), (b"a", 1))
    (piece,) = await duplicates.pieces()
    others: list[dict[str, Any]] = [
        {"max_distance": 5}, {"filter": "labels:a"}, {"min_size": 3}, {"min_cosine": 0.9},
    ]  # fmt: skip
    for other in others:
        with pytest.raises(CursorInvalid):
            await duplicates.told(after_cursor=piece.cursor, **other)


async def test_too_many_images_are_refused(
    duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    await duplicates.add(*[(b"a", 1)] * 3, vector=[1, 0])
    monkeypatch.setattr(comparing, "MOST_VECTORS", 2)
    with pytest.raises(TooManyImages):
        await duplicates.told()
    assert len(await duplicates.pieces(kinds=frozenset({Kind.EXACT}))) == 1
    monkeypatch.setattr(comparing, "MOST_IMAGES", 2)
    with pytest.raises(TooManyImages):
        await duplicates.told(kinds=frozenset({Kind.EXACT}))


async def test_a_full_disk_and_a_process_that_fails_are_told(
    duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    await duplicates.add((b"a", 1), (b"a", 1), vector=[1, 0])
    monkeypatch.setattr(comparing, "KEEP_FREE_BYTES", 2**62)
    with pytest.raises(DuplicatesFailed):
        await duplicates.told()
    monkeypatch.undo()
    monkeypatch.setattr(comparing, "MOST_S", 0.0)
    with pytest.raises(DuplicatesFailed):
        await duplicates.told()
    monkeypatch.undo()
    assert await duplicates.pieces()
    duplicates.library.images[ANA][0] = (duplicates.library.images[ANA][0][0], b"ab", 1)
    with pytest.raises(DuplicatesFailed):
        await duplicates.told()
    assert list((duplicates.folder / "duplicates").iterdir()) == []


async def test_comparisons_wait_for_their_turn_and_too_many_are_refused(
    duplicates: Duplicates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "MOST_WAITING", 1)
    await duplicates.add((b"a", 1), (b"a", 1))
    duplicates.library.gate.clear()
    running = [duplicates.finder.find(ASKED) for _ in range(finder.AT_ONCE + 1)]
    for one in running:
        for _ in range(3):
            assert isinstance(await anext(one), Progress)
    assert await anext(running[-1]) == Progress("waiting")
    with pytest.raises(ResourceExhausted):
        await duplicates.told()
    # Whoever goes away gives the place to the next.
    await running[0].aclose()
    duplicates.library.gate.set()
    for one in running[1:]:
        assert [told async for told in one if isinstance(told, Piece)]
