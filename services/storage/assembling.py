"""Storage's use cases, put together; `wiring.py` opens the stores and runs what is here."""

import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg
import redis.asyncio

from services.imaging.decode import ImageLimits
from services.runtime.alarm import Alarm
from services.runtime.audit import AuditTrail
from services.runtime.dead_letters import DeadLetters
from services.runtime.deleted_accounts import AccountRemoval
from services.storage.account_erasure import AccountErasure
from services.storage.allowance import Allowance, Usage
from services.storage.artifacts import Artifacts
from services.storage.at_hand import AtHand
from services.storage.budget import Budget
from services.storage.checking import Mending, StorageChecks
from services.storage.comparing import Comparing
from services.storage.dead_events import DeadEvents
from services.storage.declaring import Declaring
from services.storage.deletion import Deletion
from services.storage.editing import Editing
from services.storage.import_stream import ImportStreams
from services.storage.importing import Importing, Verify
from services.storage.in_hand import InHand
from services.storage.ingest import Ingest
from services.storage.janitor import Janitor
from services.storage.late_captures import LateReader
from services.storage.library import Library
from services.storage.operator_servicer import StorageOperatorServicer
from services.storage.outcomes import OutcomeRecorder
from services.storage.ports import Clock, Render
from services.storage.postgres_accounts import PostgresUserRecords
from services.storage.postgres_arrivals import PostgresArrivals
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_changes import PostgresChanges
from services.storage.postgres_consistency import PostgresConsistency
from services.storage.postgres_edits import PostgresEdits
from services.storage.postgres_fingerprints import PostgresFingerprints
from services.storage.postgres_late_captures import PostgresLateCaptures
from services.storage.postgres_multiparts import PostgresMultiparts
from services.storage.postgres_outbox import PostgresOutbox
from services.storage.postgres_overview import PostgresOverview
from services.storage.postgres_removals import RestrainedRemovals
from services.storage.postgres_renditions import PostgresRenditions
from services.storage.postgres_reservations import PostgresReservations
from services.storage.postgres_retention import PostgresRetention
from services.storage.postgres_trash import PostgresTrash
from services.storage.postgres_upkeep import PostgresUpkeep
from services.storage.postgres_usage import PostgresUsage
from services.storage.previewing import Previews
from services.storage.redis_streams import RedisEventStream, RedisOutcomeStream
from services.storage.relay import OutboxRelay
from services.storage.renderer import Renderer
from services.storage.retention import Retention, RetentionKeeper
from services.storage.retention_servicer import RetentionServicer
from services.storage.s3 import S3ObjectStore
from services.storage.s3_links import S3Links
from services.storage.servicer import ArtifactServicer, ImageServicer, IngestServicer
from services.storage.settings import StorageSettings
from services.storage.streamed_uploads import StreamedUploads
from services.storage.telemetry import StorageMetrics
from services.storage.translate import limits_message
from services.storage.uploads import Uploads
from services.storage.watching import ImageWatch

MAX_IN_HAND = 8
"""Verifications at once."""

MAX_WAITING = 512
LEAST_INCOMING_BYTES = 64 * 2**10
MAX_STREAMS_WAITING = 10_000

Loop = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Foundations:
    """What the use cases share: open stores, and who does what for all of them.

    Attributes:
        settings: Storage's variables.
        pool: PostgreSQL.
        redis: Redis.
        store: The object store.
        public_links: Presigned URLs as clients see the store.
        inside_links: The same as services see it.
        verify: Decodes and checks an image, in threads.
        render: Makes a rendition that somebody waits for.
        render_beside: The same for what nobody waits for.
        limits: What an image may be.
        in_hand: Who works on which image.
        at_hand: Bytes that were just verified.
        clock: What time it is.
        metrics: Where measurements go.
    """

    settings: StorageSettings
    pool: asyncpg.Pool
    redis: redis.asyncio.Redis
    store: S3ObjectStore
    public_links: S3Links
    inside_links: S3Links
    verify: Verify
    render: Render
    render_beside: Render
    limits: ImageLimits
    in_hand: InHand
    at_hand: AtHand
    clock: Clock
    metrics: StorageMetrics

    @property
    def allowance(self) -> Allowance:
        """What each user may have."""
        settings = self.settings
        return Allowance(
            pending=Usage(settings.storage_pending_uploads, settings.storage_pending_bytes),
            kept=Usage(settings.storage_quota_images, settings.storage_quota_bytes),
        )

    @property
    def upload_ttl(self) -> timedelta:
        """How long an upload may take until it is complete."""
        return timedelta(seconds=self.settings.storage_upload_ttl_s)

    @property
    def grace(self) -> timedelta:
        """How long a deleted image can be brought back."""
        return timedelta(hours=self.settings.storage_undelete_hours)


