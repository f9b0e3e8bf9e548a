"""The composition root of auth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from argus.auth.v1 import auth_pb2_grpc

from services.auth.accounts import Accounts
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts, load_keys
from services.auth.servicer import AuthServicer
from services.auth.settings import AuthSettings
from services.auth.tokens import TokenIssuer
from services.runtime.background import BackgroundTasks
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool, probe
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, serving
from services.runtime.telemetry import Providers

CLEAN_UP_EVERY_S = 3600
LOOK_AT_MARKS_EVERY_S = 5


@asynccontextmanager
async def build(
    settings: AuthSettings, *, providers: Providers | None = None
) -> AsyncIterator[RunningServer]:
    """Builds auth from its settings, top to bottom; ends it upwards.

    Args:
        settings: Auth's variables.
        providers: Where spans and measurements go; those of the process if None.
    """
    async with (
        await open_pool(settings.postgres_url) as pool,
        open_redis(settings.redis_url) as redis,
    ):
        await migrate(pool, schema="auth", package="services.auth")
        keys = await load_keys(pool, _now())
        sessions = ClosedSessions(redis)
        issuer = TokenIssuer(
            keys,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            ttl_s=settings.access_token_ttl_s,
        )
        accounts = Accounts(
            PostgresAccounts(pool),
            sessions,
            PasswordHasher(settings.bcrypt_rounds),
            issuer,
            refresh_ttl=timedelta(seconds=settings.refresh_token_ttl_s),
            refresh_reuse=timedelta(seconds=settings.refresh_reuse_s),
            service_secret=settings.service_secret,
            clock=_now,
        )
        verifier = TokenVerifier(
            keys, sessions, issuer=settings.jwt_issuer, audience=settings.jwt_audience
        )
        servicer = AuthServicer(accounts, keys)

        async def clean_up() -> None:
            while True:
                await accounts.remove_expired()
                await asyncio.sleep(CLEAN_UP_EVERY_S)

        async def keep_marks() -> None:
            while True:
                await accounts.mark_closed_again()
                await asyncio.sleep(LOOK_AT_MARKS_EVERY_S)

        async with (
            BackgroundTasks() as background,
            serving(
                settings,
                servicers=[partial(auth_pb2_grpc.add_AuthServiceServicer_to_server, servicer)],
                verifier=verifier,
                dependencies=[
                    Dependency("postgres", partial(probe, pool)),
                    Dependency("redis", partial(probe_redis, redis)),
                    Dependency("background", background.probe),
                ],
                error_table=REDIS_ERRORS,
                providers=providers,
            ) as server,
        ):
            background.start("session clean-up", clean_up, vital=False)
            background.start("marks of closed sessions", keep_marks, vital=False)
            yield server


def _now() -> datetime:
    return datetime.now(UTC)
