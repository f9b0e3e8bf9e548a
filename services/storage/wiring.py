"""The composition root of storage."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from argus.storage.v1 import (
    artifact_pb2_grpc,
    image_pb2_grpc,
    ingest_pb2_grpc,
    operator_pb2_grpc,
    video_pb2_grpc,
)

from services.imaging.decode import ImageLimits
from services.runtime.alarm import Alarm
from services.runtime.audit import RedisAudit
from services.runtime.background import BackgroundTasks
from services.runtime.channel import open_channel
from services.runtime.dead_letters import DeadLetters
from services.runtime.deleted_accounts import AccountRemoval
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.migrations import migrate
from services.runtime.mutual_tls import mutual_tls
from services.runtime.postgres import open_pool, probe
from services.runtime.postgres_listener import PostgresListener
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, serving
from services.runtime.telemetry import Providers
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
from services.storage.importing import Importing
from services.storage.in_hand import InHand
from services.storage.ingest import Ingest
from services.storage.janitor import Janitor
from services.storage.late_captures import LateReader
from services.storage.library import Library
from services.storage.operator_servicer import StorageOperatorServicer
from services.storage.outcomes import OutcomeRecorder
from services.storage.ports import Clock
from services.storage.postgres_accounts import PostgresUserRecords
from services.storage.postgres_arrivals import PostgresArrivals
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_changes import CHANNEL, PostgresChanges
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
from services.storage.postgres_trash import PostgresTrash
from services.storage.postgres_upkeep import PostgresUpkeep
from services.storage.postgres_usage import PostgresUsage
from services.storage.previewing import Previews
from services.storage.redis_streams import RedisEventStream, RedisOutcomeStream
from services.storage.relay import OutboxRelay
from services.storage.renderer import Renderer
from services.storage.rendering import RenderThreads
from services.storage.s3 import S3ObjectStore
from services.storage.s3_links import S3Links, utc_now
from services.storage.servicer import ArtifactServicer, ImageServicer, IngestServicer
from services.storage.settings import StorageSettings
from services.storage.streamed_uploads import StreamedUploads
from services.storage.telemetry import StorageMetrics, measure_backups
from services.storage.translate import limits_message
from services.storage.uploads import Uploads
from services.storage.verifier import VerifierThreads
from services.storage.videos.postgres_videos import PostgresVideos
from services.storage.videos.wiring import assemble as assemble_videos
from services.storage.watching import ImageWatch

# Verifications hold a connection each, and leave enough for everything else.
MAX_IN_HAND = 8
POSTGRES_CONNECTIONS = MAX_IN_HAND + 8
MAX_WAITING = 512
LEAST_INCOMING_BYTES = 64 * 2**10
MAX_STREAMS_WAITING = 10_000


@asynccontextmanager
async def build(  # noqa: PLR0915 - top to bottom, one thing after another
    settings: StorageSettings, clock: Clock = utc_now, *, providers: Providers | None = None
) -> AsyncIterator[RunningServer]:
    """Builds storage from its settings, top to bottom; ends it upwards.

    Args:
        settings: Storage's variables.
        clock: The present, aware and in UTC.
        providers: Where spans and measurements go; those of the process if None.
    """
    providers = providers or Providers.installed()
    metrics = StorageMetrics(providers.meters)
    measure_backups(settings.backup_record, settings.archive_record, providers.meters)
    limits = ImageLimits(
        max_bytes=settings.storage_max_image_bytes,
        max_pixels=settings.storage_max_pixels,
        min_side=settings.storage_min_side,
    )
    s3 = {
        "bucket": settings.s3_bucket,
        "access_key": settings.s3_access_key,
        "secret_key": settings.s3_secret_key.get_secret_value(),
        "region": settings.s3_region,
    }
    threads = settings.storage_threads or max(2, os.cpu_count() or 2)
    tls = mutual_tls(settings)
    async with (
        await open_pool(settings.postgres_url, max_size=POSTGRES_CONNECTIONS) as pool,
        open_redis(settings.redis_url) as redis,
        open_channel(
            settings.auth_url, max_message_bytes=settings.max_message_bytes, peer="auth", tls=tls
        ) as auth,
        S3ObjectStore(settings.s3_url, **s3) as store,
        VerifierThreads(threads, limits, metrics) as verifier,
        RenderThreads(threads, limits, nice=False) as asked,
        RenderThreads(1, limits, nice=True) as beside,
    ):
        await migrate(pool, schema="storage", package="services.storage")
        public_links = S3Links(
            settings.s3_public_url, signed_host=settings.s3_signed_host, **s3, clock=utc_now
        )
        inside_links = S3Links(settings.s3_url, **s3, clock=utc_now)
        catalog = PostgresCatalog(pool)
        in_hand = InHand()
        stream = RedisEventStream(redis)
        relay = OutboxRelay(PostgresOutbox(pool), stream)
        multiparts = PostgresMultiparts(pool)
        janitor = Janitor(
            PostgresUpkeep(pool),
            store,
            multiparts,
            store.parts,
            stream,
            every_s=settings.storage_upkeep_every_s,
            clock=clock,
            announced=relay.wake,
            metrics=metrics,
        )

        renderer = Renderer(
            PostgresRenditions(pool),
            store,
            beside.render,
            every_s=settings.storage_upkeep_every_s,
            clock=clock,
            metrics=metrics,
        )

        late_reader = LateReader(
            PostgresLateCaptures(pool),
            store,
            limits=limits,
            every_s=settings.storage_upkeep_every_s,
            clock=clock,
        )

        def changed() -> None:
            relay.wake()
            janitor.wake()
            renderer.wake()

        budget, incoming = _budgets(settings, metrics)
        allowance = _allowance(settings)
        declaring = Declaring(
            limits,
            put_ttl=timedelta(seconds=settings.storage_put_ttl_s),
            upload_ttl=timedelta(seconds=settings.storage_upload_ttl_s),
        )
        at_hand = AtHand(settings.storage_at_hand_bytes)
        uploads = Uploads(
            catalog,
            PostgresReservations(pool, allowance),
            store,
            public_links,
            verifier.verify,
            limits=limits,
            declaring=declaring,
            budget=budget,
            in_hand=in_hand,
            put_ttl=timedelta(seconds=settings.storage_put_ttl_s),
            at_hand=at_hand,
            clock=clock,
            settled=changed,
        )
        streamed = StreamedUploads(uploads, catalog, multiparts, store, store.parts)
        overview = PostgresOverview(pool)
        library = Library(catalog, overview, store, render=asked.render, budget=budget)
        editing = Editing(PostgresEdits(pool), in_hand=in_hand, clock=clock, changed=changed)
        deletion = Deletion(
            PostgresTrash(pool),
            listed=catalog,
            counted=overview,
            in_hand=in_hand,
            grace=timedelta(hours=settings.storage_undelete_hours),
            clock=clock,
            changed=changed,
        )
        importer, video_servicer = assemble_videos(
            settings,
            PostgresVideos(pool, allowance),
            store,
            public_links,
            verifier.verify,
            in_hand=in_hand,
            clock=clock,
            changed=changed,
            metrics=metrics,
        )
        alarm = Alarm()
        listener = PostgresListener(settings.postgres_url, CHANNEL, alarm)
        ingest = Ingest(
            catalog,
            inside_links,
            fingerprints=PostgresFingerprints(pool),
            at_hand=at_hand,
            clock=clock,
            announced=relay.wake,
        )
        removals = RestrainedRemovals(pool, store)
        artifacts = Artifacts(removals, inside_links, store)
        consistency = PostgresConsistency(pool)
        letters = DeadLetters(redis)
        comparing = Comparing(consistency, stream, clock=clock, announced=relay.wake)
        mending = Mending(store, consistency, beside.render, clock=clock, changed=changed)
        upload_ttl = timedelta(seconds=settings.storage_upload_ttl_s)
        checks = StorageChecks(
            store,
            consistency,
            stream,
            mending,
            clock=clock,
            upload_ttl=upload_ttl,
            changed=changed,
        )
        consumer = f"{socket.gethostname()}-{os.getpid()}"
        erasure = AccountErasure(PostgresUserRecords(pool), removals, clock=clock, changed=changed)
        removal = AccountRemoval(redis, service="storage", consumer=consumer, erase=erasure.erase)
        outcomes = OutcomeRecorder(
            RedisOutcomeStream(redis, consumer),
            catalog,
            clock=clock,
            recorded=relay.wake,
        )
        keys = PublishedKeys(auth)

        async with (
            BackgroundTasks() as background,
            Previews(PostgresRenditions(pool), store, clock=clock, metrics=metrics) as previews,
            serving(
                settings,
                servicers=[
                    partial(
                        image_pb2_grpc.add_ImageServiceServicer_to_server,
                        ImageServicer(
                            uploads,
                            library,
                            editing,
                            deletion,
                            streamed=streamed,
                            imports=ImportStreams(
                                Importing(
                                    declaring,
                                    PostgresArrivals(pool, allowance),
                                    store,
                                    verifier.verify,
                                    at_hand=at_hand,
                                    previews=previews,
                                    clock=clock,
                                    settled=changed,
                                ),
                                streamed,
                                incoming,
                            ),
                            watch=ImageWatch(PostgresChanges(pool), alarm),
                            links=public_links,
                            usage=PostgresUsage(pool),
                            allowance=allowance,
                        ),
                    ),
                    partial(
                        ingest_pb2_grpc.add_IngestServiceServicer_to_server,
                        IngestServicer(
                            ingest,
                            comparing,
                            public_links,
                            limits_message(
                                limits,
                                deletion.grace,
                                upload_ttl,
                                allowance,
                            ),
                        ),
                    ),
                    partial(
                        artifact_pb2_grpc.add_ArtifactServiceServicer_to_server,
                        ArtifactServicer(artifacts),
                    ),
                    partial(
                        video_pb2_grpc.add_VideoServiceServicer_to_server,
                        video_servicer,
                    ),
                    partial(
                        operator_pb2_grpc.add_StorageOperatorServiceServicer_to_server,
                        StorageOperatorServicer(checks, DeadEvents(letters, comparing)),
                    ),
                ],
                audit=RedisAudit(redis),
                verifier=TokenVerifier(
                    keys,
                    ClosedSessions(redis),
                    issuer=settings.jwt_issuer,
                    audience=settings.jwt_audience,
                ),
                dependencies=[
                    Dependency("postgres", partial(probe, pool)),
                    Dependency("redis", partial(probe_redis, redis)),
                    Dependency("background", background.probe),
                    Dependency("objects", store.probe),
                    Dependency("keys", keys.probe),
                ],
                error_table=REDIS_ERRORS,
                providers=providers,
            ) as server,
        ):
            background.start("outbox relay", relay.run)
            background.start("outcome recorder", outcomes.run)
            for name, loop in {
                "upload expiry": janitor.expire,
                "object removal": janitor.purge,
                "search reminder": janitor.remind,
                "trash": janitor.empty_trash,
                "tidying": janitor.tidy,
                "renderer": renderer.run,
                "late captures": late_reader.run,
                "video import": importer.run,
                "deleted accounts": removal.run,
                "change listener": listener.run,
            }.items():
                background.start(name, loop, vital=False)
            yield server


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
            queue="imports",
            metrics=metrics,
        ),
    )


def _allowance(settings: StorageSettings) -> Allowance:
    return Allowance(
        pending=Usage(settings.storage_pending_uploads, settings.storage_pending_bytes),
        kept=Usage(settings.storage_quota_images, settings.storage_quota_bytes),
    )
