"""What each role may do, who gives it, and when it acts, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import grpc
import pytest
from argus.auth.v1 import (
    auth_pb2,
    auth_pb2_grpc,
    operator_pb2,
    operator_pb2_grpc,
    user_pb2,
    user_pb2_grpc,
)
from argus.policy.v1 import policy_pb2

from tests.support.databases import new_database
from tests.support.roles import assign_role
from tests.support.services import bearer, error_info, running_auth
from tests.support.user import PASSWORD, register

if TYPE_CHECKING:
    OperatorStub = operator_pb2_grpc.OperatorServiceAsyncStub

VIEWER, INSPECTOR, ADMIN = policy_pb2.VIEWER, policy_pb2.INSPECTOR, policy_pb2.ADMIN


class Installation:
    """Auth, just installed, and the first who signed up."""

    def __init__(self, channel: grpc.aio.Channel, first: auth_pb2.Session) -> None:
        self.channel = channel
        self.auth = auth_pb2_grpc.AuthServiceStub(channel)
        self.users = user_pb2_grpc.UserServiceStub(channel)
        self.first = first

    async def set_role(
        self, user_id: str, role: policy_pb2.Role, session: auth_pb2.Session | None = None
    ) -> auth_pb2.User:
        return await self.users.SetUserRole(
            user_pb2.SetUserRoleRequest(user_id=user_id, role=role),
            metadata=bearer((session or self.first).access_token),
        )

    async def list_users(
        self, session: auth_pb2.Session, **request: str | int
    ) -> user_pb2.ListUsersResponse:
        return await self.users.ListUsers(
            user_pb2.ListUsersRequest(**request),  # type: ignore[arg-type]
            metadata=bearer(session.access_token),
        )

    async def me(self, session: auth_pb2.Session) -> auth_pb2.User:
        return await self.auth.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(session.access_token))

    async def leave(self, session: auth_pb2.Session) -> auth_pb2.DeleteAccountResponse:
        return await self.auth.DeleteAccount(
            auth_pb2.DeleteAccountRequest(password=PASSWORD),
            metadata=bearer(session.access_token),
        )

    async def login(self, session: auth_pb2.Session) -> auth_pb2.Session:
        return await self.auth.Login(
            auth_pb2.LoginRequest(email=session.user.email, password=PASSWORD)
        )


@pytest.fixture
async def new(postgres_url: str, fresh_redis_url: str) -> AsyncIterator[Installation]:
    async with (
        new_database(postgres_url) as url,
        running_auth(url, fresh_redis_url) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        first = await register(auth_pb2_grpc.AuthServiceStub(channel))
        yield Installation(channel, first)


async def refused(call: "object") -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return caught.value.code(), error_info(caught.value).reason


async def test_the_first_account_is_the_administrators_and_later_ones_are_inspectors(
    new: Installation,
) -> None:
    second = await register(new.auth)
    assert (new.first.user.role, second.user.role) == (ADMIN, INSPECTOR)
    assert (await new.me(new.first)).role == ADMIN
    assert (await new.me(second)).role == INSPECTOR
    listed = await new.list_users(new.first)
    assert [user.user_id for user in listed.users] == [
        new.first.user.user_id,
        second.user.user_id,
    ]
    assert await refused(new.list_users(second)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "ROLE_REQUIRED",
    )
    nobody = new.set_role(second.user.user_id, ADMIN, second)
    assert (await refused(nobody))[1] == "ROLE_REQUIRED"


async def test_users_are_listed_by_page_and_found_by_email(new: Installation) -> None:
    people = [new.first, *[await register(new.auth) for _ in range(4)]]
    found, token = [], ""
    while True:
        page = await new.list_users(new.first, page_size=2, page_token=token)
        found += [user.email for user in page.users]
        token = page.next_page_token
        if not token:
            break
    assert found == [one.user.email for one in people]
    one = await new.list_users(new.first, email=people[3].user.email.upper())
    assert [user.email for user in one.users] == [people[3].user.email]
    assert not (await new.list_users(new.first, email="nobody@example.org")).users
    wrong = new.list_users(new.first, page_token=page.next_page_token + "x")
    assert (await refused(wrong))[1] == "INVALID_PAGE_TOKEN"


async def test_a_higher_role_comes_with_the_next_token_and_ends_nothing(new: Installation) -> None:
    other = await register(new.auth)
    assert (await new.set_role(other.user.user_id, ADMIN)).role == ADMIN
    assert (await new.me(other)).role == ADMIN
    assert (await refused(new.list_users(other)))[1] == "ROLE_REQUIRED"
    refreshed = await new.auth.RefreshToken(
        auth_pb2.RefreshTokenRequest(refresh_token=other.refresh_token)
    )
    assert len((await new.list_users(refreshed)).users) == 2


async def test_a_lower_role_acts_at_once(new: Installation) -> None:
    other = await register(new.auth)
    await new.set_role(other.user.user_id, ADMIN)
    other = await new.login(other)
    assert (await new.list_users(other)).users

    await new.set_role(other.user.user_id, VIEWER)

    assert (await refused(new.list_users(other)))[1] == "SESSION_CLOSED"
    again = new.auth.RefreshToken(auth_pb2.RefreshTokenRequest(refresh_token=other.refresh_token))
    assert (await refused(again))[0] is grpc.StatusCode.UNAUTHENTICATED
    assert (await new.login(other)).user.role == VIEWER
    # The same role again closes nothing.
    signed_in = await new.login(other)
    await new.set_role(other.user.user_id, VIEWER)
    assert (await new.me(signed_in)).role == VIEWER


async def test_an_api_key_has_its_owners_role_and_is_nobodys_administrator(
    new: Installation,
) -> None:
    made = await new.auth.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="key", scopes=[auth_pb2.ApiKey.READ]),
        metadata=bearer(new.first.access_token),
    )
    token = await new.auth.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=made.secret))
    listed = new.users.ListUsers(user_pb2.ListUsersRequest(), metadata=bearer(token.access_token))
    assert (await refused(listed))[1] == "SCOPE_MISSING"


async def test_somebody_is_always_left_who_can_undo_it(new: Installation) -> None:
    demote = new.set_role(new.first.user.user_id, INSPECTOR)
    assert await refused(demote) == (grpc.StatusCode.FAILED_PRECONDITION, "LAST_ADMIN")
    other = await register(new.auth)
    await new.set_role(other.user.user_id, ADMIN)
    await new.set_role(new.first.user.user_id, INSPECTOR)
    unknown = new.set_role(str(uuid4()), ADMIN, await new.login(other))
    assert await refused(unknown) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


async def test_an_administrator_sees_and_ends_the_sessions_of_others(new: Installation) -> None:
    other = await register(new.auth)
    elsewhere = await new.login(other)
    of_other = user_pb2.ListUserSessionsRequest(user_id=other.user.user_id)
    admin = bearer(new.first.access_token)
    first = await new.users.ListUserSessions(
        user_pb2.ListUserSessionsRequest(user_id=other.user.user_id, page_size=1), metadata=admin
    )
    assert len(first.sessions) == 1
    assert first.next_page_token
    found = await new.users.ListUserSessions(of_other, metadata=admin)
    assert len(found.sessions) == 2
    assert not any(one.current for one in found.sessions)

    await new.users.RevokeUserSession(
        user_pb2.RevokeUserSessionRequest(
            user_id=other.user.user_id, session_id=found.sessions[1].session_id
        ),
        metadata=admin,
    )
    assert (await refused(new.me(other)))[1] == "SESSION_CLOSED"
    assert (await new.me(elsewhere)).email == other.user.email

    everywhere = user_pb2.RevokeUserSessionsRequest(user_id=other.user.user_id)
    ended = await new.users.RevokeUserSessions(everywhere, metadata=admin)
    assert ended.revoked_count == 1
    assert (await refused(new.me(elsewhere)))[1] == "SESSION_CLOSED"
    assert not (await new.users.ListUserSessions(of_other, metadata=admin)).sessions


async def test_an_administrator_sees_and_revokes_the_api_keys_of_others(new: Installation) -> None:
    other = await register(new.auth)
    made = await new.auth.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="camera", scopes=[auth_pb2.ApiKey.READ]),
        metadata=bearer(other.access_token),
    )
    of_other = user_pb2.ListUserApiKeysRequest(user_id=other.user.user_id)
    admin = bearer(new.first.access_token)
    found = await new.users.ListUserApiKeys(of_other, metadata=admin)
    assert [key.display_name for key in found.api_keys] == ["camera"]

    def revoke(user_id: str) -> "object":
        request = user_pb2.RevokeUserApiKeyRequest(
            user_id=user_id, api_key_id=made.api_key.api_key_id
        )
        return new.users.RevokeUserApiKey(request, metadata=admin)

    assert (await refused(revoke(new.first.user.user_id)))[1] == "API_KEY_NOT_FOUND"
    await revoke(other.user.user_id)  # type: ignore[misc]
    exchange = new.auth.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=made.secret))
    assert (await refused(exchange))[1] == "API_KEY_INVALID"
    assert not (await new.users.ListUserApiKeys(of_other, metadata=admin)).api_keys


async def test_of_nobody_an_administrator_sees_nothing(new: Installation) -> None:
    admin, nobody = bearer(new.first.access_token), str(uuid4())
    for call in (
        new.users.ListUserSessions(
            user_pb2.ListUserSessionsRequest(user_id=nobody), metadata=admin
        ),
        new.users.RevokeUserSessions(
            user_pb2.RevokeUserSessionsRequest(user_id=nobody), metadata=admin
        ),
        new.users.ListUserApiKeys(user_pb2.ListUserApiKeysRequest(user_id=nobody), metadata=admin),
    ):
        assert await refused(call) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    session = user_pb2.RevokeUserSessionRequest(user_id=nobody, session_id=str(uuid4()))
    gone = new.users.RevokeUserSession(session, metadata=admin)
    assert (await refused(gone))[1] == "SESSION_NOT_FOUND"


async def test_an_administrator_rotates_signing_keys(new: Installation) -> None:
    operator: OperatorStub = operator_pb2_grpc.OperatorServiceStub(new.channel)
    admin = bearer(new.first.access_token)
    made = await operator.RotateSigningKey(operator_pb2.RotateSigningKeyRequest(), metadata=admin)
    listed = await operator.ListSigningKeys(operator_pb2.ListSigningKeysRequest(), metadata=admin)
    assert made.key.kid == listed.keys[0].kid
    assign = operator_pb2.AssignRoleRequest(email=new.first.user.email, role=VIEWER)
    assert (await refused(operator.AssignRole(assign, metadata=admin)))[1] == "SERVICE_ONLY"


async def test_the_last_administrator_leaves_after_all_others(new: Installation) -> None:
    other = await register(new.auth)
    assert await refused(new.leave(new.first)) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "LAST_ADMIN",
    )
    assert (await new.me(new.first)).role == ADMIN
    await new.leave(other)
    await new.leave(new.first)
    # Nobody is left: who comes next administers.
    assert (await register(new.auth)).user.role == ADMIN


async def test_of_two_administrators_who_leave_at_once_one_stays(new: Installation) -> None:
    await register(new.auth)
    other = await register(new.auth)
    await new.set_role(other.user.user_id, ADMIN)
    left = await asyncio.gather(new.leave(new.first), new.leave(other), return_exceptions=True)
    failed = [one for one in left if isinstance(one, grpc.aio.AioRpcError)]
    assert [error_info(one).reason for one in failed] == ["LAST_ADMIN"]


async def test_whoever_runs_the_installation_gives_any_role(new: Installation) -> None:
    email = new.first.user.email
    assert (await assign_role(new.channel, email, VIEWER)).role == VIEWER
    assert (await assign_role(new.channel, email.upper(), ADMIN)).role == ADMIN
    gone = assign_role(new.channel, "nobody@example.org", ADMIN)
    assert (await refused(gone))[1] == "USER_NOT_FOUND"


async def test_who_was_there_before_roles_may_do_what_they_could(
    postgres_url: str, fresh_redis_url: str
) -> None:
    async with new_database(postgres_url) as url:
        async with (
            running_auth(url, fresh_redis_url) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            before = await register(auth_pb2_grpc.AuthServiceStub(channel))
        connection = await asyncpg.connect(url)
        await connection.execute("ALTER TABLE auth.users DROP COLUMN role")
        await connection.execute("DELETE FROM auth.schema_migrations WHERE name LIKE '%_roles.sql'")
        await connection.execute("DROP INDEX auth.users_by_age")
        await connection.close()
        async with (
            running_auth(url, fresh_redis_url) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            stub = auth_pb2_grpc.AuthServiceStub(channel)
            me = await stub.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(before.access_token))
            assert me.role == INSPECTOR
            assert (await register(stub)).user.role == INSPECTOR
