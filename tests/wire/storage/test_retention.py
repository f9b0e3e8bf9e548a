"""Retention rules over a real socket: set, seen, done, noted, nobody else's."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import retention_pb2, retention_pb2_grpc

from tests.support.eventually import eventually
from tests.support.storage_client import Storage, StorageUser, indexed, refused, sign_up, told

LATER = timedelta(days=1, minutes=1)
NOT_FOUND = (grpc.StatusCode.NOT_FOUND, "RETENTION_RULE_NOT_FOUND")


class Keeping:
    """What somebody does with rules."""

    def __init__(self, storage: Storage, user: StorageUser) -> None:
        self.user = user
        self.stub: Any = retention_pb2_grpc.RetentionServiceStub(storage.channel)

    async def set(self, key: str, value: str | None = None, days: int = 1, **fields: Any) -> Any:
        request = retention_pb2.SetRetentionRuleRequest(
            label_key=key, label_value=value, keep_days=days, **fields
        )
        return await self.stub.SetRetentionRule(request, metadata=self.user.token)

    async def rules(self) -> list[Any]:
        request = retention_pb2.ListRetentionRulesRequest()
        answer = await self.stub.ListRetentionRules(request, metadata=self.user.token)
        return list(answer.retention_rules)

    async def delete(self, rule_id: str) -> None:
        request = retention_pb2.DeleteRetentionRuleRequest(retention_rule_id=rule_id)
        await self.stub.DeleteRetentionRule(request, metadata=self.user.token)


@pytest.fixture
def keeping(storage: Storage, user: StorageUser) -> Keeping:
    return Keeping(storage, user)


@contextmanager
def a_day_later(storage: Storage) -> Iterator[None]:
    """What runs in here is told that a day has passed."""
    storage.clock.ahead = LATER
    try:
        yield
    finally:
        storage.clock.ahead = timedelta()


async def ids_of(user: StorageUser, *, deleted: bool = False) -> set[str]:
    return {one.image_id for one in (await user.page(deleted=deleted)).images}


async def noted(storage: Storage, rule_id: str) -> list[dict[str, Any]]:
    """What the audit has of a rule that was at work."""
    rows = await storage.postgres.fetch(
        "SELECT record FROM auth.audit_events WHERE $1 = ANY (targets)", rule_id
    )
    records = [json.loads(row["record"]) for row in rows]
    return [one for one in records if one.get("service") == "storage"]


async def test_a_labelled_image_goes_to_the_trash_when_its_days_are_over(
    storage: Storage, user: StorageUser, keeping: Keeping, cat: bytes
) -> None:
    trial = await user.store(cat, labels={"batch": "trial"})
    other = await user.store(cat, labels={"batch": "series"})
    await indexed(storage, user, trial.image_id)
    stranger = await sign_up(storage)
    theirs = await stranger.store(cat, labels={"batch": "trial"})
    rule = await keeping.set("batch", "trial")
    assert (rule.image_count, rule.due_count, rule.trashed_count) == (1, 0, 0)

    with a_day_later(storage):

        async def gone() -> bool:
            return await ids_of(user) == {other.image_id}

        await eventually(gone, "its time is over")
        assert await ids_of(user, deleted=True) == {trial.image_id}
        await told(storage, trial.image_id, "uploaded", "deleted")

        async def counted() -> bool:
            [found] = await keeping.rules()
            return (found.image_count, found.due_count, found.trashed_count) == (0, 0, 1)

        await eventually(counted, "the rule says so")
        assert await ids_of(stranger) == {theirs.image_id}

        async def is_noted() -> bool:
            return len(await noted(storage, rule.retention_rule_id)) == 1

        await eventually(is_noted, "the audit is told")
        [entry] = await noted(storage, rule.retention_rule_id)
        assert entry["targets"]["image_id"] == [trial.image_id]
        assert entry["targets"]["user_id"] == [str(user.user_id)]
        assert storage.measured.values("argus.storage.retention.trashed")[()] >= 1

        # Whoever brings it back keeps it for as long again.
        await user.call("UndeleteImage", image_id=trial.image_id)
        again = await keeping.set("batch", "trial")
        assert again.retention_rule_id == rule.retention_rule_id
        assert (again.image_count, again.due_count) == (1, 0)


async def test_a_rule_of_any_value_takes_what_is_over_at_once_and_a_preview_takes_nothing(
    user: StorageUser, storage: Storage, keeping: Keeping, cat: bytes
) -> None:
    images = {
        (await user.store(cat, labels=labels)).image_id
        for labels in ({"batch": "a"}, {"batch": ""}, {"line": "3"})
    }
    with a_day_later(storage):
        await _takes_at_once(user, keeping, images)


async def _takes_at_once(user: StorageUser, keeping: Keeping, images: set[str]) -> None:
    preview = await keeping.set("batch", validate_only=True)
    assert (preview.retention_rule_id, preview.image_count, preview.due_count) == ("", 2, 2)
    assert not preview.HasField("create_time")
    assert await keeping.rules() == []
    assert await ids_of(user) == images

    await keeping.set("batch")

    async def gone() -> bool:
        return len(await ids_of(user)) == 1

    await eventually(gone, "both are over")
    assert len(await ids_of(user, deleted=True)) == 2


async def test_a_rule_that_is_deleted_takes_nothing(
    user: StorageUser, storage: Storage, keeping: Keeping, cat: bytes
) -> None:
    image = await user.store(cat, labels={"batch": "trial"})
    first, second = await keeping.set("batch", "trial"), await keeping.set("line", days=7)
    await keeping.delete(first.retention_rule_id)
    assert [one.label_key for one in await keeping.rules()] == ["line"]
    await refused(keeping.delete(first.retention_rule_id), *NOT_FOUND)
    witness = await user.store(cat, labels={"line": "3"})
    await keeping.set("line", days=1)
    with a_day_later(storage):

        async def gone() -> bool:
            return witness.image_id not in await ids_of(user)

        await eventually(gone, "the other rule is done")
        assert await ids_of(user) == {image.image_id}
    assert second.keep_days == 7


async def test_somebody_elses_rules_are_not_there(storage: Storage, keeping: Keeping) -> None:
    rule = await keeping.set("batch", "trial", days=30)
    stranger = Keeping(storage, await sign_up(storage))
    assert await stranger.rules() == []
    await refused(stranger.delete(rule.retention_rule_id), *NOT_FOUND)
    await refused(stranger.delete(str(uuid4())), *NOT_FOUND)
    theirs = await stranger.set("batch", "trial", days=1)
    assert theirs.retention_rule_id != rule.retention_rule_id
    assert [one.keep_days for one in await keeping.rules()] == [30]


@pytest.mark.parametrize(
    ("key", "value", "days"),
    [("", None, 1), ("Batch", None, 1), ("batch", "x" * 256, 1), ("batch", "a\nb", 1),
     ("batch", None, 0), ("batch", None, 36_501), ("batch", None, -1)],
)  # fmt: skip
async def test_what_is_no_rule_is_refused(
    keeping: Keeping, key: str, value: str | None, days: int
) -> None:
    await refused(
        keeping.set(key, value, days), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"
    )


async def test_there_is_a_most(keeping: Keeping) -> None:
    for number in range(100):
        await keeping.set("batch", str(number), days=30)
    error = await refused(
        keeping.set("batch", "more", days=30),
        grpc.StatusCode.FAILED_PRECONDITION,
        "TOO_MANY_RETENTION_RULES",
    )
    assert "delete one first" in str(error.details())
    assert (await keeping.set("batch", "7", days=2)).keep_days == 2
