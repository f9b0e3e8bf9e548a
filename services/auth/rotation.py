"""New signing keys in place of old ones, while everything runs.

A new key is published before it signs, so that whoever verifies tokens knows it by then; the key
before it stays until its last token has expired. All of it follows from times that are kept with
the keys, so replicas agree without talking to each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from services.auth.ports import KeyStore
from services.auth.signing import KeyRecord, KeyRing, SigningKey
from services.runtime.identity import CLOCK_SKEW_S

SLACK = timedelta(minutes=5)
"""How much later than it could a key goes, because replicas look at different times."""


_EVER = datetime.min.replace(tzinfo=UTC)


class KeyState(Enum):
    """What a key does."""

    NEXT = "next"
    SIGNING = "signing"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """A published key, and what it does now."""

    record: KeyRecord
    state: KeyState
    removed_at: datetime | None
    """From when on it is gone; None while no newer key is there."""


class KeyRotation:
    """Keeps a key ring as the kept keys and the time have it.

    Args:
        store: The kept keys.
        token_ttl_s: Seconds that an access token is good for.
        lead: How long a key is published before it signs.
        max_age: After how long a key is replaced; None if only by command.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        store: KeyStore,
        *,
        token_ttl_s: int,
        lead: timedelta,
        max_age: timedelta | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._kept = timedelta(seconds=token_ttl_s + 2 * CLOCK_SKEW_S) + SLACK
        self._lead = lead
        self._max_age = max_age
        self._clock = clock

    async def open(self) -> KeyRing:
        """The ring as it is now; the first key is made here, and signs at once."""
        now = self._clock()
        if not await self._store.keys():
            first = KeyRecord(SigningKey.generate(), now, now)
            await self._store.add(first, if_none_since=_EVER)
        published = _published(await self._store.keys(), now, self._kept)
        ring = KeyRing([one.record.key for one in published])
        _apply(ring, published)
        return ring

    async def look(self, ring: KeyRing) -> None:
        """Makes a key if the newest is too old, removes those whose time is over, and applies all.

        Args:
            ring: What signs and verifies here.
        """
        now = self._clock()
        records = await self._store.keys()
        if self._max_age is not None and records[0].created_at + self._max_age <= now:
            await self._store.add(self._fresh(), if_none_since=now - self._max_age)
            records = await self._store.keys()
        published = _published(records, now, self._kept)
        gone = {record.key.kid for record in records} - {one.record.key.kid for one in published}
        if gone:
            await self._store.remove(sorted(gone))
        _apply(ring, published)

    async def rotate(self, ring: KeyRing) -> KeyStatus:
        """Makes a key by command; or says which one waits to sign already.

        Args:
            ring: What signs and verifies here.
        """
        fresh = self._fresh()
        newest = await self._store.add(fresh, if_none_since=fresh.created_at)
        await self.look(ring)
        return next(one for one in await self.statuses() if one.record.key.kid == newest.key.kid)

    async def statuses(self) -> list[KeyStatus]:
        """The published keys, the newest first."""
        return _published(await self._store.keys(), self._clock(), self._kept)

    def _fresh(self) -> KeyRecord:
        now = self._clock()
        return KeyRecord(SigningKey.generate(), now, now + self._lead)


def _published(records: Sequence[KeyRecord], now: datetime, kept: timedelta) -> list[KeyStatus]:
    """What each key does, the newest first, without those whose time is over."""
    found: list[KeyStatus] = []
    signing = next((record for record in records if record.signs_from <= now), records[-1])
    newer: KeyRecord | None = None
    for record in records:
        removed_at = None if newer is None else newer.signs_from + kept
        if record is signing:
            state = KeyState.SIGNING
        else:
            state = KeyState.NEXT if record.signs_from > now else KeyState.RETIRED
        if removed_at is None or removed_at > now:
            found.append(KeyStatus(record, state, removed_at))
        newer = record
    return found


def _apply(ring: KeyRing, published: Sequence[KeyStatus]) -> None:
    signing = next(one.record.key for one in published if one.state is KeyState.SIGNING)
    ring.replace([one.record.key for one in published], signing=signing)
