"""Which images go to the trash by themselves, by a clock that a test sets."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from services.runtime.audit_entry import AuditEntry
from services.storage.deletion import Deletion
from services.storage.errors import ImageInHand, RetentionRuleNotFound
from services.storage.in_hand import InHand
from services.storage.model import Image
from services.storage.retention import (
    BATCH,
    LOOK_EVERY,
    Retention,
    RetentionKeeper,
    RetentionRule,
    RuleCounts,
)
from tests.unit.storage.images import NOW, image

OWNER = UUID(int=2)
DAY = timedelta(days=1)
TRIAL = {"batch": "trial"}


def rule(**fields: Any) -> RetentionRule:
    values: dict[str, Any] = {
        "rule_id": UUID(int=7),
        "user_id": OWNER,
        "label_key": "batch",
        "label_value": "trial",
        "keep_days": 30,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return RetentionRule(**(values | fields))


def kept(number: int = 1, **fields: Any) -> Image:
    values: dict[str, Any] = {"labels": TRIAL, "completed_at": NOW}
    return image(image_id=UUID(int=number), **(values | fields))


@pytest.mark.parametrize(
    ("fields", "after", "is_over"),
    [
        ({}, 30 * DAY, True),
        ({}, 30 * DAY - timedelta(microseconds=1), False),
        ({"labels": TRIAL | {"line": "3"}}, 31 * DAY, True),
        ({"labels": {"batch": "trial 2"}}, 31 * DAY, False),
        ({"labels": {}}, 31 * DAY, False),
        ({"completed_at": None}, 31 * DAY, False),
        ({"deleted_at": NOW, "purge_at": NOW}, 31 * DAY, False),
        ({"user_id": UUID(int=3)}, 31 * DAY, False),
        ({"restored_at": NOW + 20 * DAY}, 31 * DAY, False),
        ({"restored_at": NOW + 20 * DAY}, 50 * DAY, True),
    ],
)
def test_an_image_is_over_so_many_days_after_it_was_made_or_brought_back(
    fields: dict[str, Any], after: timedelta, is_over: bool
) -> None:
    assert rule().is_over(kept(**fields), NOW + after) is is_over


def test_a_rule_without_a_value_holds_for_any() -> None:
    for labels, is_over in ((TRIAL, True), ({"batch": ""}, True), ({"line": "trial"}, False)):
        assert rule(label_value=None).is_over(kept(labels=labels), NOW + 30 * DAY) is is_over
    assert not rule().is_over(kept(labels={"batch": ""}), NOW + 30 * DAY)


def test_more_days_than_there_are_dates_are_never_over() -> None:
    early = NOW.replace(year=50)
    assert not rule(keep_days=36_500).is_over(kept(created_at=early), early)


class Shelf:
    """Rules, images and a trash, in memory."""

    def __init__(self, *rules: RetentionRule, images: Sequence[Image] = ()) -> None:
        self.rules = {one.rule_id: one for one in rules}
        self.look_at = {one.rule_id: NOW for one in rules}
        self.images = {one.image_id: one for one in images}
        self.trash: dict[UUID, datetime | None] = {}
        self.in_hand: set[UUID] = set()
        self.before_trash: Callable[[], None] = lambda: None
        self.asked: list[int] = []
        self.now = NOW

    def clock(self) -> datetime:
        return self.now

    async def listed(self, user_id: UUID) -> list[RetentionRule]:
        return [one for one in self.rules.values() if one.user_id == user_id]

    async def find(self, user_id: UUID, key: str, value: str | None) -> RetentionRule | None:
        for one in await self.listed(user_id):
            if (one.label_key, one.label_value) == (key, value):
                return one
        return None

    async def put(self, rule: RetentionRule, most: int) -> RetentionRule:
        self.rules[rule.rule_id] = rule
        self.look_at[rule.rule_id] = rule.updated_at
        return rule

    async def remove(self, user_id: UUID, rule_id: UUID) -> bool:
        mine = rule_id in self.rules and self.rules[rule_id].user_id == user_id
        return mine and self.rules.pop(rule_id) is not None

    async def counts(self, rule: RetentionRule, now: datetime) -> RuleCounts:
        return RuleCounts(len(self.images), len(await self.due(rule, now, None, 10_000)))

    async def take(self, now: datetime, again_at: datetime) -> RetentionRule | None:
        for one in self.rules.values():
            if self.look_at[one.rule_id] <= now:
                self.look_at[one.rule_id] = again_at
                return one
        return None

    async def stands(self, rule: RetentionRule) -> bool:
        there = self.rules.get(rule.rule_id)
        return there is not None and there.updated_at == rule.updated_at

    async def due(
        self, rule: RetentionRule, now: datetime, after: UUID | None, limit: int
    ) -> list[UUID]:
        found = sorted(
            one.image_id
            for one in self.images.values()
            if rule.is_over(one, now) and (after is None or one.image_id > after)
        )
        return found[:limit]

    async def count_trashed(self, rule: RetentionRule, images: int, now: datetime) -> None:
        there = self.rules.get(rule.rule_id)
        if there is None:
            return
        self.rules[rule.rule_id] = replace(there, trashed=there.trashed + images, trashed_at=now)

    async def delete(
        self,
        user_id: UUID,
        image_ids: Collection[UUID],
        now: datetime,
        purge_at: datetime | None,
        only: Callable[[Image], bool] | None = None,
    ) -> set[UUID]:
        self.before_trash()
        self.asked.append(len(image_ids))
        if self.in_hand & set(image_ids):
            raise ImageInHand
        found = [self.images[one] for one in image_ids if one in self.images]
        gone = {one.image_id for one in found if only is None or only(one)}
        for image_id in gone:
            del self.images[image_id]
            self.trash[image_id] = purge_at
        return gone


class Now(InHand):
    """Asks once, without waiting for whoever has an image in hand."""

    async def alone(self, image_ids: Any, work: Any) -> Any:
        return await work()


class Kept:
    """A keeper over a shelf, and what it notes."""

    def __init__(self, shelf: Shelf) -> None:
        self.entries: list[AuditEntry] = []
        deletion = Deletion(
            cast("Any", shelf),
            listed=cast("Any", None),
            counted=cast("Any", None),
            in_hand=Now(),
            grace=DAY,
            clock=shelf.clock,
            changed=lambda: None,
        )
        self.keeper = RetentionKeeper(shelf, deletion, self.note, every_s=1, clock=shelf.clock)

    async def note(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


async def test_what_is_over_goes_to_the_trash_and_that_is_noted() -> None:
    young = kept(3, created_at=NOW + 2 * DAY)
    shelf = Shelf(rule(), images=[kept(1), kept(2), young, kept(4, labels={})])
    kept_by = Kept(shelf)
    shelf.now = NOW + 30 * DAY
    assert await kept_by.keeper.apply_next()
    assert not await kept_by.keeper.apply_next(), "it was looked at"
    assert shelf.trash == {UUID(int=n): NOW + 31 * DAY for n in (1, 2)}
    [entry] = kept_by.entries
    assert (entry.service, entry.user_id, entry.code) == ("storage", "", "OK")
    assert entry.targets == {
        "image_id": [str(UUID(int=1)), str(UUID(int=2))],
        "retention_rule_id": [str(UUID(int=7))],
        "user_id": [str(OWNER)],
    }
    assert AuditEntry.from_record(entry.to_record()) == entry
    assert (shelf.rules[UUID(int=7)].trashed, shelf.rules[UUID(int=7)].trashed_at) == (
        2,
        shelf.now,
    )

    shelf.now += LOOK_EVERY
    assert await kept_by.keeper.apply_next()
    assert len(kept_by.entries) == 1, "nothing is noted where nothing went"
    shelf.now = NOW + 32 * DAY
    assert await kept_by.keeper.apply_next()
    assert set(shelf.images) == {UUID(int=4)}


async def test_without_a_rule_nothing_goes() -> None:
    shelf = Shelf(images=[kept(1)])
    shelf.now = NOW + 10_000 * DAY
    assert not await Kept(shelf).keeper.apply_next()
    assert not shelf.trash


async def test_many_go_in_batches_each_noted_whole() -> None:
    shelf = Shelf(rule(), images=[kept(n) for n in range(1, 2 * BATCH + 2)])
    kept_by = Kept(shelf)
    shelf.now = NOW + 30 * DAY
    await kept_by.keeper.apply_next()
    assert shelf.asked == [BATCH, BATCH, 1]
    assert not shelf.images
    assert [len(entry.targets["image_id"]) for entry in kept_by.entries] == shelf.asked


async def test_an_image_in_hand_keeps_no_other_and_goes_at_the_next_look() -> None:
    shelf = Shelf(rule(), images=[kept(n) for n in range(1, 8)])
    shelf.in_hand = {UUID(int=3)}
    kept_by = Kept(shelf)
    shelf.now = NOW + 30 * DAY
    await kept_by.keeper.apply_next()
    assert set(shelf.images) == {UUID(int=3)}
    shelf.in_hand = set()
    shelf.now += LOOK_EVERY
    await kept_by.keeper.apply_next()
    assert not shelf.images


async def test_an_image_that_was_labelled_anew_since_it_was_found_stays() -> None:
    shelf = Shelf(rule(), images=[kept(1), kept(2)])

    def relabel() -> None:
        shelf.images[UUID(int=1)] = kept(1, labels={"batch": "keep"})

    shelf.before_trash = relabel
    shelf.now = NOW + 30 * DAY
    await Kept(shelf).keeper.apply_next()
    assert set(shelf.images) == {UUID(int=1)}


async def test_a_rule_that_is_deleted_meanwhile_takes_no_further_batch() -> None:
    shelf = Shelf(rule(), images=[kept(n) for n in range(1, 2 * BATCH + 1)])
    shelf.before_trash = shelf.rules.clear
    shelf.now = NOW + 30 * DAY
    await Kept(shelf).keeper.apply_next()
    assert len(shelf.images) == BATCH


async def test_a_preview_sets_nothing() -> None:
    shelf = Shelf(images=[kept(1), kept(2)])
    shelf.now = NOW + 5 * DAY
    told: list[str] = []
    retention = Retention(shelf, clock=shelf.clock, changed=lambda: told.append("set"))
    there, _, counts = await retention.preview(OWNER, "batch", "trial", 5)
    assert (there, counts) == (None, RuleCounts(2, 2))
    assert not shelf.rules
    assert not told
    made, _ = await retention.put(OWNER, "batch", "trial", 6)
    assert told == ["set"]
    there, would, counts = await retention.preview(OWNER, "batch", "trial", 5)
    assert there == made
    assert (would.rule_id, would.keep_days, counts.due) == (made.rule_id, 5, 2)
    assert shelf.rules[made.rule_id].keep_days == 6
    with pytest.raises(RetentionRuleNotFound):
        await retention.remove(UUID(int=3), made.rule_id)
    await retention.remove(OWNER, made.rule_id)
    assert await retention.listed(OWNER) == []
