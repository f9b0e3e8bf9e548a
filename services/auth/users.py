"""The use cases of administrators: who has an account, and what each may do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.auth.closing import Closing
from services.auth.errors import UserNotFound
from services.auth.model import User
from services.auth.ports import UserStore
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.runtime.roles import Role

DEFAULT_PAGE = 50


@dataclass(frozen=True, slots=True)
class UserPage:
    """Users, and where the next page begins; empty at the last."""

    users: list[User]
    next_page_token: str


class Users:
    """All accounts of an installation.

    Args:
        store: The users.
        closing: Closes sessions for every service.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self, store: UserStore, closing: Closing, *, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._closing = closing
        self._clock = clock

    async def page(self, page_size: int, page_token: str, email: str) -> UserPage:
        """A page of users, the oldest first.

        Args:
            page_size: Users in it; `DEFAULT_PAGE` if 0.
            page_token: Of the page before; empty for the first.
            email: Only the user who has it; empty for all.

        Raises:
            PageTokenError: The token is no such token.
        """
        limit, email = page_size or DEFAULT_PAGE, email.strip().lower()
        query = ("users", email)
        found = await self._store.list_users(
            limit=limit + 1, after=_place(page_token, query) if page_token else None, email=email
        )
        following = ""
        if len(found) > limit:
            last = found[limit - 1]
            place = (last.created_at.isoformat(), str(last.user_id))
            following = encode_page_token(place, *query)
        return UserPage(found[:limit], following)

    async def get(self, user_id: UUID) -> User:
        """A user.

        Raises:
            UserNotFound: there is no such account.
        """
        user = await self._store.user(user_id)
        if user is None:
            raise UserNotFound("there is no such account")
        return user

    async def set_role(self, user_id: UUID, role: Role) -> User:
        """Gives somebody a role, and closes their sessions if it is a lower one.

        Raises:
            UserNotFound: there is no such account.
            LastAdmin: nobody else is an administrator.
        """
        return await self._set_role(user_id, role, keep_an_admin=True)

    async def assign_role(self, email: str, role: Role) -> User:
        """The same for whoever runs the installation, who can always undo it.

        Raises:
            UserNotFound: there is no such account.
        """
        return await self._set_role(email.strip().lower(), role, keep_an_admin=False)

    async def _set_role(self, who: UUID | str, role: Role, *, keep_an_admin: bool) -> User:
        change = await self._store.set_role(who, role, self._clock(), keep_an_admin=keep_an_admin)
        if change is None:
            raise UserNotFound("there is no such account")
        await self._closing.mark(change.closed)
        return change.user


def _place(token: str, query: tuple[str, ...]) -> tuple[datetime, UUID]:
    created_at, user_id = decode_page_token(token, (str, str), *query)
    try:
        place = datetime.fromisoformat(str(created_at)), UUID(str(user_id))
    except ValueError:
        raise PageTokenError("the page token is damaged") from None
    if place[0].tzinfo is None:
        raise PageTokenError("the page token is damaged")
    return place
