"""Labelled images inspected anew in the background."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.inspection.finding import Finding
from services.inspection.jobs.work import Report
from services.inspection.learning.outlines import corners_of
from services.inspection.learning.patch_head import PatchLesson, judged_lesson
from services.inspection.learning.training import look_at_all
from services.inspection.model import FloatArray, LabelledImage, Polygon
from services.inspection.ports import ReferenceContents
from services.inspection.registration.geometry import polygon_to_reference
from services.inspection.scoring.loader import LoadedVersion


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled image, inspected anew."""

    label: LabelledImage
    raw_score: float
    """Score without the say of the version's head."""
    score: float
    anomalous: bool
    descriptor: FloatArray = field(repr=False)
    lesson: PatchLesson | None = field(default=None, repr=False)
    """What its patches teach a head; None if that was not asked for or there are none."""


class Reinspection:
    """Inspects labelled images with a version, as this service and for as long as it takes.

    Args:
        contents: Bytes of stored images.
    """

    def __init__(self, contents: ReferenceContents) -> None:
        self._contents = contents

    async def judge(
        self,
        labels: Sequence[LabelledImage],
        loaded: LoadedVersion,
        report: Report,
        *,
        lessons: bool = False,
    ) -> dict[str, Judged]:
        """What the version finds, by image; those that are gone or cannot be read are left out.

        The report goes on counting from what was done before, and names what was left out.

        Args:
            labels: What people said of images.
            loaded: What to inspect them with.
            report: Told what is done.
            lessons: Whether to keep what patches teach.
        """
        of = {label.image_id: label for label in labels}

        async def look(image_id: str) -> Judged:
            image = await self._contents.fetch(image_id, of[image_id].user_id)
            seen = await loaded.scorer.look(image, interactive=False)
            finding = await loaded.scorer.find(seen, nearest_limit=1)
            judgement = loaded.judge(finding, seen.frame)
            return Judged(
                label=of[image_id],
                raw_score=finding.score,
                score=judgement.score,
                anomalous=judgement.anomalous,
                descriptor=finding.descriptor,
                lesson=_lesson(of[image_id], finding) if lessons else None,
            )

        looked = await look_at_all(list(of), look, _Onward(report))
        known = {one.image_id for one in report.skipped}
        new = [one for one in looked.skipped if one.image_id not in known]
        report.skipped = [*report.skipped, *new]
        return dict(looked.seen)


def _lesson(label: LabelledImage, finding: Finding) -> PatchLesson | None:
    if finding.patches is None:
        return None
    outlines = marks_of(label)
    if finding.alignment is not None:
        # People draw on the picture, patches lie in the reference's place.
        outlines = [polygon_to_reference(one, finding.alignment) for one in outlines]
    return judged_lesson(finding.patches(), defective=label.defective, outlines=outlines)


def marks_of(label: LabelledImage) -> Sequence[Polygon]:
    """The outlines that people drew of a defect, or the box; none if they drew nothing."""
    if label.polygons or label.region is None:
        return label.polygons
    return [corners_of(label.region)]


class _Onward:
    """Counts on from where a report is."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._before = report.done

    def images(self, done: int, total: int) -> None:
        self._report.images(self._before + done, max(self._report.total, self._before + total))

    def stage(self, words: str) -> None:
        self._report.stage(words)
