"""Checks of what storage keeps: records against objects, and events of what is to be indexed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.runtime.checking import (
    Finding,
    FindingKind,
    Looked,
    Named,
    Repair,
    Step,
    differences,
)
from services.storage.model import Image, ImageState
from services.storage.object_keys import (
    CONTENTS,
    RENDITIONS,
    STAGED,
    THUMBNAILS,
    ImagePlace,
    image_of_key,
)
from services.storage.ports import Clock, ObjectStore, Render
from services.storage.showing import RENDITION_TYPE, THUMBNAIL_SIDE

PAGE = 1_000
STATS_AT_ONCE = 16
LOST_REASON = "CONTENT_WRONG"
"""Why an image is FAILED whose bytes the store has lost; the indexer says the same."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the store lists it."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class PartsUpload:
    """An upload in parts that was begun, and neither completed nor given up."""

    key: str
    upload_id: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What a record says of an image's objects."""

    image_id: UUID
    user_id: UUID
    state: ImageState
    size_bytes: int
    completed_at: datetime | None
    sides: frozenset[int]
    """Of the renditions that are there."""
    rendering: bool
    """Whether renditions are being made, or are to be."""
    lost: bool
    """Whether it is known that its bytes are lost."""


class ListedObjects(Protocol):
    """Objects in the order of their keys. Every method raises ObjectStoreUnavailable."""

    async def page(self, folder: str, after: str, limit: int) -> Sequence[StoredObject]:
        """Objects in a folder and below it whose keys are behind `after`, by their keys."""

    async def stat(self, key: str) -> StoredObject | None:
        """An object; None if there is none."""

    async def uploads_in_parts(self, folder: str) -> Sequence[PartsUpload]:
        """Uploads in parts that were begun in a folder."""

    async def give_up(self, upload: PartsUpload) -> None:
        """Removes what arrived of an upload in parts; that it is gone is no error."""


