"""Signing in with a real OpenID provider, at auth over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import grpc
import pytest
from argus.auth.v1 import (
    auth_pb2,
    auth_pb2_grpc,
    sign_in_pb2,
    sign_in_pb2_grpc,
)
from argus.policy.v1 import policy_pb2
from joserfc.jwk import RSAKey

from tests.support.databases import emptied_redis, new_database
from tests.support.identity_provider import (
    IdentityProvider,
    consent,
    identity_provider,
    write_configuration,
)
from tests.support.services import bearer, error_info, running_auth

PASSWORD = "correct horse battery staple"
RETURN = "http://127.0.0.1:4711/callback"

if TYPE_CHECKING:
    AuthStub = auth_pb2_grpc.AuthServiceAsyncStub
    SignInStub = sign_in_pb2_grpc.SignInServiceAsyncStub


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture(scope="module")
def stranger() -> Iterator[IdentityProvider]:
    """Another provider, which the installation also takes."""
    with identity_provider() as running:
        yield running


@dataclass
class House:
    """Auth, and somebody at a browser."""

    auth: "AuthStub"
    sign_in: "SignInStub"
    channel: grpc.aio.Channel

    async def begin(
        self, provider_id: str = "company", *, reauthenticate: bool = False
    ) -> sign_in_pb2.BeginSignInResponse:
        return await self.sign_in.BeginSignIn(
            sign_in_pb2.BeginSignInRequest(
                provider_id=provider_id, redirect_uri=RETURN, reauthenticate=reauthenticate
            )
        )

    async def complete(
        self, begun: sign_in_pb2.BeginSignInResponse, came_back: dict[str, str]
    ) -> auth_pb2.Session:
        return await self.sign_in.CompleteSignIn(
            sign_in_pb2.CompleteSignInRequest(**answer_to(begun, came_back))
        )

    async def enter(
        self, login: str, provider_id: str = "company", *, reauthenticate: bool = False
    ) -> auth_pb2.Session:
        """Signs somebody in elsewhere."""
        begun = await self.begin(provider_id, reauthenticate=reauthenticate)
        return await self.complete(begun, await consent(begun.authorization_url, login))

    async def register(self, email: str) -> auth_pb2.Session:
        return await self.auth.Register(auth_pb2.RegisterRequest(email=email, password=PASSWORD))

    async def ways(self, session: auth_pb2.Session) -> sign_in_pb2.ListIdentitiesResponse:
        return await self.sign_in.ListIdentities(
            sign_in_pb2.ListIdentitiesRequest(), metadata=bearer(session.access_token)
        )

    async def link(
        self, session: auth_pb2.Session, login: str, password: str = PASSWORD
    ) -> sign_in_pb2.Identity:
        begun = await self.sign_in.BeginIdentityLink(
            sign_in_pb2.BeginIdentityLinkRequest(
                provider_id="company", redirect_uri=RETURN, password=password
            ),
            metadata=bearer(session.access_token),
        )
        came_back = await consent(begun.authorization_url, login)
        return await self.sign_in.CompleteIdentityLink(
            sign_in_pb2.CompleteIdentityLinkRequest(**answer_to(begun, came_back)),
            metadata=bearer(session.access_token),
        )

    async def is_open(self, session: auth_pb2.Session) -> bool:
        try:
            await self.auth.GetMe(auth_pb2.GetMeRequest(), metadata=bearer(session.access_token))
        except grpc.aio.AioRpcError as error:
            return bool(error_info(error).reason != "SESSION_CLOSED")
        return True


def answer_to(begun: sign_in_pb2.BeginSignInResponse, came_back: dict[str, str]) -> dict[str, str]:
    """The fields that complete what was begun."""
    return {name: came_back[name] for name in ("state", "code", "iss")} | {"secret": begun.secret}


@pytest.fixture(scope="module", autouse=True)
async def first_user(fresh_postgres_url: str, fresh_redis_url: str) -> None:
    """So that nobody else becomes administrator by coming first."""
    async with (
        running_auth(fresh_postgres_url, fresh_redis_url) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub: AuthStub = auth_pb2_grpc.AuthServiceStub(channel)
        await stub.Register(auth_pb2.RegisterRequest(email="first@example.org", password=PASSWORD))


@pytest.fixture
async def houses(fresh_postgres_url: str, fresh_redis_url: str, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def house(*providers: dict[str, Any], **entries: Any) -> AsyncIterator[House]:
        file = write_configuration(tmp_path / f"{uuid4().hex}.toml", *providers, **entries)
        async with (
            running_auth(fresh_postgres_url, fresh_redis_url, oidc_file=file) as server,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            yield House(
                auth_pb2_grpc.AuthServiceStub(channel),
                sign_in_pb2_grpc.SignInServiceStub(channel),
                channel,
            )

    return house


@pytest.fixture
async def house(
    houses: Any, provider: IdentityProvider, stranger: IdentityProvider
) -> AsyncIterator[House]:
    async with houses(
        provider.configuration(),
        stranger.configuration(id="other", display_name="Another"),
    ) as opened:
        yield opened


def somebody(provider: IdentityProvider, **claims: Any) -> str:
    """A person whom the provider knows; their login."""
    login = f"p{uuid4().hex[:12]}"
    known = {"email": f"{login}@example.org", "email_verified": True, "name": "Ada L."} | claims
    provider.know(login, **known)
    return login


async def refused(call: Any, reason: str, code: grpc.StatusCode) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (error_info(caught.value).reason, caught.value.code()) == (reason, code), (
        caught.value.details()
    )
    return str(caught.value.details())


FAILED = ("SIGN_IN_FAILED", grpc.StatusCode.FAILED_PRECONDITION)
REFUSED = ("SIGN_IN_REFUSED", grpc.StatusCode.PERMISSION_DENIED)
AGAIN = ("SIGN_IN_AGAIN", grpc.StatusCode.FAILED_PRECONDITION)


async def test_says_how_one_can_sign_in(house: House) -> None:
    answer = await house.sign_in.ListIdentityProviders(sign_in_pb2.ListIdentityProvidersRequest())
    assert [(one.provider_id, one.display_name) for one in answer.providers] == [
        ("company", "Example Company"),
        ("other", "Another"),
    ]
    assert answer.password_sign_in


async def test_asks_with_all_that_protects_a_sign_in(house: House) -> None:
    begun = await house.begin()
    asked = {
        name: values[0]
        for name, values in parse_qs(urlsplit(begun.authorization_url).query).items()
    }
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] == begun.state
    assert asked["scope"] == "openid email profile"
    assert {"nonce", "code_challenge"} <= asked.keys()
    assert begun.secret not in begun.authorization_url


async def test_makes_an_account_and_finds_it_again(
    house: House, provider: IdentityProvider
) -> None:
    login = somebody(provider, email="Grace@Example.org", name="Grace Hopper")
    first = await house.enter(login)
    assert (first.user.email, first.user.display_name) == ("grace@example.org", "Grace Hopper")
    assert first.user.role == policy_pb2.INSPECTOR
    # Who somebody is does not hang on the address.
    provider.know(login, email="hopper@example.org", email_verified=False)
    again = await house.enter(login)
    assert again.user == first.user
    assert await house.is_open(first)


async def test_a_session_says_by_whom_it_was_opened(
    house: House, provider: IdentityProvider
) -> None:
    session = await house.enter(somebody(provider))
    listed = await house.auth.ListSessions(
        auth_pb2.ListSessionsRequest(), metadata=bearer(session.access_token)
    )
    assert [one.provider_id for one in listed.sessions] == ["company"]


async def test_two_first_sign_ins_at_once_make_one_account(
    house: House, provider: IdentityProvider
) -> None:
    login = somebody(provider)
    sessions = await asyncio.gather(*(house.enter(login) for _ in range(4)))
    assert len({session.user.user_id for session in sessions}) == 1


async def test_a_completed_sign_in_cannot_be_completed_again(
    house: House, provider: IdentityProvider
) -> None:
    begun = await house.begin()
    came_back = await consent(begun.authorization_url, somebody(provider))
    await house.complete(begun, came_back)
    await refused(house.complete(begun, came_back), *FAILED)


async def test_only_the_browser_that_began_can_complete(
    house: House, provider: IdentityProvider
) -> None:
    """Somebody who is lured to an attacker's answer is not signed in as the attacker."""
    attackers = await house.begin()
    came_back = await consent(attackers.authorization_url, somebody(provider))
    victims = await house.begin()
    await refused(house.complete(victims, came_back), *FAILED)
    # And nobody tries secrets: the first wrong one has ended it.
    await refused(house.complete(attackers, came_back), *FAILED)


