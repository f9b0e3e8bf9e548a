"""Which space searches use, whatever model is the embedder's default."""

from argus.embedder.v1 import embedder_pb2

from services.clients.model import Space
from services.clients.space import CurrentSpace
from services.runtime.outgoing import ServiceToken
from services.search.ports import VectorIndex


class SpaceInUse:
    """The space that the index says is in use, if the embedder has its model.

    The indexer says which it is; until it has, index and embedder are asked.

    Args:
        index: Says which space is in use, for all replicas.
        current: The embedder's models.
    """

    def __init__(self, index: VectorIndex, current: CurrentSpace) -> None:
        self._index = index
        self._current = current
        self._space: Space | None = None

    @property
    def token(self) -> ServiceToken:
        """This service's identity."""
        return self._current.token

    def use(self, space: Space) -> None:
        """Has queries use a space from now on."""
        self._space = space

    async def get(self) -> Space:
        """The space in use; stays known while the embedder is down.

        Raises:
            EmbedderUnavailable, IndexUnavailable: if it is not known yet, and they do not answer.
        """
        if self._space is not None:
            return self._space
        spaces = await self._current.spaces()
        name = await self._index.in_use()
        return next((space for space in spaces if space.name == name), spaces[0])

    async def named(self) -> str:
        """Id of the model in use, which queries name."""
        return (await self.get()).model

    def seen(self, embedding: embedder_pb2.Embedding) -> Space:
        """The space of an answer; a model's dimension never changes."""
        space = Space(embedding.model, embedding.model_version, len(embedding.values))
        known = self._space
        if known and (known.model, known.version) == (space.model, space.version):
            return known
        return space
