"""Passwords, addresses and registrations by mail, on a real PostgreSQL and Redis, at a set time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import redis.asyncio
from pydantic import SecretStr

from services.auth.accounts import Accounts
from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.errors import (
    BadCredentials,
    EmailNotConfirmed,
    EmailTaken,
    MailTokenInvalid,
    PasswordWrong,
    TooManyAttempts,
    TooManyMails,
    WeakPassword,
)
from services.auth.letters import Letters
from services.auth.limits import Limit, LoginLimits
from services.auth.mail_guard import MailGuard, MailLimits
from services.auth.mail_model import Letter, MailUnavailable, MailUndeliverable
from services.auth.mail_sender import GIVE_UP_AFTER, LEASE, MailSender
from services.auth.model import NewSession, SignedIn
from services.auth.passwords import PasswordHasher
from services.auth.postgres import PostgresAccounts
from services.auth.postgres_deletions import PostgresDeletions
from services.auth.postgres_mail_tokens import PostgresMailTokens
from services.auth.postgres_outbox import PostgresOutbox, PostgresRegistrations
from services.auth.postgres_sessions import PostgresSessions
from services.auth.recovery import Recovery, Registrations
from services.auth.redis_attempts import RedisAttempts
from services.auth.signing import KeyRing, SigningKey
from services.auth.sso.errors import SignInAgain, SignInRefused
from services.auth.sso.model import Person, Subject
from services.auth.sso.postgres_identities import PostgresIdentities
from services.auth.sso.proof import OwnerProof
from services.auth.telemetry import AuthMetrics
from services.auth.tokens import TokenIssuer
from services.runtime.edge import Client
from services.runtime.errors import InvalidInput
from services.runtime.identity import Identity
from services.runtime.redis import ClosedSessions, open_redis
from services.runtime.roles import Role
from tests.support.databases import migrated_pool
from tests.support.measuring import Measured

PASSWORD = "correct horse battery staple"
OTHER = "another horse, another battery"
HERE = Client("192.0.2.1", "a browser")
THERE = Client("198.51.100.1", "another")
FREE = Limit(1_000_000, 1, 1, 1)
RESET_TTL, CONFIRM_TTL = timedelta(hours=1), timedelta(days=1)


class Clock:
    """A time that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


