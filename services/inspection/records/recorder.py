"""Inspections written down together: while one write is under way, the next gathers."""

import asyncio
from collections.abc import Callable, Sequence

from services.inspection.model import InspectionRecord
from services.inspection.ports import Inspections


class Recorder:
    """Writes records down, many at once when many come.

    Args:
        inspections: Where they go.
        recorded: Told when some were written.
    """

    def __init__(
        self, inspections: Inspections, *, recorded: Callable[[], None] = lambda: None
    ) -> None:
        self._inspections = inspections
        self._recorded = recorded
        self._gathered: list[InspectionRecord] = []
        self._next: asyncio.Future[None] | None = None
        self._writing: asyncio.Task[None] | None = None

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        """Returns when the records are kept; raises what the store raises."""
        if not records:
            return
        self._gathered += records
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        kept = self._next
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(kept)

    async def _write(self) -> None:
        while self._next is not None:
            kept, self._next = self._next, None
            records, self._gathered = self._gathered, []
            try:
                await self._inspections.record(records)
            except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
                kept.set_exception(error)
                # Nobody may be waiting any more; asyncio would complain.
                kept.exception()
            else:
                kept.set_result(None)
                self._recorded()
