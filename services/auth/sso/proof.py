"""Whether a caller is the owner of their account, and not who found it open."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from services.auth.attempts import AttemptGuard
from services.auth.errors import PasswordWrong
from services.auth.passwords import PasswordHasher
from services.auth.ports import AccountStore
from services.auth.sso.errors import SignInAgain
from services.runtime.edge import Client
from services.runtime.identity import Identity, SessionClosed

RECENT = timedelta(minutes=10)
"""For so long a proof elsewhere stands for the password that an account does not have."""


class OwnerProof:
    """Asks for the password, or for a recent proof elsewhere of accounts that have none.

    Args:
        accounts: Users and their passwords.
        hasher: Checks passwords.
        guard: Refuses guesses that come too early.
        proven_at: When whoever opened a session proved elsewhere who they are.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        accounts: AccountStore,
        hasher: PasswordHasher,
        guard: AttemptGuard,
        proven_at: Callable[[UUID], Awaitable[datetime | None]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._guard = guard
        self._proven_at = proven_at
        self._clock = clock

    async def require(self, caller: Identity, password: str, client: Client) -> str | None:
        """The hash that the password was found right by; None if the account has none.

        Raises:
            PasswordWrong: the account has a password, and this is not it.
            SignInAgain: it has none, and its owner has not proved just now who they are.
            TooManyAttempts, TooManyPasswords: as with `Accounts.login`.
            SessionClosed: the account is gone.
        """
        user_id = UUID(caller.user_id)
        user = await self._accounts.user(user_id)
        if user is None:
            raise SessionClosed("the account is gone")
        password_hash = await self._accounts.password_hash(user_id)
        if password_hash is None:
            proven_at = await self._proven_at(UUID(caller.session_id))
            if proven_at is None or proven_at < self._clock() - RECENT:
                raise SignInAgain("sign in once more with your identity provider, and try again")
            return None
        async with self._guard.guess(user.email, client.address):
            check = await self._hasher.check(password, password_hash, party=client.address)
            if not check.right:
                raise PasswordWrong("the password is wrong", field="password")
        return password_hash
