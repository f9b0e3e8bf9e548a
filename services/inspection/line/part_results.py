"""What parts come to, for the sinks of their sets."""

from collections.abc import Callable
from datetime import datetime

from services.inspection.line.result_event import part_event
from services.inspection.line.sink_ports import ResultSinks
from services.inspection.model import Verdict
from services.inspection.scoring.part_inspector import InspectedPart


class PartResults:
    """`PartSink`: puts what a part came to into the outbox of its set's sink.

    Args:
        sinks: Sinks and the outbox.
        added: Told when something is to be delivered.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self, sinks: ResultSinks, *, added: Callable[[], None], clock: Callable[[], datetime]
    ) -> None:
        self._sinks = sinks
        self._added = added
        self._clock = clock

    async def put(self, part: InspectedPart) -> None:
        """Sends on what a part came to, if its set's owner wants that."""
        now = self._clock()
        alarm = part.verdict is not Verdict.NORMAL
        body = part_event(part, now)
        if await self._sinks.add_part(part.set_id, part.part_inspection_id, body, now, alarm=alarm):
            self._added()
