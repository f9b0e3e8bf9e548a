"""The use cases of API keys: make, list, revoke, and exchange them for access tokens."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.auth.closing import Closing
from services.auth.errors import ApiKeyInvalid, ApiKeyNotFound, TooManyApiKeys
from services.auth.model import ApiKey, Scope, ScopedToken
from services.auth.ports import ApiKeyStore
from services.auth.tokens import TokenIssuer, new_secret, secret_digest
from services.runtime.audit_entry import note
from services.runtime.identity import Identity
from services.runtime.text import kept_label

MARK = "argus_"
"""What every secret begins with, so that scanners find one that was published."""

SHOWN_CHARACTERS = len(MARK) + 6
MAX_KEYS = 100
DEFAULT_DAYS = 90
EXPIRED_KEPT = timedelta(days=30)
"""How long an expired key is still shown."""


class ApiKeys:
    """API keys of an account.

    Args:
        store: Keeps them.
        closing: Tells every service of revoked ones.
        issuer: Signs access tokens.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        store: ApiKeyStore,
        closing: Closing,
        issuer: TokenIssuer,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._closing = closing
        self._issuer = issuer
        self._clock = clock

    async def create(
        self, caller: Identity, display_name: str, scopes: Sequence[Scope], valid_days: int
    ) -> tuple[ApiKey, str]:
        """Makes a key; it and its secret, of which only a digest is kept.

        Args:
            caller: Whose key.
            display_name: What to call it.
            scopes: What it allows.
            valid_days: Days until it expires; `DEFAULT_DAYS` if 0.

        Raises:
            TooManyApiKeys: the account has `MAX_KEYS` that are good.
        """
        now = self._clock()
        secret = MARK + new_secret()
        key = ApiKey(
            uuid4(),
            UUID(caller.user_id),
            kept_label(display_name).strip(),
            tuple(scope for scope in Scope if scope in scopes),
            secret[:SHOWN_CHARACTERS],
            now,
            now + timedelta(days=valid_days or DEFAULT_DAYS),
        )
        if not await self._store.add(key, secret_digest(secret), at_most=MAX_KEYS):
            raise TooManyApiKeys(
                f"an account has at most {MAX_KEYS} API keys; revoke some first",
                metadata={"limit": str(MAX_KEYS)},
            )
        return key, secret

    async def list_of(self, user_id: UUID) -> list[ApiKey]:
        """A user's keys, the newest first, without revoked and long expired ones."""
        return await self._store.list_of(user_id, expired_since=self._clock() - EXPIRED_KEPT)

    async def revoke(self, user_id: UUID, api_key_id: UUID) -> None:
        """Revokes a user's key and the access tokens that it was exchanged for.

        Raises:
            ApiKeyNotFound: there is no such key, or it is not the user's.
        """
        if not await self._store.revoke(user_id, api_key_id, self._clock()):
            raise ApiKeyNotFound("there is no such API key")
        await self._closing.mark([api_key_id])

    async def exchange(self, secret: str) -> ScopedToken:
        """An access token that allows what the key allows, and no longer than it does.

        Raises:
            ApiKeyInvalid: the key was never given out, has expired or was revoked.
        """
        now = self._clock()
        used = await self._store.use(secret_digest(secret), now)
        if used is None:
            raise ApiKeyInvalid("the API key is not valid; it may have expired or been revoked")
        key, role = used
        note(user_id=str(key.user_id), api_key_id=str(key.api_key_id))
        left_s = max(1, int((key.expires_at - now).total_seconds()))
        token, ttl_s = self._issuer.for_api_key(
            key.user_id, key.api_key_id, key.scopes, role, now, at_most_s=left_s
        )
        return ScopedToken(token, ttl_s, key.scopes)

    async def remove_ended(self) -> None:
        """Forgets keys that ended long ago."""
        await self._store.remove_ended(self._clock() - EXPIRED_KEPT)
