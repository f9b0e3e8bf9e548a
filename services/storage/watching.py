"""Watching a user's images: what changed, from a cursor on and as it happens."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.runtime.alarm import Alarm
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token
from services.storage.errors import CursorExpired, CursorInvalid
from services.storage.model import Change
from services.storage.ports import ChangeLog

HEARTBEAT_S = 10.0
"""Longest silence towards a watcher, and between two looks; the contract promises 15 s."""

GATHER_S = 0.05
"""How long to wait for further changes once there is one; each image is told once for all."""

PAGE = 200

KEEP_CHANGES_FOR = timedelta(days=7)
"""How long a cursor is good for at least."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a watcher is told."""

    cursor: str
    change: Change | None
    """None if there is nothing to tell."""


class ImageWatch:
    """Streams a user's changes.

    No connection is held while a watcher takes its time.

    Args:
        log: What changed.
        alarm: Says when to look.
        heartbeat_s: Seconds after which a watcher is told that there is nothing to tell.
    """

    def __init__(self, log: ChangeLog, alarm: Alarm, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._log = log
        self._alarm = alarm
        self._heartbeat_s = heartbeat_s

    async def watch(self, user_id: UUID, after_cursor: str) -> AsyncGenerator[Told]:
        """What changed after a cursor, or from now on, and what changes then; for ever.

        Raises:
            CursorInvalid: It is no cursor of this user.
            CursorExpired: What changed after it is not remembered any more.
        """
        with self._alarm.sleeper(user_id) as woken:
            at = await self._begin(user_id, after_cursor)
            caught_up = False
            while True:
                woken.clear()
                found = await self._log.after(user_id, at, PAGE)
                if found.forgotten > at:
                    raise CursorExpired(
                        "what changed since the cursor is not remembered any more; list the "
                        "images anew"
                    )
                for change in found.changes:
                    at = change.position
                    yield Told(_cursor(at, user_id), change)
                if len(found.changes) == PAGE:
                    continue
                if not found.changes or not caught_up:
                    caught_up = True
                    yield Told(_cursor(at, user_id), None)
                await self._wait(woken)

    async def _begin(self, user_id: UUID, after_cursor: str) -> int:
        now_at = await self._log.position(user_id)
        if not after_cursor:
            return now_at
        at = _position(after_cursor, user_id)
        if at > now_at:
            raise CursorExpired("the cursor is of a time that was undone; list the images anew")
        return at

    async def _wait(self, woken: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._heartbeat_s):
                await woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_S)


def _cursor(position: int, user_id: UUID) -> str:
    return encode_page_token((position,), user_id.bytes, "changes")


def _position(cursor: str, user_id: UUID) -> int:
    try:
        (position,) = decode_page_token(cursor, (int,), user_id.bytes, "changes")
    except PageTokenError:
        raise CursorInvalid(
            "the cursor is none of yours; send it unchanged", field="after_cursor"
        ) from None
    if not 0 <= int(position) < 2**63:
        raise CursorInvalid("the cursor is damaged", field="after_cursor")
    return int(position)