async def test_a_code_of_another_sign_in_is_worth_nothing(
    house: House, provider: IdentityProvider
) -> None:
    victims = await house.begin()
    stolen = await consent(victims.authorization_url, somebody(provider))
    own = await house.begin()
    mine = await consent(own.authorization_url, somebody(provider))
    await refused(house.complete(own, mine | {"code": stolen["code"]}), *FAILED)


async def test_an_answer_of_another_provider_is_not_taken(
    house: House, provider: IdentityProvider, stranger: IdentityProvider
) -> None:
    """Mix-up: an answer of one provider, as if it were the other's (RFC 9207)."""
    begun = await house.begin("company")
    came_back = await consent(begun.authorization_url, somebody(provider))
    await refused(house.complete(begun, came_back | {"iss": stranger.issuer}), *FAILED)

    begun = await house.begin("company")
    came_back = await consent(begun.authorization_url, somebody(provider))
    await refused(house.complete(begun, came_back | {"iss": ""}), *FAILED)


async def test_the_same_subject_of_another_provider_is_somebody_else(
    house: House, provider: IdentityProvider, stranger: IdentityProvider
) -> None:
    login = somebody(provider)
    stranger.know(login, email=f"{login}@elsewhere.example", email_verified=True)
    here, there = await house.enter(login), await house.enter(login, "other")
    assert here.user.user_id != there.user.user_id


