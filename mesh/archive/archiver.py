"""Archives a running mesh: its log as it is written, objects within seconds, backups daily."""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack, aclosing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from mesh.archive.base import Base, take_base
from mesh.archive.changes import needed_since
from mesh.archive.receiver import LogGap, Receiver
from mesh.archive.record import ArchiveRecord, archive_record, keep_record
from mesh.archive.stream import Reached, Stream
from mesh.archive.wal import position
from mesh.backup.bucket import THREADS, Bucket
from mesh.backup.contents import Needed
from mesh.backup.create import create
from mesh.backup.database import removals_held
from mesh.backup.errors import RepositoryBusy
from mesh.backup.index import Entry
from mesh.backup.manifest import read_manifest
from mesh.backup.parallel import in_threads
from mesh.backup.progress import Steps
from mesh.backup.repository import MARKER, Repository
from mesh.backup.stores import Stores, stores_of
from mesh.errors import MeshError
from mesh.layout import Layout

EVERY_S = 5.0
"""Seconds between two looks for objects: how much work a lost disk costs."""

BASE_EVERY = timedelta(days=1)
BASE_EVERY_BYTES = 2**30
"""Of the log: what a restore has to read is bounded, and so is what is kept for it."""

_OVERLAP = timedelta(minutes=2)
"""A change is seen this long after the time that its row has."""

_RECEIVED_WITHIN_S = 20.0
_BUSY_S = 1.0

_WRITTEN = "SELECT pg_current_wal_flush_lsn()::text"

# A transaction that changes nothing: a recovery knows that it has seen all before a moment when it
# meets one that was committed after.
_TICK = "SELECT pg_logical_emit_message(true, 'argus.archive', '')"


