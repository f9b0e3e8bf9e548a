"""Vectors of queries that were asked lately, so that asking again needs no embedder.

Each belongs to one user, as in the embedder's own cache (decision 8): what somebody has asked
never makes another's answer faster.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.clients.model import Embedded, Space
from services.clients.ports import QueryEmbedder
from services.runtime.identity import require_user
from services.runtime.telemetry_contract import KIND, OUTCOME
from services.search.query.lately import Lately
from services.search.telemetry import remembered

KEEP_S = 300.0
"""How long a vector is kept: an embedder that answers anew tells of a model that has changed."""

ENTRY_BYTES = 512
"""What an entry takes besides its numbers, about."""

HASH_ASIDE_BYTES = 2**20
"""Longer images are hashed in a thread: they would hold the event loop for a millisecond."""

_Key = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    space: Space
    values: NDArray[np.float32]
    truncated: bool


class RememberedQueries:
    """A `QueryEmbedder` that asks another one only for what it has not embedded lately.

    A vector is of the model that is known to be in use, or it is not given.

    Args:
        inner: What embeds; it learns of the model in use.
        most_bytes: What all vectors may take; 0 remembers none.
        keep_s: How long each is kept.
        caller: UUID of the user who asks.
    """

    def __init__(
        self,
        inner: QueryEmbedder,
        *,
        most_bytes: int,
        keep_s: float = KEEP_S,
        caller: Callable[[], str] = lambda: require_user().user_id,
    ) -> None:
        self._inner = inner
        self._caller = caller
        self._kept: Lately[_Key, _Kept] = Lately(most_bytes, keep_s, _size)

    async def space(self) -> Space:
        """The space of the model in use, as far as is known."""
        return await self._inner.space()

    async def embed_text(self, text: str) -> Embedded:
        """A text's vector. Embedders make one space of any white space, and so does the key."""
        digest = _digest(" ".join(text.split()).encode())
        return await self._embedded("text", digest, lambda: self._inner.embed_text(text))

    async def embed_image(self, image: bytes) -> Embedded:
        """An encoded image's vector."""
        if len(image) > HASH_ASIDE_BYTES:
            digest = await asyncio.to_thread(_digest, image)
        else:
            digest = _digest(image)
        return await self._embedded("image", digest, lambda: self._inner.embed_image(image))

    async def _embedded(
        self, kind: str, digest: bytes, embed: Callable[[], Awaitable[Embedded]]
    ) -> Embedded:
        key = (self._caller(), kind, digest)
        kept = self._kept.get(key)
        if kept is not None and kept.space == await self._inner.space():
            remembered.add(1, {KIND: kind, OUTCOME: "hit"})
            return Embedded(kept.space, kept.values.tolist(), kept.truncated)
        remembered.add(1, {KIND: kind, OUTCOME: "miss"})
        embedded = await embed()
        values = np.array(embedded.vector, np.float32)
        self._kept.keep(key, _Kept(embedded.space, values, embedded.truncated))
        return embedded


def _size(kept: _Kept) -> int:
    return kept.values.nbytes + ENTRY_BYTES


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