async def test_an_account_is_not_taken_over_by_its_address(
    house: House, provider: IdentityProvider
) -> None:
    owner = await house.register("owner@example.org")
    verified = somebody(provider, email="owner@example.org")
    unverified = somebody(provider, email="owner@example.org", email_verified=False)
    nobodys = somebody(provider, email="nobody@example.org", email_verified=False)

    text = await refused(house.enter(verified), *REFUSED)
    assert "link it" in text
    # Whoever has not proved an address is not told whether it has an account.
    assert await refused(house.enter(unverified), *REFUSED) == await refused(
        house.enter(nobodys), *REFUSED
    )
    assert not (await house.ways(owner)).identities


async def test_an_owner_links_with_the_password_and_unlinks(
    house: House, provider: IdentityProvider
) -> None:
    owner = await house.register("linker@example.org")
    login = somebody(provider, email="linker@work.example")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.link(owner, login, password="wrong password")
    assert error_info(caught.value).reason == "PASSWORD_WRONG"

    linked = await house.link(owner, login)
    assert (linked.provider_id, linked.email) == ("company", "linker@work.example")
    assert (await house.enter(login)).user == owner.user
    ways = await house.ways(owner)
    assert [one.identity_id for one in ways.identities] == [linked.identity_id]
    assert ways.has_password

    request = sign_in_pb2.UnlinkIdentityRequest(identity_id=linked.identity_id)
    other = await house.register("other@example.org")
    await refused(
        house.sign_in.UnlinkIdentity(request, metadata=bearer(other.access_token)),
        "NOT_FOUND",
        grpc.StatusCode.NOT_FOUND,
    )
    await house.sign_in.UnlinkIdentity(request, metadata=bearer(owner.access_token))
    assert not (await house.ways(owner)).identities


