"""What a job of one kind does, and how far it is."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from services.clients.patience import patiently
from services.inspection.jobs.model import Ending, Job, JobResult
from services.inspection.model import SkippedImage
from services.runtime.postgres import database_errors

T = TypeVar("T")
R = TypeVar("R", bound=JobResult)


class Report:
    """How far a job is; shown every so often."""

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
    """Jobs of one kind."""

    async def do(self, job: Job, report: Report) -> bool:
        """Does a job and ends it as SUCCEEDED; parts that are down are waited for.

        May be begun anew after any step. False if the job was cancelled or
        begun again by another replica meanwhile; then nothing is kept.

        Raises:
            ArgusError: it fails, for that reason.
        """


async def stored(call: Callable[[], Awaitable[T]]) -> T:
    """Calls what PostgreSQL answers until it does."""

    async def asked() -> T:
        with database_errors():
            return await call()

    return await patiently(asked)
