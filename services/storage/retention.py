"""Images that go to the trash by themselves: by a label, after so many days."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.runtime.audit_entry import MAX_VALUES, AuditEntry
from services.runtime.wakeup import Wakeup
from services.storage.deletion import Deletion
from services.storage.errors import ImageInHand, RetentionRuleNotFound
from services.storage.model import Image
from services.storage.ports import Clock
from services.storage.telemetry import StorageMetrics

LOOK_EVERY = timedelta(hours=1)
"""How often a rule is looked at; days need no more."""

BATCH = 200
"""Images that go to the trash in one transaction; as many as one entry of the audit can name."""

MOST_RULES = 100
"""Rules of one user."""

METHOD = "/argus.storage.v1.ImageService/BatchDeleteImages"
"""What the audit says was done, as if it had been called for the owner."""

Note = Callable[[AuditEntry], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Which of a user's images go to the trash, and when.

    Attributes:
        label_value: None for whatever the value is.
        keep_days: From when an image was created, or was last brought back.
        trashed: Images that it has put into the trash.
        trashed_at: When it did so last; None if it never did.
    """

    rule_id: UUID
    user_id: UUID
    label_key: str
    label_value: str | None
    keep_days: int
    created_at: datetime
    updated_at: datetime
    trashed: int = 0
    trashed_at: datetime | None = None

    def created_until(self, now: datetime) -> datetime:
        """Images that were created, and brought back, by then are over."""
        try:
            return now - timedelta(days=self.keep_days)
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    def is_over(self, image: Image, now: datetime) -> bool:
        """Whether an image is to go to the trash."""
        if self.label_key not in image.labels or image.user_id != self.user_id:
            return False
        if self.label_value is not None and image.labels[self.label_key] != self.label_value:
            return False
        if not image.kept or image.deleted_at is not None:
            return False
        return max(image.created_at, image.restored_at or image.created_at) <= (
            self.created_until(now)
        )


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """What a rule holds for at this moment."""

    images: int
    """Images that have its label and are not in the trash."""

    due: int
    """Those of them that are over."""


class RetentionRules(Protocol):
    """Records of rules. Rules of other users are not found."""

    async def listed(self, user_id: UUID) -> Sequence[RetentionRule]:
        """A user's rules, by key and value."""

    async def find(self, user_id: UUID, key: str, value: str | None) -> RetentionRule | None:
        """The rule of a label."""

    async def put(self, rule: RetentionRule, most: int) -> RetentionRule:
        """Adds a rule, or gives its days to the one of the same label; it is looked at next.

        Raises:
            TooManyRetentionRules: The user has `most` others.
        """

    async def remove(self, user_id: UUID, rule_id: UUID) -> bool:
        """Removes a rule; whether there was one."""

    async def counts(self, rule: RetentionRule, now: datetime) -> RuleCounts:
        """How many images a rule holds for."""

    async def take(self, now: datetime, again_at: datetime) -> RetentionRule | None:
        """Takes the rule that is to be looked at first; nobody else gets it before `again_at`."""

    async def stands(self, rule: RetentionRule) -> bool:
        """Whether a rule is there and was not set anew."""

    async def due(
        self, rule: RetentionRule, now: datetime, after: UUID | None, limit: int
    ) -> Sequence[UUID]:
        """Images that are over, in the order of their ids, from behind one on."""

    async def count_trashed(self, rule: RetentionRule, images: int, now: datetime) -> None:
        """Counts what a rule has put into the trash."""