async def test_an_identity_belongs_to_one_account(house: House, provider: IdentityProvider) -> None:
    login = somebody(provider)
    await house.enter(login)
    greedy = await house.register("greedy@example.org")
    await refused(house.link(greedy, login), *REFUSED)


async def test_linking_and_signing_in_are_not_mixed_up(
    house: House, provider: IdentityProvider
) -> None:
    owner = await house.register("careful@example.org")
    mine = bearer(owner.access_token)
    login = somebody(provider)

    begun = await house.begin()
    came_back = await consent(begun.authorization_url, login)
    await refused(
        house.sign_in.CompleteIdentityLink(
            sign_in_pb2.CompleteIdentityLinkRequest(**answer_to(begun, came_back)), metadata=mine
        ),
        *FAILED,
    )

    begun = await house.sign_in.BeginIdentityLink(
        sign_in_pb2.BeginIdentityLinkRequest(
            provider_id="company", redirect_uri=RETURN, password=PASSWORD
        ),
        metadata=mine,
    )
    came_back = await consent(begun.authorization_url, login)
    other = await house.register("careless@example.org")
    await refused(
        house.sign_in.CompleteIdentityLink(
            sign_in_pb2.CompleteIdentityLinkRequest(**answer_to(begun, came_back)),
            metadata=bearer(other.access_token),
        ),
        *FAILED,
    )


async def test_an_account_without_a_password_says_so(
    house: House, provider: IdentityProvider
) -> None:
    login = somebody(provider)
    session = await house.enter(login)
    ways = await house.ways(session)
    assert not ways.has_password

    await refused(
        house.auth.Login(auth_pb2.LoginRequest(email=f"{login}@example.org", password=PASSWORD)),
        "BAD_CREDENTIALS",
        grpc.StatusCode.UNAUTHENTICATED,
    )
    text = await refused(
        house.auth.ChangePassword(
            auth_pb2.ChangePasswordRequest(old_password="any", new_password=PASSWORD),
            metadata=bearer(session.access_token),
        ),
        "PASSWORD_WRONG",
        grpc.StatusCode.INVALID_ARGUMENT,
    )
    assert "no password" in text
    await refused(
        house.sign_in.UnlinkIdentity(
            sign_in_pb2.UnlinkIdentityRequest(identity_id=ways.identities[0].identity_id),
            metadata=bearer(session.access_token),
        ),
        "FAILED_PRECONDITION",
        grpc.StatusCode.FAILED_PRECONDITION,
    )


async def test_an_account_without_a_password_is_deleted_after_a_fresh_proof(
    house: House, provider: IdentityProvider
) -> None:
    login = somebody(provider)
    session = await house.enter(login)
    request = auth_pb2.DeleteAccountRequest()
    await refused(house.auth.DeleteAccount(request, metadata=bearer(session.access_token)), *AGAIN)
    proven = await house.enter(login, reauthenticate=True)
    done = await house.auth.DeleteAccount(request, metadata=bearer(proven.access_token))
    removed = {one.service: dict(one.removed) for one in done.deletion.reports}["auth"]
    assert removed == {"accounts": 1, "sessions": 2, "api_keys": 0, "identities": 1}
    # The identity is free, and comes back to an account that is empty.
    assert (await house.enter(login)).user.user_id != session.user.user_id


