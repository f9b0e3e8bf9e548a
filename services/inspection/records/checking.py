"""Checks of what inspection remembers: of images that are gone, and of what versions learnt."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.clients.standings import Standing
from services.inspection.ports import ListedArtifact
from services.runtime.checking import (
    Finding,
    FindingKind,
    Looked,
    Named,
    Repair,
    Step,
    differences,
)

PAGE = 500
ARTIFACTS = "reference-sets/"
"""What names of artifacts that versions learnt begin with."""


class Standings(Protocol):
    """Whether images are there, says storage. Raises StorageUnavailable."""

    async def describe(
        self, image_ids: Sequence[str], *, with_events: bool = False
    ) -> list[Standing]:
        """Whether images are there, in the order asked for."""


class ConsistencyRecords(Protocol):
    """What inspection remembers, for checks."""

    async def image_ids(self, after: str, limit: int) -> Sequence[str]:
        """Ids of images that sets, inspections or feedback name, ascending, behind `after`."""

    async def remembers(self, image_ids: Sequence[str]) -> Collection[str]:
        """Those of the images that sets, inspections or feedback name."""

    async def artifacts(self, after: str, limit: int) -> Sequence[str]:
        """Names of artifacts that versions have, ascending, behind `after`."""

    async def owners(self, names: Sequence[str]) -> Mapping[str, str]:
        """Artifacts that versions have, and whose reference set each is of."""

    async def expected(self, names: Sequence[str]) -> Collection[str]:
        """Those of the artifacts that versions have, or that are to be removed in time."""

    async def remove_artifacts(self, names: Sequence[str]) -> None:
        """Has artifacts removed that no version has by then."""


class ListedArtifacts(Protocol):
    """Artifacts by name. Raises StorageUnavailable."""

    async def listed(self, prefix: str, after: str) -> Sequence[ListedArtifact]:
        """Artifacts whose names begin so, behind `after`; none if there are no more."""


class PurgedImages:
    """`Step`: images that inspection remembers, against storage's records."""

    def __init__(
        self,
        records: ConsistencyRecords,
        standings: Standings,
        forget: Callable[[Sequence[str]], Awaitable[None]],
        before: datetime,
    ) -> None:
        self._records = records
        self._standings = standings
        self._forget = forget
        self._before = before

    @property
    def name(self) -> str:
        """What is looked at."""
        return "images of sets and inspections"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Asks storage of every image that is remembered; those in the trash are there."""
        after = ""
        while ids := await self._records.image_ids(after, PAGE):
            after = ids[-1]
            suspects = [
                Finding(
                    FindingKind.PURGED_IMAGE_REFERENCED,
                    one.image_id,
                    "sets, inspections or feedback name an image that is gone for good",
                )
                for one in await self._standings.describe(ids)
                if not one.exists
            ]
            yield Looked(len(ids), suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those that are still remembered, though no deletion is on its way."""
        ids = [suspect.subject for suspect in suspects]
        gone = {
            one.image_id
            for one in await self._standings.describe(ids, with_events=True)
            if not one.exists and not one.event_waiting and one.is_older(self._before)
        }
        remembered = await self._records.remembers(ids)
        return [s for s in suspects if s.subject in gone and s.subject in remembered]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Forgets them, as it does when it hears of a deletion."""
        await self._forget([finding.subject for finding in findings])
        return findings


@dataclass(frozen=True, slots=True)
class _There(Named):
    """An artifact that is there."""

    artifact: ListedArtifact


class ArtifactsOfVersions:
    """`Step`: artifacts in the object store, against the versions that have them."""

    def __init__(
        self, records: ConsistencyRecords, artifacts: ListedArtifacts, before: datetime
    ) -> None:
        self._records = records
        self._artifacts = artifacts
        self._before = before

    @property
    def name(self) -> str:
        """What is looked at."""
        return "artifacts"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Merges both by their names."""
        async for compared, extra, pairs in differences(self._there(), self._wanted()):
            suspects = [
                Finding(
                    FindingKind.ARTIFACT_WITHOUT_VERSION,
                    one.name,
                    "what a calibration learnt is kept, and no version of a set needs it",
                )
                for one in extra
                if one.artifact.put_at <= self._before
            ]
            suspects += [
                Finding(
                    FindingKind.ARTIFACT_MISSING,
                    wanted.name,
                    "what a version of a reference set learnt is gone; calibrate the set anew",
                    repair=Repair.BY_HAND,
                )
                for wanted, found in pairs
                if found is None
            ]
            yield Looked(compared, suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Asks for each by its name."""
        names = [suspect.subject for suspect in suspects]
        there = {name: await self._find(name) for name in names}
        # After the artifacts: a version is there before its artifact goes.
        expected = await self._records.expected(names)
        owners = await self._records.owners(names)
        found: list[Finding] = []
        for suspect in suspects:
            name = suspect.subject
            artifact = there[name]
            if suspect.kind is FindingKind.ARTIFACT_MISSING:
                if artifact is None and name in owners:
                    found.append(
                        Finding(
                            suspect.kind,
                            name,
                            suspect.description,
                            owners[name],
                            suspect.repair,
                        )
                    )
            elif artifact is not None and artifact.put_at <= self._before and name not in expected:
                found.append(suspect)
        return found

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Has them removed, unless a version has them by then."""
        await self._records.remove_artifacts([finding.subject for finding in findings])
        return findings

    async def _there(self) -> AsyncIterator[Sequence[_There]]:
        after = ""
        while page := await self._artifacts.listed(ARTIFACTS, after):
            after = page[-1].name
            yield [_There(one.name, one) for one in page]

    async def _wanted(self) -> AsyncIterator[Sequence[Named]]:
        after = ""
        while page := await self._records.artifacts(after, PAGE):
            after = page[-1]
            yield [Named(name) for name in page]

    async def _find(self, name: str) -> ListedArtifact | None:
        found = await self._artifacts.listed(name, "")
        return next((one for one in found if one.name == name), None)


class ReferenceChecks:
    """The checks of what inspection remembers.

    Args:
        records: What it remembers.
        standings: Whether images are there.
        artifacts: What is in the object store.
        forget: Forgets images that are gone.
        clock: What time it is.
    """

    def __init__(
        self,
        records: ConsistencyRecords,
        standings: Standings,
        artifacts: ListedArtifacts,
        forget: Callable[[Sequence[str]], Awaitable[None]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._standings = standings
        self._artifacts = artifacts
        self._forget = forget
        self._clock = clock

    def steps(self, grace: timedelta) -> list[Step]:
        """What is compared, of what is older than `grace`."""
        before = self._clock() - grace
        return [
            PurgedImages(self._records, self._standings, self._forget, before),
            ArtifactsOfVersions(self._records, self._artifacts, before),
        ]
