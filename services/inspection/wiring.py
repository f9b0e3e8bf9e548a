"""The composition root of inspection."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import grpc
import httpx
from argus.inspection.v1 import inspection_pb2_grpc
from threadpoolctl import threadpool_limits

from services.clients.catalog import GrpcCatalog
from services.clients.contents import StoredContents, open_http
from services.clients.query_embedder import GrpcQueryEmbedder
from services.clients.space import CurrentSpace
from services.imaging.decode import ImageLimits
from services.inspection.learning.bank import PatchBank
from services.inspection.learning.calibrator import Calibrator
from services.inspection.learning.patch_trainer import PatchTrainer
from services.inspection.model import Scorer
from services.inspection.peers.grpc_contents import GrpcContents
from services.inspection.peers.grpc_models import GrpcModels
from services.inspection.peers.grpc_patches import GrpcPatchExtractor
from services.inspection.peers.grpc_words import GrpcWords
from services.inspection.peers.redis_deletions import RedisDeletions
from services.inspection.peers.search_vectors import SearchVectors
from services.inspection.peers.stored_artifacts import StoredArtifacts
from services.inspection.records.deletions import Deletions
from services.inspection.records.postgres_calibrations import PostgresCalibrations
from services.inspection.records.postgres_feedback import PostgresFeedback
from services.inspection.records.postgres_inspections import PostgresInspections
from services.inspection.records.postgres_reference_sets import PostgresReferenceSets
from services.inspection.records.postgres_versions import PostgresVersions
from services.inspection.records.recorder import Recorder
from services.inspection.records.retention import Upkeep
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.review.comparing import Comparing
from services.inspection.review.exporting import Exporting
from services.inspection.review.judging import Judging
from services.inspection.scoring.inspector import Inspector
from services.inspection.scoring.knn import KnnScorer, KnnTrainer, Neighbours
from services.inspection.scoring.loader import VersionLoader
from services.inspection.scoring.patch_scorer import PatchScorer
from services.inspection.scoring.words_inspector import ZeroShotInspector
from services.inspection.servicer import InspectionServicer
from services.inspection.settings import InspectionSettings
from services.runtime.background import BackgroundTasks
from services.runtime.channel import open_channel, peer_dependency
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.migrations import migrate
from services.runtime.outgoing import ServiceToken
from services.runtime.postgres import open_pool, probe
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, serving

POSTGRES_CONNECTIONS = 16
FETCHES_AT_ONCE = 32
"""Connections to the object store."""


@asynccontextmanager
async def build(settings: InspectionSettings) -> AsyncIterator[RunningServer]:
    """Builds inspection from its settings, top to bottom; ends it upwards."""
    async with (
        await open_pool(settings.postgres_url, max_size=POSTGRES_CONNECTIONS) as pool,
        open_redis(settings.redis_url) as redis,
        open_channel(
            settings.auth_url, max_message_bytes=settings.max_message_bytes
        ) as auth_channel,
        open_channel(
            settings.storage_url, max_message_bytes=settings.max_message_bytes
        ) as storage_channel,
        open_channel(
            settings.embedder_url, max_message_bytes=settings.max_message_bytes
        ) as embedder_channel,
        open_channel(
            settings.search_url, max_message_bytes=settings.max_message_bytes
        ) as search_channel,
        open_http(FETCHES_AT_ONCE) as http,
    ):
        await migrate(pool, schema="inspection", package="services.inspection")
        keys = PublishedKeys(auth_channel)
        verifier = TokenVerifier(
            keys,
            ClosedSessions(redis),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
        token = ServiceToken(auth_channel, service="inspection", secret=settings.service_secret)
        peers = _Peers(storage_channel, embedder_channel, search_channel, token, http)
        async with (
            _inspecting(settings, pool, peers) as inspection,
            BackgroundTasks() as background,
            serving(
                settings,
                servicers=[
                    partial(
                        inspection_pb2_grpc.add_InspectionServiceServicer_to_server,
                        inspection.servicer,
                    )
                ],
                verifier=verifier,
                dependencies=[
                    Dependency("postgres", partial(probe, pool)),
                    Dependency("redis", partial(probe_redis, redis)),
                    Dependency("background", background.probe),
                    Dependency("keys", keys.probe),
                    peer_dependency("auth", auth_channel, "argus.auth.v1.AuthService"),
                    peer_dependency("storage", storage_channel, "argus.storage.v1.ImageService"),
                    peer_dependency(
                        "embedder", embedder_channel, "argus.embedder.v1.EmbedderService"
                    ),
                    peer_dependency("search", search_channel, "argus.search.v1.SearchService"),
                ],
                error_table=REDIS_ERRORS,
            ) as server,
        ):
            deletions = Deletions(RedisDeletions(redis, settings.replica), inspection.sets)
            background.start("calibrations", inspection.calibrator.run)
            background.start("inspection upkeep", inspection.upkeep.run, vital=False)
            background.start("deletions", deletions.run)
            yield server


@dataclass(frozen=True, slots=True)
class _Inspection:
    """Inspection, ready to be served."""

    servicer: InspectionServicer
    sets: PostgresReferenceSets
    calibrator: Calibrator
    upkeep: Upkeep


@dataclass(frozen=True, slots=True)
class _Peers:
    """The other services, and how to reach them."""

    storage: grpc.aio.Channel
    embedder: grpc.aio.Channel
    search: grpc.aio.Channel
    token: ServiceToken
    http: httpx.AsyncClient


@asynccontextmanager
async def _inspecting(
    settings: InspectionSettings, pool: asyncpg.Pool, peers: _Peers
) -> AsyncIterator[_Inspection]:
    limits = ImageLimits()
    with (
        ThreadPoolExecutor(settings.inspection_threads, "inspection") as threads,
        # One calibration at a time is built, and no inspection waits for it.
        ThreadPoolExecutor(2, "calibration") as background_threads,
        # Images are scored side by side; threads of one product of matrices would wait busily for
        # the next, on cores that the embedder needs.
        threadpool_limits(limits=1, user_api="blas"),
    ):
        extractor = GrpcPatchExtractor(peers.embedder, peers.token, streams=settings.embed_streams)
        async with aclosing(extractor) as patches:
            sets = PostgresReferenceSets(pool)
            versions = PostgresVersions(pool)
            calibrations = PostgresCalibrations(pool)
            inspections = PostgresInspections(pool)
            feedback = PostgresFeedback(pool)
            catalog = GrpcCatalog(peers.storage)
            contents = GrpcContents(catalog, StoredContents(peers.storage, peers.token, peers.http))
            artifacts = StoredArtifacts(peers.storage, peers.token, peers.http)
            vectors = SearchVectors(
                peers.search,
                peers.token,
                GrpcQueryEmbedder(peers.embedder, CurrentSpace(peers.embedder, peers.token)),
            )
            calibrator = Calibrator(
                sets,
                versions,
                calibrations,
                artifacts,
                {
                    Scorer.PATCH_CORESET: PatchTrainer(
                        contents,
                        patches,
                        background_threads,
                        budget_bytes=settings.inspection_calibration_bytes,
                        limits=limits,
                    ),
                    Scorer.IMAGE_KNN: KnnTrainer(
                        vectors, contents, background_threads, limits=limits
                    ),
                },
                replica=settings.replica,
                clock=_now,
            )
            loader = VersionLoader(
                versions,
                artifacts,
                {
                    Scorer.PATCH_CORESET: lambda version, _, arrays: PatchScorer(
                        PatchBank.from_arrays(arrays), version, patches, threads
                    ),
                    Scorer.IMAGE_KNN: lambda _, owner_id, arrays: KnnScorer(
                        Neighbours.from_arrays(arrays), vectors, owner_id, threads, limits=limits
                    ),
                },
                budget_bytes=settings.inspection_cache_bytes,
            )
            library = ReferenceLibrary(
                sets,
                versions,
                calibrations,
                contents,
                GrpcModels(peers.embedder, peers.token),
                clock=_now,
                queued=calibrator.wake,
            )
            servicer = InspectionServicer(
                library,
                Inspector(
                    sets,
                    loader,
                    contents,
                    Recorder(inspections),
                    threads,
                    limits=limits,
                    clock=_now,
                ),
                ZeroShotInspector(
                    GrpcWords(peers.embedder, peers.token),
                    contents,
                    threads,
                    limits=limits,
                    clock=_now,
                ),
                judging=Judging(sets, versions, inspections, feedback, contents, clock=_now),
                comparing=Comparing(
                    library,
                    versions,
                    loader,
                    feedback,
                    contents=contents,
                    artifacts=artifacts,
                    threads=background_threads,
                    clock=_now,
                ),
                exporting=Exporting(
                    library, feedback, contents, catalog, threads, limits=limits, clock=_now
                ),
            )
            yield _Inspection(
                servicer,
                sets,
                calibrator,
                Upkeep(
                    versions,
                    artifacts,
                    inspections,
                    keep=timedelta(days=settings.inspection_keep_days),
                    clock=_now,
                ),
            )


def _now() -> datetime:
    return datetime.now(UTC)