@dataclass(frozen=True, slots=True)
class Background:
    """What goes on beside the calls."""

    stream: RedisEventStream
    relay: OutboxRelay
    outcomes: OutcomeRecorder
    janitor: Janitor
    renderer: Renderer
    late_reader: LateReader

    def changed(self) -> None:
        """Says that images were made, changed or deleted, so that what follows starts at once."""
        self.relay.wake()
        self.janitor.wake()
        self.renderer.wake()

    @property
    def housekeeping(self) -> dict[str, Loop]:
        """Loops by name, without which storage still serves."""
        return {
            "upload expiry": self.janitor.expire,
            "object removal": self.janitor.purge,
            "search reminder": self.janitor.remind,
            "trash": self.janitor.empty_trash,
            "tidying": self.janitor.tidy,
            "renderer": self.renderer.run,
            "late captures": self.late_reader.run,
        }


def assemble_background(on: Foundations) -> Background:
    """What goes on beside the calls."""
    every_s = on.settings.storage_upkeep_every_s
    stream = RedisEventStream(on.redis)
    relay = OutboxRelay(PostgresOutbox(on.pool), stream)
    return Background(
        stream=stream,
        relay=relay,
        outcomes=OutcomeRecorder(
            RedisOutcomeStream(on.redis, _consumer()),
            PostgresCatalog(on.pool),
            clock=on.clock,
            recorded=relay.wake,
        ),
        janitor=Janitor(
            PostgresUpkeep(on.pool),
            on.store,
            PostgresMultiparts(on.pool),
            on.store.parts,
            stream,
            every_s=every_s,
            clock=on.clock,
            announced=relay.wake,
            metrics=on.metrics,
        ),
        renderer=Renderer(
            PostgresRenditions(on.pool),
            on.store,
            on.render_beside,
            every_s=every_s,
            clock=on.clock,
            metrics=on.metrics,
        ),
        late_reader=LateReader(
            PostgresLateCaptures(on.pool),
            on.store,
            limits=on.limits,
            every_s=every_s,
            clock=on.clock,
        ),
    )


def assemble_images(
    on: Foundations, background: Background, previews: Previews, alarm: Alarm
) -> ImageServicer:
    """What answers users.

    Args:
        on: What it stands on.
        background: What goes on beside the calls.
        previews: Makes what is shown of pictures that came over streams.
        alarm: Rung when anybody's images change.
    """
    settings = on.settings
    catalog, overview = PostgresCatalog(on.pool), PostgresOverview(on.pool)
    budget, incoming = _budgets(settings, on.metrics)
    declaring = Declaring(
        on.limits,
        put_ttl=timedelta(seconds=settings.storage_put_ttl_s),
        upload_ttl=on.upload_ttl,
    )
    uploads = Uploads(
        catalog,
        PostgresReservations(on.pool, on.allowance),
        on.store,
        on.public_links,
        on.verify,
        limits=on.limits,
        declaring=declaring,
        budget=budget,
        in_hand=on.in_hand,
        put_ttl=timedelta(seconds=settings.storage_put_ttl_s),
        at_hand=on.at_hand,
        clock=on.clock,
        settled=background.changed,
    )
    streamed = StreamedUploads(
        uploads, catalog, PostgresMultiparts(on.pool), on.store, on.store.parts
    )
    importing = Importing(
        declaring,
        PostgresArrivals(on.pool, on.allowance),
        on.store,
        on.verify,
        at_hand=on.at_hand,
        previews=previews,
        clock=on.clock,
        settled=background.changed,
    )
    return ImageServicer(
        uploads,
        Library(catalog, overview, on.store, render=on.render, budget=budget),
        Editing(
            PostgresEdits(on.pool),
            in_hand=on.in_hand,
            clock=on.clock,
            changed=background.changed,
        ),
        assemble_deletion(on, background),
        streamed=streamed,
        imports=ImportStreams(importing, streamed, incoming),
        watch=ImageWatch(PostgresChanges(on.pool), alarm),
        links=on.public_links,
        usage=PostgresUsage(on.pool),
        allowance=on.allowance,
    )


