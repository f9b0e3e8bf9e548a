"""Periodic removal of what is no longer needed."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.inspection.jobs.ports import JobStore
from services.inspection.ports import Artifacts, Inspections, Versions
from services.runtime.errors import ArgusError

EVERY_S = 30.0
AT_ONCE = 100

_log = logging.getLogger(__name__)


class Upkeep:
    """Removes artifacts that no version needs, and inspections and jobs past their time.

    Args:
        versions: Knows which artifacts are due.
        artifacts: Where they are.
        inspections: What was inspected.
        jobs: What was done in the background.
        keep: How long an inspection is remembered that nobody gave feedback on, and a job.
        clock: What time it is.
    """

    def __init__(
        self,
        versions: Versions,
        artifacts: Artifacts,
        inspections: Inspections,
        jobs: JobStore,
        *,
        keep: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._versions = versions
        self._artifacts = artifacts
        self._inspections = inspections
        self._jobs = jobs
        self._keep = keep
        self._clock = clock

    async def run(self) -> None:
        """Removes what is due every 30 seconds, until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_S)

    async def remove_artifacts(self) -> None:
        """Removes artifacts that are due.

        Raises:
            StorageUnavailable: Storage does not answer.
        """
        while names := await self._versions.due_artifacts(AT_ONCE):
            await self._artifacts.remove(names)
            await self._versions.artifacts_removed(names)

    async def once(self) -> None:
        """Removes what is due now."""
        try:
            await self.remove_artifacts()
        except ArgusError as error:
            # What else is due does not wait for it.
            _log.warning("artifacts stay for now: %s", error.message)
        await self._jobs.forget_before(self._clock() - self._keep)
        forgotten = await self._inspections.forget_before(self._clock() - self._keep)
        if forgotten:
            _log.info("forgot %d inspections", forgotten)
