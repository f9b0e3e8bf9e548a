"""Making versions of sets."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from services.clients.patience import patiently
from services.inspection.artifact import unpack
from services.inspection.errors import ArtifactWrong, ReferenceSetEmpty
from services.inspection.finding import Learnt
from services.inspection.job import Calibrated, CalibrationRequest, Job
from services.inspection.jobs.work import Report
from services.inspection.learning.artifact_keeper import ArtifactKeeper, KeptArtifact
from services.inspection.learning.part_figures import part_figures_of, threshold_of
from services.inspection.learning.sensitivity import sensitivity_of
from services.inspection.learning.training import Base, Lesson, Trainer
from services.inspection.model import CalibrationSettings, Registration, Scorer, Version
from services.inspection.ports import Artifacts, PartNumbers, ReferenceSets, Versions
from services.inspection.verdict.thresholds import in_order

PAGE = 1000
VERSIONS = 20
"""Versions, with the ids of all their images, that are looked at at once."""


class Calibrator:
    """`Work` of calibrations: learns from a set's images what normal is.

    Nothing is kept of a calibration before its version is whole.

    Args:
        sets: Sets and their images.
        versions: Where versions go.
        artifacts: What versions learnt.
        keeper: Keeps what was learnt.
        trainers: Who learns, by scorer.
        parts: Which images show the same part.
        clock: What time it is.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        versions: Versions,
        artifacts: Artifacts,
        keeper: ArtifactKeeper,
        trainers: Mapping[Scorer, Trainer],
        *,
        parts: PartNumbers,
        clock: Callable[[], datetime],
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._artifacts = artifacts
        self._keeper = keeper
        self._trainers = trainers
        self._parts = parts
        self._clock = clock

    async def do(self, job: Job, report: Report) -> bool:
        """Makes a version and takes it into use.

        Raises:
            ReferenceSetEmpty, ImagesUnusable, CalibrationTooLarge: its images do not make one.
        """
        request = job.request
        assert isinstance(request, CalibrationRequest)  # noqa: S101 - what its kind says
        set_id = job.set_id
        image_ids = await self._image_ids(set_id)
        if not image_ids:
            raise ReferenceSetEmpty("the reference set has no images; add normal ones first")
        report.images(0, len(image_ids))
        report.stage("takes features")
        owner_id = await patiently(lambda: self._sets.owner(set_id))
        rule = request.settings.part_rule
        parts = await patiently(lambda: self._parts.of(set_id, rule, image_ids))
        lesson = Lesson(
            user_id=owner_id,
            image_ids=image_ids,
            settings=request.settings,
            base=await self._base(set_id, request, image_ids, parts),
            parts=parts,
            reference_image_id=await self._reference_image(set_id, request.settings),
        )
        trainer = self._trainers[request.settings.scorer]
        learnt, report.skipped = await trainer.learn(lesson, report)
        report.stage("keeps the version")
        kept = await self._keeper.put(set_id, learnt.arrays)
        version = _version(set_id, learnt, kept, request.target, self._clock())
        ending = report.ending(job, Calibrated())
        return bool(await patiently(lambda: self._versions.keep(version, ending=ending, use=True)))

    async def _reference_image(self, set_id: str, settings: CalibrationSettings) -> str:
        """The image that the newest version with registration aligns others to, if there is one.

        It stays from version to version, because regions of interest are drawn on it.
        """
        before = 0
        if settings.registration is Registration.NONE:
            return ""
        while page := await patiently(
            partial(self._versions.list, set_id, before=before, limit=VERSIONS)
        ):
            for version in page:
                if version.reference_image_id:
                    return version.reference_image_id
            before = page[-1].version
        return ""

    async def _image_ids(self, set_id: str) -> list[str]:
        found: list[str] = []
        after = 0
        while page := await patiently(partial(self._sets.images, set_id, after=after, limit=PAGE)):
            found += [image_id for _, image_id in page]
            after = page[-1][0]
        return found

    async def _base(
        self,
        set_id: str,
        request: CalibrationRequest,
        image_ids: Sequence[str],
        parts: Sequence[int],
    ) -> Base | None:
        """The newest version that learnt from a part of these images in the same way.

        None where some show the same part: what a picture adds would be held against
        others of its part.
        """
        if request.from_scratch or request.settings.scorer is not Scorer.PATCH_CORESET:
            return None
        if len(set(parts)) < len(parts):
            return None
        wanted = set(image_ids)
        before = 0
        while page := await patiently(
            partial(self._versions.list, set_id, before=before, limit=VERSIONS)
        ):
            for version in page:
                if (
                    version.settings == request.settings
                    and not version.has_head
                    and not version.threshold.part_count
                    and wanted.issuperset(version.image_ids)
                ):
                    return await self._opened(version)
            before = page[-1].version
        return None

    async def _opened(self, version: Version) -> Base | None:
        """A version with what it learnt; None if that is gone."""
        try:
            content = await patiently(
                lambda: self._artifacts.get(version.artifact_name, version.artifact_sha256)
            )
            return Base(version, unpack(content))
        except ArtifactWrong:
            return None


def _version(
    set_id: str, learnt: Learnt, kept: KeptArtifact, target: float, now: datetime
) -> Version:
    threshold = threshold_of(learnt, target)
    # With one part alone images are held out one by one.
    held_out, parts = in_order(learnt.held_out, () if threshold.parts_known else learnt.parts)
    return Version(
        set_id=set_id,
        version=0,
        created_at=now,
        image_ids=tuple(learnt.image_ids),
        settings=learnt.settings,
        model_version=learnt.model_version,
        threshold=threshold,
        held_out=held_out,
        coreset_size=learnt.coreset_size,
        artifact_name=kept.name,
        artifact_sha256=kept.sha256,
        artifact_bytes=kept.size_bytes,
        base_version=learnt.base_version,
        sensitivity=sensitivity_of(learnt.marks, threshold.value),
        frame_checks=learnt.frame_checks,
        held_out_parts=parts,
        part_figures=part_figures_of(learnt, threshold),
        marks=tuple(learnt.marks),
        banks=learnt.banks,
        reference_image_id=learnt.reference_image_id,
    )