def assemble_deletion(on: Foundations, background: Background) -> Deletion:
    """What deletes images, and brings them back."""
    return Deletion(
        PostgresTrash(on.pool),
        listed=PostgresCatalog(on.pool),
        counted=PostgresOverview(on.pool),
        in_hand=on.in_hand,
        grace=on.grace,
        clock=on.clock,
        changed=background.changed,
    )


def assemble_retention(
    on: Foundations, background: Background, trail: AuditTrail
) -> tuple[RetentionKeeper, RetentionServicer]:
    """What puts images into the trash by itself, and what answers those who say which.

    Args:
        on: What it stands on.
        background: What goes on beside the calls.
        trail: Where it is noted.
    """
    rules = PostgresRetention(on.pool)
    keeper = RetentionKeeper(
        rules,
        assemble_deletion(on, background),
        partial(trail.record, stranger=False),
        every_s=on.settings.storage_upkeep_every_s,
        clock=on.clock,
        metrics=on.metrics,
    )
    retention = Retention(rules, clock=on.clock, changed=keeper.wake)
    return keeper, RetentionServicer(retention)


def assemble_for_services(
    on: Foundations, background: Background
) -> tuple[IngestServicer, ArtifactServicer]:
    """What answers other services."""
    ingest = Ingest(
        PostgresCatalog(on.pool),
        on.inside_links,
        fingerprints=PostgresFingerprints(on.pool),
        at_hand=on.at_hand,
        clock=on.clock,
        announced=background.relay.wake,
    )
    limits = limits_message(on.limits, on.grace, on.upload_ttl, on.allowance)
    artifacts = Artifacts(RestrainedRemovals(on.pool, on.store), on.inside_links, on.store)
    return (
        IngestServicer(ingest, _comparing(on, background), on.public_links, limits),
        ArtifactServicer(artifacts),
    )


def assemble_for_operators(on: Foundations, background: Background) -> StorageOperatorServicer:
    """What answers whoever runs the installation."""
    consistency = PostgresConsistency(on.pool)
    mending = Mending(
        on.store, consistency, on.render_beside, clock=on.clock, changed=background.changed
    )
    checks = StorageChecks(
        on.store,
        consistency,
        background.stream,
        mending,
        clock=on.clock,
        upload_ttl=on.upload_ttl,
        changed=background.changed,
    )
    letters = DeadLetters(on.redis)
    return StorageOperatorServicer(checks, DeadEvents(letters, _comparing(on, background)))


def assemble_removal(on: Foundations, background: Background) -> AccountRemoval:
    """What removes all that there is of deleted accounts."""
    erasure = AccountErasure(
        PostgresUserRecords(on.pool),
        RestrainedRemovals(on.pool, on.store),
        clock=on.clock,
        changed=background.changed,
    )
    return AccountRemoval(on.redis, service="storage", consumer=_consumer(), erase=erasure.erase)


def _comparing(on: Foundations, background: Background) -> Comparing:
    return Comparing(
        PostgresConsistency(on.pool),
        background.stream,
        clock=on.clock,
        announced=background.relay.wake,
    )


def _budgets(settings: StorageSettings, metrics: StorageMetrics) -> tuple[Budget, Budget]:
    """What may be in memory at once: of completions, and of images on streams."""
    return (
        Budget(
            settings.storage_budget_bytes,
            least=settings.storage_budget_bytes // MAX_IN_HAND,
            max_waiting=MAX_WAITING,
            metrics=metrics,
        ),
        Budget(
            settings.storage_incoming_bytes,
            least=LEAST_INCOMING_BYTES,
            max_waiting=MAX_STREAMS_WAITING,
            share=settings.storage_incoming_user_bytes,
            queue="imports",
            metrics=metrics,
        ),
    )


def _consumer() -> str:
    """Name of this process among those that read a stream."""
    return f"{socket.gethostname()}-{os.getpid()}"