class ConsistencyRecords(Protocol):
    """The images' records, whoever owns them, for checks."""

    async def page(
        self, after: tuple[UUID, UUID] | None, before: datetime, limit: int
    ) -> Sequence[KeptRecord]:
        """Images kept before then whose bytes are not known to be lost, by owner and id."""

    async def find(self, image_ids: Collection[UUID]) -> Mapping[UUID, KeptRecord]:
        """Images in whatever state."""

    async def arriving(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Owners of those that are under way and have no image's record yet.

        These are images of streams, videos, and pictures of videos that are being imported.
        """

    async def images(self, image_ids: Collection[UUID]) -> Sequence[Image]:
        """Images in whatever state, whole."""

    async def purging(self, keys: Collection[str]) -> Collection[str]:
        """Those of the keys that are to be removed."""

    async def unindexed(
        self, after: UUID | None, before: datetime, limit: int
    ) -> Sequence[tuple[UUID, UUID]]:
        """Ids and owners of images that have been UPLOADED since before then, by id."""

    async def outbox(self, image_ids: Collection[UUID]) -> Collection[UUID]:
        """Those of the images of which an event waits to be told."""

    async def remove_objects(self, keys: Collection[str], now: datetime) -> None:
        """Has objects removed."""

    async def fail_lost(self, image_ids: Collection[UUID], reason: str, now: datetime) -> None:
        """Records images as FAILED, whose bytes are lost."""

    async def render_again(self, image_ids: Collection[UUID], now: datetime) -> None:
        """Has images' renditions made again."""

    async def announce(self, image_ids: Collection[UUID], now: datetime) -> None:
        """Announces images as they are: those that are kept, and those that are not there."""


class WaitingEvents(Protocol):
    """Events that were told, and not yet dealt with."""

    async def images(self) -> Collection[str]:
        """UUIDs of the images that they are about."""


@dataclass(frozen=True, slots=True)
class _Wanted(Named):
    """An object that a record needs."""

    record: KeptRecord


@dataclass(frozen=True, slots=True)
class _There(Named):
    """An object that is there."""

    stored: StoredObject


class ObjectsOfRecords:
    """`Step`: the objects of one folder against the records that need them.

    Args:
        folder: `CONTENTS`, `THUMBNAILS` or `RENDITIONS`.
        store: Objects.
        records: Records.
        before: Only what is older.
        clock: What time it is.
        mending: Mends what is missing.
        changed: Told when objects are to be removed.
    """

    def __init__(
        self,
        folder: str,
        store: ListedObjects,
        records: ConsistencyRecords,
        *,
        before: datetime,
        clock: Clock,
        mending: "Mending",
        changed: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._store = store
        self._records = records
        self._before = before
        self._clock = clock
        self._mending = mending
        self._changed = changed

    @property
    def name(self) -> str:
        """The folder."""
        return self._folder.rstrip("/")

    async def first_look(self) -> AsyncIterator[Looked]:
        """Merges objects and records, both by owner and image."""
        merged = differences(_objects(self._store, self._folder), self._wanted())
        async for compared, extra, pairs in merged:
            suspects = [
                self._needless(one.stored.key)
                for one in extra
                if one.stored.modified_at <= self._before
            ]
            for wanted, found in pairs:
                stored = found.stored if found else None
                if not self._fits(wanted.record, stored):
                    suspects.append(self._missing(wanted.record, self._folder + wanted.name))
            yield Looked(compared, suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Asks for each by its key."""
        keys = [suspect.part for suspect in suspects]
        stored = await _stats(self._store, keys)
        purging = await self._records.purging(keys)
        ids = {key: image_of_key(key) for key in keys}
        # After the objects: what says that an image arrives, and then its record, is there before
        # its objects are.
        image_ids = [found.image_id for found in ids.values() if found]
        arriving = await self._records.arriving(image_ids)
        records = await self._records.find(image_ids)
        found: list[Finding] = []
        for suspect in suspects:
            key = suspect.part
            place = ids[key]
            record = records.get(place.image_id) if place else None
            if record is not None and place is not None and record.user_id != place.user_id:
                record = None
            there = stored.get(key)
            if suspect.kind is FindingKind.OBJECT_WITHOUT_IMAGE:
                old = there is not None and there.modified_at <= self._before
                needed = _arrives(place, arriving) or self._may_have(record, key)
                if old and key not in purging and not needed:
                    found.append(suspect)
            elif record is not None and self._needs(record, key) and not self._fits(record, there):
                found.append(suspect)
        return found

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Removes what nobody needs, and makes again what can be made."""
        needless = [f.part for f in findings if f.kind is FindingKind.OBJECT_WITHOUT_IMAGE]
        if needless:
            await self._records.remove_objects(needless, self._clock())
            self._changed()
        mended = [f for f in findings if f.kind is FindingKind.OBJECT_WITHOUT_IMAGE]
        missing = [f for f in findings if f.kind is not FindingKind.OBJECT_WITHOUT_IMAGE]
        return mended + list(await self._mending.mend(missing))

    async def _wanted(self) -> AsyncIterator[Sequence[_Wanted]]:
        after: tuple[UUID, UUID] | None = None
        while page := await self._records.page(after, self._before, PAGE):
            after = page[-1].user_id, page[-1].image_id
            yield [_Wanted(name, record) for record in page for name in self._names(record)]

    def _names(self, record: KeptRecord) -> list[str]:
        """Names of the objects that a record needs in this folder, ascending."""
        place = f"{record.user_id}/{record.image_id}"
        if self._folder == CONTENTS:
            return [place]
        if self._folder == THUMBNAILS:
            return [f"{place}.webp"]
        return sorted(f"{place}/{side}.webp" for side in record.sides)

    def _needs(self, record: KeptRecord, key: str) -> bool:
        return (
            record.completed_at is not None
            and not record.lost
            and key[len(self._folder) :] in self._names(record)
        )

    def _may_have(self, record: KeptRecord | None, key: str) -> bool:
        """Whether a record may have that object, now or soon."""
        if record is None:
            return False
        if self._folder == RENDITIONS:
            return record.rendering or self._needs(record, key)
        # While an upload is completed, its objects come before its record says so.
        return record.completed_at is not None or record.state is ImageState.PENDING

    def _fits(self, record: KeptRecord, stored: StoredObject | None) -> bool:
        if stored is None:
            return False
        return self._folder != CONTENTS or stored.size_bytes == record.size_bytes

    def _needless(self, key: str) -> Finding:
        place = image_of_key(key)
        return Finding(
            FindingKind.OBJECT_WITHOUT_IMAGE,
            key,
            "no image's record needs this object"
            if place
            else "the object has a key that Argus does not give; see who put it there",
            str(place.user_id) if place else "",
            Repair.POSSIBLE if place else Repair.BY_HAND,
            part=key,
        )

    def _missing(self, record: KeptRecord, key: str) -> Finding:
        kind, words = {
            CONTENTS: (
                FindingKind.CONTENT_LOST,
                "the object store does not have the image's bytes any more, or has others",
            ),
            THUMBNAILS: (FindingKind.THUMBNAIL_MISSING, "the image's thumbnail is not there"),
            RENDITIONS: (FindingKind.RENDITION_MISSING, "one of the image's renditions is gone"),
        }[self._folder]
        return Finding(kind, str(record.image_id), words, str(record.user_id), part=key)


class Mending:
    """Makes again what is missing of images, or says that it is lost.

    Args:
        store: Objects.
        records: Records.
        render: Renders bytes.
        clock: What time it is.
        changed: Told when renditions are to be made.
    """

    def __init__(
        self,
        store: ObjectStore,
        records: ConsistencyRecords,
        render: Render,
        *,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._records = records
        self._render = render
        self._clock = clock
        self._changed = changed

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Mends what is missing; returns what is mended."""
        ids = [UUID(finding.subject) for finding in findings]
        images = {str(image.image_id): image for image in await self._records.images(ids)}
        lost = [f for f in findings if f.kind is FindingKind.CONTENT_LOST]
        await self._records.fail_lost([UUID(f.subject) for f in lost], LOST_REASON, self._clock())
        unrendered = [f for f in findings if f.kind is FindingKind.RENDITION_MISSING]
        await self._records.render_again([UUID(f.subject) for f in unrendered], self._clock())
        mended = lost + unrendered
        for finding in findings:
            if finding.kind is FindingKind.THUMBNAIL_MISSING:
                image = images.get(finding.subject)
                if image is None or await self._thumbnail(image, finding.part):
                    mended.append(finding)
        self._changed()
        return mended

    async def _thumbnail(self, image: Image, key: str) -> bool:
        """Makes a thumbnail; False if there is nothing to make it of."""
        content_key = f"{CONTENTS}{image.user_id}/{image.image_id}"
        async with self._store.open(content_key) as opened:
            content = None if opened is None else await opened.read()
        if content is None:
            return False
        rendered = await self._render(content, (image.width, image.height), (THUMBNAIL_SIDE,))
        await self._store.put(key, rendered.renditions[THUMBNAIL_SIDE], RENDITION_TYPE)
        return True


class StagedObjects:
    """`Step`: what clients uploaded, against the uploads that are open.

    Args:
        store: Objects.
        records: Records.
        before: Only what is older.
        clock: What time it is.
        changed: Told when objects are to be removed.
    """

    def __init__(
        self,
        store: ListedObjects,
        records: ConsistencyRecords,
        *,
        before: datetime,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._records = records
        self._before = before
        self._clock = clock
        self._changed = changed

    @property
    def name(self) -> str:
        """The folder."""
        return STAGED.rstrip("/")

    async def first_look(self) -> AsyncIterator[Looked]:
        """Suspects every object that is old: few are there at any time."""
        async for page in _objects(self._store, STAGED):
            stored = [one.stored for one in page]
            needless = await self._needless(
                [o.key for o in stored if o.modified_at <= self._before]
            )
            yield Looked(len(page), [_staged(key) for key in needless])

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Asks for each by its key."""
        stored = await _stats(self._store, [suspect.part for suspect in suspects])
        needless = await self._needless([key for key, found in stored.items() if found])
        return [suspect for suspect in suspects if suspect.part in needless]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Has them removed."""
        await self._records.remove_objects([f.part for f in findings], self._clock())
        self._changed()
        return findings

    async def _needless(self, keys: Sequence[str]) -> Sequence[str]:
        purging = await self._records.purging(keys)
        places = {key: image_of_key(key) for key in keys}
        ids = [place.image_id for place in places.values() if place]
        arriving = await self._records.arriving(ids)
        records = await self._records.find(ids)
        return [
            key
            for key, place in places.items()
            if key not in purging
            and not _arrives(place, arriving)
            and not (
                place
                and (record := records.get(place.image_id)) is not None
                and record.user_id == place.user_id
                and record.state is ImageState.PENDING
            )
        ]


class AbandonedUploads:
    """`Step`: uploads in parts that are neither completed nor given up, long after they could be.

    Args:
        store: Objects.
        records: Records.
        before: Only what was begun earlier.
    """

    def __init__(
        self, store: ListedObjects, records: ConsistencyRecords, *, before: datetime
    ) -> None:
        self._store = store
        self._records = records
        self._before = before

    @property
    def name(self) -> str:
        """What is looked at."""
        return "uploads in parts"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Lists them."""
        begun = await self._store.uploads_in_parts("")
        yield Looked(len(begun), await self._suspects(begun))

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those that are still there."""
        begun = await self._store.uploads_in_parts("")
        again = {(finding.subject, finding.part) for finding in await self._suspects(begun)}
        return [suspect for suspect in suspects if (suspect.subject, suspect.part) in again]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Gives them up."""
        for finding in findings:
            await self._store.give_up(PartsUpload(finding.subject, finding.part, self._before))
        return findings

    async def _suspects(self, begun: Sequence[PartsUpload]) -> list[Finding]:
        old = [upload for upload in begun if upload.begun_at <= self._before]
        places = {upload.key: image_of_key(upload.key) for upload in old}
        records = await self._records.find([p.image_id for p in places.values() if p])
        return [
            Finding(
                FindingKind.UPLOAD_ABANDONED,
                upload.key,
                f"an upload in parts was begun at {upload.begun_at:%Y-%m-%d %H:%M} UTC and never "
                "completed",
                str(place.user_id) if (place := places[upload.key]) else "",
                part=upload.upload_id,
            )
            for upload in old
            if not (
                (place := places[upload.key])
                and (record := records.get(place.image_id))
                and record.state is ImageState.PENDING
            )
        ]


class LostEvents:
    """`Step`: images that are to be indexed, against events that say so.

    Args:
        records: Records.
        events: Events on their way.
        before: Only images that have waited since before then.
        clock: What time it is.
        announced: Told when there are events in the outbox.
    """

    def __init__(
        self,
        records: ConsistencyRecords,
        events: WaitingEvents,
        *,
        before: datetime,
        clock: Clock,
        announced: Callable[[], None],
    ) -> None:
        self._records = records
        self._events = events
        self._before = before
        self._clock = clock
        self._announced = announced

    @property
    def name(self) -> str:
        """What is looked at."""
        return "events"

    async def first_look(self) -> AsyncIterator[Looked]:
        """Lists images that wait to be indexed."""
        after: UUID | None = None
        while page := await self._records.unindexed(after, self._before, PAGE):
            after = page[-1][0]
            suspects = [
                Finding(
                    FindingKind.EVENT_LOST,
                    str(image_id),
                    "the image waits to be indexed, and no event says so",
                    str(user_id),
                )
                for image_id, user_id in page
            ]
            yield Looked(len(page), suspects)

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        """Those of which no event is on its way."""
        # In the order of an event's way, and what came of it last: none is overlooked.
        ids = [UUID(suspect.subject) for suspect in suspects]
        waiting = {str(image_id) for image_id in await self._records.outbox(ids)}
        waiting |= set(await self._events.images())
        records = await self._records.find(ids)
        return [
            suspect
            for suspect in suspects
            if suspect.subject not in waiting
            and (record := records.get(UUID(suspect.subject))) is not None
            and record.state is ImageState.UPLOADED
        ]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Announces them again."""
        await self._records.announce([UUID(f.subject) for f in findings], self._clock())
        self._announced()
        return findings


class StorageChecks:
    """The checks of what storage keeps.

    Args:
        store: Objects, listed.
        records: Records.
        events: Events on their way.
        mending: Makes again what is missing.
        clock: What time it is.
        upload_ttl: How long an upload may take.
        changed: Told when there is something to do for whoever works beside calls.
    """

    def __init__(
        self,
        store: ListedObjects,
        records: ConsistencyRecords,
        events: WaitingEvents,
        mending: Mending,
        *,
        clock: Clock,
        upload_ttl: timedelta,
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._records = records
        self._events = events
        self._mending = mending
        self._clock = clock
        self._upload_ttl = upload_ttl
        self._changed = changed

    def steps(self, grace: timedelta) -> list[Step]:
        """What is compared, of what is older than `grace`."""
        before = self._clock() - grace
        abandoned = self._clock() - max(grace, self._upload_ttl)
        records, changed, clock = self._records, self._changed, self._clock
        folders: list[Step] = [
            ObjectsOfRecords(
                folder,
                self._store,
                records,
                before=before,
                clock=clock,
                mending=self._mending,
                changed=changed,
            )
            for folder in (CONTENTS, THUMBNAILS, RENDITIONS)
        ]
        return [
            *folders,
            StagedObjects(self._store, records, before=before, clock=clock, changed=changed),
            AbandonedUploads(self._store, records, before=abandoned),
            LostEvents(records, self._events, before=before, clock=clock, announced=changed),
        ]


def _arrives(place: ImagePlace | None, arriving: Mapping[UUID, UUID]) -> bool:
    """Whether what lies there is of something that is under way."""
    return place is not None and arriving.get(place.image_id) == place.user_id


def _staged(key: str) -> Finding:
    place = image_of_key(key)
    return Finding(
        FindingKind.OBJECT_WITHOUT_IMAGE,
        key,
        "no open upload needs what was uploaded here",
        str(place.user_id) if place else "",
        Repair.POSSIBLE if place else Repair.BY_HAND,
        part=key,
    )


async def _objects(store: ListedObjects, folder: str) -> AsyncIterator[Sequence[_There]]:
    after = ""
    while page := await store.page(folder, after, PAGE):
        after = page[-1].key
        yield [_There(stored.key[len(folder) :], stored) for stored in page]


async def _stats(store: ListedObjects, keys: Sequence[str]) -> dict[str, StoredObject | None]:
    limit = asyncio.Semaphore(STATS_AT_ONCE)

    async def stat(key: str) -> StoredObject | None:
        async with limit:
            return await store.stat(key)

    waiting: list[Awaitable[StoredObject | None]] = [stat(key) for key in keys]
    return dict(zip(keys, await asyncio.gather(*waiting), strict=True))
