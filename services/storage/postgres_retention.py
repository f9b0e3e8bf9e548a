"""Retention rules in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.storage.errors import TooManyRetentionRules
from services.storage.retention import RetentionRule, RuleCounts

_LABELLED = """
user_id = $1 AND completed_at IS NOT NULL AND deleted_at IS NULL
AND labels ? $2 AND ($3::text IS NULL OR labels @> jsonb_build_object($2::text, $3::text))
"""

_OVER = "greatest(created_at, restored_at) <= $4"
"""`greatest` passes over NULL: what was never brought back counts from its making."""


class PostgresRetention:
    """`RetentionRules` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def listed(self, user_id: UUID) -> list[RetentionRule]:
        """A user's rules, by key and value."""
        rows = await self._pool.fetch(
            "SELECT * FROM storage.retention_rules WHERE user_id = $1 "
            "ORDER BY label_key, label_value NULLS FIRST",
            user_id,
        )
        return [_rule_of(row) for row in rows]

    async def find(self, user_id: UUID, key: str, value: str | None) -> RetentionRule | None:
        """The rule of a label."""
        row = await self._pool.fetchrow(
            "SELECT * FROM storage.retention_rules WHERE user_id = $1 AND label_key = $2 "
            "AND label_value IS NOT DISTINCT FROM $3",
            user_id,
            key,
            value,
        )
        return None if row is None else _rule_of(row)

    async def put(self, rule: RetentionRule, most: int) -> RetentionRule:
        """Adds a rule, or gives its days to the one of the same label; it is looked at next."""
        async with self._pool.acquire() as connection, connection.transaction():
            # One after the other, so that many at once are no more than may be.
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                f"argus:retention:{rule.user_id}:",
            )
            row = await connection.fetchrow(
                "UPDATE storage.retention_rules SET keep_days = $4, updated_at = $5, look_at = $5 "
                "WHERE user_id = $1 AND label_key = $2 AND label_value IS NOT DISTINCT FROM $3 "
                "RETURNING *",
                rule.user_id,
                rule.label_key,
                rule.label_value,
                rule.keep_days,
                rule.updated_at,
            )
            if row is not None:
                return _rule_of(row)
            count = await connection.fetchval(
                "SELECT count(*) FROM storage.retention_rules WHERE user_id = $1", rule.user_id
            )
            if count >= most:
                raise TooManyRetentionRules(
                    f"you have {count} retention rules, and {most} are the most; delete one first",
                    metadata={"max_rules": str(most)},
                )
            await connection.execute(
                "INSERT INTO storage.retention_rules (rule_id, user_id, label_key, label_value, "
                "keep_days, created_at, updated_at, look_at) "
                "VALUES ($1, $2, $3, $4, $5, $6, $6, $6)",
                rule.rule_id,
                rule.user_id,
                rule.label_key,
                rule.label_value,
                rule.keep_days,
                rule.created_at,
            )
            return rule

    async def remove(self, user_id: UUID, rule_id: UUID) -> bool:
        """Removes a rule; whether there was one."""
        found = await self._pool.fetchval(
            "DELETE FROM storage.retention_rules WHERE user_id = $1 AND rule_id = $2 "
            "RETURNING rule_id",
            user_id,
            rule_id,
        )
        return found is not None

    async def counts(self, rule: RetentionRule, now: datetime) -> RuleCounts:
        """How many images a rule holds for."""
        row: Any = await self._pool.fetchrow(
            f"SELECT count(*) AS images, count(*) FILTER (WHERE {_OVER}) AS due "  # noqa: S608 - our own words
            f"FROM storage.image_uploads WHERE {_LABELLED}",
            *_parameters(rule, now),
        )
        return RuleCounts(row["images"], row["due"])

    async def take(self, now: datetime, again_at: datetime) -> RetentionRule | None:
        """Takes the rule that is to be looked at first; nobody else gets it before `again_at`."""
        row = await self._pool.fetchrow(
            "UPDATE storage.retention_rules SET look_at = $2 WHERE rule_id = ("
            "SELECT rule_id FROM storage.retention_rules WHERE look_at <= $1 "
            "ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
            now,
            again_at,
        )
        return None if row is None else _rule_of(row)

    async def stands(self, rule: RetentionRule) -> bool:
        """Whether a rule is there and was not set anew."""
        found = await self._pool.fetchval(
            "SELECT true FROM storage.retention_rules WHERE rule_id = $1 AND updated_at = $2",
            rule.rule_id,
            rule.updated_at,
        )
        return found is not None

    async def due(
        self, rule: RetentionRule, now: datetime, after: UUID | None, limit: int
    ) -> list[UUID]:
        """Images that are over, in the order of their ids, from behind one on."""
        rows = await self._pool.fetch(
            f"SELECT image_id FROM storage.image_uploads WHERE {_LABELLED} AND {_OVER} "  # noqa: S608 - our own words
            "AND ($5::uuid IS NULL OR image_id > $5) ORDER BY image_id LIMIT $6",
            *_parameters(rule, now),
            after,
            limit,
        )
        return [row["image_id"] for row in rows]

    async def count_trashed(self, rule: RetentionRule, images: int, now: datetime) -> None:
        """Counts what a rule has put into the trash."""
        await self._pool.execute(
            "UPDATE storage.retention_rules SET trashed = trashed + $2, trashed_at = $3 "
            "WHERE rule_id = $1",
            rule.rule_id,
            images,
            now,
        )


def _parameters(rule: RetentionRule, now: datetime) -> tuple[object, ...]:
    return rule.user_id, rule.label_key, rule.label_value, rule.created_until(now)


def _rule_of(row: asyncpg.Record) -> RetentionRule:
    return RetentionRule(
        rule_id=row["rule_id"],
        user_id=row["user_id"],
        label_key=row["label_key"],
        label_value=row["label_value"],
        keep_days=row["keep_days"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        trashed=row["trashed"],
        trashed_at=row["trashed_at"],
    )
