"""Vectors of queries are remembered for who asked, as long as the model stays."""

from typing import ClassVar

import pytest

from services.clients.errors import EmbedderUnavailable
from services.clients.model import Embedded, Space
from services.search.query.query_vectors import HASH_ASIDE_BYTES, RememberedQueries

OLD, NEW = Space("model", "1", 2), Space("model", "2", 2)


class Embedder:
    """Counts what it is asked for; gives numbers that single precision does not have."""

    def __init__(self) -> None:
        self.asked: list[str | bytes] = []
        self.known = OLD
        self.runs = OLD
        self.down = False

    async def space(self) -> Space:
        return self.known

    async def embed_text(self, text: str) -> Embedded:
        return self._embedded(text)

    async def embed_image(self, image: bytes) -> Embedded:
        return self._embedded(image)

    def _embedded(self, content: str | bytes) -> Embedded:
        if self.down:
            raise EmbedderUnavailable("down")
        self.asked.append(content)
        self.known = self.runs
        return Embedded(self.runs, [0.5, float(len(self.asked))], truncated=len(content) > 5)


class Person:
    name: ClassVar = "ana"

    def __call__(self) -> str:
        return self.name


def remembering(most_bytes: int = 2**20) -> tuple[RememberedQueries, Embedder, Person]:
    embedder, person = Embedder(), Person()
    return RememberedQueries(embedder, most_bytes=most_bytes, caller=person), embedder, person


async def test_the_same_again_is_not_embedded_again() -> None:
    queries, embedder, _ = remembering()
    first = await queries.embed_text("a red house")
    assert await queries.embed_text(" a  red\thouse ") == first
    assert first.truncated
    image = await queries.embed_image(b"a red house")
    assert image != first
    assert await queries.embed_image(b"a red house") == image
    assert embedder.asked == ["a red house", b"a red house"]


async def test_what_embedders_tell_apart_is_told_apart() -> None:
    queries, embedder, _ = remembering()
    for text in ("a red house", "a Red house", "ared house", "a red house!"):
        await queries.embed_text(text)
    long = bytes(HASH_ASIDE_BYTES + 1)
    for image in (b"", long, long[:-1] + b"1", long):
        await queries.embed_image(image)
    assert len(embedder.asked) == 7


async def test_nobody_is_answered_from_what_somebody_else_has_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queries, embedder, person = remembering()
    await queries.embed_text("secret")
    monkeypatch.setattr(type(person), "name", "ben")
    await queries.embed_text("secret")
    assert embedder.asked == ["secret", "secret"]


async def test_a_vector_of_another_model_than_the_one_in_use_is_not_given() -> None:
    queries, embedder, _ = remembering()
    old = await queries.embed_text("a house")
    embedder.runs = NEW
    assert await queries.embed_text("a house") == old
    # Somebody's new words tell of the new model.
    await queries.embed_text("news")
    assert (await queries.embed_text("a house")).space == NEW
    assert len(embedder.asked) == 3


async def test_what_was_asked_is_answered_while_the_embedder_is_down() -> None:
    queries, embedder, _ = remembering()
    known = await queries.embed_text("a house")
    embedder.down = True
    assert await queries.embed_text("a house") == known
    with pytest.raises(EmbedderUnavailable):
        await queries.embed_text("another")


async def test_nothing_is_remembered_without_room() -> None:
    queries, embedder, _ = remembering(most_bytes=0)
    await queries.embed_text("a")
    await queries.embed_text("a")
    assert embedder.asked == ["a", "a"]
