"""The use cases of the audit: append what services noted, list it, watch it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from services.auth.audit_model import AuditEvent, AuditFilter, Head
from services.auth.ports import AuditStore, NotedCalls
from services.auth.telemetry import AuthMetrics
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token

DEFAULT_PAGE = 50
WATCH_BATCH = 200
LOOK_EVERY_S = 0.5
HEARTBEAT_S = 10.0
"""Longest silence towards a watcher; the contract promises 15 s."""

MAX_SEQUENCE = 2**63 - 1


class AuditWriter:
    """Appends what services noted to the chain, each entry once.

    Args:
        calls: What was noted.
        store: The chain.
        metrics: Counts what is appended.
    """

    def __init__(self, calls: NotedCalls, store: AuditStore, metrics: AuthMetrics) -> None:
        self._calls = calls
        self._store = store
        self._metrics = metrics

    async def run(self) -> None:
        """Appends for ever."""
        while True:
            await self.step()

    async def step(self) -> None:
        """Waits for entries for a while, and appends them."""
        ids, entries = await self._calls.read()
        if entries:
            # Killed after this, they are read again, and recognised.
            self._metrics.appended(await self._store.append(entries))
        if ids:
            await self._calls.finish(ids)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, where the next page begins (empty at the last), and where the chain ends."""

    events: list[AuditEvent]
    next_page_token: str
    head: Head


class AuditLog:
    """What is in the chain.

    Args:
        store: The chain.
        look_every_s: How often a watch looks for new entries.
        heartbeat_s: Seconds after which a watcher is told that there are none.
    """

    def __init__(
        self,
        store: AuditStore,
        *,
        look_every_s: float = LOOK_EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._store = store
        self._look_every_s = look_every_s
        self._heartbeat_s = heartbeat_s

    async def page(
        self, where: AuditFilter, page_size: int, page_token: str, *, oldest_first: bool
    ) -> AuditPage:
        """A page of entries.

        Args:
            where: Which.
            page_size: Entries in it; `DEFAULT_PAGE` if 0.
            page_token: Of the page before; empty for the first.
            oldest_first: Whether in the order of the chain.

        Raises:
            PageTokenError: The token is no such token.
        """
        limit = page_size or DEFAULT_PAGE
        query = ("audit", str(oldest_first), *where.key())
        beyond = None
        if page_token:
            (place,) = decode_page_token(page_token, (int,), *query)
            beyond = int(place)
            if not 0 <= beyond <= MAX_SEQUENCE:
                raise PageTokenError("the page token is damaged")
        # The head first: what is listed reaches at least that far.
        head = await self._store.head()
        found = await self._store.read(
            where, beyond=beyond, oldest_first=oldest_first, limit=limit + 1
        )
        following = ""
        if len(found) > limit:
            following = encode_page_token((found[limit - 1].link.sequence,), *query)
        return AuditPage(found[:limit], following, head)

    async def watch(self, after: int | None) -> AsyncGenerator[AuditEvent | None, None]:
        """Entries behind a place as they come; None when none came for a while.

        Args:
            after: The place; None: the end of the chain as it is now.
        """
        place = (await self._store.head()).sequence if after is None else after
        loop = asyncio.get_running_loop()
        told = loop.time()
        yield None
        while True:
            found = await self._store.read(
                AuditFilter(), beyond=place, oldest_first=True, limit=WATCH_BATCH
            )
            for event in found:
                place = event.link.sequence
                yield event
                told = loop.time()
            if len(found) < WATCH_BATCH:
                if loop.time() - told >= self._heartbeat_s:
                    yield None
                    told = loop.time()
                await asyncio.sleep(self._look_every_s)
