"""What inspection is put together of."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import httpx
from threadpoolctl import threadpool_limits

from services.imaging.decode import ImageLimits
from services.runtime.background import BackgroundTasks
from services.runtime.outgoing import ServiceToken
from services.search.inspection.calibrator import Calibrator
from services.search.inspection.comparing import Comparing
from services.search.inspection.exporting import Exporting
from services.search.inspection.grpc_contents import GrpcContents
from services.search.inspection.grpc_models import GrpcModels
from services.search.inspection.grpc_patches import GrpcPatchExtractor
from services.search.inspection.grpc_words import GrpcWords
from services.search.inspection.index_vectors import IndexVectors
from services.search.inspection.inspector import Inspector
from services.search.inspection.judging import Judging
from services.search.inspection.knn import KnnScorer, KnnTrainer, Neighbours
from services.search.inspection.loader import VersionLoader
from services.search.inspection.model import Scorer
from services.search.inspection.patch_bank import PatchBank
from services.search.inspection.patch_scorer import PatchScorer
from services.search.inspection.patch_trainer import PatchTrainer
from services.search.inspection.postgres_calibrations import PostgresCalibrations
from services.search.inspection.postgres_feedback import PostgresFeedback
from services.search.inspection.postgres_inspections import PostgresInspections
from services.search.inspection.postgres_reference_sets import PostgresReferenceSets
from services.search.inspection.postgres_versions import PostgresVersions
from services.search.inspection.recorder import Recorder
from services.search.inspection.reference_library import ReferenceLibrary
from services.search.inspection.servicer import InspectionServicer
from services.search.inspection.stored_artifacts import StoredArtifacts
from services.search.inspection.upkeep import Upkeep
from services.search.inspection.zero_shot_inspector import ZeroShotInspector
from services.search.ports import Catalog, Contents, QueryEmbedder, VectorIndex
from services.search.settings import SearchSettings


@dataclass(frozen=True, slots=True)
class Inspecting:
    """Inspection, ready to be served."""

    servicer: InspectionServicer
    sets: PostgresReferenceSets
    calibrator: Calibrator
    upkeep: Upkeep

    def start(self, background: BackgroundTasks) -> None:
        """Starts what goes on beside the calls."""
        background.start("calibrations", self.calibrator.run)
        background.start("inspection upkeep", self.upkeep.run, vital=False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What inspection shares with the rest of search."""

    pool: asyncpg.Pool
    storage: grpc.aio.Channel
    embedder: grpc.aio.Channel
    token: ServiceToken
    http: httpx.AsyncClient
    contents: Contents
    index: VectorIndex
    queries: QueryEmbedder
    catalog: Catalog


@asynccontextmanager
async def inspecting(settings: SearchSettings, around: Surroundings) -> AsyncIterator[Inspecting]:
    """Builds inspection, top to bottom; ends it upwards."""
    limits = ImageLimits()
    with (
        ThreadPoolExecutor(settings.inspection_threads, "inspection") as threads,
        # One calibration at a time is built, and no inspection waits for it.
        ThreadPoolExecutor(2, "calibration") as background_threads,
        # Images are scored side by side; threads of one product of matrices would wait busily for
        # the next, on cores that the embedder needs.
        threadpool_limits(limits=1, user_api="blas"),
    ):
        extractor = GrpcPatchExtractor(
            around.embedder, around.token, streams=settings.search_embed_streams
        )
        async with aclosing(extractor) as patches:
            sets = PostgresReferenceSets(around.pool)
            versions = PostgresVersions(around.pool)
            calibrations = PostgresCalibrations(around.pool)
            inspections = PostgresInspections(around.pool)
            feedback = PostgresFeedback(around.pool)
            contents = GrpcContents(around.catalog, around.contents)
            artifacts = StoredArtifacts(around.storage, around.token, around.http)
            vectors = IndexVectors(around.index, around.queries)
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
                    Scorer.IMAGE_KNN: KnnTrainer(vectors),
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
                        Neighbours.from_arrays(arrays), vectors, owner_id
                    ),
                },
                budget_bytes=settings.inspection_cache_bytes,
            )
            library = ReferenceLibrary(
                sets,
                versions,
                calibrations,
                contents,
                GrpcModels(around.embedder, around.token),
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
                    GrpcWords(around.embedder, around.token),
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
                    library, feedback, contents, around.catalog, threads, limits=limits, clock=_now
                ),
            )
            yield Inspecting(
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
