"""The composition root of the embedder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from argus.embedder.v1 import embedder_pb2_grpc

from services.embedder.batcher import Batcher
from services.embedder.canary import Canary
from services.embedder.models import load_model
from services.embedder.servicer import SERVICE, EmbedderServicer
from services.embedder.settings import EmbedderSettings
from services.imaging.decode import ImageLimits
from services.runtime.channel import open_channel
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.server import RunningServer, serving


@asynccontextmanager
async def build(settings: EmbedderSettings) -> AsyncIterator[RunningServer]:
    """Builds the embedder from its settings, top to bottom; ends it upwards."""
    model = await asyncio.to_thread(
        load_model,
        settings.model,
        settings.model_dir,
        limits=ImageLimits(
            max_bytes=settings.max_message_bytes, max_pixels=settings.embedder_max_pixels
        ),
        threads=settings.embedder_threads,
    )
    async with (
        open_redis(settings.redis_url) as redis,
        open_channel(settings.auth_url, max_message_bytes=settings.max_message_bytes) as auth,
        Batcher(
            model,
            prepare_threads=settings.embedder_threads,
            max_images=settings.embedder_max_images,
            max_image_bytes=settings.embedder_max_image_bytes,
        ) as batcher,
    ):
        keys = PublishedKeys(auth)
        verifier = TokenVerifier(
            keys,
            ClosedSessions(redis),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
        canary = Canary(batcher)
        await canary.probe()
        servicer = EmbedderServicer(batcher)
        async with serving(
            settings,
            register=partial(embedder_pb2_grpc.add_EmbedderServiceServicer_to_server, servicer),
            services=[SERVICE],
            verifier=verifier,
            dependencies=[
                Dependency("model", canary.probe),
                Dependency("auth-keys", keys.probe),
                Dependency("redis", redis.ping),
            ],
            error_table=REDIS_ERRORS,
        ) as server:
            yield server
