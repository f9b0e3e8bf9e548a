"""The composition root of auth."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextlib import closing as closed
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
from argus.auth.v1 import (
    audit_pb2_grpc,
    auth_pb2_grpc,
    email_pb2_grpc,
    group_pb2_grpc,
    membership_pb2_grpc,
    operator_pb2_grpc,
    sign_in_pb2_grpc,
    user_pb2_grpc,
)

from services.auth.accounts import Accounts
from services.auth.api_keys import ApiKeys
from services.auth.attempts import AttemptGuard
from services.auth.audit_log import AuditLog, AuditWriter
from services.auth.audit_servicer import AuditServicer
from services.auth.bcrypt_cost import choose_rounds
from services.auth.closing import Closing
from services.auth.deletion import AccountDeletions
from services.auth.email_servicer import EmailServicer
from services.auth.group_servicer import GroupServicer, MembershipServicer
from services.auth.groups import Groups
from services.auth.limits import Limit, LoginLimits
from services.auth.mail_wiring import build_mail
from services.auth.operator_servicer import OperatorServicer
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts
from services.auth.postgres_api_keys import PostgresApiKeys
from services.auth.postgres_audit import PostgresAudit
from services.auth.postgres_deletions import PostgresDeletions
from services.auth.postgres_groups import PostgresGroups
from services.auth.postgres_keys import PostgresKeys
from services.auth.postgres_sessions import PostgresSessions
from services.auth.postgres_users import PostgresUsers
from services.auth.redis_attempts import RedisAttempts
from services.auth.redis_audit import RedisNotedCalls
from services.auth.redis_deletions import RedisDeletionNews
from services.auth.rotation import KeyRotation
from services.auth.servicer import AuthServicer
from services.auth.sessions import Sessions
from services.auth.settings import AuthSettings
from services.auth.sign_in_servicer import SignInServicer
from services.auth.sso.configuration import Configuration, load_configuration
from services.auth.sso.openid import OpenIdProvider
from services.auth.sso.postgres_identities import PostgresIdentities
from services.auth.sso.proof import OwnerProof
from services.auth.sso.redis_begun import RedisBegun
from services.auth.sso.single_sign_on import SingleSignOn
from services.auth.telemetry import AuthMetrics
from services.auth.tokens import TokenIssuer
from services.auth.user_servicer import UserServicer
from services.auth.users import Users
from services.runtime.audit import RedisAudit
from services.runtime.background import BackgroundTasks
from services.runtime.deleted_accounts import SERVICES
from services.runtime.edge import edge_key
from services.runtime.health import Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.memberships import MembershipMarks
from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool, probe
from services.runtime.redis import REDIS_ERRORS, ClosedSessions, open_redis
from services.runtime.redis import probe as probe_redis
from services.runtime.server import RunningServer, serving
from services.runtime.telemetry import Providers

CLEAN_UP_EVERY_S = 3600
LOOK_AT_MARKS_EVERY_S = 5
LOOK_AT_KEYS_EVERY_S = 5
TELL_HEAD_EVERY_S = 3600

_log = logging.getLogger(__name__)


@asynccontextmanager
async def build(  # noqa: PLR0915 - top to bottom, one thing after another
    settings: AuthSettings, *, providers: Providers | None = None
) -> AsyncIterator[RunningServer]:
    """Builds auth from its settings, top to bottom; ends it upwards.

    Args:
        settings: Auth's variables.
        providers: Where spans and measurements go; those of the process if None.
    """
    async with (
        AsyncExitStack() as stack,
        await open_pool(settings.postgres_url) as pool,
        open_redis(settings.redis_url) as redis,
    ):
        configuration = load_configuration(settings.oidc_file, settings.oidc_client_secrets)
        await migrate(pool, schema="auth", package="services.auth")
        metrics = AuthMetrics((providers or Providers.installed()).meters)
        rotation = _rotation(settings, PostgresKeys(pool))
        keys = await rotation.open()
        sessions = ClosedSessions(redis)
        closing = Closing(
            PostgresSessions(pool), sessions, token_ttl_s=settings.access_token_ttl_s, clock=_now
        )
        issuer = TokenIssuer(
            keys,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            ttl_s=settings.access_token_ttl_s,
        )
        hasher = stack.enter_context(closed(PasswordHasher(_rounds(settings), metrics=metrics)))
        guard = AttemptGuard(RedisAttempts(redis), _limits(settings), metrics)
        store, identities = PostgresAccounts(pool), PostgresIdentities(pool)
        proof = OwnerProof(store, hasher, guard, identities.proven_at, clock=_now)
        mail = build_mail(
            settings,
            pool,
            redis,
            closing=closing,
            proof=proof,
            hasher=hasher,
            guesses=guard,
            passwords=configuration.password_sign_in,
            metrics=metrics,
        )
        accounts = Accounts(
            store,
            closing,
            hasher,
            guard,
            issuer,
            refresh_ttl=timedelta(seconds=settings.refresh_token_ttl_s),
            refresh_reuse=timedelta(seconds=settings.refresh_reuse_s),
            service_secret=settings.service_secret,
            password_sign_in=configuration.password_sign_in,
            registrations=mail.registrations if settings.confirm_email else None,
            clock=_now,
        )
        sign_on = SingleSignOn(
            configuration,
            providers=_providers(configuration),
            begun=RedisBegun(redis),
            identities=identities,
            accounts=store,
            users=PostgresUsers(pool),
            closing=closing,
            proof=proof,
            guard=guard,
            issuer=issuer,
            refresh_ttl=timedelta(seconds=settings.refresh_token_ttl_s),
            metrics=metrics,
            clock=_now,
        )
        deletions = AccountDeletions(
            proof,
            PostgresDeletions(pool, SERVICES),
            RedisDeletionNews(redis, f"{socket.gethostname()}-{os.getpid()}"),
            closing=closing,
            settle=timedelta(seconds=settings.account_settle_s),
            metrics=metrics,
            clock=_now,
        )
        api_keys = ApiKeys(PostgresApiKeys(pool), closing, issuer, clock=_now)
        verifier = TokenVerifier(
            keys, sessions, issuer=settings.jwt_issuer, audience=settings.jwt_audience
        )
        edge_proof = edge_key(settings.service_secret.get_secret_value())
        open_sessions = Sessions(PostgresSessions(pool), closing, clock=_now)
        servicer = AuthServicer(
            accounts,
            open_sessions,
            deletions,
            api_keys,
            keys,
            edge_key=edge_proof,
        )
        users = Users(PostgresUsers(pool), closing, clock=_now)
        groups = Groups(PostgresGroups(pool), MembershipMarks(redis), clock=_now)
        chain = PostgresAudit(pool)
        writer = AuditWriter(RedisNotedCalls(redis, settings.replica), chain, metrics)

        async def clean_up() -> None:
            while True:
                await accounts.remove_expired()
                await api_keys.remove_ended()
                await mail.recovery.remove_expired()
                await groups.remove_expired()
                await asyncio.sleep(CLEAN_UP_EVERY_S)

        async def tell_head() -> None:
            while True:
                # Where the database's owner cannot change it: in the log.
                head = await chain.head()
                _log.info("audit ends with entry %d, hash %s", head.sequence, head.hash.hex())
                await asyncio.sleep(TELL_HEAD_EVERY_S)

        async with (
            BackgroundTasks() as background,
            serving(
                settings,
                servicers=[
                    partial(auth_pb2_grpc.add_AuthServiceServicer_to_server, servicer),
                    partial(
                        email_pb2_grpc.add_EmailServiceServicer_to_server,
                        EmailServicer(mail.recovery, edge_key=edge_proof),
                    ),
                    partial(
                        sign_in_pb2_grpc.add_SignInServiceServicer_to_server,
                        SignInServicer(sign_on, edge_key=edge_proof),
                    ),
                    partial(
                        user_pb2_grpc.add_UserServiceServicer_to_server,
                        UserServicer(users, open_sessions, api_keys),
                    ),
                    partial(
                        audit_pb2_grpc.add_AuditServiceServicer_to_server,
                        AuditServicer(AuditLog(chain)),
                    ),
                    partial(
                        operator_pb2_grpc.add_OperatorServiceServicer_to_server,
                        OperatorServicer(rotation, keys, users),
                    ),
                    partial(
                        group_pb2_grpc.add_GroupServiceServicer_to_server, GroupServicer(groups)
                    ),
                    partial(
                        membership_pb2_grpc.add_MembershipServiceServicer_to_server,
                        MembershipServicer(groups),
                    ),
                ],
                audit=RedisAudit(redis),
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
            keep_marks = partial(_again, LOOK_AT_MARKS_EVERY_S, closing.mark_again)
            keep_keys = partial(_again, LOOK_AT_KEYS_EVERY_S, partial(rotation.look, keys))
            background.start("marks of closed sessions", keep_marks, vital=False)
            background.start("announcements of deleted accounts", deletions.announce, vital=False)
            background.start("records of deleted accounts", deletions.record, vital=False)
            background.start("ended sessions", deletions.forget_ended, vital=False)
            background.start("mail", mail.sender.run, vital=False)
            background.start("signing keys", keep_keys, vital=False)
            background.start("audit", writer.run, vital=False)
            background.start("audit's end", tell_head, vital=False)
            yield server


def _providers(configuration: Configuration) -> dict[str, OpenIdProvider]:
    if not configuration.provider:
        return {}
    trusted = httpx2.create_ssl_context()
    return {
        one.id: OpenIdProvider(one, trusted, clock=time.time, ticks=time.monotonic)
        for one in configuration.provider
    }


def _rotation(settings: AuthSettings, store: PostgresKeys) -> KeyRotation:
    days = settings.signing_key_days
    return KeyRotation(
        store,
        token_ttl_s=settings.access_token_ttl_s,
        lead=timedelta(seconds=settings.signing_key_lead_s),
        max_age=timedelta(days=days) if days else None,
        clock=_now,
    )


def _rounds(settings: AuthSettings) -> int:
    if settings.bcrypt_rounds is not None:
        return settings.bcrypt_rounds
    return choose_rounds(
        settings.bcrypt_target_ms / 1000,
        least=settings.bcrypt_min_rounds,
        most=settings.bcrypt_max_rounds,
    )


def _limits(settings: AuthSettings) -> LoginLimits:
    first_s = settings.login_first_wait_s
    return LoginLimits(
        account_at_address=Limit(settings.login_free_attempts, first_s, 900, 3600),
        address=Limit(settings.login_free_attempts_of_address, first_s, 60, 60),
        account=Limit(settings.login_free_attempts_of_account, first_s, 60, 300),
        registrations=Limit(settings.registrations_of_address, 15, 60, 15),
    )


async def _again(every_s: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await work()
        await asyncio.sleep(every_s)


def _now() -> datetime:
    return datetime.now(UTC)