async def test_a_password_is_asked_for_where_there_is_one(
    house: House, provider: IdentityProvider
) -> None:
    owner = await house.register("both@example.org")
    login = somebody(provider)
    await house.link(owner, login)
    proven = await house.enter(login, reauthenticate=True)
    await refused(
        house.auth.DeleteAccount(
            auth_pb2.DeleteAccountRequest(), metadata=bearer(proven.access_token)
        ),
        "PASSWORD_WRONG",
        grpc.StatusCode.INVALID_ARGUMENT,
    )


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/sign-in/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:1@evil.example/callback",
        "http://127.0.0.1:4711/elsewhere",
        "http://192.0.2.1:4711/callback",
        "http://127.0.0.1:4711/callback?more=1",
        "http://127.0.0.1:99999/callback",
        "javascript:alert(1)",
    ],
)
async def test_nobody_is_sent_elsewhere(house: House, redirect_uri: str) -> None:
    await refused(
        house.sign_in.BeginSignIn(
            sign_in_pb2.BeginSignInRequest(provider_id="company", redirect_uri=redirect_uri)
        ),
        "INVALID_REQUEST",
        grpc.StatusCode.INVALID_ARGUMENT,
    )


async def test_an_unknown_provider_is_not_found(house: House) -> None:
    await refused(house.begin("nobody"), "IDENTITY_PROVIDER_NOT_FOUND", grpc.StatusCode.NOT_FOUND)


async def test_roles_come_from_claims_at_every_sign_in(
    houses: Any, provider: IdentityProvider
) -> None:
    told = provider.configuration(
        roles_claim="groups", roles={"line": "inspector", "visitors": "viewer", "it": "admin"}
    )
    async with houses(told) as house:
        login = somebody(provider, groups=["visitors", "line", "choir"])
        first = await house.enter(login)
        assert first.user.role == policy_pb2.INSPECTOR
        provider.know(login, groups="visitors")
        second = await house.enter(login)
        assert second.user.role == policy_pb2.VIEWER
        # With a lower role the sessions from before end.
        assert not await house.is_open(first)
        provider.know(login, groups=["it"])
        assert (await house.enter(login)).user.role == policy_pb2.ADMIN
        assert await house.is_open(second)
        provider.know(login, groups=["choir"])
        await refused(house.enter(login), *REFUSED)


async def test_the_last_administrator_stays_one(
    provider: IdentityProvider, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    told = provider.configuration(
        roles_claim="groups", roles={"it": "admin"}, default_role="viewer"
    )
    file = write_configuration(tmp_path / "oidc.toml", told)
    async with (
        new_database(postgres_url) as empty,
        running_auth(empty, await emptied_redis(redis_url, 2), oidc_file=file) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        house = House(
            auth_pb2_grpc.AuthServiceStub(channel),
            sign_in_pb2_grpc.SignInServiceStub(channel),
            channel,
        )
        login = somebody(provider, groups=["it"])
        # Where claims give roles, coming first gives none.
        assert (await house.enter(somebody(provider))).user.role == policy_pb2.VIEWER
        admin = await house.enter(login)
        assert admin.user.role == policy_pb2.ADMIN
        provider.know(login, groups=[])
        assert (await house.enter(login)).user.role == policy_pb2.ADMIN
        assert await house.is_open(admin)


async def test_who_has_no_account_is_let_in_only_if_the_operator_says_so(
    houses: Any, provider: IdentityProvider
) -> None:
    async with houses(provider.configuration(create_accounts=False)) as house:
        await refused(house.enter(somebody(provider)), *REFUSED)


async def test_only_domains_that_are_named_come_in(houses: Any, provider: IdentityProvider) -> None:
    async with houses(provider.configuration(email_domains=["Corp.example"])) as house:
        await house.enter(somebody(provider, email="ada.1@corp.example"))
        for email, verified in [
            ("ada@example.org", True),
            ("ada.2@corp.example", False),
            ("ada@sub.corp.example", True),
            ("ada@corp.example@evil.example", True),
        ]:
            login = somebody(provider, email=email, email_verified=verified)
            await refused(house.enter(login), *REFUSED)


async def test_a_trusted_address_claims_an_account_from_who_squats_on_it(
    houses: Any, provider: IdentityProvider
) -> None:
    trusting = provider.configuration(trust_emails=True, email_domains=["corp.example"])
    async with houses(trusting) as house:
        squatter = await house.register("grace@corp.example")
        key = await house.auth.CreateApiKey(
            auth_pb2.CreateApiKeyRequest(display_name="back door", scopes=[auth_pb2.ApiKey.READ]),
            metadata=bearer(squatter.access_token),
        )
        owner = await house.enter(somebody(provider, email="grace@corp.example"))
        assert owner.user.user_id == squatter.user.user_id
        # Nobody had proved the address: whoever set the password has nothing of it any more.
        assert not await house.is_open(squatter)
        await refused(
            house.auth.Login(auth_pb2.LoginRequest(email="grace@corp.example", password=PASSWORD)),
            "BAD_CREDENTIALS",
            grpc.StatusCode.UNAUTHENTICATED,
        )
        await refused(
            house.auth.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=key.secret)),
            "API_KEY_INVALID",
            grpc.StatusCode.UNAUTHENTICATED,
        )
        # An address that somebody else gets later does not bring the account with it.
        await refused(house.enter(somebody(provider, email="grace@corp.example")), *REFUSED)


