"""Working on calibrations, one at a time, whichever replica asked for them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from services.clients.patience import patiently
from services.inspection.artifact import artifact_name, pack, unpack
from services.inspection.errors import ArtifactWrong, CalibrationFailed, ReferenceSetEmpty
from services.inspection.finding import Learnt
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.learning.training import Base, Lesson, Trainer
from services.inspection.model import Calibration, Scorer, SkippedImage, Version
from services.inspection.ports import Artifacts, Calibrations, ReferenceSets, Versions
from services.inspection.telemetry import calibrations
from services.inspection.verdict import thresholds
from services.runtime.errors import ArgusError
from services.runtime.pools import PoolFull
from services.runtime.postgres import DatabaseUnavailable

LEASE_S = 15.0
"""A calibration whose replica was not heard of for so long is begun again by another."""

REPORT_EVERY_S = 0.4
LOOK_EVERY_S = 2.0
"""How often a replica looks for calibrations that others queued or left."""

MOST_ATTEMPTS = 4
"""A calibration that was begun more often ended the processes that worked on it."""

LEAVE_TIMEOUT_S = 2.0
"""How long a replica that ends takes to leave its calibration to others."""

PAGE = 1000

_log = logging.getLogger(__name__)


class Calibrator:
    """Takes calibrations from the queue and makes versions of sets.

    A calibration that is cancelled, or whose set is deleted, is let go of
    within a second. One whose replica is stopped is begun again at once, and
    one whose replica dies when its lease ends; nothing is kept of it before its
    version is whole.

    Args:
        sets: Sets and their images.
        versions: Where versions go.
        calibrations: The queue.
        artifacts: Where what was learnt goes.
        trainers: Who learns, by scorer.
        replica: Name of this replica.
        clock: What time it is.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        versions: Versions,
        calibrations: Calibrations,
        artifacts: Artifacts,
        trainers: Mapping[Scorer, Trainer],
        *,
        replica: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._calibrations = calibrations
        self._artifacts = artifacts
        self._trainers = trainers
        self._replica = replica
        self._clock = clock
        self._queued = asyncio.Event()

    def wake(self) -> None:
        """There is a new one in the queue."""
        self._queued.set()

    async def run(self) -> None:
        """Works for ever."""
        while True:
            self._queued.clear()
            calibration = await self._calibrations.take(self._replica, lease_s=LEASE_S)
            if calibration is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._queued.wait()
                continue
            await self._work(calibration)

    async def _work(self, calibration: Calibration) -> None:
        report = _Report(calibration.images_total)
        making = asyncio.create_task(self._make(calibration, report))
        try:
            while not making.done():
                await asyncio.wait([making], timeout=REPORT_EVERY_S)
                if not making.done() and not await self._hold(calibration, report):
                    _log.info("calibration %s is let go of", calibration.calibration_id)
                    calibrations.add(1, {"outcome": "let_go"})
                    return
            await making
            calibrations.add(1, {"outcome": "succeeded"})
        except ArgusError as error:
            _log.warning("calibration %s failed: %s", calibration.calibration_id, error.message)
            await self._fail(calibration, error, report)
        except Exception:  # noqa: BLE001 - whatever it meets, the calibration must end
            _log.exception("calibration %s failed", calibration.calibration_id)
            failed = CalibrationFailed("the calibration met an internal error; try again")
            await self._fail(calibration, failed, report)
        except asyncio.CancelledError:
            await self._leave(calibration, report)
            raise
        finally:
            making.cancel()
            await asyncio.wait([making])

    async def _fail(self, calibration: Calibration, error: ArgusError, report: "_Report") -> None:
        calibrations.add(1, {"outcome": error.reason})
        await self._calibrations.fail(calibration, error.reason, error.message, report.skipped)

    async def _hold(
        self, calibration: Calibration, report: "_Report", *, lease_s: float = LEASE_S
    ) -> bool:
        """Shows progress; False if it is not to be gone on with."""
        try:
            return await self._calibrations.report(
                calibration,
                stage=report.words,
                done=report.done,
                total=report.total,
                lease_s=lease_s,
            )
        except (DatabaseUnavailable, PoolFull) as error:
            # What is made is kept only if it is still this replica's then.
            _log.warning(
                "calibration %s goes on unseen: %s", calibration.calibration_id, error.message
            )
            return True

    async def _leave(self, calibration: Calibration, report: "_Report") -> None:
        """Leaves it to whoever comes next, without their waiting for the lease to end."""
        report.stage("waits for its turn again")
        # Or else the lease ends.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._hold(calibration, report, lease_s=0)

    async def _make(self, calibration: Calibration, report: "_Report") -> None:
        if calibration.attempts > MOST_ATTEMPTS:
            raise CalibrationFailed(
                "the calibration ended the processes that worked on it, again and again"
            )
        set_id = calibration.set_id
        image_ids = await self._image_ids(set_id)
        if not image_ids:
            raise ReferenceSetEmpty("the reference set has no images; add normal ones first")
        report.images(0, len(image_ids))
        report.stage("takes features")
        owner = await patiently(lambda: self._sets.owner(set_id))
        lesson = Lesson(
            user_id=owner,
            image_ids=image_ids,
            settings=calibration.settings,
            base=await self._base(calibration, image_ids),
        )
        trainer = self._trainers[calibration.settings.scorer]
        learnt, report.skipped = await trainer.learn(lesson, report)
        await patiently(lambda: self._calibrations.note_skipped(calibration, report.skipped))
        report.stage("keeps the version")
        # However quick it was, all of its progress is shown.
        await self._hold(calibration, report)
        version = await keep_artifact(
            self._artifacts, set_id, learnt, calibration.target, self._clock()
        )
        await patiently(lambda: self._versions.keep(version, calibration=calibration, use=True))

    async def _image_ids(self, set_id: str) -> list[str]:
        found: list[str] = []
        after = 0
        while page := await patiently(partial(self._sets.images, set_id, after=after, limit=PAGE)):
            found += [image_id for _, image_id in page]
            after = page[-1][0]
        return found

    async def _base(self, calibration: Calibration, image_ids: Sequence[str]) -> Base | None:
        """The newest version that learnt from a part of these images in the same way."""
        if calibration.from_scratch or calibration.settings.scorer is not Scorer.PATCH_CORESET:
            return None
        wanted = set(image_ids)
        for version in await patiently(lambda: self._versions.list(calibration.set_id)):
            if (
                version.settings == calibration.settings
                and not version.has_head
                and wanted.issuperset(version.image_ids)
            ):
                return await self._opened(version)
        return None

    async def _opened(self, version: Version) -> Base | None:
        """A version with what it learnt; None if that is gone."""
        try:
            content = await patiently(
                lambda: self._artifacts.get(version.artifact_name, version.artifact_sha256)
            )
        except ArtifactWrong:
            return None
        return Base(version, unpack(content))


