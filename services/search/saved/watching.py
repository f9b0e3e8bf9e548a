"""Matches of saved searches: pages of them, and new ones as they are found."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from services.clients.ports import Catalog
from services.runtime.alarm import Alarm
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.search.errors import CursorInvalid, MatchesForgotten
from services.search.saved.model import FoundMatch, MatchPage, ShownMatch, Told
from services.search.saved.ports import MatchLog

DEFAULT_PAGE = 50

HEARTBEAT_S = 10.0
"""Longest silence towards a watcher, and between two looks; the contract promises 15 s."""

AT_ONCE = 200


class NewMatches:
    """A user's matches, with storage's records as the user may see them.

    Args:
        log: What was found.
        catalog: Records of images.
        alarm: Says when to look.
        heartbeat_s: Seconds after which a watcher is told that there is nothing to tell.
    """

    def __init__(
        self, log: MatchLog, catalog: Catalog, alarm: Alarm, *, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._log = log
        self._catalog = catalog
        self._alarm = alarm
        self._heartbeat_s = heartbeat_s

    async def page(
        self, user_id: str, search_id: str, *, size: int, token: str, unseen_only: bool
    ) -> MatchPage:
        """A page of a saved search's matches, newest first.

        Raises:
            SavedSearchNotFound: The user has none of that id.
            PageTokenError: The token is of another list.
            StorageUnavailable: Storage does not answer.
        """
        # What counts as seen stays as it was on the first page.
        before, seen = None, await self._log.seen_position(user_id, search_id)
        belongs = (user_id, search_id, "unseen" if unseen_only else "all")
        if token:
            before, seen = _read_token(token, belongs)
        found = await self._log.page(
            user_id,
            search_id,
            before=before,
            unseen_after=seen if unseen_only else None,
            limit=(size or DEFAULT_PAGE) + 1,
        )
        shown, more = found[: size or DEFAULT_PAGE], len(found) > (size or DEFAULT_PAGE)
        return MatchPage(
            await self._shown(user_id, shown),
            encode_page_token((shown[-1].position, seen), *belongs) if more else "",
            await self._log.counts(user_id, search_id),
        )

    async def mark_seen(self, user_id: str, search_id: str, cursor: str) -> None:
        """Remembers that matches up to a cursor were seen; all that there are without one.

        Raises:
            SavedSearchNotFound: The user has none of that id.
            CursorInvalid: It is no cursor of this user.
        """
        # Whether it is there comes first: somebody else's looks as one that is not.
        await self._log.seen_position(user_id, search_id)
        position = (
            _position(cursor, user_id, "cursor") if cursor else await self._log.position(user_id)
        )
        await self._log.mark_seen(user_id, search_id, position)

    async def watch(
        self, user_id: str, search_id: str, after_cursor: str
    ) -> AsyncGenerator[Told, None]:
        """What was found after a cursor, or is from now on; for ever.

        Args:
            user_id: Whose matches.
            search_id: Of which saved search; of all if empty.
            after_cursor: The last cursor that was dealt with; the present if empty.

        Raises:
            SavedSearchNotFound: The user has none of that id, or not any more.
            CursorInvalid: It is no cursor of this user.
            MatchesForgotten: Matches after it are not all kept any more.
            StorageUnavailable: Storage does not answer.
        """
        with self._alarm.sleeper(UUID(user_id)) as woken:
            if search_id:
                await self._log.seen_position(user_id, search_id)
            at = await self._begin(user_id, after_cursor)
            caught_up = False
            while True:
                woken.clear()
                # Taken first: what is found while the rest is read is told by the next look.
                until = await self._log.position(user_id)
                heard = await self._log.after(user_id, search_id, at, AT_ONCE)
                if heard.forgotten > at:
                    raise MatchesForgotten(
                        "not all matches after the cursor are kept any more; list them anew"
                    )
                told = {
                    one.match.position: one for one in await self._shown(user_id, heard.matches)
                }
                for match in heard.matches:
                    at = match.position
                    if match.position in told:
                        yield Told(_cursor(at, user_id), told[at])
                if len(heard.matches) == AT_ONCE:
                    continue
                at = max(at, until)
                if not heard.matches or not caught_up:
                    caught_up = True
                    yield Told(_cursor(at, user_id), None)
                await self._wait(woken)
                if search_id:
                    await self._log.seen_position(user_id, search_id)

    async def _begin(self, user_id: str, after_cursor: str) -> int:
        now_at = await self._log.position(user_id)
        if not after_cursor:
            return now_at
        at = _position(after_cursor, user_id, "after_cursor")
        if at > now_at:
            raise MatchesForgotten("the cursor is of a time that was undone; list matches anew")
        return at

    async def _wait(self, woken: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._heartbeat_s):
                await woken.wait()
        except TimeoutError:
            return

    async def _shown(self, user_id: str, found: Sequence[FoundMatch]) -> list[ShownMatch]:
        """Matches whose images storage gives to the caller."""
        if not found:
            return []
        ids = list(dict.fromkeys(one.image_id for one in found))
        images = await self._catalog.images(ids)
        return [
            ShownMatch(one, images[one.image_id], _cursor(one.position, user_id))
            for one in found
            if one.image_id in images
        ]


def _cursor(position: int, user_id: str) -> str:
    return encode_page_token((position,), UUID(user_id).bytes, "new matches")


def _position(cursor: str, user_id: str, field: str) -> int:
    try:
        (position,) = decode_page_token(cursor, (int,), UUID(user_id).bytes, "new matches")
    except PageTokenError:
        raise CursorInvalid("the cursor is none of yours; send it unchanged", field=field) from None
    if not 0 <= int(position) < 2**63:
        raise CursorInvalid("the cursor is damaged", field=field)
    return int(position)


def _read_token(token: str, belongs: tuple[str, ...]) -> tuple[int, int]:
    before, seen = (int(part) for part in decode_page_token(token, (int, int), *belongs))
    if not (0 <= before < 2**63 and 0 <= seen < 2**63):
        raise PageTokenError("the page token is damaged")
    return before, seen
