"""Hears from PostgreSQL of whom something changed, whichever replica changed it."""

import asyncio
from uuid import UUID

from services.runtime.alarm import Alarm
from services.runtime.postgres import connect

CHECK_EVERY_S = 10.0
TIMEOUT_S = 5.0


class PostgresListener:
    """Rings an alarm for every notification.

    Args:
        url: Of the database; a connection of its own is used.
        channel: Where it notifies, each time of a user's id.
        alarm: What to ring.
    """

    def __init__(self, url: str, channel: str, alarm: Alarm) -> None:
        self._url = url
        self._channel = channel
        self._alarm = alarm

    async def run(self) -> None:
        """Listens for ever; fails with the connection, and may be run again.

        Raises:
            DatabaseUnavailable: PostgreSQL does not answer.
        """
        connection = await connect(self._url, timeout_s=TIMEOUT_S)
        try:
            await connection.add_listener(self._channel, self._heard)
            # What was said while nobody listened.
            self._alarm.ring_all()
            while True:
                await asyncio.sleep(CHECK_EVERY_S)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _heard(self, *notification: object) -> None:
        *_, user_id = notification
        self._alarm.ring(UUID(str(user_id)))
