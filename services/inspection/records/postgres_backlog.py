"""How many jobs wait, for the status of the installation."""

import asyncpg

from services.installation.model import QueueReport


class PostgresBacklog:
    """`Backlog` of the jobs of all users; tells nothing of whose they are."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def report(self) -> QueueReport:
        """Jobs that are queued or run."""
        (row,) = await self._pool.fetch(
            "SELECT count(*) FILTER (WHERE state = 'QUEUED') AS waiting, "
            "count(*) FILTER (WHERE state = 'RUNNING') AS running, "
            "extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS age_s "
            "FROM inspection.jobs WHERE state IN ('QUEUED', 'RUNNING')"
        )
        age_s = row["age_s"]
        return QueueReport(
            name="jobs",
            waiting=row["waiting"],
            running=row["running"],
            oldest_age_s=None if age_s is None else max(0.0, age_s),
        )