class Postman:
    """`Mailer` that keeps what it gets, and fails on demand."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fails_with: Exception | None = None

    async def send(self, letter: Letter) -> None:
        if self.fails_with is not None:
            raise self.fails_with
        self.letters.append(letter)

    def last(self, recipient: str) -> Letter:
        return [one for one in self.letters if one.recipient == recipient][-1]

    def token(self, recipient: str) -> str:
        return self.last(recipient).text.partition("#token=")[2].split()[0]

    def subjects(self, recipient: str) -> list[str]:
        return [one.subject for one in self.letters if one.recipient == recipient]


class House:
    """Auth's use cases around mail."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        client: redis.asyncio.Redis,
        *,
        limits: MailLimits | None = None,
        max_waiting: int = 1000,
        passwords: bool = True,
    ) -> None:
        self.pool = pool
        self.clock = Clock()
        self.postman = Postman()
        self.measured = Measured()
        metrics = AuthMetrics(self.measured.providers.meters)
        self.store = PostgresAccounts(pool)
        self.outbox = PostgresOutbox(pool)
        hasher = PasswordHasher(4)
        closing = Closing(
            PostgresSessions(pool), ClosedSessions(client), token_ttl_s=900, clock=self.clock
        )
        guesses = AttemptGuard(RedisAttempts(client), LoginLimits(FREE, FREE, FREE, FREE), metrics)
        guard = MailGuard(RedisAttempts(client), limits or MailLimits(FREE, FREE, FREE), metrics)
        self.sender = MailSender(
            self.outbox,
            self.postman,
            Letters("https://argus.example.org/", "Argus", reset_minutes=60, confirm_hours=24),
            reset_ttl=RESET_TTL,
            confirm_ttl=CONFIRM_TTL,
            metrics=metrics,
            clock=self.clock,
        )
        self.recovery = Recovery(
            self.store,
            self.outbox,
            PostgresMailTokens(pool),
            OwnerProof(
                self.store,
                hasher,
                guesses,
                PostgresIdentities(pool).proven_at,
                clock=self.clock,
            ),
            closing=closing,
            hasher=hasher,
            guesses=guesses,
            guard=guard,
            wake=self.sender.wake,
            clock=self.clock,
            max_waiting=max_waiting,
            passwords=passwords,
        )
        registrations = Registrations(
            PostgresRegistrations(pool),
            hasher,
            guard,
            wake=self.sender.wake,
            ttl=CONFIRM_TTL,
            clock=self.clock,
            max_waiting=max_waiting,
        )
        issuer = TokenIssuer(
            KeyRing([SigningKey.generate()]), issuer="argus", audience="argus", ttl_s=900
        )

        def accounts(waiting: Registrations | None) -> Accounts:
            return Accounts(
                self.store,
                closing,
                hasher,
                guesses,
                issuer,
                refresh_ttl=timedelta(days=30),
                refresh_reuse=timedelta(seconds=30),
                service_secret=SecretStr("secret"),
                clock=self.clock,
                registrations=waiting,
            )

        self.open = accounts(None)
        self.confirming = accounts(registrations)

    async def person(self) -> tuple[str, Identity]:
        """The address of somebody with an account, and the session that they are in."""
        email = fresh()
        done = await self.open.register(email, PASSWORD, "Ada", HERE)
        assert done is not None
        return email, await self.identity(done)

    async def identity(self, done: SignedIn) -> Identity:
        session_id = await self.pool.fetchval(
            "SELECT session_id FROM auth.sessions WHERE user_id = $1 "
            "ORDER BY created_at DESC LIMIT 1",
            done.user.user_id,
        )
        return Identity(str(done.user.user_id), str(session_id), "", "")

    async def deliver(self) -> None:
        while await self.sender.send_due():
            pass

    async def reset_token(self, email: str) -> str:
        await self.recovery.request_reset(email, HERE)
        await self.deliver()
        return self.postman.token(email.strip().lower())

    async def change_token(self, who: Identity, email: str) -> str:
        await self.recovery.request_change(who, email, PASSWORD, HERE)
        await self.deliver()
        return self.postman.token(email.strip().lower())

    async def open_sessions(self, who: Identity) -> int:
        found: int = await self.pool.fetchval(
            "SELECT count(*) FROM auth.sessions WHERE user_id = $1 AND closed_at IS NULL",
            UUID(who.user_id),
        )
        return found


def fresh() -> str:
    return f"{uuid4().hex}@example.org"