async def test_passwords_can_be_switched_off(houses: Any, provider: IdentityProvider) -> None:
    async with houses(provider.configuration(), password_sign_in=False) as house:
        await refused(house.register("late@example.org"), *REFUSED)
        await refused(
            house.auth.Login(auth_pb2.LoginRequest(email="first@example.org", password=PASSWORD)),
            *REFUSED,
        )
        await house.enter(somebody(provider))


async def test_a_session_may_end_for_good(houses: Any, provider: IdentityProvider) -> None:
    async with houses(provider.configuration(session_hours=8)) as house:
        session = await house.enter(somebody(provider))
        fresh = await house.auth.RefreshToken(
            auth_pb2.RefreshTokenRequest(refresh_token=session.refresh_token)
        )
        (listed,) = (
            await house.auth.ListSessions(
                auth_pb2.ListSessionsRequest(), metadata=bearer(fresh.access_token)
            )
        ).sessions
        assert listed.expire_time.seconds == listed.create_time.seconds + 8 * 3600


async def test_claims_may_be_at_the_userinfo_endpoint(houses: Any) -> None:
    with identity_provider() as strict:
        strict.stop()
        strict.start(conformIdTokenClaims=True)
        told = strict.configuration(roles_claim="groups", roles={"it": "admin"})
        async with houses(told) as house:
            session = await house.enter(somebody(strict, groups=["it"]))
            assert session.user.role == policy_pb2.ADMIN
            assert session.user.display_name == "Ada L."


async def test_a_provider_that_is_down_is_said_to_be(
    houses: Any, stranger: IdentityProvider
) -> None:
    async with houses(stranger.configuration()) as house:
        begun = await house.begin()
        came_back = await consent(begun.authorization_url, somebody(stranger))
        stranger.stop()
        try:
            down = ("IDENTITY_PROVIDER_UNAVAILABLE", grpc.StatusCode.UNAVAILABLE)
            text = await refused(house.complete(begun, came_back), *down)
            assert stranger.issuer not in text
            # What is known already is enough to begin with.
            await house.begin()
        finally:
            stranger.start()
    stranger.stop()
    try:
        async with houses(stranger.configuration()) as house:
            await refused(house.begin(), *down)
    finally:
        stranger.start()


async def test_new_keys_of_a_provider_are_learnt(houses: Any) -> None:
    def keys(kid: str) -> dict[str, Any]:
        key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
        return {"keys": [key.as_dict(private=True)]}

    with identity_provider() as rotating:
        rotating.stop()
        rotating.start(jwks=keys("one"))
        async with houses(rotating.configuration()) as house:
            login = somebody(rotating)
            await house.enter(login)
            rotating.stop()
            rotating.start(jwks=keys("two"))
            await house.enter(login)
