"""One round: an import in which every process is killed once, and what is left of it."""

import asyncio
import hashlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
from argus.storage.v1 import image_pb2
from argus.type.v1.finding_pb2 import Finding

from bench.crash.targets import found
from mesh.client.checks import checks
from mesh.client.connection import Connection
from mesh.client.importer import Importer, Outcome
from mesh.client.paging import pages
from mesh.layout import Layout
from mesh.supervision.state import read_state

LABEL = "crash"
JOBS = 8
PATIENCE_S = 120.0
READY_AFTER_S = 180.0
POLL_S = 0.02
LATER_S = 0.3
"""Most seconds between the answer that makes a kill due and the kill."""

REST_S = 20.0
"""How long a process is waited for that was not there while images were imported."""

RENDERED_AFTER_S = 600.0
RENDERED_POLL_S = 10.0
FETCHES_AT_ONCE = 16
SETTLE = timedelta(seconds=2)


@dataclass(frozen=True)
class Round:
    """What became of one round's images.

    Attributes:
        label: Value of the label that its images have.
        images: How many files there were.
        killed: Process by the number of images that had been answered when it was killed.
        imported: Files that the first import said to have imported.
        sent_again: Others that it found to be there, because only the answer had been lost.
        resumed: Others, which a second import of the same files brought in.
        problems: Why files were not brought in by either.
        forgotten: Files whose images the first import was told of, and that are not there.
        lost: Files of which no image can be found that search finds.
        twice: Files that became more than one image.
        unshown: Images whose bytes or thumbnails are not there, or are others.
        findings: What `argus check` finds of the user afterwards.
        seconds: From the first file to the last answer, both imports together.
    """

    label: str
    images: int
    killed: Mapping[str, int]
    imported: int
    sent_again: int
    resumed: int
    problems: Sequence[str]
    forgotten: Sequence[str]
    lost: Sequence[str]
    twice: Sequence[str]
    unshown: Sequence[str]
    findings: Sequence[str]
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether every file is one image with all that belongs to it, and nothing else is left."""
        return not any(
            (self.problems, self.forgotten, self.lost, self.twice, self.unshown, self.findings)
        )


class Killer:
    """Kills each process once, about when so many images of a round have been answered.

    Args:
        layout: Of the mesh.
        targets: What is killed.
        images: Of the round.
        draw: Where moments come from.
    """

    def __init__(
        self, layout: Layout, targets: Sequence[str], images: int, draw: random.Random
    ) -> None:
        self._layout = layout
        self._due = {one: draw.randrange(1, max(2, images)) for one in targets}
        self._later_s = {one: draw.uniform(0, LATER_S) for one in targets}
        self._due_since: dict[str, float] = {}
        self._answered = 0
        self.killed: dict[str, int] = {}
        self.dead: set[int] = set()

    def progress(self, outcome: Outcome | None) -> None:
        """Told of each file's outcome."""
        self._answered += outcome is not None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Kills what is due; at the end what is left, where it is there soon enough."""
        working = asyncio.create_task(self._work())
        try:
            yield
            self._due = dict.fromkeys(self._due, 0)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(working), REST_S)
        finally:
            working.cancel()
            await asyncio.wait([working])
        if not working.cancelled():
            working.result()

    async def _work(self) -> None:
        while left := [one for one in self._due if one not in self.killed]:
            now = time.monotonic()
            for target in left:
                if self._answered >= self._due[target]:
                    since = self._due_since.setdefault(target, now)
                    if now >= since + self._later_s[target]:
                        self._kill(target)
            await asyncio.sleep(POLL_S)

    def _kill(self, target: str) -> None:
        state = read_state(self._layout)
        if state is not None and (pid := found(state, target)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed[target] = self._answered
                self.dead.add(pid)


async def run_round(
    layout: Layout,
    connection: Connection,
    files: Sequence[Path],
    label: str,
    killer: Killer,
) -> Round:
    """Imports files while every process is killed, and looks at what is left.

    Args:
        layout: Of the mesh.
        connection: Of somebody who is signed in.
        files: Images, no two with the same bytes or name.
        label: Value of the label that they get, unlike that of any other round.
        killer: What is killed and when.
    """
    began = time.monotonic()
    labels = {LABEL: label}
    importer = Importer(connection, labels=labels, jobs=JOBS, progress=killer.progress)
    async with killer.at_work():
        first = await importer.run(files)
    await until_ready(layout, killer.dead)
    again = Importer(connection, labels=labels, jobs=JOBS, progress=lambda _: None)
    second = await again.run(files)
    seconds = time.monotonic() - began
    await until_ready(layout, killer.dead)
    images = await _images(connection, label)
    names = Counter(image.filename for image in images)
    indexed = {i.filename for i in images if i.state == image_pb2.Image.INDEXED}
    there = {image.image_id for image in images}
    return Round(
        label,
        len(files),
        killer.killed,
        len(first.imported),
        len(first.skipped),
        len(second.imported),
        [f"{file.name}: {why}" for file, why in second.problems],
        sorted(file.name for file, one in first.image_ids.items() if one not in there),
        sorted({file.name for file in files} - indexed),
        sorted(name for name, count in names.items() if count > 1),
        await _unshown(connection, images, {file.name: file for file in files}),
        await _findings(layout, {image.user_id for image in images}),
        seconds,
    )


async def until_ready(layout: Layout, dead: set[int]) -> None:
    """Waits until all parts are ready, in other processes than those.

    Raises:
        TimeoutError: that takes too long.
    """
    async with asyncio.timeout(READY_AFTER_S):
        while True:
            state = read_state(layout)
            if state is not None and state.ready and not dead & {one.pid for one in state.parts}:
                return
            await asyncio.sleep(POLL_S)


async def _images(connection: Connection, label: str = "") -> list[image_pb2.Image]:
    only = f'labels.{LABEL} = "{label}"' if label else ""
    request = image_pb2.ListImagesRequest(page_size=500, filter=only)
    found: list[image_pb2.Image] = []
    async for page in pages(connection, connection.images.ListImages, request):
        found += page.images
    return found


async def unrendered(connection: Connection) -> list[str]:
    """Names of the user's images without preview and placeholder, once there was time to make them.

    What a killed process was about to render is rendered minutes later.
    """
    give_up_at = time.monotonic() + RENDERED_AFTER_S
    while True:
        images = await _images(connection)
        left = [image.filename for image in images if not image.thumbhash]
        if not left or time.monotonic() > give_up_at:
            break
        await asyncio.sleep(RENDERED_POLL_S)
    return left + await _all_but(
        connection, images, lambda http, image: _is_webp(http, image.preview_url)
    )


async def _unshown(
    connection: Connection, images: Sequence[image_pb2.Image], files: Mapping[str, Path]
) -> list[str]:
    """Images whose bytes or thumbnails are not what they should be."""

    async def is_shown(http: httpx.AsyncClient, image: image_pb2.Image) -> bool:
        content = await http.get(image.content_url)
        file = files[image.filename]
        wanted = await asyncio.to_thread(lambda: hashlib.sha256(file.read_bytes()).digest())
        same = hashlib.sha256(content.content).digest() == wanted
        return same and await _is_webp(http, image.thumbnail_url)

    return await _all_but(connection, images, is_shown)


async def _is_webp(http: httpx.AsyncClient, url: str) -> bool:
    answer = await http.get(url)
    return answer.status_code == HTTPStatus.OK and answer.content[8:12] == b"WEBP"


async def _all_but(
    connection: Connection,
    images: Sequence[image_pb2.Image],
    holds: Callable[[httpx.AsyncClient, image_pb2.Image], Awaitable[bool]],
) -> list[str]:
    """Names of the images of which it does not hold."""
    limit = asyncio.Semaphore(FETCHES_AT_ONCE)
    async with connection.http(timeout_s=PATIENCE_S) as http:

        async def ask(image: image_pb2.Image) -> bool:
            async with limit:
                return await holds(http, image)

        told = await asyncio.gather(*(ask(image) for image in images))
    return [image.filename for image, well in zip(images, told, strict=True) if not well]


async def _findings(layout: Layout, user_ids: set[str]) -> list[str]:
    """What a check finds of these users, of whatever age."""
    async with checks(layout, "", as_admin=False) as asked:
        told = asked.told(repair=False, grace=timedelta(), settle=SETTLE)
        return [
            f"{Finding.Kind.Name(one.kind)} {one.subject}"
            async for one in told
            if isinstance(one, Finding) and (not one.user_id or one.user_id in user_ids)
        ]
