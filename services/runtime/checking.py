"""Looking twice at what stores have and should not have, or should have and have not.

While a check runs, images come and go, and no two stores are read at the same moment. So what seems
wrong at the first look is only suspected; what is still wrong after a while, asked for by its name,
is found.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

GRACE = timedelta(hours=1)
"""How old something must be to be wrong, if a check says nothing else."""

SETTLE = timedelta(seconds=5)
"""How long after the first look the second follows, if a check says nothing else."""

MOST_SUSPECTS = 1_000
"""Suspects that are gathered before they are looked at again."""


class FindingKind(StrEnum):
    """What is wrong, by the names of the contract's `Finding.Kind`."""

    OBJECT_WITHOUT_IMAGE = "OBJECT_WITHOUT_IMAGE"
    CONTENT_LOST = "CONTENT_LOST"
    THUMBNAIL_MISSING = "THUMBNAIL_MISSING"
    RENDITION_MISSING = "RENDITION_MISSING"
    UPLOAD_ABANDONED = "UPLOAD_ABANDONED"
    EVENT_LOST = "EVENT_LOST"
    VECTOR_WITHOUT_IMAGE = "VECTOR_WITHOUT_IMAGE"
    VECTOR_MISSING = "VECTOR_MISSING"
    PURGED_IMAGE_REFERENCED = "PURGED_IMAGE_REFERENCED"
    ARTIFACT_WITHOUT_VERSION = "ARTIFACT_WITHOUT_VERSION"
    ARTIFACT_MISSING = "ARTIFACT_MISSING"


class Repair(StrEnum):
    """What has become of a finding, by the names of the contract's `Finding.Repair`."""

    POSSIBLE = "POSSIBLE"
    MENDED = "MENDED"
    BY_HAND = "BY_HAND"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or seems to be.

    Attributes:
        kind: What is wrong.
        subject: UUID of the image, key of the object, or name of the artifact.
        description: What is wrong, for a person.
        user_id: UUID of the owner; empty if nobody knows.
        repair: Whether it can be mended, and is.
        part: Which part of the subject, for whoever mends it: a key, or an id of an upload.
    """

    kind: FindingKind
    subject: str
    description: str
    user_id: str = ""
    repair: Repair = Repair.POSSIBLE
    part: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a first look at some things came to."""

    checked: int
    suspects: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come."""

    step: str
    checked: int


class Step(Protocol):
    """One direction in which two stores are compared."""

    @property
    def name(self) -> str:
        """What is looked at, for a person."""

    def first_look(self) -> AsyncIterator[Looked]:
        """Looks at everything once."""

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those of the suspects that are wrong now, asked for by their names."""

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Mends what can be mended; returns those that are, or will be without further ado."""


async def look_twice(
    steps: Sequence[Step],
    *,
    repair: bool,
    settle: timedelta,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[Finding | Progress, None]:
    """Does the steps one after the other.

    Args:
        steps: What to compare.
        repair: Whether to mend what is found.
        settle: How long after the first look the second follows.
        sleep: Waits.

    Yields:
        What is wrong, and after each batch how far the step has come; each step ends so, too.
    """
    for step in steps:
        checked = 0
        suspects: list[Finding] = []
        async for looked in step.first_look():
            checked += looked.checked
            suspects += looked.suspects
            while len(suspects) >= MOST_SUSPECTS:
                batch, suspects = suspects[:MOST_SUSPECTS], suspects[MOST_SUSPECTS:]
                for finding in await _again(step, batch, repair, settle, sleep):
                    yield finding
            yield Progress(step.name, checked)
        if suspects:
            for finding in await _again(step, suspects, repair, settle, sleep):
                yield finding
        yield Progress(step.name, checked)


async def _again(
    step: Step,
    suspects: Sequence[Finding],
    repair: bool,
    settle: timedelta,
    sleep: Callable[[float], Awaitable[None]],
) -> list[Finding]:
    await sleep(settle.total_seconds())
    found = list(await step.second_look(suspects))
    if not repair:
        return found
    mendable = [finding for finding in found if finding.repair is Repair.POSSIBLE]
    mended = set(await step.mend(mendable)) if mendable else set()
    return [
        replace(finding, repair=Repair.MENDED) if finding in mended else finding
        for finding in found
    ]


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has a name by which it is compared."""

    name: str


T = TypeVar("T", bound=Named)
W = TypeVar("W", bound=Named)


async def differences(
    there: AsyncIterator[Sequence[T]], wanted: AsyncIterator[Sequence[W]]
) -> AsyncIterator[tuple[int, Sequence[T], Sequence[tuple[W, T | None]]]]:
    """Merges two sequences, each ascending by name, page by page.

    A sequence that is not quite ascending costs suspects, and no more: a second look decides.

    Yields:
        How many of what is there were compared; what is there and not wanted; and what is wanted,
        each with its match, or None if it is not there.
    """
    here, want = _Pages(there), _Pages(wanted)
    await here.turn()
    await want.turn()
    while here.first is not None or want.first is not None:
        compared = 0
        extra: list[T] = []
        pairs: list[tuple[W, T | None]] = []
        while len(extra) + len(pairs) < MOST_SUSPECTS:
            first, second = here.first, want.first
            if (first is None and not here.ended) or (second is None and not want.ended):
                # A page is used up; the next may begin before what the other has.
                break
            if first is not None and (second is None or first.name < second.name):
                extra.append(first)
                here.take()
                compared += 1
            elif second is not None and (first is None or second.name < first.name):
                pairs.append((second, None))
                want.take()
            elif first is not None and second is not None:
                pairs.append((second, first))
                here.take()
                want.take()
                compared += 1
            else:
                break
        yield compared, extra, pairs
        await here.turn()
        await want.turn()


class _Pages(Generic[T]):
    """Pages of a sequence, of which the next is read when one is used up."""

    def __init__(self, pages: AsyncIterator[Sequence[T]]) -> None:
        self._pages = pages
        self._page: Sequence[T] = ()
        self._at = 0
        self.ended = False

    @property
    def first(self) -> T | None:
        return self._page[self._at] if self._at < len(self._page) else None

    def take(self) -> None:
        self._at += 1

    async def turn(self) -> None:
        while self.first is None and not self.ended:
            try:
                self._page, self._at = await anext(self._pages), 0
            except StopAsyncIteration:
                self.ended = True