class _Report:
    """How far a calibration is; shown every so often."""

    def __init__(self, total: int) -> None:
        self.words = "waits for its turn"
        self.done = 0
        self.total = total
        self.skipped: Sequence[SkippedImage] = ()

    def images(self, done: int, total: int) -> None:
        """So many images were looked at."""
        self.done, self.total = done, total

    def stage(self, words: str) -> None:
        """What is done now."""
        self.words = words


async def keep_artifact(
    artifacts: Artifacts, set_id: str, learnt: Learnt, target: float, now: datetime
) -> Version:
    """Keeps what was learnt in the object store; the version that is to be kept of it."""
    content = pack(learnt.arrays)
    name, sha256 = artifact_name(set_id, content)
    threshold = thresholds.estimate(learnt.held_out, target)
    await patiently(lambda: artifacts.put(name, content))
    return Version(
        set_id=set_id,
        version=0,
        created_at=now,
        image_ids=tuple(learnt.image_ids),
        settings=learnt.settings,
        model_version=learnt.model_version,
        threshold=threshold,
        held_out=tuple(sorted(learnt.held_out)),
        coreset_size=learnt.coreset_size,
        artifact_name=name,
        artifact_sha256=sha256,
        artifact_bytes=len(content),
        base_version=learnt.base_version,
        sensitivity=sensitivity_of(learnt.marks, threshold.value),
    )
