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
from argus.inspection.v1 import inspection_pb2_grpc, operator_pb2_grpc
from argus.installation.v1 import installation_pb2_grpc
from redis.asyncio import Redis
from threadpoolctl import threadpool_limits

from services.clients.catalog import GrpcCatalog
from services.clients.contents import StoredContents, open_http
from services.clients.query_embedder import GrpcQueryEmbedder
from services.clients.space import CurrentSpace
from services.clients.standings import GrpcStandings
from services.imaging.decode import ImageLimits
from services.inspection.evidence.reporting import Reporting
from services.inspection.job import JobKind
from services.inspection.job_desk import JobDesk
from services.inspection.jobs.runner import JobRunner
from services.inspection.jobs.watching import JobWatch
from services.inspection.learning.artifact_keeper import ArtifactKeeper
from services.inspection.learning.calibrator import Calibrator
from services.inspection.learning.patch_trainer import PatchTrainer
from services.inspection.line.allowed_targets import AllowedTargets
from services.inspection.line.part_results import PartResults
from services.inspection.line.result_sender import ResultSender
from services.inspection.line.sink_desk import ResultSinkDesk
from services.inspection.line.sink_model import SinkKind
from services.inspection.model import Scorer
from services.inspection.offline.version_export import VersionExport
from services.inspection.operator_servicer import InspectionOperatorServicer
from services.inspection.part_desk import PartDesk, Parts
from services.inspection.peers.grpc_bulk_vectors import BulkVectors
from services.inspection.peers.grpc_contents import GrpcContents
from services.inspection.peers.grpc_memberships import GrpcMemberships
from services.inspection.peers.grpc_models import GrpcModels
from services.inspection.peers.grpc_network_files import GrpcNetworkFiles
from services.inspection.peers.grpc_patches import GrpcPatchExtractor
from services.inspection.peers.grpc_previews import GrpcPreviews
from services.inspection.peers.grpc_words import GrpcWords
from services.inspection.peers.redis_courier import RedisCourier
from services.inspection.peers.redis_deletions import RedisDeletions
from services.inspection.peers.search_vectors import SearchVectors
from services.inspection.peers.stored_artifacts import StoredArtifacts
from services.inspection.peers.webhook_courier import open_webhooks
from services.inspection.printing.html_writer import HtmlWriter
from services.inspection.printing.pdf_writer import PdfWriter
from services.inspection.records.account_erasure import AccountErasure
from services.inspection.records.checking import ReferenceChecks
from services.inspection.records.deletions import Deletions
from services.inspection.records.postgres_accounts import PostgresUserRecords
from services.inspection.records.postgres_backlog import PostgresBacklog
from services.inspection.records.postgres_consistency import PostgresConsistency
from services.inspection.records.postgres_feedback import PostgresFeedback
from services.inspection.records.postgres_inspections import PostgresInspections
from services.inspection.records.postgres_jobs import PostgresJobs
from services.inspection.records.postgres_past_inspections import PostgresPastInspections
from services.inspection.records.postgres_reference_sets import PostgresReferenceSets
from services.inspection.records.postgres_result_sinks import PostgresResultSinks
from services.inspection.records.postgres_review import PostgresReview
from services.inspection.records.postgres_shares import PostgresShares
from services.inspection.records.postgres_versions import PostgresVersions
from services.inspection.records.postgres_wishes import PostgresWishes
from services.inspection.records.recorder import Recorder
from services.inspection.records.retention import Upkeep
from services.inspection.records.share_upkeep import ShareUpkeep
from services.inspection.reference_library import MOST_IMAGES, ReferenceLibrary
from services.inspection.review.background_loader import BackgroundLoader
from services.inspection.review.comparing import Comparing
from services.inspection.review.drift_watch import DriftWatch
from services.inspection.review.exporting import ExportFormat, Exporting
from services.inspection.review.head_training import HeadTrainer
from services.inspection.review.judging import Judging
from services.inspection.review.labels import UnseenLabels
from services.inspection.review.looking_back import LookingBack
from services.inspection.review.reinspection import Reinspection
from services.inspection.review.review_desk import ReviewDesk
from services.inspection.review.thresholding import Thresholding
from services.inspection.scoring.inspector import Inspector
from services.inspection.scoring.knn import KnnScorer, KnnTrainer, Neighbours
from services.inspection.scoring.loader import VersionLoader
from services.inspection.scoring.part_inspector import PartInspector
from services.inspection.scoring.patch_scorer import patch_opener
from services.inspection.scoring.shared_patches import SharedPatches
from services.inspection.scoring.words_inspector import ZeroShotInspector
from services.inspection.servicer import InspectionServicer
from services.inspection.settings import InspectionSettings
from services.inspection.sharing import Sharing
from services.installation.model import InspectionFacts
from services.installation.wiring import argus_version, installation_servicer
from services.runtime.audit import RedisAudit
from services.runtime.background import BackgroundTasks
from services.runtime.channel import open_channel, peer_dependency
from services.runtime.deleted_accounts import AccountRemoval
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.memberships import MembershipMarks
from services.runtime.migrations import migrate
from services.runtime.mutual_tls import mutual_tls
from services.runtime.niceness import give_way
from services.runtime.outgoing import ServiceToken
from services.runtime.postgres import open_pool, probe
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, public_services, serving

