"""Storage over a real socket, on real PostgreSQL, Redis, SeaweedFS and auth."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import httpx
import pytest
import redis.asyncio
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.storage.v1 import artifact_pb2_grpc, image_pb2_grpc, ingest_pb2_grpc

from services.storage.settings import StorageSettings
from services.storage.wiring import build
from tests.support import parts
from tests.support.measuring import Measured
from tests.support.pictures import chelsea, encoded
from tests.support.services import COMMON, SERVICE_SECRET, bearer, running_auth
from tests.support.storage_client import (
    AdjustableClock,
    Metadata,
    Storage,
    StorageUser,
    sign_up,
)


@pytest.fixture(scope="module")
def max_image_bytes() -> int:
    """Longest image that is taken; a module may say another."""
    return 4 * 2**20


@pytest.fixture(scope="module")
async def storage(
    fresh_postgres_url: str, fresh_redis_url: str, s3: parts.S3, max_image_bytes: int
) -> AsyncIterator[Storage]:
    clock, measured = AdjustableClock(), Measured()
    async with running_auth(fresh_postgres_url, fresh_redis_url) as auth:
        values: dict[str, Any] = COMMON | {
            "auth_url": auth.address,
            "postgres_url": fresh_postgres_url,
            "redis_url": fresh_redis_url,
            "s3_url": s3.url,
            "s3_public_url": s3.url,
            "s3_access_key": s3.access_key,
            "s3_secret_key": s3.secret_key,
            "storage_max_image_bytes": max_image_bytes,
            "storage_upkeep_every_s": 0.2,
        }
        settings = StorageSettings(**values)
        async with (
            build(settings, clock, providers=measured.providers) as server,
            grpc.aio.insecure_channel(server.address) as channel,
            grpc.aio.insecure_channel(auth.address) as auth_channel,
            httpx.AsyncClient() as http,
            redis.asyncio.from_url(fresh_redis_url, decode_responses=True) as client,
            asyncpg.create_pool(fresh_postgres_url, min_size=0) as postgres,
        ):
            yield Storage(
                channel,
                auth_channel,
                image_pb2_grpc.ImageServiceStub(channel),
                ingest_pb2_grpc.IngestServiceStub(channel),
                artifact_pb2_grpc.ArtifactServiceStub(channel),
                auth_pb2_grpc.AuthServiceStub(auth_channel),
                http,
                client,
                postgres,
                clock,
                settings,
                measured,
            )


@pytest.fixture
async def user(storage: Storage) -> StorageUser:
    return await sign_up(storage)


@pytest.fixture(scope="module")
async def service_token(storage: Storage) -> Metadata:
    issued = await storage.auth.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="search", secret=SERVICE_SECRET)
    )
    return bearer(issued.access_token)


@pytest.fixture(scope="session")
def cat() -> bytes:
    return encoded(chelsea())
