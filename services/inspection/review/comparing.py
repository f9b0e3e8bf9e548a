"""Versions held against what people said: side by side, or as lessons for a head."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from services.inspection.artifact import artifact_name, pack, unpack
from services.inspection.errors import FeedbackInsufficient, ScorerUnsupported
from services.inspection.finding import Finding
from services.inspection.learning.head import HeadReport, train_head
from services.inspection.model import Counts, LabelledImage, Scorer
from services.inspection.ports import (
    Artifacts,
    FeedbackStore,
    ReferenceContents,
    Versions,
)
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.scoring.loader import HEAD_PREFIX, LoadedVersion, VersionLoader
from services.inspection.verdict import thresholds
from services.inspection.verdict.agreement import auroc, counts_of, mcnemar
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

AT_ONCE = 4
"""Images that are inspected at once."""

MOST_IMAGES = 2000
"""Labelled images that are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class Side:
    """How one version agrees with people."""

    counts: Counts
    auroc: float | None
    """Absent unless both defects and normal images occur."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions on the same images."""

    a: Side
    b: Side
    only_a_right: int
    only_b_right: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of training a head."""

    report: HeadReport
    version: int
    """0 if the head was not kept."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A labelled image, inspected anew."""

    label: LabelledImage
    finding: Finding
    score: float
    anomalous: bool


class Comparing:
    """Inspects labelled images anew.

    Only images of the caller's are looked at, and none that a version learnt
    from, because it would know them by heart.

    Args:
        library: Who may see and change which set.
        versions: What calibrations made.
        loader: Versions ready to inspect with.
        feedback: What people said.
        contents: Bytes of stored images.
        artifacts: Where a version with a head goes.
        threads: Where heads are trained.
        clock: What time it is.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        versions: Versions,
        loader: VersionLoader,
        feedback: FeedbackStore,
        *,
        contents: ReferenceContents,
        artifacts: Artifacts,
        threads: Executor,
        clock: Callable[[], datetime],
    ) -> None:
        self._library = library
        self._versions = versions
        self._loader = loader
        self._feedback = feedback
        self._contents = contents
        self._artifacts = artifacts
        self._threads = threads
        self._clock = clock

    async def compare(self, set_id: str, user_id: str, a: int, b: int) -> Comparison:
        """Two versions on the same images.

        Raises:
            VersionNotFound: there is no such version.
            FeedbackInsufficient: nobody judged an image that neither learnt from.
        """
        found = await self._library.get(set_id, user_id)
        versions = [await self._loader.load(found.in_use, number) for number in (a, b)]
        labelled = await self._labelled(set_id, user_id, versions)
        first, second = [await self._judge(labelled, loaded) for loaded in versions]
        both = first.keys() & second.keys()
        if not both:
            raise FeedbackInsufficient(
                "nobody has judged an image that neither version learnt from; give feedback first"
            )
        ids = sorted(both)
        right = [
            [judged[image_id].anomalous == judged[image_id].label.defective for image_id in ids]
            for judged in (first, second)
        ]
        only_a = sum(x and not y for x, y in zip(*right, strict=True))
        only_b = sum(y and not x for x, y in zip(*right, strict=True))
        return Comparison(
            a=_side([first[image_id] for image_id in ids]),
            b=_side([second[image_id] for image_id in ids]),
            only_a_right=only_a,
            only_b_right=only_b,
            p_value=mcnemar(only_a, only_b),
        )

    async def train(self, set_id: str, user_id: str, number: int) -> Trained:
        """Trains a head from feedback; it becomes a version if it is better.

        Raises:
            VersionNotFound: there is no such version.
            FeedbackInsufficient: too few images were judged.
            ScorerUnsupported: the version's scorer keeps nothing that a head could learn with.
        """
        found = await self._library.owned(set_id, user_id)
        loaded = await self._loader.load(found.in_use, number)
        version = loaded.version
        if version.settings.scorer is not Scorer.PATCH_CORESET:
            raise ScorerUnsupported("a head needs a version whose scorer is PATCH_CORESET")
        judged = await self._judge(await self._labelled(set_id, user_id, [loaded]), loaded)
        labelled = [judged[image_id] for image_id in sorted(judged)]
        content = await self._artifacts.get(version.artifact_name, version.artifact_sha256)
        arrays = dict(unpack(content))
        held_out = arrays["held_out.scores"].astype(np.float64)
        report = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            lambda: train_head(
                scores=np.array([one.finding.score for one in labelled]),
                descriptors=np.array([one.finding.descriptor for one in labelled]),
                defective=np.array([one.label.defective for one in labelled]),
                reference_scores=held_out,
                reference_descriptors=arrays["held_out.descriptors"].astype(np.float32),
            ),
        )
        if report.head is None:
            return Trained(report, 0)
        arrays = {name: array for name, array in arrays.items() if not name.startswith(HEAD_PREFIX)}
        arrays |= {f"{HEAD_PREFIX}{name}": array for name, array in report.head.to_arrays().items()}
        content = pack(arrays)
        name, sha256 = artifact_name(set_id, content)
        await self._artifacts.put(name, content)
        scores = report.reference_scores
        made = replace(
            version,
            version=0,
            created_at=self._clock(),
            threshold=thresholds.estimate(scores, version.threshold.target),
            held_out=tuple(sorted(float(score) for score in scores)),
            artifact_name=name,
            artifact_sha256=sha256,
            artifact_bytes=len(content),
            base_version=version.version,
            has_head=True,
            # Defects were painted for scores without one.
            sensitivity=(),
        )
        return Trained(report, await self._versions.keep(made, calibration=None, use=False))

    async def _labelled(
        self, set_id: str, user_id: str, versions: Sequence[LoadedVersion]
    ) -> list[LabelledImage]:
        learnt: set[str] = set()
        for loaded in versions:
            learnt.update(loaded.version.image_ids)
        labelled = await self._feedback.labelled(set_id, user_id=user_id)
        return [one for one in labelled if one.image_id not in learnt][-MOST_IMAGES:]

    async def _judge(
        self, labelled: Sequence[LabelledImage], loaded: LoadedVersion
    ) -> dict[str, _Judged]:
        """Inspects images anew; those that are gone or cannot be read are left out."""

        async def one(label: LabelledImage) -> _Judged | None:
            try:
                image = await self._contents.fetch(label.image_id, label.user_id)
                seen = await loaded.scorer.look(image)
            except (InvalidInput, NotFound):
                return None
            finding = await loaded.scorer.find(seen, nearest_limit=1)
            judgement = loaded.judge(finding)
            return _Judged(label, finding, judgement.score, judgement.anomalous)

        done = await at_once(labelled, one, AT_ONCE)
        return {judged.label.image_id: judged for judged in done if judged is not None}


def _side(judged: Sequence[_Judged]) -> Side:
    defects = [one.score for one in judged if one.label.defective]
    normals = [one.score for one in judged if not one.label.defective]
    return Side(
        counts_of((one.anomalous, one.label.defective) for one in judged),
        auroc(normals, defects) if normals and defects else None,
    )
