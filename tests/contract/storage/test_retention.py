"""Retention rules on a real PostgreSQL: what it finds is what the domain says is over."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.storage.errors import TooManyRetentionRules
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_retention import PostgresRetention
from services.storage.postgres_trash import PostgresTrash
from services.storage.retention import RetentionRule, RuleCounts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def pool(migrated: asyncpg.Pool) -> asyncpg.Pool:
    await migrated.execute("TRUNCATE storage.retention_rules")
    return migrated


@pytest.fixture
def rules(pool: asyncpg.Pool) -> PostgresRetention:
    return PostgresRetention(pool)


def rule(user_id: UUID, **fields: Any) -> RetentionRule:
    values: dict[str, Any] = {
        "rule_id": uuid4(),
        "user_id": user_id,
        "label_key": "batch",
        "label_value": "trial",
        "keep_days": 3,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return RetentionRule(**(values | fields))


async def add(pool: asyncpg.Pool, owner: UUID, **columns: Any) -> UUID:
    """An image that is kept, indexed and labelled, unless the columns say otherwise."""
    values: dict[str, Any] = {
        "image_id": uuid4(),
        "user_id": owner,
        "filename": "a.png",
        "content_type": "image/png",
        "size_bytes": 1,
        "labels": {"batch": "trial"},
        "state": "INDEXED",
        "created_at": NOW,
        "put_expires_at": NOW,
        "expires_at": NOW,
        "completed_at": NOW,
    } | columns
    names, places = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await pool.execute(
        f"INSERT INTO storage.image_uploads ({names}) VALUES ({places})",  # noqa: S608 - our own words
        *values.values(),
    )
    return UUID(str(values["image_id"]))


async def test_what_is_found_is_what_is_over(pool: asyncpg.Pool, rules: PostgresRetention) -> None:
    owner, other, chance = uuid4(), uuid4(), random.Random(5)  # noqa: S311 - to be the same again
    for _ in range(120):
        gone = chance.random() < 0.2
        kept = gone or chance.random() < 0.8
        await add(
            pool,
            chance.choice([owner, owner, other]),
            labels=chance.choice(
                [{}, {"batch": "trial"}, {"batch": ""}, {"batch": "2"}, {"line": "trial"}]
            ),
            created_at=NOW - chance.randrange(6) * DAY,
            restored_at=chance.choice([None, None, NOW - chance.randrange(6) * DAY]),
            state="INDEXED" if kept else "PENDING",
            completed_at=NOW if kept else None,
            deleted_at=NOW if gone else None,
            purge_at=NOW if gone else None,
        )
    ids = [
        row["image_id"] for row in await pool.fetch("SELECT image_id FROM storage.image_uploads")
    ]
    catalog = PostgresCatalog(pool)
    images = list((await catalog.find(owner, ids)).values())
    for value in ("trial", "", None):
        asked = rule(owner, label_value=value)
        wanted = sorted(one.image_id for one in images if asked.is_over(one, NOW))
        assert wanted, "the test tries something"
        found = list(await rules.due(asked, NOW, None, 1000))
        assert found == wanted
        assert (await rules.counts(asked, NOW)).due == len(wanted)
        half = found[len(found) // 2]
        assert await rules.due(asked, NOW, half, 2) == [one for one in found if one > half][:2]


async def test_a_rule_is_set_once_for_a_label_and_belongs_to_its_owner(
    rules: PostgresRetention,
) -> None:
    owner, other = uuid4(), uuid4()
    first = await rules.put(rule(owner), 10)
    any_value = await rules.put(rule(owner, label_value=None), 10)
    await rules.put(rule(owner, label_value=""), 10)
    again = await rules.put(rule(owner, keep_days=9, updated_at=NOW + DAY), 10)
    assert (again.rule_id, again.keep_days, again.created_at) == (first.rule_id, 9, NOW)
    assert [one.label_value for one in await rules.listed(owner)] == [None, "", "trial"]
    assert await rules.find(owner, "batch", None) == any_value
    assert await rules.find(owner, "batch", "trial") == again
    assert await rules.find(other, "batch", "trial") is None
    assert await rules.listed(other) == []
    assert not await rules.remove(other, first.rule_id)
    assert await rules.remove(owner, first.rule_id)
    assert not await rules.remove(owner, first.rule_id)


async def test_nobody_has_more_than_the_most_however_many_are_set_at_once(
    rules: PostgresRetention,
) -> None:
    owner = uuid4()
    outcomes = await asyncio.gather(
        *(rules.put(rule(owner, label_value=str(n)), 3) for n in range(8)),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, TooManyRetentionRules)]
    assert len(refused) == 5
    assert refused[0].metadata == {"max_rules": "3"}
    [kept, *_] = await rules.listed(owner)
    changed = await rules.put(rule(owner, label_value=kept.label_value, keep_days=8), 3)
    assert changed.keep_days == 8, "what is there can be set anew"


async def test_each_look_is_taken_by_one(rules: PostgresRetention) -> None:
    owner = uuid4()
    made = {(await rules.put(rule(owner, label_value=str(n)), 9)).rule_id for n in range(3)}
    later = NOW + timedelta(hours=1)
    taken = await asyncio.gather(*(rules.take(NOW, later) for _ in range(6)))
    assert sorted(str(one.rule_id) for one in taken if one) == sorted(map(str, made))
    assert await rules.take(later - timedelta(seconds=1), later) is None
    assert await rules.take(later, later + timedelta(hours=1)) is not None
    again = await rules.put(rule(owner, label_value="0", updated_at=NOW + DAY), 9)
    assert await rules.take(NOW + DAY, NOW + 2 * DAY) is not None
    assert await rules.stands(again)
    assert not await rules.stands(rule(owner, rule_id=again.rule_id)), "it was set anew"
    await rules.remove(owner, again.rule_id)
    assert not await rules.stands(again)


async def test_what_is_trashed_is_counted(rules: PostgresRetention) -> None:
    made = await rules.put(rule(uuid4()), 9)
    for hour in (1, 2):
        await rules.count_trashed(made, 4, NOW + timedelta(hours=hour))
    [found] = await rules.listed(made.user_id)
    assert (found.trashed, found.trashed_at) == (8, NOW + timedelta(hours=2))


async def test_only_what_still_is_over_goes_to_the_trash_and_counts_anew_once_it_is_back(
    pool: asyncpg.Pool, rules: PostgresRetention
) -> None:
    owner, now = uuid4(), NOW + 5 * DAY
    over, relabelled = await add(pool, owner), await add(pool, owner, labels={"batch": "keep"})
    young = await add(pool, owner, created_at=NOW + 4 * DAY)
    asked, trash = rule(owner), PostgresTrash(pool)
    gone = await trash.delete(
        owner,
        [over, relabelled, young],
        now,
        now + DAY,
        lambda image: asked.is_over(image, now),
    )
    assert gone == {over}
    assert await rules.counts(asked, now) == RuleCounts(images=1, due=0)
    back = await trash.restore(owner, [over], now)
    assert back[over].restored_at == now
    assert await rules.counts(asked, now) == RuleCounts(images=2, due=0)
    assert await rules.counts(asked, now + 3 * DAY) == RuleCounts(images=2, due=2)
