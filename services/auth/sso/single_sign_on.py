"""The use cases: sign in elsewhere, and link accounts to who one is there."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.errors import LastAdmin
from services.auth.model import NewSession, SignedIn, Tokens, User
from services.auth.ports import AccountStore, UserStore
from services.auth.sso.configuration import Configuration
from services.auth.sso.errors import (
    IdentityNotFound,
    ProviderNotFound,
    SignInFailed,
    SignInRefused,
    TooManySignIns,
)
from services.auth.sso.model import Answer, Begun, LinkedIdentity, Person, Started
from services.auth.sso.person import person_of
from services.auth.sso.ports import BegunStore, IdentityProvider, IdentityStore
from services.auth.sso.proof import OwnerProof
from services.auth.telemetry import AuthMetrics
from services.auth.tokens import TokenIssuer, new_secret, secret_digest
from services.runtime.audit_entry import note
from services.runtime.edge import Client
from services.runtime.errors import Aborted, ArgusError, InvalidInput
from services.runtime.identity import Identity
from services.runtime.roles import Role

KEEP_S = 600
"""How long a browser may be away."""

CLOCK_SKEW = timedelta(seconds=60)
"""By so much a provider's clock may differ from this machine's."""

AT_ONCE = 32
"""Sign-ins that ask providers at the same time; more are turned away."""

LOOKS = 3
"""How often an account is looked for that others make or delete meanwhile."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ways:
    """How an account may be signed in to."""

    identities: list[LinkedIdentity]
    has_password: bool


