"""The composition root of the embedder."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from argus.embedder.v1 import embedder_pb2_grpc, network_pb2_grpc

from services.embedder.caching.cache import CachedEmbedder
from services.embedder.caching.redis_vectors import RedisVectors
from services.embedder.models.patch_networks import PatchNetworks
from services.embedder.models.runtimes.choice import Execution
from services.embedder.models.store import Installed, install, installed
from services.embedder.network_servicer import NetworkServicer
from services.embedder.ports import Embedder
from services.embedder.queueing.admission import Admission
from services.embedder.servicer import EmbedderServicer
from services.embedder.settings import EmbedderSettings
from services.embedder.supervision.canary import Canary
from services.embedder.supervision.fleet import Fleet
from services.embedder.telemetry import EmbedderMetrics
from services.embedder.worker.config import WorkerConfig
from services.imaging.decode import ImageLimits
from services.runtime.audit import RedisAudit
from services.runtime.channel import open_channel
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.mutual_tls import mutual_tls
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, serving
from services.runtime.telemetry import Providers


@asynccontextmanager
async def build(
    settings: EmbedderSettings, *, providers: Providers | None = None
) -> AsyncIterator[RunningServer]:
    """Builds the embedder from its settings, top to bottom; ends it upwards.

    Args:
        settings: The embedder's variables.
        providers: Where spans and measurements go; those of the process if None.
    """
    providers = providers or Providers.installed()
    metrics = EmbedderMetrics(providers.meters)
    default = await _installed(settings)
    tls = mutual_tls(settings)
    async with (
        open_redis(settings.redis_url) as redis,
        open_channel(
            settings.auth_url, max_message_bytes=settings.max_message_bytes, peer="auth", tls=tls
        ) as auth,
        Fleet(
            partial(installed, settings.model_dir),
            default.manifest.info.model,
            configure=_configure(settings),
            admission=Admission(
                max_images=settings.embedder_max_images,
                max_image_bytes=settings.embedder_max_image_bytes,
            ),
            memory_bytes=settings.embedder_model_memory_bytes,
            metrics=metrics,
        ) as fleet,
        AsyncExitStack() as stack,
    ):
        embedder: Embedder = fleet
        if settings.embedder_cache_bytes:
            client = await stack.enter_async_context(open_redis(settings.redis_url, text=False))
            vectors = await stack.enter_async_context(
                RedisVectors(client, max_bytes=settings.embedder_cache_bytes, metrics=metrics)
            )
            embedder = CachedEmbedder(fleet, vectors, fleet.find, metrics)
        keys = PublishedKeys(auth)
        verifier = TokenVerifier(
            keys,
            ClosedSessions(redis),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
        canary = Canary(fleet, fleet.idle_s, every_s=settings.embedder_canary_s)
        servicer = EmbedderServicer(embedder)
        networks = PatchNetworks(
            partial(installed, settings.model_dir),
            default.manifest.info.model,
            Execution(settings.embedder_threads, settings.runtime, settings.precision),
        )
        async with serving(
            settings,
            servicers=[
                partial(embedder_pb2_grpc.add_EmbedderServiceServicer_to_server, servicer),
                partial(
                    network_pb2_grpc.add_NetworkServiceServicer_to_server,
                    NetworkServicer(networks),
                ),
            ],
            audit=RedisAudit(redis),
            verifier=verifier,
            dependencies=[
                Dependency("model", canary.probe),
                Dependency("auth-keys", keys.probe),
                Dependency("redis", partial(probe_redis, redis)),
            ],
            error_table=REDIS_ERRORS,
            providers=providers,
        ) as server:
            yield server


async def _installed(settings: EmbedderSettings) -> Installed:
    """The default model on disk, built if need be; a build ends when this is cancelled."""
    stop = threading.Event()
    building = asyncio.create_task(
        asyncio.to_thread(
            install,
            settings.model,
            settings.model_dir,
            threads=settings.embedder_threads,
            stop=stop,
        )
    )
    try:
        return await asyncio.shield(building)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([building])
        raise


def _configure(settings: EmbedderSettings) -> Callable[[Installed], WorkerConfig]:
    def configure(model: Installed) -> WorkerConfig:
        return WorkerConfig(
            model.folder,
            settings.embedder_threads,
            ImageLimits(
                max_bytes=settings.max_message_bytes, max_pixels=settings.embedder_max_pixels
            ),
            settings.runtime,
            settings.precision,
            log_level=settings.log_level,
        )

    return configure
