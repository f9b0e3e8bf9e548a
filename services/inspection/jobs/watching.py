"""Watching jobs: one poll for all watchers of the same job."""

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from services.inspection.errors import CursorInvalid, JobNotFound, ReferenceSetNotFound
from services.inspection.job import Job, JobSight
from services.inspection.jobs.ports import JobStore
from services.inspection.ports import Memberships
from services.runtime.pages import PageTokenError, decode_page_token, encode_page_token

LOOK_EVERY_S = 0.25
"""Seconds between two polls of a watched job; any replica may be running it."""

HEARTBEAT_S = 10.0
"""Longest silence towards a watcher; the contract promises 15 s."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a watcher is shown."""

    job: Job
    cursor: str
    """Resumes a watch after this."""
    heartbeat: bool = False
    """Whether it is as it was."""


class JobWatch:
    """Streams jobs to their watchers.

    A job is polled once for all its watchers in this process. Each poll also
    reads who may see the job, so that a watch ends when that changes.

    Args:
        store: Where jobs are.
        memberships: Who is in which group.
        look_every_s: Seconds between two polls.
        heartbeat_s: Seconds after which a watcher is told that nothing has changed.
    """

    def __init__(
        self,
        store: JobStore,
        memberships: Memberships,
        *,
        look_every_s: float = LOOK_EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._store = store
        self._memberships = memberships
        self._look_every_s = look_every_s
        self._heartbeat_s = heartbeat_s
        self._looks: dict[tuple[str, str], _Looks] = {}

    async def watch(
        self, set_id: str, job_id: str, user_id: str, *, after_cursor: str = ""
    ) -> AsyncGenerator[Sighting, None]:
        """A job as it is now and each time it changes, until it ends.

        After a cursor it begins with the next change, or, if the job has ended,
        with how it ended.

        Raises:
            ReferenceSetNotFound: the user may not see the set, or not any more.
            JobNotFound: there is no such job, or the user may not see it.
            CursorInvalid: the cursor is not one of this job.
        """
        shown = _revision(after_cursor, job_id)
        heard = asyncio.get_running_loop().time()
        async with self._looking(set_id, job_id) as looks:
            job: Job | None = None
            while True:
                look = looks.next
                left_s = None if job is None else heard + self._heartbeat_s - _now()
                await asyncio.wait([look], timeout=left_s)
                changed = False
                if look.done():
                    job = await self._seen(look.result(), set_id, job_id, user_id)
                    changed = job.revision != shown or job.state.ended
                if job is not None and (changed or _now() - heard >= self._heartbeat_s):
                    shown, heard = job.revision, _now()
                    yield Sighting(job, _cursor(job), heartbeat=not changed)
                    if job.state.ended:
                        return

    async def _seen(self, sight: JobSight | None, set_id: str, job_id: str, user_id: str) -> Job:
        if sight is None or not await self._may_see(sight, user_id):
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")
        if sight.job is None or not sight.job.seen_by(user_id, sight.owner_id):
            raise JobNotFound(f"the reference set has no job {job_id}")
        return sight.job

    async def _may_see(self, sight: JobSight, user_id: str) -> bool:
        if user_id in {sight.owner_id, *sight.member_ids}:
            return True
        if not sight.group_ids:
            return False
        groups = sight.group_ids.intersection(await self._memberships.groups_of(user_id))
        return bool(groups) and not groups.isdisjoint(
            await self._memberships.groups_of(sight.owner_id)
        )

    @contextlib.asynccontextmanager
    async def _looking(self, set_id: str, job_id: str) -> AsyncIterator["_Looks"]:
        key = (set_id, job_id)
        looks = self._looks.get(key)
        if looks is None or looks.ended:
            looks = self._looks[key] = _Looks(self._store, set_id, job_id, self._look_every_s)
        looks.begin()
        try:
            yield looks
        finally:
            if looks.leave() and self._looks.get(key) is looks:
                del self._looks[key]


class _Looks:
    """Polls one job while it has watchers."""

    def __init__(self, store: JobStore, set_id: str, job_id: str, every_s: float) -> None:
        self._store = store
        self._set_id = set_id
        self._job_id = job_id
        self._every_s = every_s
        self._watchers = 0
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.next: asyncio.Future[JobSight | None] = _future()
        """Result of the next poll, which has not begun yet."""

    @property
    def ended(self) -> bool:
        """Whether a poll failed, which ends the polling."""
        return self._task is not None and self._task.done()

    def begin(self) -> None:
        """Adds a watcher and polls at once, so that it sees no state older than itself."""
        self._watchers += 1
        self._wanted.set()
        if self._task is None:
            # Not in the context of whoever came first: others may watch for longer.
            self._task = asyncio.create_task(self._look(), context=contextvars.Context())

    def leave(self) -> bool:
        """Removes a watcher; True if it was the last, which ends the polling."""
        self._watchers -= 1
        if self._watchers:
            return False
        if self._task is not None:
            self._task.cancel()
        return True

    async def _look(self) -> None:
        while True:
            self._wanted.clear()
            look, self.next = self.next, _future()
            try:
                look.set_result(await self._store.sight(self._set_id, self._job_id))
            except Exception as error:  # noqa: BLE001 - whoever watches gets it
                for one in (look, self.next):
                    one.set_exception(error)
                    # Nobody may be watching any more; asyncio would complain.
                    one.exception()
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._wanted.wait()


def _future() -> "asyncio.Future[JobSight | None]":
    return asyncio.get_running_loop().create_future()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _cursor(job: Job) -> str:
    return encode_page_token((job.revision,), "watch", job.job_id)


def _revision(cursor: str, job_id: str) -> int:
    """The revision that a cursor stands for; -1, which none has, if it is empty."""
    if not cursor:
        return -1
    try:
        (revision,) = decode_page_token(cursor, (int,), "watch", job_id)
    except PageTokenError:
        raise CursorInvalid(
            "the cursor is damaged, or of another job", field="after_cursor"
        ) from None
    return int(revision)