class Archiver:
    """Archives one mesh into one folder of backups.

    Args:
        layout: The mesh's folder.
        folder: Of the backups.
        keep: How long what is archived stays.
        steps: Told of backups.
        models: Where the mesh's models are, if not in its folder.
    """

    def __init__(
        self,
        layout: Layout,
        folder: Path,
        keep: timedelta,
        steps: Steps,
        models: Path | None = None,
    ) -> None:
        self._layout = layout
        self._folder = folder
        self._keep = keep
        self._steps = steps
        self._models = models
        self._receiver: Receiver | None = None
        self._stream: Stream | None = None
        self._held = ExitStack()
        self._base_id = ""
        self._since = datetime.now(UTC)
        self._done: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Archives until `stop` is set, and once more then.

        Raises:
            MeshError: It could not begin. Later problems are told in the record, and overcome.
        """
        started = False
        try:
            while True:
                ending = stop.is_set()
                try:
                    await self._once(lambda: self._tell(""))
                    started = True
                except RepositoryBusy:
                    pass
                except LogGap as gap:
                    await self._end_stream()
                    self._steps.say(f"{gap} What comes now is another stream.")
                    self._forget(str(gap))
                except (MeshError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    if not started:
                        raise
                    problem = _in_words(error)
                    self._steps.say(f"Not archived: {problem}")
                    self._tell(problem)
                if ending:
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), EVERY_S)
        finally:
            await self._end_stream()

    async def _once(self, tell: Callable[[], None]) -> None:
        """Archives everything up to now, which may need a backup first."""
        repository = self._repository()
        async with stores_of(self._layout) as stores:
            connection = await asyncpg.connect(stores.postgres_url, timeout=10)
            try:
                stream, receiver = await self._begun(repository, stores, connection)
                await receiver.ensure()
                tell()
                base = self._newest_base(repository, stream)
                if base is None or await self._is_due(base, connection):
                    with repository.locked(for_writing=True, wait_s=_BUSY_S):
                        await self._take_base(repository, stream, receiver, connection)
                with repository.locked(for_writing=False, wait_s=_BUSY_S):
                    await self._catch_up(repository, stream, receiver, connection, stores.bucket)
            finally:
                connection.terminate()
        tell()

    def _repository(self) -> Repository:
        """The folder; a disk that is not there must not become a folder of another one.

        Raises:
            MeshError: It is not there, and was.
        """
        known = archive_record(self._layout)
        if known is not None and known.folder == self._folder:
            if not (self._folder / MARKER).is_file():
                raise MeshError(
                    f"The backups in {self._folder} are not there.",
                    "Is the disk mounted? If they are gone for good, remove "
                    f"{self._layout.archive_file}.",
                )
            return Repository.opened(self._folder)
        return Repository.made(self._folder)

    async def _begun(
        self, repository: Repository, stores: Stores, connection: asyncpg.Connection
    ) -> tuple[Stream, Receiver]:
        """The stream that this mesh goes on with, or a new one."""
        if self._stream is None or self._receiver is None:
            stream = await self._found(repository, connection)
            self._held.enter_context(stream.used())
            stream.repair()
            self._stream = stream
            self._receiver = Receiver(stores.postgres_url, stream.wal)
        return self._stream, self._receiver

    async def _found(self, repository: Repository, connection: asyncpg.Connection) -> Stream:
        known = archive_record(self._layout)
        identifier = await connection.fetchval(
            "SELECT system_identifier::text FROM pg_control_system()"
        )
        written = await connection.fetchval(_WRITTEN)
        if known is not None and known.folder == self._folder and known.stream_id:
            stream = repository.stream(known.stream_id)
            reached = stream.reached()
            # A folder that was put back from elsewhere is behind what it has archived.
            if stream.is_of(self._layout.data_dir, identifier) and not (
                reached and position(reached.lsn) > position(written)
            ):
                return stream
        return Stream.begun(repository.streams, self._layout.data_dir, identifier)

    def _newest_base(self, repository: Repository, stream: Stream) -> Base | None:
        for backup_id in reversed(repository.ids()):
            base = repository.base(backup_id)
            if base is not None and base.stream_id == stream.stream_id:
                if self._base_id != backup_id:
                    self._base_id = backup_id
                    self._since = read_manifest(repository.backup(backup_id)).taken
                    self._done = set()
                return base
        return None

    async def _is_due(self, base: Base, connection: asyncpg.Connection) -> bool:
        written = await connection.fetchval(_WRITTEN)
        return (
            datetime.now(UTC) - base.moment > BASE_EVERY
            or position(written) - base.start > BASE_EVERY_BYTES
        )

    async def _take_base(
        self,
        repository: Repository,
        stream: Stream,
        receiver: Receiver,
        connection: asyncpg.Connection,
    ) -> None:
        """Takes a backup from which later moments are restored, and removes what is too old."""
        # Nothing of the log after the copy's beginning may be missing.
        written = await connection.fetchval(_WRITTEN)
        await receiver.received(connection, written, within_s=_RECEIVED_WITHIN_S)

        async def beside(url: str, folder: Path) -> None:
            await take_base(url, folder, stream.stream_id)

        await create(self._layout, repository, self._steps, models=self._models, beside=beside)
        self._newest_base(repository, stream)
        old = outlived(repository, datetime.now(UTC) - self._keep)
        if old:
            repository.remove(old)

    async def _catch_up(
        self,
        repository: Repository,
        stream: Stream,
        receiver: Receiver,
        connection: asyncpg.Connection,
        bucket: Bucket,
    ) -> None:
        """Archives objects of what changed, and says up to when all is there."""
        async with removals_held(receiver.url) as still_held:
            async with connection.transaction():
                moment = await connection.fetchval("SELECT clock_timestamp()")
                await connection.execute(_TICK)
            lsn = await connection.fetchval(_WRITTEN)
            needed = {
                one.key: one for one in await needed_since(connection, self._since - _OVERLAP)
            }
            fresh = [one for key, one in needed.items() if key not in self._done]
            entries = await self._archived(fresh, bucket, repository)
            await still_held()
        if entries:
            os.sync()
            stream.add(self._base_id, entries)
        await receiver.received(connection, lsn, within_s=_RECEIVED_WITHIN_S)
        stream.reach(Reached(moment=moment, lsn=lsn))
        self._done = set(needed)
        self._since = moment

    async def _archived(
        self, needed: list[Needed], bucket: Bucket, repository: Repository
    ) -> list[Entry]:
        """Copies objects; those that the mesh does not have, or has damaged, are left out."""

        def archive(one: Needed) -> Entry | None:
            if one.sha256 and repository.has(one.sha256, one.size_bytes):
                return Entry(one.key, one.size_bytes, one.sha256, "", one.content_type)
            with bucket.reading(one.key) as response:
                if response is None:
                    return None
                etag = str(response.headers.get("etag", "")).strip('"')
                sha256, size = repository.keep(response)
            if one.sha256 and sha256 != one.sha256:
                return None
            return Entry(one.key, size, sha256, etag, one.content_type)

        async with aclosing(in_threads(archive, needed, THREADS)) as entries:
            return [entry async for entry in entries if entry is not None]

    def _tell(self, problem: str) -> None:
        reached = self._stream.reached() if self._stream else None
        known = archive_record(self._layout)
        if self._stream is None and known is not None and known.folder == self._folder:
            stream_id, moment = known.stream_id, known.reached
        else:
            stream_id = self._stream.stream_id if self._stream else ""
            moment = reached.moment if reached else None
        with suppress(OSError):
            keep_record(
                self._layout,
                ArchiveRecord(
                    folder=self._folder,
                    stream_id=stream_id,
                    reached=moment,
                    problem=problem,
                    pid=os.getpid(),
                ),
            )

    def _forget(self, problem: str) -> None:
        """What is found next is a new stream."""
        known = archive_record(self._layout)
        if known is not None:
            keep_record(
                self._layout, known.model_copy(update={"stream_id": "", "problem": problem})
            )

    async def _end_stream(self) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            await receiver.stop()
        self._stream = None
        self._held.close()


def _in_words(error: Exception) -> str:
    words = str(error) or type(error).__name__
    return f"{words} {error.advice}" if isinstance(error, MeshError) else words


def outlived(repository: Repository, before: datetime) -> list[str]:
    """Backups with a base that no moment since `before` needs any more; others are left alone."""
    found = [(one, base) for one in repository.ids() if (base := repository.base(one)) is not None]
    gone = []
    for number, (backup_id, base) in enumerate(found):
        later = [other for _, other in found[number + 1 :] if other.stream_id == base.stream_id]
        reached = repository.stream(base.stream_id).reached()
        ended = bool(found[number + 1 :]) and not later and reached is not None
        if any(other.moment <= before for other in later) or (
            ended and reached is not None and reached.moment < before
        ):
            gone.append(backup_id)
    return gone
