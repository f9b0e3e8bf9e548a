"""The use cases: register, sign in, refresh, sign out, change the password."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import SecretStr

from services.auth.attempts import AttemptGuard
from services.auth.closing import Closing
from services.auth.errors import (
    BadCredentials,
    EmailNotConfirmed,
    EmailTaken,
    PasswordWrong,
    RefreshTokenInvalid,
    RefreshTokenReused,
    WeakPassword,
)
from services.auth.model import NewSession, Reused, SignedIn, Tokens, User
from services.auth.password_rules import check_password
from services.auth.passwords import PasswordHasher, normal
from services.auth.ports import AccountStore
from services.auth.recovery import Registrations
from services.auth.sso.errors import require_password_sign_in
from services.auth.tokens import TokenIssuer, new_secret, secret_digest
from services.runtime.audit_entry import note
from services.runtime.edge import Client
from services.runtime.errors import Aborted
from services.runtime.identity import Identity, SessionClosed

LOOKS = 3
"""How often a password is looked at whose hash is replaced meanwhile."""


class Accounts:
    """Accounts and how one gets into them.

    Args:
        store: Keeps users, sessions and refresh tokens.
        closing: Closes sessions for every service.
        hasher: Hashes passwords.
        guard: Refuses guesses that come too early.
        issuer: Signs access tokens.
        refresh_ttl: How long a session lives without being refreshed.
        refresh_reuse: How long a refresh token that was just exchanged may be exchanged again.
        service_secret: What services prove themselves with.
        password_sign_in: Whether people may register and sign in with a password.
        clock: The present, aware and in UTC.
        registrations: Where new accounts wait for their address to be confirmed; None if they are
            made at once.
    """

    def __init__(
        self,
        store: AccountStore,
        closing: Closing,
        hasher: PasswordHasher,
        guard: AttemptGuard,
        issuer: TokenIssuer,
        *,
        refresh_ttl: timedelta,
        refresh_reuse: timedelta,
        service_secret: SecretStr,
        password_sign_in: bool = True,
        clock: Callable[[], datetime],
        registrations: Registrations | None = None,
    ) -> None:
        self._registrations = registrations
        self._store = store
        self._closing = closing
        self._hasher = hasher
        self._guard = guard
        self._issuer = issuer
        self._refresh_ttl = refresh_ttl
        self._refresh_reuse = refresh_reuse
        self._service_secret = service_secret
        self._password_sign_in = password_sign_in
        self._clock = clock

    async def register(
        self, email: str, password: str, display_name: str, client: Client
    ) -> SignedIn | None:
        """Makes an account and signs it in; None if its address must be confirmed before that.

        Raises:
            EmailTaken: if there is an account with this email, and addresses are not confirmed.
            WeakPassword: if the password is not taken.
            TooManyAttempts: if too many accounts were made from this address, or mails asked for.
            TooManyPasswords: if too many wait to be hashed.
            TooManyMails: if too many wait to be sent.
            SignInRefused: if no passwords are taken here.
        """
        require_password_sign_in(self._password_sign_in)
        email = _normal(email)
        display_name = display_name.strip() or email.partition("@")[0]
        check_password(password, email=email, field="password")
        async with self._guard.registration(client.address):
            if self._registrations is not None:
                await self._registrations.begin(email, password, display_name, client)
                return None
            user = User(uuid4(), email, display_name, self._clock())
            password_hash = await self._hasher.hash(password, party=client.address)
            refresh_token = new_secret()
            session = self._new_session(user, refresh_token, client)
            added = await self._store.add_user(user, password_hash, session)
            if added is None:
                raise EmailTaken(
                    "there is an account with this email; sign in instead", field="email"
                )
        return self._signed_in(added, session.session_id, refresh_token, session.opened_at)

    async def login(self, email: str, password: str, client: Client) -> SignedIn:
        """Signs in.

        Raises:
            BadCredentials: if email or password is wrong.
            EmailNotConfirmed: if the account waits for its address to be confirmed.
            TooManyAttempts: if too many were wrong before.
            TooManyPasswords: if too many wait to be checked.
            SignInRefused: if no passwords are taken here.
        """
        require_password_sign_in(self._password_sign_in)
        email = _normal(email)
        async with self._guard.guess(email, client.address):
            for _ in range(LOOKS):
                found = await self._store.user_by_email(email)
                user, password_hash = found or (None, None)
                check = await self._hasher.check(password, password_hash, party=client.address)
                if user is None or password_hash is None or not check.right:
                    # Also of an address that has an account: else this would tell.
                    if self._registrations and await self._registrations.waits(
                        email, password, client
                    ):
                        raise EmailNotConfirmed(
                            "the address is not confirmed yet; open the link in the mail that you "
                            "got, or register again to get another one"
                        )
                    raise BadCredentials("email or password is wrong")
                refresh_token = new_secret()
                session = self._new_session(user, refresh_token, client)
                user = await self._store.open_session(
                    session, seen_hash=password_hash, replacement=check.replacement
                )
                if user is not None:
                    break
            else:
                raise Aborted("the password is being changed; try again")
        return self._signed_in(user, session.session_id, refresh_token, session.opened_at)

    async def change_password(
        self, caller: Identity, old_password: str, new_password: str, client: Client
    ) -> int:
        """Sets a new password and closes all of the caller's other sessions; how many.

        Raises:
            PasswordWrong: if the old password is wrong.
            WeakPassword: if the new one is not taken.
            TooManyAttempts, TooManyPasswords: as with `login`.
        """
        user = await self.me(caller)
        check_password(new_password, email=user.email, field="new_password")
        if normal(old_password) == normal(new_password):
            raise WeakPassword("choose another password: it is the old one", field="new_password")
        async with self._guard.guess(user.email, client.address):
            password_hash = await self._store.password_hash(user.user_id)
            if password_hash is None:
                raise PasswordWrong(
                    "your account has no password: it is signed in to by an identity provider",
                    field="old_password",
                )
            check = await self._hasher.check(old_password, password_hash, party=client.address)
            if not check.right:
                raise PasswordWrong("the old password is wrong", field="old_password")
        closed = await self._store.change_password(
            user.user_id,
            await self._hasher.hash(new_password, party=client.address),
            but=UUID(caller.session_id),
            now=self._clock(),
        )
        await self._closing.mark(closed)
        return len(closed)

    async def refresh(self, refresh_token: str, client: Client) -> SignedIn:
        """Exchanges a refresh token for new tokens.

        Two tabs may present the same token, and a client whose answer was lost presents its
        token again: for `refresh_reuse` after its first use that is fine, as long as none of the
        tokens given for it has been used.

        Raises:
            RefreshTokenInvalid: if it was never given out or its session is over.
            RefreshTokenReused: if it came back later than that; its session is closed now.
        """
        now = self._clock()
        following = new_secret()
        rotated = await self._store.rotate(
            secret_digest(refresh_token),
            secret_digest(following),
            now=now,
            ends=now + self._refresh_ttl,
            reuse_since=now - self._refresh_reuse,
            client=client,
        )
        if rotated is None:
            raise RefreshTokenInvalid("the refresh token is not valid; sign in again")
        if isinstance(rotated, Reused):
            note(session_id=str(rotated.session_id))
            await self._closing.close(rotated.session_id)
            raise RefreshTokenReused(
                "the refresh token was used before, so its session is closed; sign in again"
            )
        return self._signed_in(rotated.user, rotated.session_id, following, now)

    async def logout(self, caller: Identity) -> None:
        """Closes the caller's session, for every service at once."""
        await self._closing.close(UUID(caller.session_id))

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

    def _new_session(self, user: User, refresh_token: str, client: Client) -> NewSession:
        now = self._clock()
        return NewSession(
            uuid4(),
            user.user_id,
            secret_digest(refresh_token),
            now,
            now + self._refresh_ttl,
            client,
        )

    def _signed_in(
        self, user: User, session_id: UUID, refresh_token: str, now: datetime
    ) -> SignedIn:
        access_token = self._issuer.for_user(user.user_id, session_id, user.role, now)
        return SignedIn(user, Tokens(access_token, refresh_token, self._issuer.ttl_s))


def _normal(email: str) -> str:
    return email.strip().lower()
