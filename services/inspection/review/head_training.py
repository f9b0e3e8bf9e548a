"""Learning a head from what people said."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

import numpy as np

from services.clients.patience import patiently
from services.inspection.artifact import unpack
from services.inspection.errors import ScorerUnsupported
from services.inspection.finding import Arrays
from services.inspection.job import HeadTraining, HeadTrainingRequest, Job
from services.inspection.jobs.ports import JobStore
from services.inspection.jobs.work import Report
from services.inspection.learning.artifact_keeper import ArtifactKeeper
from services.inspection.learning.banks import bank_of, first_of
from services.inspection.learning.folds import parts_from
from services.inspection.learning.head import HeadReport, References, train_head
from services.inspection.learning.head import Judged as Examples
from services.inspection.learning.patch_head import reference_lessons
from services.inspection.model import Scorer
from services.inspection.ports import Artifacts, PartNumbers, Versions
from services.inspection.review.background_loader import BackgroundLoader
from services.inspection.review.labels import UnseenLabels
from services.inspection.review.reinspection import Judged, Reinspection, marks_of
from services.inspection.scoring.loader import HEAD_PREFIX
from services.inspection.verdict.thresholds import estimate, in_order


class HeadTrainer:
    """`Work` of head trainings: the head becomes a version if it is better.

    Args:
        store: The queue.
        versions: Where a version with a head goes.
        artifacts: What versions learnt.
        keeper: Keeps what a version with a head is made of.
        loader: Versions ready to inspect with.
        labels: What people said of images.
        parts: Which images show the same part; all of one are learnt from, or none.
        reinspection: Inspects labelled images.
        threads: Where heads are trained.
        clock: What time it is.
    """

    def __init__(
        self,
        store: JobStore,
        versions: Versions,
        artifacts: Artifacts,
        keeper: ArtifactKeeper,
        *,
        loader: BackgroundLoader,
        labels: UnseenLabels,
        parts: PartNumbers,
        reinspection: Reinspection,
        threads: Executor,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._versions = versions
        self._artifacts = artifacts
        self._keeper = keeper
        self._loader = loader
        self._labels = labels
        self._parts = parts
        self._reinspection = reinspection
        self._threads = threads
        self._clock = clock

    async def do(self, job: Job, report: Report) -> bool:
        """Trains a head, and keeps a version with it if it is better.

        Raises:
            VersionNotFound: the version is gone.
            FeedbackInsufficient: too few images are left.
            ScorerUnsupported: the version's scorer keeps nothing that a head could learn with.
            ModelVersionChanged, ArtifactWrong: the version cannot be used any more.
        """
        request = job.request
        assert isinstance(request, HeadTrainingRequest)  # noqa: S101 - what its kind says
        loaded = await self._loader.load(job.set_id, request.version)
        version = loaded.version
        if version.settings.scorer is not Scorer.PATCH_CORESET:
            raise ScorerUnsupported("a head needs a version whose scorer is PATCH_CORESET")
        labels = await patiently(lambda: self._labels.of(job.set_id, job.user_id, [version]))
        report.images(0, len(labels))
        report.stage("inspects what people judged")
        judged = await self._reinspection.judge(labels, loaded, report, lessons=True)
        labelled = [judged[image_id] for image_id in sorted(judged)]
        report.stage("trains the head")
        content = await patiently(
            lambda: self._artifacts.get(version.artifact_name, version.artifact_sha256)
        )
        arrays = dict(unpack(content))
        shown = list(dict.fromkeys([*judged, *version.image_ids]))
        numbers = await patiently(
            lambda: self._parts.of(job.set_id, version.settings.part_rule, shown)
        )
        part_of = dict(zip(shown, numbers, strict=True))
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: _trained(labelled, arrays, part_of)
        )
        result = _result(found, labelled)
        if found.head is None:
            return await patiently(lambda: self._store.succeed(report.ending(job, result)))
        report.stage("keeps the version")
        arrays = {name: array for name, array in arrays.items() if not name.startswith(HEAD_PREFIX)}
        arrays |= {f"{HEAD_PREFIX}{name}": array for name, array in found.head.to_arrays().items()}
        kept = await self._keeper.put(job.set_id, arrays)
        parts = parts_from(arrays) if version.held_out_parts else []
        scores, parts_in_order = in_order([float(one) for one in found.reference_scores], parts)
        made = replace(
            version,
            version=0,
            created_at=self._clock(),
            threshold=replace(
                estimate(scores, version.threshold.target, parts_in_order),
                part_count=version.threshold.part_count,
                parts_known=version.threshold.parts_known,
            ),
            held_out=scores,
            held_out_parts=parts_in_order,
            # They are of scores without a head.
            part_figures=None,
            artifact_name=kept.name,
            artifact_sha256=kept.sha256,
            artifact_bytes=kept.size_bytes,
            base_version=version.version,
            has_head=True,
            # Defects were painted for scores without one.
            sensitivity=(),
        )
        ending = report.ending(job, result)
        return bool(await patiently(lambda: self._versions.keep(made, ending=ending, use=False)))


def _trained(labelled: Sequence[Judged], arrays: Arrays, part_of: Mapping[str, int]) -> HeadReport:
    """What comes of labelled images, of what a version learnt, and of who shows the same part."""
    bank = first_of(bank_of(arrays))
    image_ids = [*(one.label.image_id for one in labelled), *bank.image_ids]
    groups = np.array([part_of[image_id] for image_id in image_ids], np.int64)
    return train_head(
        Examples(
            scores=np.array([one.raw_score for one in labelled]),
            descriptors=np.array([one.descriptor for one in labelled]),
            defective=np.array([one.label.defective for one in labelled]),
            kinds=[one.label.label.strip().lower() for one in labelled],
            groups=groups[: len(labelled)],
            lessons=[one.lesson for one in labelled if one.lesson is not None],
        ),
        References(
            scores=arrays["held_out.scores"].astype(np.float64),
            descriptors=arrays["held_out.descriptors"].astype(np.float32),
            groups=groups[len(labelled) :],
            lessons=reference_lessons(bank),
        ),
    )


def _result(report: HeadReport, labelled: Sequence[Judged]) -> HeadTraining:
    return HeadTraining(
        auroc_without=report.auroc_without,
        auroc_with=report.auroc_with,
        normal_count=report.normal_count,
        defect_count=report.defect_count,
        explanation=report.explanation,
        gain_low=report.gain.low,
        gain_high=report.gain.high,
        wanted=tuple(report.wanted),
        marked_count=sum(one.label.defective and bool(marks_of(one.label)) for one in labelled),
        part_count=report.part_count,
    )
