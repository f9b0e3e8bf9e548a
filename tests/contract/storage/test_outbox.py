"""Handing events over and remembering deletions, on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.runtime import store_spans
from services.runtime.telemetry_contract import RPC_METHOD, SERVER_CALL
from services.runtime.tracing import link_to
from services.storage.janitor import REMEMBER_DELETED_FOR
from services.storage.ports import Event
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_outbox import PostgresOutbox
from services.storage.postgres_trash import PostgresTrash
from services.storage.postgres_upkeep import PostgresUpkeep
from tests.support.spans import Spans

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = {"type": "deleted", "image_id": "1"}


@pytest.fixture
async def pool(migrated: asyncpg.Pool) -> asyncpg.Pool:
    await migrated.execute("TRUNCATE storage.outbox, storage.image_uploads CASCADE")
    await migrated.execute("TRUNCATE storage.deleted_images")
    return migrated


async def events(pool: asyncpg.Pool) -> list[Event]:
    """Takes what is in the outbox."""
    taken: list[Event] = []

    async def publish(events: Sequence[Event]) -> None:
        taken.extend(events)

    await PostgresOutbox(pool).hand_over(publish, 100_000)
    return taken


async def test_a_replica_does_not_wait_for_another_ones_slow_stream(pool: asyncpg.Pool) -> None:
    await pool.execute("INSERT INTO storage.outbox (event) VALUES ($1)", EVENT)
    told: list[Event] = []

    async def never(_: Sequence[Event]) -> None:
        raise AssertionError("two at once")

    async def slow(events: Sequence[Event]) -> None:
        # However often others look meanwhile, none of them keeps a connection.
        for _ in range(20):
            assert await PostgresOutbox(pool).hand_over(never, 10) is None
        told.extend(events)

    assert await PostgresOutbox(pool).hand_over(slow, 10) == 1

    assert told == [EVENT]
    assert await PostgresOutbox(pool).hand_over(never, 10) == 0


async def kept_image(pool: asyncpg.Pool) -> tuple[UUID, UUID]:
    """An image that is INDEXED; its owner's id and its own."""
    owner, image_id = uuid4(), uuid4()
    await pool.execute(
        "INSERT INTO storage.image_uploads (image_id, user_id, filename, content_type, size_bytes, "
        "state, created_at, put_expires_at, expires_at, completed_at) "
        "VALUES ($1, $2, 'a', 'image/png', 1, 'INDEXED', $3, $3, $3, $3)",
        image_id,
        owner,
        NOW,
    )
    return owner, image_id


async def test_a_deletion_is_told_again_at_growing_intervals_and_then_forgotten(
    pool: asyncpg.Pool,
) -> None:
    owner, image_id = await kept_image(pool)
    await PostgresTrash(pool).delete(owner, [image_id], NOW, None)
    deleted = {"type": "purged", "image_id": str(image_id)}
    assert await events(pool) == [deleted]
    upkeep = PostgresUpkeep(pool)

    told = [
        minute
        for minute in range(130)
        if await upkeep.announce_deletions_again(NOW + timedelta(minutes=minute), 10)
        and await events(pool) == [deleted]
    ]

    assert told == [1, 2, 4, 8, 16, 32, 64, 128]
    await upkeep.forget_deletions(NOW)
    assert await upkeep.announce_deletions_again(NOW + REMEMBER_DELETED_FOR, 10) == 1
    await upkeep.forget_deletions(NOW + timedelta(seconds=1))
    assert await upkeep.announce_deletions_again(NOW + 2 * REMEMBER_DELETED_FOR, 10) == 0


async def test_a_replay_tells_of_what_is_kept_and_of_what_is_gone(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.storage.postgres_catalog.REPLAY_BATCH", 2)
    kept = [str((await kept_image(pool))[1]) for _ in range(5)]
    owner, gone = await kept_image(pool)
    catalog = PostgresCatalog(pool)
    await PostgresTrash(pool).delete(owner, [gone], NOW, None)
    await events(pool)

    assert await catalog.announce_all(NOW) == 5

    told = await events(pool)
    assert [e["image_id"] for e in told if e["type"] == "uploaded"] == kept
    assert [e["image_id"] for e in told if e["type"] == "purged"] == [str(gone)]


async def test_an_event_names_the_call_that_caused_it_where_somebody_will_see_it(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = Spans()
    monkeypatch.setattr(store_spans, "_tracing", spans.tracing)
    owner, image_id = await kept_image(pool)
    with spans.tracing.span(SERVER_CALL, {RPC_METHOD: "test/Delete"}) as call:
        await PostgresTrash(pool).delete(owner, [image_id], NOW, NOW)
    [event] = await events(pool)
    assert {"SELECT postgresql", "UPDATE postgresql"} <= {
        span.name for span in spans.within(call.inner)
    }
    context = call.inner.get_span_context()
    [link] = link_to(str(event["traceparent"]))
    assert (link.context.trace_id, link.context.span_id) == (context.trace_id, context.span_id)

    await PostgresTrash(pool).restore(owner, [image_id], NOW)
    assert await events(pool) == [{"type": "uploaded", "image_id": str(image_id)}]
