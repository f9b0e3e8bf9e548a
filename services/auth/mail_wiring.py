"""The part of the composition root that has to do with mail."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import redis.asyncio

from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.file_mailer import SENDER, FileMailer
from services.auth.letters import Letters
from services.auth.limits import Limit
from services.auth.mail_guard import MailGuard, MailLimits
from services.auth.mail_ports import Mailer
from services.auth.mail_sender import MailSender
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts
from services.auth.postgres_mail_tokens import PostgresMailTokens
from services.auth.postgres_outbox import PostgresOutbox, PostgresRegistrations
from services.auth.recovery import Recovery, Registrations
from services.auth.redis_attempts import RedisAttempts
from services.auth.settings import AuthSettings
from services.auth.smtp_mailer import SmtpMailer
from services.auth.sso.proof import OwnerProof
from services.auth.telemetry import AuthMetrics


@dataclass(frozen=True, slots=True)
class Mailing:
    """What sends mail, and what asks for it."""

    sender: MailSender
    recovery: Recovery
    registrations: Registrations


def build_mail(
    settings: AuthSettings,
    pool: asyncpg.Pool,
    client: redis.asyncio.Redis,
    *,
    closing: Closing,
    proof: OwnerProof,
    hasher: PasswordHasher,
    guesses: AttemptGuard,
    passwords: bool,
    metrics: AuthMetrics,
) -> Mailing:
    """Puts it together; nothing runs yet.

    Args:
        settings: Auth's variables.
        pool: PostgreSQL.
        client: Redis.
        closing: Closes sessions for every service.
        proof: Finds out whether a caller is the owner of their account.
        hasher: Hashes passwords.
        guesses: Refuses guesses that come too early.
        passwords: Whether people sign in with passwords here.
        metrics: Where mails are counted.
    """
    guard = MailGuard(RedisAttempts(client), _limits(settings), metrics)
    confirm_ttl = timedelta(seconds=settings.confirm_token_ttl_s)
    sender = MailSender(
        PostgresOutbox(pool),
        _mailer(settings),
        _letters(settings),
        reset_ttl=timedelta(seconds=settings.reset_token_ttl_s),
        confirm_ttl=confirm_ttl,
        metrics=metrics,
        clock=_now,
    )
    recovery = Recovery(
        PostgresAccounts(pool),
        PostgresOutbox(pool),
        PostgresMailTokens(pool),
        proof,
        closing=closing,
        hasher=hasher,
        guesses=guesses,
        guard=guard,
        wake=sender.wake,
        clock=_now,
        passwords=passwords,
    )
    registrations = Registrations(
        PostgresRegistrations(pool), hasher, guard, wake=sender.wake, ttl=confirm_ttl, clock=_now
    )
    return Mailing(sender, recovery, registrations)


def _limits(settings: AuthSettings) -> MailLimits:
    return MailLimits(
        recipient_from_place=Limit(3, 60, 3600, 3600),
        recipient=Limit(10, 60, 1800, 1800),
        place=Limit(settings.mail_requests_of_address, 15, 60, 60),
    )


def _mailer(settings: AuthSettings) -> Mailer:
    name, server = settings.installation_name, settings.smtp
    if server is None:
        return FileMailer(settings.mail_dir, name=name, sender=settings.mail_from or SENDER)
    return SmtpMailer(server, sender=settings.mail_from, name=name)


def _letters(settings: AuthSettings) -> Letters:
    return Letters(
        settings.public_url,
        settings.installation_name,
        reset_minutes=settings.reset_token_ttl_s // 60,
        confirm_hours=max(1, settings.confirm_token_ttl_s // 3600),
    )


def _now() -> datetime:
    return datetime.now(UTC)
