"""What people skipped or have in hand of their review queues, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import asyncpg

from services.inspection.model import Claim

KEPT = timedelta(days=2)
"""Longer than anything is skipped or claimed."""


class PostgresReview:
    """`ReviewMarks` over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def skip(self, inspection_id: str, user_id: str, at: datetime) -> None:
        """Notes that somebody skipped an inspection; nothing happens if that is gone."""
        await self._pool.execute(
            "INSERT INTO inspection.review_skips (inspection_id, user_id, skipped_at) "
            "SELECT id, $2, $3 FROM inspection.inspections WHERE id = $1 FOR KEY SHARE "
            "ON CONFLICT (inspection_id, user_id) DO UPDATE SET skipped_at = EXCLUDED.skipped_at",
            inspection_id,
            user_id,
            at,
        )

    async def unskip(self, inspection_id: str, user_id: str) -> None:
        """Takes that back."""
        await self._pool.execute(
            "DELETE FROM inspection.review_skips WHERE inspection_id = $1 AND user_id = $2",
            inspection_id,
            user_id,
        )

    async def skipped(
        self, user_id: str, inspection_ids: Sequence[str], *, after: datetime, until: datetime
    ) -> Collection[str]:
        """Those of the inspections that somebody skipped after a time and not after another."""
        rows = await self._pool.fetch(
            "SELECT inspection_id FROM inspection.review_skips WHERE user_id = $1 "
            "AND inspection_id = ANY($2) AND skipped_at > $3 AND skipped_at <= $4",
            user_id,
            inspection_ids,
            after,
            until,
        )
        return {str(row["inspection_id"]) for row in rows}

    async def claim(self, claim: Claim, user_id: str, *, now: datetime) -> Sequence[str]:
        """Puts those of a claim's inspections that are in nobody's hands into it; which they are.

        Places go on after those that the claim has.
        """
        rows = await self._pool.fetch(
            "INSERT INTO inspection.review_claims AS c "
            "(inspection_id, claim_id, user_id, place, expires_at) "
            "SELECT i.id, $2, $3, n.nth + (SELECT coalesce(max(place), 0) "
            "FROM inspection.review_claims WHERE claim_id = $2), $4 "
            "FROM unnest($1::uuid[]) WITH ORDINALITY n (id, nth) "
            # In one order, so that two of these do not wait for each other.
            "JOIN (SELECT id FROM inspection.inspections WHERE id = ANY($1) "
            "ORDER BY id FOR KEY SHARE) i ON i.id = n.id ORDER BY i.id "
            "ON CONFLICT (inspection_id) DO UPDATE SET claim_id = EXCLUDED.claim_id, "
            "user_id = EXCLUDED.user_id, place = EXCLUDED.place, "
            "expires_at = EXCLUDED.expires_at WHERE c.expires_at <= $5 "
            "RETURNING inspection_id",
            claim.inspection_ids,
            claim.claim_id,
            user_id,
            claim.expires_at,
            now,
        )
        claimed = {str(row["inspection_id"]) for row in rows}
        return [one for one in claim.inspection_ids if one in claimed]

    async def claimed(self, claim_id: str, *, now: datetime) -> Claim | None:
        """A claim as far as it lasts; None if nothing is left of it."""
        rows = await self._pool.fetch(
            "SELECT inspection_id, expires_at FROM inspection.review_claims "
            "WHERE claim_id = $1 AND expires_at > $2 ORDER BY place",
            claim_id,
            now,
        )
        if not rows:
            return None
        return Claim(claim_id, [str(row["inspection_id"]) for row in rows], rows[0]["expires_at"])

    async def in_hand(self, inspection_ids: Sequence[str], *, now: datetime) -> Collection[str]:
        """Those of the inspections that are in somebody's hands."""
        rows = await self._pool.fetch(
            "SELECT inspection_id FROM inspection.review_claims "
            "WHERE inspection_id = ANY($1) AND expires_at > $2",
            inspection_ids,
            now,
        )
        return {str(row["inspection_id"]) for row in rows}

    async def release(self, claim_id: str, user_id: str, inspection_ids: Sequence[str]) -> None:
        """Gives inspections of somebody's claim back; all of them if none is named."""
        await self._pool.execute(
            "DELETE FROM inspection.review_claims WHERE claim_id = $1 AND user_id = $2 "
            "AND (cardinality($3::uuid[]) = 0 OR inspection_id = ANY($3))",
            claim_id,
            user_id,
            inspection_ids,
        )


async def sweep_review(pool: asyncpg.Pool) -> None:
    """Forgets what was skipped or claimed and has no effect any more."""
    await pool.execute(
        "DELETE FROM inspection.review_skips WHERE skipped_at < now() - $1::interval", KEPT
    )
    await pool.execute(
        "DELETE FROM inspection.review_claims WHERE expires_at < now() - $1::interval", KEPT
    )