POSTGRES_CONNECTIONS = 16
FETCHES_AT_ONCE = 32
"""Connections to the object store."""


@asynccontextmanager
async def build(settings: InspectionSettings) -> AsyncIterator[RunningServer]:
    """Builds inspection from its settings, top to bottom; ends it upwards."""
    tls = mutual_tls(settings)
    async with (
        await open_pool(settings.postgres_url, max_size=POSTGRES_CONNECTIONS) as pool,
        open_redis(settings.redis_url) as redis,
        open_channel(
            settings.auth_url, max_message_bytes=settings.max_message_bytes, peer="auth", tls=tls
        ) as auth_channel,
        open_channel(
            settings.storage_url,
            max_message_bytes=settings.max_message_bytes,
            peer="storage",
            tls=tls,
        ) as storage_channel,
        open_channel(
            settings.embedder_url,
            max_message_bytes=settings.max_message_bytes,
            peer="embedder",
            tls=tls,
            balanced=True,
        ) as embedder_channel,
        open_channel(
            settings.search_url,
            max_message_bytes=settings.max_message_bytes,
            peer="search",
            tls=tls,
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
        memberships = GrpcMemberships(auth_channel, token, MembershipMarks(redis))
        peers = _Peers(
            memberships, storage_channel, embedder_channel, search_channel, token, http, redis
        )
        background = BackgroundTasks()
        own = (
            Dependency("postgres", partial(probe, pool)),
            Dependency("redis", partial(probe_redis, redis)),
            Dependency("background", background.probe),
        )
        installation = installation_servicer(
            name=settings.installation_name,
            channels={
                "auth": auth_channel,
                "storage": storage_channel,
                "embedder": embedder_channel,
                "search": search_channel,
            },
            token=token,
            client=redis,
            own_dependencies=own,
            queues=[PostgresBacklog(pool)],
            inspection=InspectionFacts(
                MOST_IMAGES, settings.inspection_keep_days, settings.inspection_reference_sets
            ),
            trace_share=settings.trace_percent / 100 if settings.otlp_url else 0.0,
        )
        async with (
            _inspecting(settings, pool, peers) as inspection,
            background,
            serving(
                settings,
                servicers=[
                    partial(
                        inspection_pb2_grpc.add_InspectionServiceServicer_to_server,
                        inspection.servicer,
                    ),
                    partial(
                        operator_pb2_grpc.add_InspectionOperatorServiceServicer_to_server,
                        InspectionOperatorServicer(
                            ReferenceChecks(
                                PostgresConsistency(pool),
                                GrpcStandings(storage_channel, token),
                                StoredArtifacts(storage_channel, token, http),
                                inspection.sets.forget_images,
                            )
                        ),
                    ),
                    partial(
                        installation_pb2_grpc.add_InstallationServiceServicer_to_server,
                        installation,
                    ),
                ],
                audit=RedisAudit(redis),
                verifier=verifier,
                dependencies=[
                    *own,
                    Dependency("keys", keys.probe),
                    peer_dependency("auth", auth_channel, *public_services("auth")),
                    peer_dependency("storage", storage_channel, *public_services("storage")),
                    peer_dependency("embedder", embedder_channel, *public_services("embedder")),
                    peer_dependency("search", search_channel, *public_services("search")),
                ],
                error_table=REDIS_ERRORS,
            ) as server,
        ):
            deletions = Deletions(RedisDeletions(redis, settings.replica), inspection.sets)
            removal = AccountRemoval(
                redis,
                service="inspection",
                consumer=settings.replica,
                erase=AccountErasure(PostgresUserRecords(pool), inspection.upkeep).erase,
            )
            background.start("deleted accounts", removal.run, vital=False)
            background.start("calibrations", inspection.calibrations.run)
            background.start("head trainings and comparisons", inspection.reviews.run)
            background.start("inspection upkeep", inspection.upkeep.run, vital=False)
            background.start("shares", inspection.share_upkeep.run, vital=False)
            background.start("results", inspection.results.run, vital=False)
            background.start("drift", inspection.drift_watch.run, vital=False)
            background.start("deletions", deletions.run)
            yield server


@dataclass(frozen=True, slots=True)
class _Inspection:
    """Inspection, ready to be served."""

    servicer: InspectionServicer
    sets: PostgresReferenceSets
    calibrations: JobRunner
    reviews: JobRunner
    """Head trainings and comparisons, which do not wait behind a long calibration."""
    upkeep: Upkeep
    share_upkeep: ShareUpkeep
    drift_watch: DriftWatch
    results: ResultSender


@dataclass(frozen=True, slots=True)
class _Peers:
    """The other services, and how to reach them."""

    memberships: GrpcMemberships
    storage: grpc.aio.Channel
    embedder: grpc.aio.Channel
    search: grpc.aio.Channel
    token: ServiceToken
    http: httpx.AsyncClient
    redis: Redis


@asynccontextmanager
async def _inspecting(
    settings: InspectionSettings, pool: asyncpg.Pool, peers: _Peers
) -> AsyncIterator[_Inspection]:
    limits = ImageLimits()
    targets = AllowedTargets(settings.inspection_webhook_targets)
    with (
        # People's searches go before a camera's images, and both before what is learnt.
        ThreadPoolExecutor(
            settings.inspection_threads, "inspection", initializer=give_way, initargs=(5,)
        ) as threads,
        # One calibration and one head at a time are made, and no inspection waits for them.
        ThreadPoolExecutor(
            2, "calibration", initializer=give_way, initargs=(10,)
        ) as background_threads,
        ThreadPoolExecutor(1, "head", initializer=give_way, initargs=(10,)) as head_threads,
        # Images are scored side by side; threads of one product of matrices would wait busily for
        # the next, on cores that the embedder needs.
        threadpool_limits(limits=1, user_api="blas"),
    ):
        extractor = GrpcPatchExtractor(peers.embedder, peers.token, streams=settings.embed_streams)
        async with (
            aclosing(extractor) as patches,
            open_webhooks(targets, clock=_now) as webhooks,
        ):
            shared_patches = SharedPatches(patches)
            sets = PostgresReferenceSets(pool, peers.memberships)
            shares = PostgresShares(pool)
            versions = PostgresVersions(pool)
            store = PostgresJobs(pool)
            inspections = PostgresInspections(pool, peers.memberships)
            feedback = PostgresFeedback(pool)
            history = PostgresPastInspections(pool)
            previews = GrpcPreviews(peers.storage, peers.token)
            catalog = GrpcCatalog(peers.storage)
            contents = GrpcContents(catalog, StoredContents(peers.storage, peers.token, peers.http))
            artifacts = StoredArtifacts(peers.storage, peers.token, peers.http)
            space = CurrentSpace(peers.embedder, peers.token)
            vectors = SearchVectors(
                peers.search,
                peers.token,
                GrpcQueryEmbedder(peers.embedder, space),
                BulkVectors(peers.embedder, peers.token, space),
            )
            keeper = ArtifactKeeper(versions, artifacts)
            parts = Parts(sets, contents)
            calibrator = Calibrator(
                sets,
                versions,
                artifacts,
                keeper,
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
                parts=parts,
                clock=_now,
            )
            calibrations = JobRunner(
                store, {JobKind.CALIBRATION: calibrator}, replica=settings.replica
            )
            loader = VersionLoader(
                versions,
                artifacts,
                {
                    Scorer.PATCH_CORESET: patch_opener(shared_patches, threads, limits),
                    Scorer.IMAGE_KNN: lambda _, owner_id, arrays: KnnScorer(
                        Neighbours.from_arrays(arrays), vectors, owner_id, threads, limits=limits
                    ),
                },
                budget_bytes=settings.inspection_cache_bytes,
            )
            labels, reinspection = UnseenLabels(feedback), Reinspection(contents)
            background_loader = BackgroundLoader(sets, loader)
            reviews = JobRunner(
                store,
                {
                    JobKind.COMPARISON: Comparing(store, background_loader, labels, reinspection),
                    JobKind.HEAD_TRAINING: HeadTrainer(
                        store,
                        versions,
                        artifacts,
                        keeper,
                        loader=background_loader,
                        labels=labels,
                        parts=parts,
                        reinspection=reinspection,
                        threads=head_threads,
                        clock=_now,
                    ),
                },
                replica=settings.replica,
            )

            def queued() -> None:
                calibrations.wake()
                reviews.wake()

            sinks = PostgresResultSinks(pool)
            results = ResultSender(
                sinks,
                {
                    SinkKind.WEBHOOK: webhooks,
                    SinkKind.REDIS_STREAM: RedisCourier(
                        peers.redis, length=settings.inspection_result_stream_length
                    ),
                },
                clock=_now,
            )
            library = ReferenceLibrary(
                sets,
                versions,
                contents,
                most_sets=settings.inspection_reference_sets,
                clock=_now,
            )
            thresholding = Thresholding(library, versions, artifacts, history, clock=_now)
            inspector = Inspector(
                sets,
                loader,
                contents,
                Recorder(inspections, recorded=results.wake),
                threads,
                limits=limits,
                clock=_now,
            )
            servicer = InspectionServicer(
                library,
                inspector,
                ZeroShotInspector(
                    GrpcWords(peers.embedder, peers.token),
                    contents,
                    threads,
                    limits=limits,
                    clock=_now,
                ),
                part_inspector=PartInspector(
                    sets,
                    inspector,
                    contents,
                    shared_patches,
                    PartResults(sinks, added=results.wake, clock=_now),
                ),
                jobs=JobDesk(
                    library,
                    versions,
                    store,
                    labels,
                    GrpcModels(peers.embedder, peers.token),
                    clock=_now,
                    queued=queued,
                ),
                watch=JobWatch(store, peers.memberships),
                judging=Judging(sets, versions, inspections, feedback, contents, clock=_now),
                desk=ReviewDesk(
                    inspections, PostgresReview(pool), PostgresWishes(pool), previews, clock=_now
                ),
                looking_back=LookingBack(sets, history, feedback, contents, threads, limits=limits),
                thresholding=thresholding,
                exporting=Exporting(
                    library,
                    feedback,
                    catalog,
                    reporting=Reporting(
                        library,
                        versions=versions,
                        feedback=feedback,
                        inspections=inspections,
                        history=history,
                        contents=contents,
                        catalog=catalog,
                        marks=thresholding.known_marks,
                        threads=threads,
                        limits=limits,
                        clock=_now,
                    ),
                    writers={ExportFormat.HTML: HtmlWriter(), ExportFormat.PDF: PdfWriter()},
                    threads=threads,
                    clock=_now,
                ),
                version_export=VersionExport(
                    sets,
                    versions,
                    artifacts,
                    GrpcNetworkFiles(peers.embedder, peers.token),
                    release=argus_version(),
                ),
                previews=previews,
                sharing=Sharing(library, shares, peers.memberships, clock=_now),
                parts=PartDesk(library, sets, parts, contents, background_threads, limits=limits),
                sinks=ResultSinkDesk(
                    library,
                    sinks,
                    targets,
                    streams=settings.inspection_result_stream_length > 0,
                    changed=results.wake,
                    clock=_now,
                ),
            )
            yield _Inspection(
                servicer,
                sets,
                calibrations,
                reviews,
                Upkeep(
                    versions,
                    artifacts,
                    inspections,
                    store,
                    keep=timedelta(days=settings.inspection_keep_days),
                    clock=_now,
                ),
                ShareUpkeep(shares, peers.memberships, clock=_now),
                DriftWatch(inspections, versions, clock=_now),
                results,
            )


def _now() -> datetime:
    return datetime.now(UTC)
