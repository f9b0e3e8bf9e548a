"""What was answered is in the audit, whenever the process that answered was killed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from argus.auth.v1 import audit_pb2, audit_pb2_grpc, auth_pb2, auth_pb2_grpc

from services.runtime.audit_chain import ChainCheck, Link
from tests.support.eventually import eventually
from tests.support.parts import free_port
from tests.support.services import SERVICE_SECRET, bearer
from tests.support.user import register

CALLERS = 8
ANSWERS = 40
"""So many are there when the process is killed; others are under way."""


@pytest.fixture
def variables(fresh_postgres_url: str, fresh_redis_url: str) -> Mapping[str, str]:
    return {
        "ARGUS_LISTEN": f"127.0.0.1:{free_port()}",
        "ARGUS_POSTGRES_URL": fresh_postgres_url,
        "ARGUS_REDIS_URL": fresh_redis_url,
        "ARGUS_SERVICE_SECRET": SERVICE_SECRET,
        "ARGUS_BCRYPT_ROUNDS": "4",
    }


@asynccontextmanager
async def auth(variables: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Auth as a process, until it is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.auth",
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | variables,
    )  # fmt: skip
    try:
        async with grpc.aio.insecure_channel(variables["ARGUS_LISTEN"]) as channel:
            await auth_pb2_grpc.AuthServiceStub(channel).GetJwks(
                auth_pb2.GetJwksRequest(), wait_for_ready=True, timeout=60
            )
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_whoever_was_answered_is_in_the_audit(variables: Mapping[str, str]) -> None:
    answered: set[str] = set()
    async with (
        auth(variables) as process,
        grpc.aio.insecure_channel(variables["ARGUS_LISTEN"]) as channel,
    ):
        stub = auth_pb2_grpc.AuthServiceStub(channel)
        admin = await register(stub)
        enough = asyncio.Event()

        async def call_on(caller: int) -> None:
            for number in range(10_000):
                request_id = f"{caller}-{number}"
                metadata = (*bearer(admin.access_token), ("x-request-id", request_id))
                try:
                    await stub.RevokeOtherSessions(
                        auth_pb2.RevokeOtherSessionsRequest(), metadata=metadata
                    )
                except grpc.aio.AioRpcError:
                    return
                answered.add(request_id)
                if len(answered) >= ANSWERS:
                    enough.set()

        calls = [asyncio.create_task(call_on(caller)) for caller in range(CALLERS)]
        async with asyncio.timeout(60):
            await enough.wait()
            process.kill()
            await asyncio.gather(*calls)

    async with (
        auth(variables),
        grpc.aio.insecure_channel(variables["ARGUS_LISTEN"]) as channel,
    ):
        audit = audit_pb2_grpc.AuditServiceStub(channel)

        async def listed(**request: Any) -> list[audit_pb2.AuditEvent]:
            found: list[audit_pb2.AuditEvent] = []
            request |= {"page_size": 500, "oldest_first": True}
            while True:
                page = await audit.ListAuditEvents(
                    audit_pb2.ListAuditEventsRequest(**request),
                    metadata=bearer(admin.access_token),
                )
                found += page.events
                if not page.next_page_token:
                    return found
                request["page_token"] = page.next_page_token

        async def noted() -> bool:
            found = await listed(method="RevokeOtherSessions", code="OK")
            return answered <= {event.request_id for event in found}

        await eventually(noted, "every answer is in the audit", within_s=60)
        check = ChainCheck()
        for event in await listed():
            check.follow(Link(event.sequence, event.record, event.hash))
