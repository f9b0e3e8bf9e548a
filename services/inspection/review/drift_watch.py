"""Whether scores of the sets that are in use have drifted, asked from time to time."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from services.inspection.model import Drift
from services.inspection.ports import Inspections, Versions
from services.inspection.telemetry import drifts
from services.inspection.verdict.drift import drift_of

EVERY_S = 300.0
IN_USE_FOR = timedelta(days=1)
MOST_SETS = 200
"""As many sets are measured, those that were inspected with last."""

RECENT_SCORES = 200


class DriftWatch:
    """Measures drift, whether or not somebody asks for statistics.

    Args:
        inspections: What was inspected.
        versions: What calibrations made.
        clock: What time it is.
    """

    def __init__(
        self, inspections: Inspections, versions: Versions, *, clock: Callable[[], datetime]
    ) -> None:
        self._inspections = inspections
        self._versions = versions
        self._clock = clock

    async def run(self) -> None:
        """Measures every five minutes, until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        """Measures now; what is told of other sets is told no more."""
        found: list[Drift] = []
        since = self._clock() - IN_USE_FOR
        for set_id, version in await self._inspections.sets_in_use(since, limit=MOST_SETS):
            known = await self._versions.get(set_id, version)
            if known is not None:
                recent = await self._inspections.recent_scores(set_id, version, limit=RECENT_SCORES)
                found.append(
                    drift_of(
                        set_id,
                        version,
                        recent.scores,
                        known.held_out,
                        uninspectable=recent.uninspectable,
                    )
                )
        drifts.now = found
