"""Records whether search could index each image."""

from collections.abc import Callable

from services.storage.ports import Clock, IngestCatalog, OutcomeStream


class OutcomeRecorder:
    """Records the indexer's outcomes.

    Args:
        stream: The indexer's outcomes.
        catalog: Records.
        clock: What time it is.
        recorded: Told after each batch, so that what follows starts at once.
    """

    def __init__(
        self,
        stream: OutcomeStream,
        catalog: IngestCatalog,
        *,
        clock: Clock,
        recorded: Callable[[], None],
    ) -> None:
        self._stream = stream
        self._catalog = catalog
        self._clock = clock
        self._recorded = recorded

    async def run(self) -> None:
        """Records for ever; fails with the stream or the store, and may be run again."""
        while True:
            ids, outcomes = await self._stream.read()
            if outcomes:
                async with self._stream.handling(ids):
                    await self._catalog.record_outcomes(outcomes, self._clock())
                self._recorded()
            if ids:
                await self._stream.acknowledge(ids)
