"""Two versions held against what people said."""

from collections.abc import Sequence

from services.clients.patience import patiently
from services.inspection.job import Comparison, ComparisonRequest, Job, Side
from services.inspection.jobs.ports import JobStore
from services.inspection.jobs.work import Report
from services.inspection.review.background_loader import BackgroundLoader
from services.inspection.review.labels import UnseenLabels, require_some
from services.inspection.review.reinspection import Judged, Reinspection
from services.inspection.verdict.agreement import auroc, counts_of, mcnemar


class Comparing:
    """`Work` of comparisons: two versions on the same images of the asker's.

    Args:
        store: The queue.
        loader: Versions ready to inspect with.
        labels: What people said of images.
        reinspection: Inspects labelled images.
    """

    def __init__(
        self,
        store: JobStore,
        loader: BackgroundLoader,
        labels: UnseenLabels,
        reinspection: Reinspection,
    ) -> None:
        self._store = store
        self._loader = loader
        self._labels = labels
        self._reinspection = reinspection

    async def do(self, job: Job, report: Report) -> bool:
        """Compares, and keeps what came of it.

        Raises:
            VersionNotFound: a version is gone.
            FeedbackInsufficient: no image is left that neither learnt from.
            ModelVersionChanged, ArtifactWrong: a version cannot be used any more.
        """
        request = job.request
        assert isinstance(request, ComparisonRequest)  # noqa: S101 - what its kind says
        numbers = (request.version_a, request.version_b)
        loaded = [await self._loader.load(job.set_id, number) for number in numbers]
        versions = [one.version for one in loaded]
        labels = await patiently(lambda: self._labels.of(job.set_id, job.user_id, versions))
        report.images(0, len(numbers) * len(labels))
        judged = []
        for one in loaded:
            report.stage(f"inspects with version {one.version.version}")
            judged.append(await self._reinspection.judge(labels, one, report))
        comparison = compared(*judged)
        return await patiently(lambda: self._store.succeed(report.ending(job, comparison)))


def compared(first: dict[str, Judged], second: dict[str, Judged]) -> Comparison:
    """Two versions on the images that both inspected.

    Raises:
        FeedbackInsufficient: there is none.
    """
    ids = sorted(first.keys() & second.keys())
    require_some(len(ids))
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


def _side(judged: Sequence[Judged]) -> Side:
    defects = [one.score for one in judged if one.label.defective]
    normals = [one.score for one in judged if not one.label.defective]
    return Side(
        counts_of((one.anomalous, one.label.defective) for one in judged),
        auroc(normals, defects) if normals and defects else None,
    )
