"""Every attack at once, in a process of its own: `python -m bench.attack SECONDS`.

Reads a `Target` as JSON. Says `begun` when all that is held is held, and in the end, as JSON, how
often what was done.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections import Counter
from pathlib import Path

import h2.exceptions
import httpx

from bench.attack.floods import ALL, Flood
from bench.attack.held import EMBED_TEXTS, LIST_IMAGES, LOGIN, Hoarder
from bench.attack.target import Target

HELD_S = 8.0
"""After so long what is held is let go and taken anew: the edge ends it before long."""

CUT_OFF = (OSError, httpx.TransportError, h2.exceptions.ProtocolError)

UNREAD = 24
HALF = 5
WATCHING = 4
SLOW_HEADERS = 200
IDLE = 1050
NICENESS = 15
BODIES = 4


class Attack:
    """All of them.

    Args:
        target: Whom to attack.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._done: Counter[str] = Counter()
        self._begun = asyncio.Event()

    async def run(self, seconds: float) -> Counter[str]:
        """Attacks for so long after all is held."""
        tasks = [asyncio.create_task(self._again(flood)) for flood in ALL]
        tasks.append(asyncio.create_task(self._hold()))
        first = asyncio.create_task(self._begun.wait())
        await asyncio.wait([*tasks, first], return_when=asyncio.FIRST_COMPLETED)
        print("begun", flush=True)
        await asyncio.wait([*tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, first):
            task.cancel()
        for ended in await asyncio.gather(*tasks, first, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        return self._done

    async def _again(self, flood: Flood) -> None:
        """Goes on also when connections are ended, which is what attackers get."""
        while True:
            try:
                await flood(self._target, self._done)
            except CUT_OFF:
                self._count(f"{flood.__name__.replace('_', ' ')}: cut off")
                await asyncio.sleep(0.1)

    async def _hold(self) -> None:
        while True:
            with contextlib.ExitStack() as kept:
                try:
                    await asyncio.to_thread(self._take, kept)
                except CUT_OFF:
                    self._count("what is held: cut off")
                self._begun.set()
                await asyncio.sleep(HELD_S)

    def _take(self, kept: contextlib.ExitStack) -> None:
        def at(last: int) -> Hoarder:
            return kept.enter_context(Hoarder(self._target.port, f"127.0.0.{last}"))

        token, image_id = self._target.token, self._target.image_id
        slow = at(21)
        self._count("unread downloads", len(slow.unread_files(token, image_id, UNREAD)))
        self._count("unread downloads", len(slow.unread_streams(token, image_id, UNREAD).received))
        self._count("idle watches of health", 256 * len(at(22).idle_watches(WATCHING)))
        for method, known in ((LOGIN, ""), (LIST_IMAGES, token), (EMBED_TEXTS, token)):
            at(23).half_calls(method, HALF, known)
            self._count("half calls", 256 * HALF)
        bodies = at(25)
        for _ in range(BODIES):
            bodies.body_that_waits("/api/search", token, b'{"image": "' + b"A" * 2**23)
            self._count("bodies of 8 MiB that wait")
        at(27).headers_that_wait(SLOW_HEADERS)
        self._count("headers that wait", SLOW_HEADERS)
        at(26).idle_connections(IDLE)
        self._count("idle connections", IDLE)

    def _count(self, name: str, more: int = 1) -> None:
        self._done[name] += more


def _give_way() -> None:
    """Leaves the processors to what is attacked: who attacks has machines of their own.

    Linux may share out processors by session before it looks at processes.
    """
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def main() -> None:
    """Attacks whom standard input says."""
    _give_way()
    target = Target.model_validate_json(sys.stdin.readline())
    print(json.dumps(asyncio.run(Attack(target).run(float(sys.argv[1])))), flush=True)


if __name__ == "__main__":
    main()