@pytest.fixture(scope="module")
async def pool(fresh_postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with migrated_pool(fresh_postgres_url, "auth") as opened:
        yield opened


@pytest.fixture
async def make_house(
    pool: asyncpg.Pool, fresh_redis_url: str
) -> AsyncIterator[Callable[..., House]]:
    await pool.execute("DELETE FROM auth.mails")
    async with open_redis(fresh_redis_url) as client:
        await client.flushdb()
        yield lambda **how: House(pool, client, **how)


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


async def test_a_reset_sets_the_password_and_ends_all_sessions(house: House) -> None:
    email, who = await house.person()
    await house.open.login(email, PASSWORD, THERE)
    token = await house.reset_token(f" {email.upper()}")

    assert await house.recovery.reset(token, OTHER, HERE) == 2

    assert await house.open_sessions(who) == 0
    with pytest.raises(BadCredentials):
        await house.open.login(email, PASSWORD, HERE)
    await house.open.login(email, OTHER, HERE)
    await house.deliver()
    assert house.postman.subjects(email) == [
        "Argus: set a new password",
        "Argus: your password was changed",
    ]
    sent = house.measured.values("argus.auth.mails", "argus.kind", "argus.outcome")
    assert sent == {("reset", "sent"): 1, ("password-set", "sent"): 1}


async def test_a_reset_works_once_and_among_several_one(house: House) -> None:
    email, _ = await house.person()
    first, second = await house.reset_token(email), await house.reset_token(email)
    assert first != second

    done = await asyncio.gather(
        *(house.recovery.reset(token, OTHER, HERE) for token in (first, first, second)),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in done) == [
        "MailTokenInvalid",
        "MailTokenInvalid",
        "int",
    ]
    for token in (first, second):
        with pytest.raises(MailTokenInvalid):
            await house.recovery.reset(token, PASSWORD, HERE)


async def test_a_weak_password_does_not_use_the_reset_up(house: House) -> None:
    email, _ = await house.person()
    token = await house.reset_token(email)
    for weak in ("password123", email, "short"):
        with pytest.raises(WeakPassword):
            await house.recovery.reset(token, weak, HERE)
    await house.recovery.reset(token, OTHER, HERE)


async def test_tokens_are_not_kept_and_expire_after_the_mail_left(house: House) -> None:
    email, _ = await house.person()
    house.postman.fails_with = MailUnavailable("down")
    await house.recovery.request_reset(email, HERE)
    await house.deliver()
    house.clock.pass_(RESET_TTL * 2)
    house.postman.fails_with = None
    await house.deliver()
    token = house.postman.token(email)
    rows = await house.pool.fetch(
        "SELECT t::text AS row FROM auth.mail_tokens t UNION ALL SELECT t::text FROM auth.mails t"
    )
    dump = "\n".join(row["row"] for row in rows)
    assert email in dump
    assert token not in dump
    assert token.encode().hex() not in dump

    house.clock.pass_(RESET_TTL)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(token, OTHER, HERE)
    await house.recovery.remove_expired()
    left = await house.pool.fetchval(
        "SELECT count(*) FROM auth.mail_tokens WHERE expires_at < $1", house.clock.now
    )
    assert left == 0


async def test_an_unknown_address_gets_nothing_and_takes_the_same_way(house: House) -> None:
    email = fresh()
    await house.recovery.request_reset(email, HERE)
    # What the call does, and so how long it takes, is one row in either case.
    assert await house.pool.fetchval("SELECT count(*) FROM auth.mails") == 1
    await house.deliver()
    assert house.postman.letters == []
    assert await house.pool.fetchval("SELECT count(*) FROM auth.mails") == 0
    assert house.measured.values("argus.auth.mails", "argus.kind", "argus.outcome") == {
        ("reset", "nothing"): 1
    }


@pytest.mark.parametrize("token", ["", "x", "ü" * 40, "a" * 43])
async def test_what_was_never_mailed_does_nothing(house: House, token: str) -> None:
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(token, OTHER, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(token)


async def test_a_token_is_good_for_one_purpose(house: House) -> None:
    email, who = await house.person()
    reset, change = await house.reset_token(email), await house.change_token(who, fresh())
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(change, OTHER, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(reset)


async def test_a_new_password_makes_earlier_mails_worthless(house: House) -> None:
    email, who = await house.person()
    reset, change = await house.reset_token(email), await house.change_token(who, fresh())
    await house.open.change_password(who, PASSWORD, OTHER, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(reset, PASSWORD, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(change)


async def test_who_takes_an_account_over_ends_what_waits_to_be_mailed(house: House) -> None:
    email, who = await house.person()
    evil = fresh()
    token = await house.change_token(who, fresh())
    await house.recovery.request_change(who, evil, PASSWORD, HERE)
    subject = Subject("https://id.example.org", uuid4().hex)
    person = Person(
        subject, email, email_verified=True, display_name="Ada", role=None, proven_at=None
    )
    taken = await PostgresIdentities(house.pool).claim(UUID(who.user_id), person, house.clock.now)
    assert taken is not None
    await house.deliver()
    assert house.postman.subjects(evil) == []
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(token)
    # Without a password, the proof is a sign-in elsewhere.
    with pytest.raises(SignInAgain):
        await house.recovery.request_change(who, fresh(), "", HERE)


async def test_where_no_passwords_are_taken_none_is_set(make_house: Callable[..., House]) -> None:
    house = make_house(passwords=False)
    with pytest.raises(SignInRefused):
        await house.recovery.request_reset(fresh(), HERE)
    with pytest.raises(SignInRefused):
        await house.recovery.reset("token", OTHER, HERE)


async def test_a_better_hash_of_the_same_password_leaves_mails_alone(house: House) -> None:
    email, _ = await house.person()
    token = await house.reset_token(email)
    found = await house.store.user_by_email(email)
    assert found is not None
    user, seen = found
    assert seen is not None
    session = NewSession(
        uuid4(), user.user_id, uuid4().bytes, house.clock.now, house.clock.now + RESET_TTL, HERE
    )
    better = await PasswordHasher(5).hash(PASSWORD)
    assert await house.store.open_session(session, seen_hash=seen, replacement=better)
    assert await house.recovery.reset(token, OTHER, HERE) == 2


async def test_an_address_changes_when_it_is_confirmed(house: House) -> None:
    email, who = await house.person()
    new = fresh()
    old_reset = await house.reset_token(email)
    token = await house.change_token(who, new.upper())
    assert (await house.open.me(who)).email == email

    user = await house.recovery.confirm(token)

    assert (user.email, str(user.user_id)) == (new, who.user_id)
    await house.open.login(new, PASSWORD, HERE)
    with pytest.raises(BadCredentials):
        await house.open.login(email, PASSWORD, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(token)
    # Whoever reads the mail at the old address has lost their way in, and is told.
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(old_reset, OTHER, HERE)
    await house.deliver()
    assert house.postman.subjects(email)[-1] == "Argus: your address was changed"
    assert new not in house.postman.last(email).text
    # Somebody else may have the old one.
    await house.open.register(email, PASSWORD, "", HERE)


async def test_an_address_is_asked_for_with_the_password_and_is_another(house: House) -> None:
    email, who = await house.person()
    with pytest.raises(PasswordWrong):
        await house.recovery.request_change(who, fresh(), "wrong", HERE)
    with pytest.raises(InvalidInput, match="already"):
        await house.recovery.request_change(who, email.upper(), PASSWORD, HERE)
    await house.deliver()
    assert house.postman.letters == []


async def test_an_address_of_somebody_else_is_told_them_alone(house: House) -> None:
    _, who = await house.person()
    taken, _ = await house.person()
    await house.recovery.request_change(who, taken, PASSWORD, HERE)
    await house.deliver()
    assert house.postman.subjects(taken) == ["Argus: you have an account"]
    assert "#token=" not in house.postman.last(taken).text


async def test_of_several_who_want_an_address_one_gets_it(house: House) -> None:
    new = fresh()
    people = [(await house.person())[1] for _ in range(3)]
    tokens = [await house.change_token(who, new) for who in people]

    done = await asyncio.gather(
        *(house.recovery.confirm(token) for token in tokens), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in done) == ["EmailTaken", "EmailTaken", "User"]
    owners = [(await house.open.me(who)).email == new for who in people]
    assert owners == [not isinstance(one, Exception) for one in done]


async def test_what_was_mailed_to_a_deleted_account_is_worthless(house: House) -> None:
    email, who = await house.person()
    reset, change = await house.reset_token(email), await house.change_token(who, fresh())
    await house.recovery.request_change(who, fresh(), PASSWORD, HERE)
    found = await house.store.user_by_email(email)
    assert found is not None
    ended = await PostgresDeletions(house.pool, ()).end(
        UUID(who.user_id), uuid4(), seen_hash=found[1], now=house.clock.now
    )
    assert ended is not None
    assert await house.pool.fetchval("SELECT count(*) FROM auth.mails") == 0
    with pytest.raises(MailTokenInvalid):
        await house.recovery.reset(reset, OTHER, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(change)


async def test_an_account_begins_when_its_address_is_confirmed(house: House) -> None:
    email = fresh()
    assert await house.confirming.register(email, PASSWORD, "Ada", HERE) is None
    with pytest.raises(EmailNotConfirmed):
        await house.confirming.login(email, PASSWORD, HERE)
    with pytest.raises(BadCredentials):
        await house.confirming.login(email, OTHER, HERE)
    await house.deliver()

    user = await house.recovery.confirm(house.postman.token(email))

    assert (user.email, user.display_name) == (email, "Ada")
    assert (await house.confirming.login(email, PASSWORD, HERE)).user == user
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(house.postman.token(email))


async def test_the_first_who_confirms_is_the_administrator(house: House) -> None:
    await house.pool.execute("DELETE FROM auth.users")
    emails = [fresh(), fresh()]
    for email in emails:
        await house.confirming.register(email, PASSWORD, "", HERE)
    await house.deliver()
    tokens = [house.postman.token(email) for email in emails]
    done = await asyncio.gather(*(house.recovery.confirm(token) for token in tokens))
    assert sorted(user.role for user in done) == [Role.INSPECTOR, Role.ADMIN]


async def test_registering_does_not_tell_who_has_an_account(house: House) -> None:
    taken, _ = await house.person()
    free = fresh()
    for email in (taken, free):
        assert await house.confirming.register(email, OTHER, "", HERE) is None
        # Nor does signing in afterwards.
        with pytest.raises(EmailNotConfirmed):
            await house.confirming.login(email, OTHER, HERE)
        with pytest.raises(BadCredentials):
            await house.confirming.login(email, "neither of them", HERE)
    await house.confirming.login(taken, PASSWORD, HERE)
    await house.deliver()
    assert house.postman.subjects(taken) == ["Argus: you have an account"]
    assert "#token=" not in house.postman.last(taken).text
    assert house.postman.subjects(free) == ["Argus: confirm your address"]


async def test_of_two_who_register_with_an_address_the_one_who_confirms_has_it(
    house: House,
) -> None:
    email = fresh()
    await house.confirming.register(email, PASSWORD, "Ada", HERE)
    await house.deliver()
    adas = house.postman.token(email)
    await house.confirming.register(email, OTHER, "Eve", THERE)
    await house.deliver()
    eves = house.postman.token(email)

    assert (await house.recovery.confirm(adas)).display_name == "Ada"

    with pytest.raises(EmailTaken):
        await house.recovery.confirm(eves)
    await house.confirming.login(email, PASSWORD, HERE)
    # What Eve is told is what she was told before.
    with pytest.raises(EmailNotConfirmed):
        await house.confirming.login(email, OTHER, THERE)


async def test_a_registration_that_nobody_confirms_ends(house: House) -> None:
    email = fresh()
    await house.confirming.register(email, PASSWORD, "Ada", HERE)
    await house.deliver()
    house.clock.pass_(CONFIRM_TTL)
    with pytest.raises(BadCredentials):
        await house.confirming.login(email, PASSWORD, HERE)
    with pytest.raises(MailTokenInvalid):
        await house.recovery.confirm(house.postman.token(email))
    house.clock.pass_(timedelta(seconds=1))
    await house.recovery.remove_expired()
    assert not await house.pool.fetch("SELECT FROM auth.registrations WHERE email = $1", email)


async def test_no_words_of_strangers_are_mailed(house: House) -> None:
    email = fresh()
    name = "Visit http://evil.example now"
    await house.confirming.register(email, PASSWORD, name, HERE)
    await house.deliver()
    await house.recovery.confirm(house.postman.token(email))
    await house.reset_token(email)
    for letter in house.postman.letters:
        assert "evil" not in letter.text + letter.html + letter.subject


@pytest.mark.parametrize("error", [MailUnavailable("down"), MailUndeliverable("refused")])
async def test_mail_waits_for_its_server_unless_it_is_refused(
    house: House, error: Exception
) -> None:
    email, _ = await house.person()
    house.postman.fails_with = error
    await house.recovery.request_reset(email, HERE)
    await house.deliver()
    waits = isinstance(error, MailUnavailable)
    assert await house.pool.fetchval("SELECT count(*) FROM auth.mails") == waits
    house.postman.fails_with = None
    await house.deliver()
    assert house.postman.letters == []
    house.clock.pass_(timedelta(minutes=1))
    await house.deliver()
    assert len(house.postman.letters) == waits


async def test_after_a_day_nobody_tries_any_more(house: House) -> None:
    email, _ = await house.person()
    house.postman.fails_with = MailUnavailable("down")
    await house.recovery.request_reset(email, HERE)
    tries = 0
    while await house.pool.fetchval("SELECT count(*) FROM auth.mails"):
        tries += await house.sender.send_due()
        house.clock.pass_(timedelta(minutes=10))
        assert tries < 200
    assert house.clock.now - datetime(2026, 1, 1, tzinfo=UTC) >= GIVE_UP_AFTER
    assert 40 < tries < 80
    counted = house.measured.values("argus.auth.mails", "argus.outcome")
    assert counted == {("retried",): tries - 1, ("failed",): 1}


async def test_a_mail_whose_sender_died_is_sent_by_another(
    make_house: Callable[..., House],
) -> None:
    dying, other = make_house(), make_house()
    email, _ = await dying.person()
    await dying.recovery.request_reset(email, HERE)
    now = dying.clock.now
    assert len(await dying.outbox.claim(now, until=now + LEASE, limit=9)) == 1
    await other.deliver()
    assert other.postman.letters == []
    other.clock.pass_(LEASE)
    await other.deliver()
    await other.recovery.reset(other.postman.token(email), OTHER, HERE)


async def test_replicas_send_each_mail_once(make_house: Callable[..., House]) -> None:
    houses = [make_house(), make_house(), make_house()]
    emails = [(await houses[0].person())[0] for _ in range(12)]
    for email in emails:
        await houses[0].recovery.request_reset(email, HERE)
    await asyncio.gather(*(house.deliver() for house in houses))
    sent = [letter.recipient for house in houses for letter in house.postman.letters]
    assert sorted(sent) == sorted(emails)


async def test_mails_that_wait_are_bounded(make_house: Callable[..., House]) -> None:
    house = make_house(max_waiting=2)
    _, who = await house.person()
    for _ in range(2):
        await house.recovery.request_reset(fresh(), HERE)
    email = fresh()
    calls: list[Any] = [
        house.recovery.request_reset(email, HERE),
        house.recovery.request_change(who, email, PASSWORD, HERE),
        house.confirming.register(email, PASSWORD, "", HERE),
    ]
    for call in calls:
        with pytest.raises(TooManyMails):
            await call
    assert not await house.pool.fetch("SELECT FROM auth.registrations WHERE email = $1", email)
    await house.deliver()
    await house.recovery.request_reset(email, HERE)


async def test_mails_to_one_address_are_bounded_from_anywhere(
    make_house: Callable[..., House],
) -> None:
    narrow, wide = Limit(2, 60, 3600, 3600), Limit(4, 60, 3600, 3600)
    house = make_house(limits=MailLimits(narrow, wide, FREE))
    email = fresh()
    for client in (HERE, HERE, THERE, THERE):
        await house.recovery.request_reset(email, client)
    for client in (HERE, Client("203.0.113.1", "")):
        with pytest.raises(TooManyAttempts):
            await house.recovery.request_reset(email.upper(), client)
        # By whatever way they are asked for.
        with pytest.raises(TooManyAttempts):
            await house.confirming.register(email, PASSWORD, "", client)
    await house.recovery.request_reset(fresh(), HERE)


async def test_mails_from_one_address_are_bounded_to_anybody(
    make_house: Callable[..., House],
) -> None:
    house = make_house(limits=MailLimits(FREE, FREE, Limit(3, 60, 60, 60)))
    for _ in range(3):
        await house.recovery.request_reset(fresh(), HERE)
    with pytest.raises(TooManyAttempts):
        await house.recovery.request_reset(fresh(), HERE)
    await house.recovery.request_reset(fresh(), THERE)
    await house.recovery.request_reset(fresh(), Client("", ""))