class Retention:
    """What a user does with rules.

    Args:
        rules: Records of them.
        clock: What time it is.
        changed: Told when a rule was set.
    """

    def __init__(self, rules: RetentionRules, *, clock: Clock, changed: Callable[[], None]) -> None:
        self._rules = rules
        self._clock = clock
        self._changed = changed

    async def listed(self, user_id: UUID) -> list[tuple[RetentionRule, RuleCounts]]:
        """A user's rules, by key and value, and what they hold for."""
        now = self._clock()
        return [
            (rule, await self._rules.counts(rule, now))
            for rule in await self._rules.listed(user_id)
        ]

    async def put(
        self, user_id: UUID, key: str, value: str | None, keep_days: int
    ) -> tuple[RetentionRule, RuleCounts]:
        """Sets the rule of a label.

        Raises:
            TooManyRetentionRules: The user has too many.
        """
        now = self._clock()
        rule = await self._rules.put(_new(user_id, key, value, keep_days, now), MOST_RULES)
        counts = await self._rules.counts(rule, now)
        self._changed()
        return rule, counts

    async def preview(
        self, user_id: UUID, key: str, value: str | None, keep_days: int
    ) -> tuple[RetentionRule | None, RetentionRule, RuleCounts]:
        """The rule of a label that there is; as it would be; what that would hold for."""
        now = self._clock()
        there = await self._rules.find(user_id, key, value)
        rule = (
            _new(user_id, key, value, keep_days, now)
            if there is None
            else replace(there, keep_days=keep_days)
        )
        return there, rule, await self._rules.counts(rule, now)

    async def remove(self, user_id: UUID, rule_id: UUID) -> None:
        """Removes a rule.

        Raises:
            RetentionRuleNotFound: The user has no such rule.
        """
        if not await self._rules.remove(user_id, rule_id):
            raise RetentionRuleNotFound(f"there is no retention rule {rule_id}")


class RetentionKeeper:
    """The loop that does what rules say; replicas share the work.

    Args:
        rules: Records of rules.
        deletion: Puts images into the trash, as for those who call.
        note: Takes an entry of the audit, as what calls do is noted.
        every_s: Seconds between looks for rules that are to be looked at.
        clock: What time it is.
        metrics: Where it is counted what goes to the trash.
    """

    def __init__(
        self,
        rules: RetentionRules,
        deletion: Deletion,
        note: Note,
        *,
        every_s: float,
        clock: Clock,
        metrics: StorageMetrics | None = None,
    ) -> None:
        self._rules = rules
        self._deletion = deletion
        self._note = note
        self._every_s = every_s
        self._clock = clock
        self._metrics = metrics or StorageMetrics()
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that a rule was set, instead of waiting for the next look."""
        self._wakeup.call()

    async def run(self) -> None:
        """Does what rules say, for ever."""
        while True:
            self._wakeup.clear()
            while await self.apply_next():
                pass
            await self._wakeup.rest(self._every_s)

    async def apply_next(self) -> bool:
        """Does what the next rule says whose time has come; whether there was one.

        An image that somebody has in hand at this moment is left for the next look.
        """
        now = self._clock()
        rule = await self._rules.take(now, now + LOOK_EVERY)
        if rule is None:
            return False
        after: UUID | None = None
        while found := await self._rules.due(rule, self._clock(), after, BATCH):
            # Its owner may have thought better of it while this goes on.
            if not await self._rules.stands(rule):
                break
            await self._trash(rule, found)
            after = found[-1]
        return True

    async def _trash(self, rule: RetentionRule, image_ids: Sequence[UUID]) -> None:
        now = self._clock()
        try:
            gone = await self._deletion.delete_many(
                rule.user_id,
                image_ids,
                permanently=False,
                # It may have another label since it was found.
                only=lambda image: rule.is_over(image, now),
            )
        except ImageInHand:
            middle = len(image_ids) // 2
            if middle:
                await self._trash(rule, image_ids[:middle])
                await self._trash(rule, image_ids[middle:])
            return
        if gone:
            await self._rules.count_trashed(rule, len(gone), now)
            self._metrics.retained.add(len(gone))
            await self._note(_entry(rule, gone, now))


def _new(
    user_id: UUID, key: str, value: str | None, keep_days: int, now: datetime
) -> RetentionRule:
    return RetentionRule(uuid.uuid4(), user_id, key, value, keep_days, now, now)


def _entry(rule: RetentionRule, image_ids: Sequence[UUID], now: datetime) -> AuditEntry:
    """What the audit has of it: storage did it, by whose rule, to which images."""
    return AuditEntry(
        entry_id=uuid.uuid4(),
        time=now,
        method=METHOD,
        code="OK",
        service="storage",
        agent="retention rule",
        targets={
            "image_id": [str(one) for one in image_ids[:MAX_VALUES]],
            "retention_rule_id": [str(rule.rule_id)],
            "user_id": [str(rule.user_id)],
        },
    )
