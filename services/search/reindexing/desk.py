"""The use cases: beginning a reindexing, seeing how far it is, ending it."""

from collections.abc import Awaitable, Callable

from services.clients.model import Space
from services.runtime.errors import ArgusError, Unavailable
from services.search.errors import ModelUnknown, ModelUnsuitable, ReindexRunning, SpaceGone
from services.search.ports import VectorIndex
from services.search.reindexing.model import Progress, ReindexState
from services.search.reindexing.ports import Models, Reindexes


class ReindexDesk:
    """What administrators ask for.

    Args:
        reindexes: The newest one.
        models: What the embedder has.
        index: Knows how many images it has.
        current: The space that searches use.
    """

    def __init__(
        self,
        reindexes: Reindexes,
        models: Models,
        index: VectorIndex,
        current: Callable[[], Awaitable[Space]],
    ) -> None:
        self._reindexes = reindexes
        self._models = models
        self._index = index
        self._current = current

    async def start(self, model: str, *, again: bool = False) -> Progress:
        """Begins to embed every image with a model, unless searches use it already.

        Args:
            model: Its id.
            again: Embed also images that have a vector of it, even if searches use it.

        Raises:
            ModelUnknown: The embedder has it not.
            ModelUnsuitable: It does not embed both images and words, or does not work.
            ReindexRunning: Images are being embedded with another, or with another `again`.
            Unavailable: A part that is needed is down.
        """
        candidate = await self._models.find(model)
        if candidate is None:
            raise ModelUnknown(
                f"there is no model {model!r} here; ListModels names those there are",
                field="model",
            )
        space = candidate.space
        newest = await self._reindexes.newest()
        if newest is not None and newest.runs:
            if newest.space != space or newest.again != again:
                raise ReindexRunning(
                    f"images are being embedded with {newest.space.model}; cancel that first",
                    metadata={"model": newest.space.model},
                )
        elif again or space != await self._current():
            if not (candidate.embeds_images and candidate.embeds_words):
                raise ModelUnsuitable(
                    f"{space.model} does not embed both images and words", field="model"
                )
            await self._try_out(space)
            if not await self._reindexes.begin(space, automatic=False, again=again):
                raise ReindexRunning("another reindexing was begun just now")
        return await self.progress()

    async def progress(self) -> Progress:
        """How far the newest one is.

        Raises:
            Unavailable: A part that is needed is down.
        """
        reindex = await self._reindexes.newest()
        current = await self._current()
        embedded_count = 0
        if reindex is not None:
            again = reindex.again
            embedded_count = reindex.done_count if again else await self._count(reindex.space)
        return Progress(
            reindex,
            current,
            image_count=await self._count(current),
            embedded_count=embedded_count,
            failed_count=await self._reindexes.failed_count() if reindex else 0,
        )

    async def cancel(self) -> Progress:
        """Ends the one that runs.

        Raises:
            Unavailable: A part that is needed is down.
        """
        reindex = await self._reindexes.newest()
        if reindex is not None and reindex.runs:
            await self._reindexes.end(reindex, ReindexState.CANCELLED)
        return await self.progress()

    async def _count(self, space: Space) -> int:
        try:
            return await self._index.count(space)
        except SpaceGone:
            # It is not made yet.
            return 0

    async def _try_out(self, space: Space) -> None:
        try:
            await self._models.try_out(space)
        except Unavailable:
            raise
        except ArgusError as error:
            raise ModelUnsuitable(
                f"{space.model} does not work here: {error.message}",
                field="model",
                metadata={"reason": error.reason},
            ) from error
