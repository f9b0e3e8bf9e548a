"""The use cases of whoever looks after their sessions: list and revoke them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.auth.closing import Closing
from services.auth.errors import SessionNotFound
from services.auth.model import OpenSession
from services.auth.ports import SessionStore
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token

DEFAULT_PAGE = 50


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Open sessions, and where the next page begins; empty at the last."""

    sessions: list[OpenSession]
    next_page_token: str


class Sessions:
    """Open sessions of users.

    Args:
        store: The sessions.
        closing: Closes them for every service.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self, store: SessionStore, closing: Closing, *, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._closing = closing
        self._clock = clock

    async def page(self, user_id: UUID, page_size: int, page_token: str) -> SessionPage:
        """A page of a user's open sessions, the one used last first.

        Args:
            user_id: Whose.
            page_size: Sessions in it; `DEFAULT_PAGE` if 0.
            page_token: Of the page before; empty for the first.

        Raises:
            PageTokenError: The token is no such token.
        """
        limit = page_size or DEFAULT_PAGE
        query = ("sessions", str(user_id))
        found = await self._store.list_open(
            user_id,
            self._clock(),
            limit=limit + 1,
            after=_place(page_token, query) if page_token else None,
        )
        following = ""
        if len(found) > limit:
            last = found[limit - 1]
            place = (last.last_used_at.isoformat(), str(last.session_id))
            following = encode_page_token(place, *query)
        return SessionPage(found[:limit], following)

    async def revoke(self, user_id: UUID, session_id: UUID) -> None:
        """Closes one of a user's sessions.

        Raises:
            SessionNotFound: it is not open, or not the user's.
        """
        if not await self._store.close(user_id, session_id, self._clock()):
            raise SessionNotFound("there is no such open session")
        await self._closing.mark([session_id])

    async def revoke_all(self, user_id: UUID, *, but: UUID | None = None) -> int:
        """Closes all of a user's sessions, or all but one; how many."""
        closed = await self._store.close_all(user_id, but=but, now=self._clock())
        await self._closing.mark(closed)
        return len(closed)


def _place(token: str, query: tuple[str, ...]) -> tuple[datetime, UUID]:
    used_at, session_id = decode_page_token(token, (str, str), *query)
    try:
        place = datetime.fromisoformat(str(used_at)), UUID(str(session_id))
    except ValueError:
        raise PageTokenError("the page token is damaged") from None
    if place[0].tzinfo is None:
        raise PageTokenError("the page token is damaged")
    return place
