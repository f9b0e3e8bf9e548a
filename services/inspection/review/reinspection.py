"""Labelled images inspected anew in the background."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.inspection.jobs.work import Report
from services.inspection.learning.training import look_at_all
from services.inspection.model import FloatArray, LabelledImage
from services.inspection.ports import ReferenceContents
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


class Reinspection:
    """Inspects labelled images with a version, as this service and for as long as it takes.

    Args:
        contents: Bytes of stored images.
    """

    def __init__(self, contents: ReferenceContents) -> None:
        self._contents = contents

    async def judge(
        self, labels: Sequence[LabelledImage], loaded: LoadedVersion, report: Report
    ) -> dict[str, Judged]:
        """What the version finds, by image; those that are gone or cannot be read are left out.

        The report goes on counting from what was done before, and names what was left out.
        """
        of = {label.image_id: label for label in labels}

        async def look(image_id: str) -> Judged:
            image = await self._contents.fetch(image_id, of[image_id].user_id)
            seen = await loaded.scorer.look(image, interactive=False)
            finding = await loaded.scorer.find(seen, nearest_limit=1)
            judgement = loaded.judge(finding)
            return Judged(
                label=of[image_id],
                raw_score=finding.score,
                score=judgement.score,
                anomalous=judgement.anomalous,
                descriptor=finding.descriptor,
            )

        looked = await look_at_all(list(of), look, _Onward(report))
        known = {one.image_id for one in report.skipped}
        new = [one for one in looked.skipped if one.image_id not in known]
        report.skipped = [*report.skipped, *new]
        return dict(looked.seen)


class _Onward:
    """Counts on from where a report is."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._before = report.done

    def images(self, done: int, total: int) -> None:
        self._report.images(self._before + done, max(self._report.total, self._before + total))

    def stage(self, words: str) -> None:
        self._report.stage(words)
