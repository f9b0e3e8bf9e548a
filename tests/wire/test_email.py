"""Passwords, addresses and registrations by mail, over a real socket and a real SMTP server."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc, email_pb2, email_pb2_grpc

from services.auth.settings import AuthSettings
from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY, edge_key
from tests.support.databases import new_database
from tests.support.eventually import eventually
from tests.support.mail import PostOffice, post_office, text_of, token_in, written_mails
from tests.support.measuring import Measured
from tests.support.services import (
    SERVICE_SECRET,
    bad_request,
    bearer,
    error_info,
    retry_after_s,
    running_auth,
)

PASSWORD = "correct horse battery staple"
OTHER = "another horse, another battery"
URL = "https://argus.example.org"
if TYPE_CHECKING:
    Stub = auth_pb2_grpc.AuthServiceAsyncStub
    EmailStub = email_pb2_grpc.EmailServiceAsyncStub


class Installation:
    """A running auth, and the mail that it sends."""

    def __init__(self, channel: grpc.aio.Channel, office: PostOffice, measured: Measured) -> None:
        self.auth: Stub = auth_pb2_grpc.AuthServiceStub(channel)
        self.email: EmailStub = email_pb2_grpc.EmailServiceStub(channel)
        self.office = office
        self.measured = measured

    def subjects(self, email: str) -> list[str]:
        return [str(mail["subject"]) for mail in self.office.mails if mail["to"] == email]

    async def token(self, email: str, *, mails: int = 1) -> str:
        await self.mails(email, mails)
        return token_in([mail for mail in self.office.mails if mail["to"] == email][-1])

    async def mails(self, email: str, count: int) -> None:
        await eventually(lambda: len(self.subjects(email)) == count, f"{count} mails")

    async def register(self, email: str, password: str = PASSWORD) -> auth_pb2.Session:
        return await self.auth.Register(
            auth_pb2.RegisterRequest(email=email, password=password, display_name="Ada")
        )

    async def login(self, email: str, password: str) -> auth_pb2.Session:
        return await self.auth.Login(auth_pb2.LoginRequest(email=email, password=password))

    async def request_reset(self, email: str) -> None:
        await self.email.RequestPasswordReset(
            email_pb2.RequestPasswordResetRequest(email=email), metadata=somewhere()
        )

    async def reset(self, token: str, password: str) -> email_pb2.ResetPasswordResponse:
        return await self.email.ResetPassword(
            email_pb2.ResetPasswordRequest(token=token, new_password=password)
        )

    async def request_change(
        self, session: auth_pb2.Session, email: str, password: str = PASSWORD
    ) -> None:
        await self.email.RequestEmailChange(
            email_pb2.RequestEmailChangeRequest(new_email=email, password=password),
            metadata=bearer(session.access_token),
        )

    async def confirm(self, token: str) -> auth_pb2.User:
        return await self.email.ConfirmEmail(email_pb2.ConfirmEmailRequest(token=token))


def fresh() -> str:
    return f"{uuid4().hex}@example.org"


def somewhere() -> tuple[tuple[str, str], ...]:
    address = f"2001:db8:{os.urandom(2).hex()}::1"
    return ((CLIENT_ADDRESS, address), (EDGE_KEY, edge_key(SERVICE_SECRET)))


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def reason(call: Any) -> str:
    return str(error_info(await refusal(call)).reason)


@pytest.fixture(scope="module")
async def installed(
    fresh_postgres_url: str, fresh_redis_url: str
) -> AsyncIterator[tuple[Installation, Installation]]:
    """One that makes accounts at once, and one that has addresses confirmed."""
    measured = Measured()
    async with post_office() as office:
        mail: dict[str, Any] = {
            "smtp_host": "127.0.0.1",
            "smtp_port": office.port,
            "smtp_security": "none",
            "mail_from": "argus@example.org",
            "public_url": f"{URL}/",
            "mail_requests_of_address": 1_000_000,
        }
        urls = (fresh_postgres_url, fresh_redis_url)
        async with (
            running_auth(*urls, providers=measured.providers, **mail) as open_,
            running_auth(
                *urls, providers=measured.providers, confirm_email=True, **mail
            ) as confirming,
            grpc.aio.insecure_channel(open_.address) as first,
            grpc.aio.insecure_channel(confirming.address) as second,
        ):
            yield Installation(first, office, measured), Installation(second, office, measured)


@pytest.fixture
def here(installed: tuple[Installation, Installation]) -> Installation:
    return installed[0]


@pytest.fixture
def confirming(installed: tuple[Installation, Installation]) -> Installation:
    return installed[1]


async def test_a_forgotten_password_is_set_anew(here: Installation) -> None:
    email = fresh()
    session = await here.register(email)
    await here.request_reset(email)
    token = await here.token(email)
    mail = here.office.mails[-1]
    assert f"{URL}/reset-password#token={token}" in text_of(mail)
    assert f"{URL}/reset-password#token={token}" in text_of(mail, "html")

    assert (await here.reset(token, OTHER)).revoked_count == 1

    who = bearer(session.access_token)
    assert await reason(here.auth.GetMe(auth_pb2.GetMeRequest(), metadata=who)) == "SESSION_CLOSED"
    assert await reason(here.login(email, PASSWORD)) == "BAD_CREDENTIALS"
    await here.login(email, OTHER)
    again = await refusal(here.reset(token, PASSWORD))
    assert again.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(again).reason == "MAIL_TOKEN_INVALID"
    assert bad_request(again).field_violations[0].field == "token"
    await here.mails(email, 2)
    assert here.subjects(email)[-1] == "Argus: your password was changed"
    await eventually(
        lambda: (
            ("password-set", "sent")
            in here.measured.values("argus.auth.mails", "argus.kind", "argus.outcome")
        ),
        "it is counted",
    )


async def test_a_reset_under_the_password_rules(here: Installation) -> None:
    email = fresh()
    await here.register(email)
    await here.request_reset(email)
    token = await here.token(email)
    weak = await refusal(here.reset(token, "password123"))
    assert error_info(weak).reason == "WEAK_PASSWORD"
    assert bad_request(weak).field_violations[0].field == "new_password"
    await here.reset(token, OTHER)


async def test_known_and_unknown_addresses_wait_alike(here: Installation) -> None:
    known, unknown = fresh(), fresh()
    await here.register(known)
    refusals = []
    for email in (known, unknown):
        call = email_pb2.RequestPasswordResetRequest(email=email)
        at = somewhere()
        answers = [await here.email.RequestPasswordReset(call, metadata=at) for _ in range(3)]
        assert answers == [email_pb2.RequestPasswordResetResponse()] * 3
        refusals.append(await refusal(here.email.RequestPasswordReset(call, metadata=at)))
    assert {error_info(one).reason for one in refusals} == {"TOO_MANY_ATTEMPTS"}
    assert {one.code() for one in refusals} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert all(0 < retry_after_s(one) <= 60 for one in refusals)
    await here.mails(known, 3)
    assert here.subjects(unknown) == []


async def test_an_address_is_changed_with_password_and_mail(here: Installation) -> None:
    old, new = fresh(), fresh()
    session = await here.register(old)
    wrong = await refusal(here.request_change(session, new, "wrong"))
    assert error_info(wrong).reason == "PASSWORD_WRONG"
    same = await refusal(here.request_change(session, old))
    assert bad_request(same).field_violations[0].field == "new_email"
    await here.request_change(session, new)
    token = await here.token(new)

    assert (await here.confirm(token)).email == new

    me = await here.auth.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(session.access_token))
    assert me.email == new
    await here.mails(old, 1)
    assert here.subjects(old) == ["Argus: your address was changed"]
    assert await reason(here.confirm(token)) == "MAIL_TOKEN_INVALID"
    await here.login(new, PASSWORD)


async def test_an_address_that_was_taken_meanwhile(here: Installation) -> None:
    new = fresh()
    session = await here.register(fresh())
    await here.request_change(session, new)
    token = await here.token(new)
    await here.register(new)
    error = await refusal(here.confirm(token))
    assert error.code() is grpc.StatusCode.ALREADY_EXISTS
    assert error_info(error).reason == "EMAIL_TAKEN"


async def test_changing_the_address_needs_a_session(here: Installation) -> None:
    request = email_pb2.RequestEmailChangeRequest(new_email=fresh(), password=PASSWORD)
    assert await reason(here.email.RequestEmailChange(request)) == "TOKEN_INVALID"


async def test_registering_where_addresses_are_confirmed(
    here: Installation, confirming: Installation
) -> None:
    taken, free = fresh(), fresh()
    await here.register(taken)
    answers = [await confirming.register(email, OTHER) for email in (taken, free)]
    assert answers == [auth_pb2.Session(confirmation_pending=True)] * 2
    for email in (taken, free):
        early = await refusal(confirming.login(email, OTHER))
        assert early.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error_info(early).reason == "EMAIL_NOT_CONFIRMED"
        assert await reason(confirming.login(email, "neither of them")) == "BAD_CREDENTIALS"
    await confirming.mails(taken, 1)
    assert confirming.subjects(taken) == ["Argus: you have an account"]

    user = await confirming.confirm(await confirming.token(free))

    assert (user.email, user.display_name) == (free, "Ada")
    assert (await confirming.login(free, OTHER)).user == user
    await confirming.login(taken, PASSWORD)


async def test_what_is_noted_says_who_and_no_secret(
    here: Installation, fresh_postgres_url: str
) -> None:
    old, new = fresh(), fresh()
    session = await here.register(old)
    await here.request_change(session, new)
    change = await here.token(new)
    await here.confirm(change)
    await here.request_reset(new)
    reset = await here.token(new, mails=2)
    await here.reset(reset, OTHER)
    connection = await asyncpg.connect(fresh_postgres_url)
    noted: dict[str, str] = {}

    async def all_there() -> bool:
        rows = await connection.fetch(
            "SELECT record FROM auth.audit_events WHERE record LIKE '%EmailService/%' "
            "AND (record LIKE $1 OR record LIKE $2)",
            f"%{new}%",
            f"%{session.user.user_id}%",
        )
        for row in rows:
            noted[str(row["record"]).partition("EmailService/")[2].partition('"')[0]] = row[0]
        return len(noted) == 4

    try:
        await eventually(all_there, "four entries")
    finally:
        await connection.close()
    for method in ("RequestEmailChange", "ConfirmEmail", "ResetPassword"):
        assert session.user.user_id in noted[method], method
    for record in noted.values():
        assert new in record
        for secret in (change, reset, PASSWORD, OTHER):
            assert secret not in record


async def test_without_a_server_mails_are_files(
    postgres_url: str, fresh_redis_url: str, tmp_path: Path
) -> None:
    email = fresh()
    async with (
        # Others would send what is in theirs.
        new_database(postgres_url) as database,
        running_auth(database, fresh_redis_url, mail_dir=tmp_path / "mail") as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub: EmailStub = email_pb2_grpc.EmailServiceStub(channel)
        auth: Stub = auth_pb2_grpc.AuthServiceStub(channel)
        await auth.Register(auth_pb2.RegisterRequest(email=email, password=PASSWORD))
        await stub.RequestPasswordReset(email_pb2.RequestPasswordResetRequest(email=email))
        await eventually(lambda: bool(written_mails(tmp_path / "mail")), "a mail is written")
        (mail,) = written_mails(tmp_path / "mail")
        assert "http://127.0.0.1:8080/reset-password#token=" in text_of(mail)


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"smtp_host": "post.example.org"}, "ARGUS_MAIL_FROM"),
        ({"smtp_host": "x", "mail_from": "Eve <eve@example.org>"}, "ARGUS_MAIL_FROM"),
        ({"mail_from": "a@b.org\r\nBcc: eve@example.org"}, "ARGUS_MAIL_FROM"),
        (
            {"smtp_host": "x", "mail_from": "a@b.org", "smtp_security": "none", "smtp_user": "a"},
            "ARGUS_SMTP_SECURITY",
        ),
        ({"public_url": "https://argus.example.org#x"}, "public_url"),
        ({"public_url": "javascript:alert(1)"}, "public_url"),
        ({"installation_name": "x\nBcc: eve@example.org"}, "installation_name"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(settings: dict[str, Any], variable: str) -> None:
    good = {
        "postgres_url": "postgresql://x",
        "redis_url": "redis://x",
        "service_secret": SERVICE_SECRET,
    }
    with pytest.raises(ValueError, match=variable):
        AuthSettings(**(good | settings))
