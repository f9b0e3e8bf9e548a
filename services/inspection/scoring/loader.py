"""Versions ready to inspect with, kept in memory under a budget."""

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from services.inspection.artifact import unpack
from services.inspection.errors import ReferenceSetNotReady, no_version
from services.inspection.finding import Finding, ImageScorer
from services.inspection.learning.head import Head
from services.inspection.model import Scorer, SetInUse, Version, WholeFrame
from services.inspection.scoring.room import Room
from services.inspection.telemetry import loaded_bytes, loads
from services.inspection.verdict.frame_checks import problems_of
from services.inspection.verdict.judgement import Judgement, judged
from services.inspection.verdict.thresholds import PValues

HEAD_PREFIX = "head."

LOADING_SHARE = 4
"""Of the memory that versions may take, the part that artifacts being loaded may take besides."""

Open = Callable[[Version, str, Mapping[str, NDArray[Any]]], ImageScorer]
"""Makes a scorer of a version, its set's owner, and its artifact's arrays."""


class KeptVersions(Protocol):
    """What calibrations made."""

    async def get(self, set_id: str, version: int) -> Version | None:
        """A version."""

    async def exists(self, set_id: str, version: int) -> bool:
        """Whether a version is there."""


class KeptArtifacts(Protocol):
    """What versions learnt."""

    async def get(self, name: str, sha256: str) -> bytes:
        """An artifact's bytes.

        Raises:
            ArtifactWrong: they are gone or not those that were kept.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A version that images can be inspected with."""

    version: Version
    scorer: ImageScorer = field(repr=False)
    p_values: PValues = field(repr=False)
    head: Head | None = field(default=None, repr=False)

    def score(self, finding: Finding) -> float:
        """The score of what the scorer found, with the head's say."""
        if self.head is None:
            return finding.score
        return self.head.apply(finding.score, finding.descriptor, finding.patches)

    def judge(self, finding: Finding, frame: WholeFrame | None = None) -> Judgement:
        """The verdict on what the scorer found, and on the frame as a whole."""
        threshold = self.version.threshold
        problems, share = problems_of(frame, self.version.frame_checks, threshold.target)
        if finding.misplaced is not None:
            # What is too dark to be found is dark in the first place.
            problem, alike = finding.misplaced
            problems, share = [*problems, problem], min(share, alike, threshold.target)
        return judged(
            self.score(finding),
            finding.strangeness,
            self.p_values,
            threshold,
            frame=(problems, share),
        )


@dataclass(slots=True)
class _Loading:
    """A version that is being loaded, and how many wait for it."""

    task: asyncio.Task[LoadedVersion]
    waiting: int = 0


class VersionLoader:
    """Loads versions, each once however many ask; the least recently used leave first.

    A version that is deleted can be gone on with by whoever has it; nobody
    else gets it.

    Args:
        versions: What calibrations made.
        artifacts: Where what they learnt is.
        openers: How scorers are made, by kind.
        budget_bytes: Most memory that versions may take; the last one loaded always stays.
            Artifacts that are being loaded take at most a quarter of it besides, unless one alone
            is larger.
    """

    def __init__(
        self,
        versions: KeptVersions,
        artifacts: KeptArtifacts,
        openers: Mapping[Scorer, Open],
        *,
        budget_bytes: int,
    ) -> None:
        self._versions = versions
        self._artifacts = artifacts
        self._openers = openers
        self._budget_bytes = budget_bytes
        self._loaded: OrderedDict[tuple[str, int], LoadedVersion] = OrderedDict()
        self._room = Room(budget_bytes // LOADING_SHARE)
        self._loading: dict[tuple[str, int], _Loading] = {}

    async def load(self, reference_set: SetInUse, version: int = 0) -> LoadedVersion:
        """A version of a set as it is now; the current one if `version` is 0.

        Raises:
            ReferenceSetNotReady: there is no current one.
            VersionNotFound: there is no such version.
            ArtifactWrong: what it learnt is gone.
            StorageUnavailable, ContentsUnavailable: it cannot be had now.
        """
        set_id, number = reference_set.set_id, version or current_version(reference_set)
        key = (set_id, number)
        if found := self._loaded.get(key):
            self._loaded.move_to_end(key)
            # The current one cannot have been deleted.
            if number == reference_set.current_version or await self._versions.exists(*key):
                return found
            self._forget(key)
            raise no_version(number)
        loading = self._loading.get(key)
        if loading is None:
            task = asyncio.create_task(
                self._load(set_id, number, reference_set.user_id),
                # Not that of whoever came first: others may wait for longer.
                context=contextvars.Context(),
            )
            loading = self._loading[key] = _Loading(task)
        loading.waiting += 1
        try:
            # Whoever is cancelled leaves the others their version.
            return await asyncio.shield(loading.task)
        finally:
            loading.waiting -= 1
            if not loading.waiting:
                # What nobody waits for any more holds up others.
                loading.task.cancel()
                if self._loading.get(key) is loading:
                    del self._loading[key]

    def _forget(self, key: tuple[str, int]) -> None:
        gone = self._loaded.pop(key, None)
        if gone is not None:
            loaded_bytes.add(-gone.scorer.size_bytes)

    async def _load(self, set_id: str, number: int, owner_id: str) -> LoadedVersion:
        version = await self._versions.get(set_id, number)
        if version is None:
            raise no_version(number)
        async with self._room.take(version.artifact_bytes):
            content = await self._artifacts.get(version.artifact_name, version.artifact_sha256)
            loaded = await asyncio.to_thread(self._opened, version, owner_id, content)
        loads.add(1)
        loaded_bytes.add(loaded.scorer.size_bytes)
        self._loaded[(set_id, number)] = loaded
        self._evict()
        return loaded

    def _opened(self, version: Version, owner_id: str, content: bytes) -> LoadedVersion:
        arrays = unpack(content)
        head = {
            name.removeprefix(HEAD_PREFIX): array
            for name, array in arrays.items()
            if name.startswith(HEAD_PREFIX)
        }
        return LoadedVersion(
            version,
            self._openers[version.settings.scorer](version, owner_id, arrays),
            PValues(version.held_out, version.threshold, version.held_out_parts),
            Head.from_arrays(head) if head else None,
        )

    def _evict(self) -> None:
        while (
            len(self._loaded) > 1
            and sum(one.scorer.size_bytes for one in self._loaded.values()) > self._budget_bytes
        ):
            self._forget(next(iter(self._loaded)))


def current_version(reference_set: SetInUse) -> int:
    """The version in use.

    Raises:
        ReferenceSetNotReady: there is none.
    """
    if not reference_set.current_version:
        raise ReferenceSetNotReady(
            "the reference set has no version yet; add normal images and calibrate it"
        )
    return reference_set.current_version
