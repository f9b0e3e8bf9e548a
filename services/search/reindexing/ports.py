"""What reindexing needs of the world."""

from collections.abc import Mapping
from typing import Protocol

from services.clients.model import Space
from services.search.reindexing.model import Candidate, Reindex, ReindexState


class Models(Protocol):
    """The embedder's models."""

    async def find(self, model: str) -> Candidate | None:
        """The model of an id; None if the embedder has it not.

        Raises:
            EmbedderUnavailable: it does not answer.
        """

    async def try_out(self, space: Space) -> None:
        """Embeds words and a picture with a space's model, which loads it.

        Raises:
            ArgusError: why it does not work.
        """


class Reindexes(Protocol):
    """The newest reindexing, for all replicas, and what it must not forget.

    Every method raises `RedisUnavailable` if Redis does not answer.
    """

    async def newest(self) -> Reindex | None:
        """The one that was begun last."""

    async def begin(self, space: Space, *, automatic: bool, again: bool = False) -> bool:
        """Begins one, unless one runs; False if one does."""

    async def end(self, reindex: Reindex, state: ReindexState) -> None:
        """Ends one; does nothing if it runs no more.

        Images that failed are missed by the space from then on, and tried again.
        """

    async def move_on(self, reindex: Reindex, cursor: str, count: int) -> None:
        """Remembers up to which image one has come, and that so many more are done.

        Does nothing if it had come so far before, or is not the newest.
        """

    async def hold(self, replica: str) -> bool:
        """Has this replica do the work for the next half minute; False if another does."""

    async def let_go(self, replica: str) -> None:
        """Lets another replica do the work at once."""

    async def set_failed(self, space: Space, image_id: str, reason: str) -> None:
        """Remembers why an image cannot be embedded for a space."""

    async def failed_count(self) -> int:
        """How many cannot, of the newest reindexing."""

    async def missed(self, space_name: str, *, limit: int) -> Mapping[str, float]:
        """Ids of images that a space has missed, each with when it was last so."""

    async def forget_missed(self, space_name: str, seen: Mapping[str, float]) -> None:
        """Forgets images that a space has missed, but for those missed once more since."""