class SingleSignOn:
    """Signs people in whom a provider knows.

    Args:
        configuration: What the operator decided.
        providers: By their names.
        begun: Sign-ins that wait for their browser.
        identities: Who may sign in to which account.
        accounts: Users, by their addresses.
        users: Sets roles.
        closing: Closes sessions for every service.
        proof: Whether a caller is the owner of their account.
        guard: Bounds how many accounts an address may make.
        issuer: Signs access tokens.
        refresh_ttl: How long a session lives without being refreshed.
        metrics: Where sign-ins are counted.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        providers: Mapping[str, IdentityProvider],
        begun: BegunStore,
        identities: IdentityStore,
        accounts: AccountStore,
        users: UserStore,
        closing: Closing,
        proof: OwnerProof,
        guard: AttemptGuard,
        issuer: TokenIssuer,
        refresh_ttl: timedelta,
        metrics: AuthMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self.configuration = configuration
        self._providers = providers
        self._begun = begun
        self._identities = identities
        self._accounts = accounts
        self._users = users
        self._closing = closing
        self._proof = proof
        self._guard = guard
        self._issuer = issuer
        self._refresh_ttl = refresh_ttl
        self._metrics = metrics
        self._clock = clock
        self._under_way = 0

    async def begin(
        self, provider_id: str, redirect_uri: str, *, reauthenticate: bool = False
    ) -> Started:
        """Begins a sign-in.

        Raises:
            ProviderNotFound: there is no such provider.
            InvalidInput: nobody may be sent to that URI.
            ProviderUnavailable: the provider cannot be used.
        """
        return await self._begin(provider_id, redirect_uri, reauthenticate=reauthenticate)

    async def complete(self, answer: Answer, client: Client) -> SignedIn:
        """Signs in whom the provider names, in a new session.

        Raises:
            SignInFailed: what the answer says does not hold.
            SignInRefused: the person may not come in this way.
            ProviderUnavailable: the provider cannot be used.
            TooManySignIns: too many are under way.
            TooManyAttempts: too many accounts were made from this address.
        """
        begun = await self._taken(answer, user_id="", session_id="")
        with _counted(self._metrics, begun.provider_id):
            person = await self._person(begun, answer)
            for _ in range(LOOKS):
                user = await self._identities.user_of(person.who) or await self._found_or_made(
                    begun, person, client
                )
                if user is None:
                    continue
                await self._apply_role(user, person)
                done = await self._open(begun, user, person, client)
                if done is not None:
                    return done
            raise Aborted("your account is being changed; sign in again")

    async def begin_link(
        self,
        caller: Identity,
        provider_id: str,
        redirect_uri: str,
        password: str,
        client: Client,
    ) -> Started:
        """Begins to link an identity to the caller's account, whose owner the caller proves to be.

        Raises:
            ProviderNotFound, InvalidInput, ProviderUnavailable: as with `begin`.
            PasswordWrong, SignInAgain: the caller does not prove it.
            TooManyAttempts, TooManyPasswords: as with `Accounts.login`.
        """
        self._provider(provider_id)
        await self._proof.require(caller, password, client)
        return await self._begin(
            provider_id, redirect_uri, user_id=caller.user_id, session_id=caller.session_id
        )

    async def complete_link(self, caller: Identity, answer: Answer) -> LinkedIdentity:
        """Links whom the provider names to the account of the caller, whose session began it.

        Raises:
            SignInFailed, SignInRefused, ProviderUnavailable, TooManySignIns: as with `complete`.
        """
        begun = await self._taken(answer, user_id=caller.user_id, session_id=caller.session_id)
        person = await self._person(begun, answer)
        linked = await self._identities.link(UUID(caller.user_id), person, self._clock())
        if linked is None:
            raise SignInRefused("this identity is linked to another account")
        return linked

    async def ways(self, caller: Identity) -> Ways:
        """How the caller's account may be signed in to."""
        user_id = UUID(caller.user_id)
        return Ways(
            await self._identities.list_of(user_id),
            await self._accounts.password_hash(user_id) is not None,
        )

    async def unlink(self, caller: Identity, identity_id: UUID) -> None:
        """Removes an identity of the caller's account.

        Raises:
            IdentityNotFound: it has none of this id.
            LastWayIn: nobody could sign in any more.
        """
        if not await self._identities.unlink(
            UUID(caller.user_id),
            identity_id,
            password_counts=self.configuration.password_sign_in,
        ):
            raise IdentityNotFound("your account has no such identity")

    def _provider(self, provider_id: str) -> IdentityProvider:
        found = self._providers.get(provider_id)
        if found is None:
            raise ProviderNotFound("there is no such identity provider")
        return found

    async def _begin(
        self,
        provider_id: str,
        redirect_uri: str,
        *,
        reauthenticate: bool = False,
        user_id: str = "",
        session_id: str = "",
    ) -> Started:
        provider = self._provider(provider_id)
        if not self.configuration.may_return_to(redirect_uri):
            raise InvalidInput(
                "nobody is sent there, unless the operator lists it among `redirect_uris`",
                field="redirect_uri",
            )
        state, secret = new_secret(), new_secret()
        begun = Begun(
            provider_id,
            redirect_uri,
            nonce=new_secret(),
            verifier=new_secret(),
            secret_digest=_digest(secret),
            begun_at=self._clock().timestamp(),
            reauthenticate=reauthenticate,
            user_id=user_id,
            session_id=session_id,
        )
        url = await provider.authorization_url(begun, state)
        await self._begun.put(state, begun, keep_s=KEEP_S)
        return Started(url, state, secret, KEEP_S)

    async def _taken(self, answer: Answer, *, user_id: str, session_id: str) -> Begun:
        """The sign-in that an answer is to, which nobody can complete again."""
        begun = await self._begun.take(answer.state)
        if (
            begun is None
            or not hmac.compare_digest(begun.secret_digest, _digest(answer.secret))
            or (begun.user_id, begun.session_id) != (user_id, session_id)
        ):
            raise SignInFailed(
                "this sign-in was begun too long ago or elsewhere, or is completed already; "
                "sign in again"
            )
        note(provider_id=begun.provider_id)
        return begun

    async def _person(self, begun: Begun, answer: Answer) -> Person:
        provider = self._providers.get(begun.provider_id)
        if provider is None:
            raise SignInFailed("the identity provider is not configured any more; sign in again")
        if self._under_way >= AT_ONCE:
            raise TooManySignIns("too many people are signing in; try again", retry_after_s=1)
        self._under_way += 1
        try:
            claims = await provider.redeem(begun, answer.code, answer.issuer)
        finally:
            self._under_way -= 1
        person = person_of(provider.provider, claims)
        if not begun.reauthenticate:
            return person
        began = datetime.fromtimestamp(begun.begun_at, UTC)
        if person.proven_at is None:
            # Asked for, and not told by every provider.
            return replace(person, proven_at=self._clock())
        if person.proven_at < began - CLOCK_SKEW:
            raise SignInFailed(
                f"{provider.provider.display_name} did not ask you to prove who you are; "
                "sign in again"
            )
        return person

    async def _found_or_made(self, begun: Begun, person: Person, client: Client) -> User | None:
        """The account of somebody who comes for the first time; None if it must be looked for anew.

        Raises:
            SignInRefused: they get none.
        """
        provider = self._provider(begun.provider_id).provider
        if not person.email_verified:
            # Says the same whether or not there is an account with the address.
            raise SignInRefused(
                f"{provider.display_name} does not say that your email address is verified, which "
                "a first sign-in needs"
            )
        note(email=person.email)
        found = await self._accounts.user_by_email(person.email)
        if found is not None:
            # Their own, if they come for the first time twice at once.
            made = await self._identities.user_of(person.who)
            if made is not None:
                return made
            if provider.trust_emails:
                return await self._claimed(found[0], person)
            raise SignInRefused(
                "there is an account with your email address that is not linked to "
                f"{provider.display_name}: sign in to it as before, and link it on its page"
            )
        if not provider.create_accounts:
            raise SignInRefused("there is no account for you here; ask the operator")
        async with self._guard.registration(client.address):
            role = person.role
            if role is None:
                role = provider.role_of(frozenset()) or Role.INSPECTOR
            user = User(uuid4(), person.email, person.display_name, self._clock(), role)
            return await self._identities.add_user(user, person)

    async def _claimed(self, user: User, person: Person) -> User:
        ended = await self._identities.claim(user.user_id, person, self._clock())
        if ended is None:
            raise SignInRefused(
                "the account with your email address belongs to another identity; ask the operator"
            )
        await self._closing.mark(ended)
        return user

    async def _apply_role(self, user: User, person: Person) -> None:
        if person.role is None or person.role == user.role:
            return
        try:
            change = await self._users.set_role(
                user.user_id, person.role, self._clock(), keep_an_admin=True
            )
        except LastAdmin:
            _log.warning(
                "user %s is the only administrator and stays it, whatever the provider says",
                user.user_id,
            )
            return
        if change is not None:
            note(role=person.role.word)
            await self._closing.mark(change.closed)

    async def _open(
        self, begun: Begun, user: User, person: Person, client: Client
    ) -> SignedIn | None:
        provider = self._provider(begun.provider_id).provider
        now, refresh_token = self._clock(), new_secret()
        ends, ends_for_good = now + self._refresh_ttl, None
        if provider.session_hours:
            ends_for_good = now + timedelta(hours=provider.session_hours)
            ends = min(ends, ends_for_good)
        session = NewSession(
            uuid4(),
            user.user_id,
            secret_digest(refresh_token),
            now,
            ends,
            client,
            begun.provider_id,
            person.proven_at,
            ends_for_good,
        )
        opened = await self._identities.open_session(session, person)
        if opened is None:
            return None
        access_token = self._issuer.for_user(opened.user_id, session.session_id, opened.role, now)
        return SignedIn(opened, Tokens(access_token, refresh_token, self._issuer.ttl_s))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@contextmanager
def _counted(metrics: AuthMetrics, provider_id: str) -> Iterator[None]:
    """Counts what becomes of a sign-in."""
    outcome = "error"
    try:
        yield
        outcome = "done"
    except ArgusError as error:
        outcome = error.reason.lower()
        raise
    finally:
        metrics.signed_in(provider_id, outcome)
