"""Events that were given up, as operators see them."""

import json
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from argus.storage.v1 import operator_pb2, operator_pb2_grpc

from services.runtime.dead_letters import STREAM
from tests.support.eventually import eventually
from tests.support.pictures import encoded
from tests.support.storage_client import (
    Metadata,
    Storage,
    StorageUser,
    announce,
    announce_raw,
    refused,
)
from tests.wire.storage.test_renditions import picture


@pytest.fixture(autouse=True)
async def emptied(storage: Storage) -> None:
    await storage.redis.delete(STREAM)


async def call(storage: Storage, token: Metadata, method: str, **fields: Any) -> Any:
    stub = operator_pb2_grpc.StorageOperatorServiceStub(storage.channel)
    request = getattr(operator_pb2, f"{method}Request")(**fields)
    return await getattr(stub, method)(request, metadata=token)


async def dead(storage: Storage, token: Metadata, count: int) -> Sequence[operator_pb2.DeadEvent]:
    async def there() -> bool:
        answer = await call(storage, token, "ListDeadEvents")
        return bool(answer.total_size == count)

    await eventually(there, f"{count} events were given up")
    answer = await call(storage, token, "ListDeadEvents")
    return list(answer.events)


async def test_what_storage_cannot_read_is_listed_and_explained(
    storage: Storage, user: StorageUser, service_token: Metadata
) -> None:
    image_id = await user.upload(encoded(picture(340, 200)))
    await announce_raw(storage, {"event": "no JSON"})
    await announce(storage, type="forgotten", image_id=image_id)
    # What comes behind is dealt with.
    await announce(storage, type="indexed", image_id=image_id)
    nonsense, unknown = await dead(storage, service_token, 2)
    assert (nonsense.stream, nonsense.service, nonsense.cause) == (
        "argus:indexed",
        "storage",
        "UNREADABLE",
    )
    assert (nonsense.event, nonsense.image_id, nonsense.attempts) == ("no JSON", "", 1)
    assert json.loads(unknown.event) == {"type": "forgotten", "image_id": image_id}
    assert unknown.image_id == image_id
    assert unknown.tell_time.ToMilliseconds() <= unknown.death_time.ToMilliseconds()

    async def indexed() -> bool:
        explained = await call(
            storage, service_token, "GetDeadEvent", dead_event_id=unknown.dead_event_id
        )
        return "INDEXED, so this event may be discarded" in explained.advice

    await eventually(indexed, "the advice knows that the image is indexed")
    page = await call(storage, service_token, "ListDeadEvents", page_size=1)
    assert [one.dead_event_id for one in page.events] == [nonsense.dead_event_id]
    rest = await call(storage, service_token, "ListDeadEvents", page_token=page.next_page_token)
    assert [one.dead_event_id for one in rest.events] == [unknown.dead_event_id]
    assert rest.next_page_token == ""


async def test_a_replayed_event_is_dealt_with_and_a_discarded_one_is_gone(
    storage: Storage, service_token: Metadata
) -> None:
    await announce_raw(storage, {"event": "one"})
    await announce_raw(storage, {"event": "two"})
    one, two = await dead(storage, service_token, 2)
    ids = [one.dead_event_id]
    replayed = await call(storage, service_token, "ReplayDeadEvents", dead_event_ids=ids)
    assert replayed.dead_event_ids == ids
    again = await call(storage, service_token, "ReplayDeadEvents", dead_event_ids=ids)
    assert list(again.dead_event_ids) == []
    # Nobody can read it still.
    left, back = await dead(storage, service_token, 2)
    assert (left.event, back.event) == ("two", "one")
    assert back.dead_event_id != one.dead_event_id
    gone = [two.dead_event_id, back.dead_event_id, "1-1"]
    discarded = await call(storage, service_token, "DiscardDeadEvents", dead_event_ids=gone)
    assert list(discarded.dead_event_ids) == gone[:2]
    assert await dead(storage, service_token, 0) == []
    await refused(
        call(storage, service_token, "GetDeadEvent", dead_event_id=two.dead_event_id),
        grpc.StatusCode.NOT_FOUND,
        "DEAD_EVENT_NOT_FOUND",
    )


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("ListDeadEvents", {}),
        ("GetDeadEvent", {"dead_event_id": "1-1"}),
        ("ReplayDeadEvents", {"dead_event_ids": ["1-1"]}),
        ("DiscardDeadEvents", {"dead_event_ids": ["1-1"]}),
    ],
)
async def test_dead_events_are_for_administrators(
    storage: Storage, user: StorageUser, method: str, fields: dict[str, Any]
) -> None:
    refusal = grpc.StatusCode.PERMISSION_DENIED, "ROLE_REQUIRED"
    await refused(call(storage, user.token, method, **fields), *refusal)


@pytest.mark.parametrize(
    "wrong", ["", "1", "-", "33b22e99-801d-4a52-99df-e503371c88d8", "+", "1-1 2-2"]
)
async def test_what_is_no_id_is_refused(
    storage: Storage, service_token: Metadata, wrong: str
) -> None:
    await refused(
        call(storage, service_token, "GetDeadEvent", dead_event_id=wrong),
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_REQUEST",
    )
