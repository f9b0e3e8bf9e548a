"""The composition root of storage."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from argus.storage.v1 import (
    artifact_pb2_grpc,
    image_pb2_grpc,
    ingest_pb2_grpc,
    operator_pb2_grpc,
    retention_pb2_grpc,
    video_pb2_grpc,
)

from services.imaging.decode import ImageLimits
from services.runtime.alarm import Alarm
from services.runtime.audit import AuditTrail, RedisAudit
from services.runtime.background import BackgroundTasks
from services.runtime.channel import open_channel
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
from services.storage.assembling import (
    MAX_IN_HAND,
    Foundations,
    assemble_background,
    assemble_for_operators,
    assemble_for_services,
    assemble_images,
    assemble_removal,
    assemble_retention,
)
from services.storage.at_hand import AtHand
from services.storage.in_hand import InHand
from services.storage.ports import Clock
from services.storage.postgres_changes import CHANNEL
from services.storage.postgres_renditions import PostgresRenditions
from services.storage.previewing import Previews
from services.storage.rendering import RenderThreads
from services.storage.s3 import S3ObjectStore
from services.storage.s3_links import S3Links, utc_now
from services.storage.settings import StorageSettings
from services.storage.telemetry import StorageMetrics, measure_backups
from services.storage.verifier import VerifierThreads
from services.storage.videos.postgres_videos import PostgresVideos
from services.storage.videos.wiring import assemble as assemble_videos

# Verifications hold a connection each, and leave enough for everything else.
POSTGRES_CONNECTIONS = MAX_IN_HAND + 8


@asynccontextmanager
async def build(
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
        on = Foundations(
            settings=settings,
            pool=pool,
            redis=redis,
            store=store,
            public_links=S3Links(
                settings.s3_public_url, signed_host=settings.s3_signed_host, **s3, clock=utc_now
            ),
            inside_links=S3Links(settings.s3_url, **s3, clock=utc_now),
            verify=verifier.verify,
            render=asked.render,
            render_beside=beside.render,
            limits=limits,
            in_hand=InHand(),
            at_hand=AtHand(settings.storage_at_hand_bytes),
            clock=clock,
            metrics=metrics,
        )
        work = assemble_background(on)
        importer, videos = assemble_videos(
            settings,
            PostgresVideos(pool, on.allowance),
            store,
            on.public_links,
            verifier.verify,
            in_hand=on.in_hand,
            clock=clock,
            changed=work.changed,
            metrics=metrics,
        )
        ingest, artifacts = assemble_for_services(on, work)
        removal = assemble_removal(on, work)
        alarm = Alarm()
        listener = PostgresListener(settings.postgres_url, CHANNEL, alarm)
        keys = PublishedKeys(auth)

        audit = RedisAudit(redis)

        async with (
            AuditTrail(audit, providers.meters).sending() as trail,
            BackgroundTasks() as background,
            Previews(PostgresRenditions(pool), store, clock=clock, metrics=metrics) as previews,
        ):
            keeper, retention = assemble_retention(on, work, trail)
            async with serving(
                settings,
                servicers=[
                    partial(
                        image_pb2_grpc.add_ImageServiceServicer_to_server,
                        assemble_images(on, work, previews, alarm),
                    ),
                    partial(ingest_pb2_grpc.add_IngestServiceServicer_to_server, ingest),
                    partial(artifact_pb2_grpc.add_ArtifactServiceServicer_to_server, artifacts),
                    partial(video_pb2_grpc.add_VideoServiceServicer_to_server, videos),
                    partial(retention_pb2_grpc.add_RetentionServiceServicer_to_server, retention),
                    partial(
                        operator_pb2_grpc.add_StorageOperatorServiceServicer_to_server,
                        assemble_for_operators(on, work),
                    ),
                ],
                audit=audit,
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
            ) as server:
                background.start("outbox relay", work.relay.run)
                background.start("outcome recorder", work.outcomes.run)
                for name, loop in {
                    **work.housekeeping,
                    "retention": keeper.run,
                    "video import": importer.run,
                    "deleted accounts": removal.run,
                    "change listener": listener.run,
                }.items():
                    background.start(name, loop, vital=False)
                yield server
