"""The work of one kind of job, and its progress."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from services.inspection.job import Ending, Job, JobResult
from services.inspection.model import SkippedImage

R = TypeVar("R", bound=JobResult)


class Report:
    """A job's progress, which the runner writes down several times a second."""

    def __init__(self, job: Job) -> None:
        self.words = "begins"
        self.done = 0
        self.total = job.images_total
        self.skipped: Sequence[SkippedImage] = ()

    def images(self, done: int, total: int) -> None:
        """So many images were looked at."""
        self.done, self.total = done, total

    def stage(self, words: str) -> None:
        """What is done now."""
        self.words = words

    def ending(self, job: Job, result: R) -> Ending[R]:
        """The job's end with a result."""
        return Ending(job, result, self.done, self.total, self.skipped)


class Work(Protocol):
    """Runs the jobs of one kind."""

    async def do(self, job: Job, report: Report) -> bool:
        """Runs a job and ends it as SUCCEEDED; waits for parts that are down.

        May be started again after any step. False, with nothing kept, if the
        job was cancelled or started again by another replica.

        Raises:
            ArgusError: the job fails for that reason.
        """
