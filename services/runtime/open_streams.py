"""Streams end with the session and with the token that opened them.

A unary call is checked when it begins, and is over soon. A stream may go on for
hours, so its session and its token are looked at as long as it is open; see
`docs/decisions/0022-identities.md`.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from services.runtime.errors import ArgusError, Unavailable
from services.runtime.identity import CLOSED, Identity, SessionClosed, Sessions, TokenExpired
from services.runtime.stream_limits import StreamCounts, StreamKind, StreamLimits

EVERY_S = 1.0
"""How often the sessions of open streams are looked at, all with one question."""

UNLIMITED = StreamLimits(watches=10**9, transfers=10**9)

UNKNOWN_FOR_S = 60.0
"""A stream ends when it has been unknown for this long whether its session is closed."""

STREAM_EXPIRED = "the access token has expired; refresh it and open the stream again"

_log = logging.getLogger(__name__)
T = TypeVar("T")
_END = object()


class OpenStream:
    """One stream under way."""

    def __init__(self, session_id: str, opened_at: float, good_until: float = math.inf) -> None:
        self.good_until = good_until
        """Seconds since 1970 at which its token is no longer taken."""
        self.session_id = session_id
        """Session of the user who opened it; empty if there is no session to check."""
        self.known_at = opened_at
        """Event loop's time at which the session was last known to be open."""
        self._ended: ArgusError | None = None
        self._step: asyncio.Timeout | None = None

    def end(self, error: ArgusError) -> None:
        """Interrupts what the stream does; it raises `error`, now or at its next step."""
        if self._ended is None:
            self._ended = error
            if self._step is not None:
                self._step.reschedule(asyncio.get_running_loop().time())

    async def follow(self, responses: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        """The responses, until the stream is ended.

        Raises:
            ArgusError: what it was ended with.
        """
        try:
            while True:
                response = await self.step(lambda: anext(responses, _END))
                if response is _END:
                    return
                yield response  # type: ignore[misc] # what is not the end is a response
        finally:
            if isinstance(responses, AsyncGenerator):
                await responses.aclose()

    async def step(self, work: Callable[[], Awaitable[T]]) -> T:
        """Does one piece of work, until the stream is ended.

        Raises:
            ArgusError: what it was ended with.
        """
        if self._ended is not None:
            raise self._ended
        try:
            # Not a limit of time: what ends it is `end`. Between steps nothing is interrupted,
            # because then gRPC is at work on the answer.
            async with asyncio.timeout(None) as self._step:
                return await work()
        except Exception:
            if self._ended is not None:
                raise self._ended from None
            raise
        finally:
            self._step = None


class OpenStreams:
    """The streams of this process that users' sessions opened.

    Args:
        sessions: Which were closed.
        limits: How many each user may have open.
        every_s: How often to look.
        unknown_for_s: After how long without an answer the streams end.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        limits: StreamLimits = UNLIMITED,
        every_s: float = EVERY_S,
        unknown_for_s: float = UNKNOWN_FOR_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sessions = sessions
        self._counts = StreamCounts(limits)
        self._every_s = every_s
        self._unknown_for_s = unknown_for_s
        self._clock = clock
        self._open: set[OpenStream] = set()
        self._answers = True

    @contextmanager
    def opened(
        self, identity: Identity | None, kind: StreamKind = StreamKind.TRANSFER
    ) -> Iterator[OpenStream]:
        """A stream that was just opened by `identity`, whose session was open then.

        Raises:
            TooManyStreams: a user has as many of this kind as one may. Services have no limit.
        """
        with ExitStack() as held:
            if identity and identity.user_id:
                held.enter_context(self._counts.counted(identity.user_id, kind))
            yield held.enter_context(self._followed(identity))

    @contextmanager
    def _followed(self, identity: Identity | None) -> Iterator[OpenStream]:
        session_id = identity.session_id if identity else ""
        good_until = identity.good_until if identity else math.inf
        stream = OpenStream(session_id, asyncio.get_running_loop().time(), good_until)
        if session_id:
            self._open.add(stream)
        try:
            yield stream
        finally:
            self._open.discard(stream)

    @contextmanager
    def begun(self) -> Iterator[OpenStream]:
        """A unary call that was just begun: it can be ended, and outlives its session."""
        yield OpenStream("", asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.look()

    async def look(self) -> None:
        """Ends the streams whose time is over.

        Those of tokens that have expired, and of sessions that were closed or that nobody knows
        about any more.
        """
        asked = list(self._open)
        present = self._clock()
        for stream in asked:
            if stream.good_until <= present:
                stream.end(TokenExpired(STREAM_EXPIRED))
        if not asked:
            return
        now = asyncio.get_running_loop().time()
        try:
            closed = await self._sessions.closed_among({stream.session_id for stream in asked})
        except Exception as error:  # noqa: BLE001 - whatever it is, streams must not go on unseen
            if self._answers:
                _log.warning("sessions of open streams cannot be looked at: %r", error)
            self._answers = False
            for stream in asked:
                if now - stream.known_at >= self._unknown_for_s:
                    stream.end(
                        Unavailable("the session cannot be looked at; try again", retry_after_s=1)
                    )
            return
        self._answers = True
        for stream in asked:
            if stream.session_id in closed:
                stream.end(SessionClosed(CLOSED))
            else:
                stream.known_at = now
