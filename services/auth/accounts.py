"""The use cases: register, sign in, refresh, sign out."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID, uuid4

from pydantic import SecretStr

from services.auth.errors import (
    BadCredentials,
    EmailTaken,
    RefreshTokenInvalid,
    RefreshTokenReused,
)
from services.auth.model import NewSession, Reused, SignedIn, Tokens, User
from services.auth.passwords import PasswordHasher
from services.auth.ports import AccountStore, SessionState
from services.auth.tokens import TokenIssuer, new_refresh_token, refresh_digest
from services.runtime.identity import CLOCK_SKEW_S, Identity, SessionClosed

WITNESS = "none: all marks are there"
"""Marked like a session, last of all: if it is gone, Redis has lost marks."""

WITNESS_S = 86_400


class Accounts:
    """Accounts and their sessions.

    Args:
        store: Keeps users, sessions and refresh tokens.
        sessions: Hot state that every service reads.
        hasher: Hashes passwords.
        issuer: Signs access tokens.
        refresh_ttl: How long a session lives without being refreshed.
        refresh_reuse: How long a refresh token that was just exchanged may be exchanged again.
        service_secret: What services prove themselves with.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        store: AccountStore,
        sessions: SessionState,
        hasher: PasswordHasher,
        issuer: TokenIssuer,
        *,
        refresh_ttl: timedelta,
        refresh_reuse: timedelta,
        service_secret: SecretStr,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._hasher = hasher
        self._issuer = issuer
        self._refresh_ttl = refresh_ttl
        self._refresh_reuse = refresh_reuse
        self._service_secret = service_secret
        self._clock = clock
        # As long as an access token that was given out before may be taken for good.
        self._remembered = timedelta(seconds=issuer.ttl_s + 2 * CLOCK_SKEW_S)
        self._all_marked = False

    async def register(self, email: str, password: str, display_name: str) -> SignedIn:
        """Makes an account and signs it in.

        Raises:
            EmailTaken: if there is an account with this email.
        """
        email = _normal(email)
        user = User(
            user_id=uuid4(),
            email=email,
            display_name=display_name.strip() or email.partition("@")[0],
            created_at=self._clock(),
        )
        password_hash = await self._hasher.hash(password)
        refresh_token = new_refresh_token()
        session = self._new_session(user, refresh_token)
        if not await self._store.add_user(user, password_hash, session):
            raise EmailTaken("there is an account with this email; sign in instead", field="email")
        return self._signed_in(user, session.session_id, refresh_token, session.opened_at)

    async def login(self, email: str, password: str) -> SignedIn:
        """Signs in.

        Raises:
            BadCredentials: if email or password is wrong.
        """
        found = await self._store.user_by_email(_normal(email))
        user, password_hash = found or (None, None)
        if not await self._hasher.matches(password, password_hash) or user is None:
            raise BadCredentials("email or password is wrong")
        refresh_token = new_refresh_token()
        session = self._new_session(user, refresh_token)
        await self._store.open_session(session)
        return self._signed_in(user, session.session_id, refresh_token, session.opened_at)

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Exchanges a refresh token for new tokens.

        Two tabs may present the same token, and a client whose answer was lost presents its
        token again: for `refresh_reuse` after its first use that is fine, as long as none of the
        tokens given for it has been used.

        Raises:
            RefreshTokenInvalid: if it was never given out or its session is over.
            RefreshTokenReused: if it came back later than that; its session is closed now.
        """
        now = self._clock()
        following = new_refresh_token()
        rotated = await self._store.rotate(
            refresh_digest(refresh_token),
            refresh_digest(following),
            now=now,
            ends=now + self._refresh_ttl,
            reuse_since=now - self._refresh_reuse,
        )
        if rotated is None:
            raise RefreshTokenInvalid("the refresh token is not valid; sign in again")
        if isinstance(rotated, Reused):
            await self._close(rotated.session_id)
            raise RefreshTokenReused(
                "the refresh token was used before, so its session is closed; sign in again"
            )
        return self._signed_in(rotated.user, rotated.session_id, following, now)

    async def logout(self, caller: Identity) -> None:
        """Closes the caller's session, for every service at once."""
        await self._close(UUID(caller.session_id))

    async def me(self, caller: Identity) -> User:
        """The caller's account.

        Raises:
            SessionClosed: if the account is gone.
        """
        user = await self._store.user(UUID(caller.user_id))
        if user is None:
            raise SessionClosed("the account is gone")
        return user

    def service_token(self, service: str, secret: str) -> tuple[str, int]:
        """A service's access token, and the seconds it is good for.

        Raises:
            BadCredentials: if the secret is wrong.
        """
        kept = self._service_secret.get_secret_value()
        if not hmac.compare_digest(secret.encode(), kept.encode()):
            raise BadCredentials("the service secret is wrong")
        return self._issuer.for_service(service, self._clock()), self._issuer.ttl_s

    async def remove_expired(self) -> None:
        """Forgets sessions whose time is over, and tokens that are too old to tell of theft."""
        now = self._clock()
        await self._store.remove_expired(now, now - self._refresh_ttl)

    async def mark_closed_again(self) -> None:
        """Makes sure that every service knows which sessions were closed recently.

        The marks are lost when Redis loses its data, or when a session was closed while Redis
        was down; until its access tokens expire such a session would go on.
        """
        if self._all_marked and await self._sessions.is_closed(WITNESS):
            return
        self._all_marked = True
        now = self._clock()
        try:
            for session_id, closed_at in await self._store.closed_since(now - self._remembered):
                left = closed_at + self._remembered - now
                await self._sessions.close(
                    str(session_id), remember_s=max(1, ceil(left.total_seconds()))
                )
            await self._sessions.close(WITNESS, remember_s=WITNESS_S)
        except BaseException:
            self._all_marked = False
            raise

    def _new_session(self, user: User, refresh_token: str) -> NewSession:
        now = self._clock()
        return NewSession(
            uuid4(), user.user_id, refresh_digest(refresh_token), now, now + self._refresh_ttl
        )

    def _signed_in(
        self, user: User, session_id: UUID, refresh_token: str, now: datetime
    ) -> SignedIn:
        access_token = self._issuer.for_user(user.user_id, session_id, now)
        return SignedIn(user, Tokens(access_token, refresh_token, self._issuer.ttl_s))

    async def _close(self, session_id: UUID) -> None:
        # The record first: if Redis is down the caller is told, and may try again.
        await self._store.close_session(session_id, self._clock())
        try:
            await self._sessions.close(
                str(session_id), remember_s=ceil(self._remembered.total_seconds())
            )
        except BaseException:
            self._all_marked = False
            raise


def _normal(email: str) -> str:
    return email.strip().lower()
