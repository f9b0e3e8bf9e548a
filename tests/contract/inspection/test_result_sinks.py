"""What inspection asks of whoever keeps sinks and the results that wait for them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from services.inspection.errors import ResultSinkNotFound, ResultSinkRefused
from services.inspection.line.allowed_targets import AllowedTargets
from services.inspection.line.result_sender import (
    AT_ONCE_OF_SINK,
    GIVE_UP_AFTER,
    LEASE,
    ResultSender,
)
from services.inspection.line.sink_desk import ResultSinkDesk
from services.inspection.line.sink_model import (
    NotDelivered,
    Parcel,
    ResultSink,
    SinkKind,
    SinkTarget,
)
from services.inspection.records import postgres_inspections, postgres_result_sinks
from services.inspection.records.postgres_forgetting import forget_inspections_of_images
from services.inspection.records.postgres_result_sinks import PostgresResultSinks
from services.inspection.reference_library import ReferenceLibrary
from tests.support.inspection.records import NOON, Stores, an_inspection, at, new_id

HOOK = SinkTarget(SinkKind.WEBHOOK, "https://mes.example.org/hook")
SECRET = b"s" * 32


@pytest.fixture
def sinks(stores: Stores) -> PostgresResultSinks:
    return PostgresResultSinks(stores.pool)


async def hooked(
    stores: Stores, sinks: PostgresResultSinks, user: str, target: SinkTarget = HOOK
) -> str:
    """A set whose results are sent on; its id."""
    set_id = await stores.ready_set(user)
    assert await sinks.put(set_id, target, SECRET, keep_secret=True, now=NOON)
    return set_id


async def there(sinks: PostgresResultSinks, set_id: str) -> ResultSink:
    found = await sinks.get(set_id)
    assert found is not None
    return found


async def claimed(
    sinks: PostgresResultSinks, now: datetime = NOON, *, limit: int = 100, of_sink: int = 100
) -> Sequence[Parcel]:
    return await sinks.claim(now, until=now + LEASE, limit=limit, limit_of_sink=of_sink)


def inspections_of(parcels: Sequence[Parcel]) -> list[str]:
    return [one.delivery.inspection_id for one in parcels]


async def test_what_is_found_with_a_set_waits_for_its_sink(
    stores: Stores, sinks: PostgresResultSinks, user: str, other: str
) -> None:
    set_id, silent = await hooked(stores, sinks, user), await stores.ready_set(user)
    found = await stores.inspect(set_id, other, trigger_id="17")
    await stores.inspect(silent, user)
    # The same request sent again is recorded once, and sent on once.
    await stores.inspections.record([found])
    [parcel] = await claimed(sinks)
    assert (parcel.target, parcel.secret, parcel.failures) == (HOOK, SECRET, 0)
    assert parcel.delivery.delivery_id == parcel.delivery.inspection_id == found.inspection_id
    assert (parcel.delivery.tries, parcel.delivery.due_at) == (1, NOON + LEASE)
    data = json.loads(parcel.delivery.body)["data"]
    assert (data["inspectionId"], data["triggerId"]) == (found.inspection_id, "17")
    assert (await there(sinks, set_id)).waiting == 1


async def test_who_wants_only_what_is_anomalous_gets_that(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    target = SinkTarget(SinkKind.REDIS_STREAM, anomalous_only=True)
    set_id = await hooked(stores, sinks, user, target)
    bad = await stores.inspect(set_id, user, anomalous=True)
    await stores.inspect(set_id, user, anomalous=False)
    parcels = await claimed(sinks)
    assert inspections_of(parcels) == [bad.inspection_id]
    assert parcels[0].target == target


async def test_what_is_claimed_is_in_one_pair_of_hands_until_its_lease_ends(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    set_id = await hooked(stores, sinks, user)
    found = await stores.inspect(set_id, user)
    assert len(await claimed(sinks)) == 1
    assert not await claimed(sinks, at(1))
    [again] = await claimed(sinks, NOON + LEASE)
    assert (again.delivery.inspection_id, again.delivery.tries) == (found.inspection_id, 2)


async def test_no_sink_takes_all_hands(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    busy, quiet = await hooked(stores, sinks, user), await hooked(stores, sinks, user)
    records = [an_inspection(busy, user, created_at=at(-n)) for n in range(9)]
    await stores.inspections.record(records)
    one = await stores.inspect(quiet, user)
    parcels = await claimed(sinks, of_sink=3)
    oldest = [record.inspection_id for record in records[-3:]]
    assert set(inspections_of(parcels)) == {one.inspection_id, *oldest}
    assert len(await claimed(sinks, limit=2, of_sink=3)) == 2


async def test_what_is_delivered_is_counted_and_gone(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    set_id = await hooked(stores, sinks, user)
    await stores.inspect(set_id, user)
    [parcel] = await claimed(sinks)
    for _ in range(2):
        await sinks.delivered(parcel.delivery, at(1))
    sink = await there(sinks, set_id)
    assert (sink.delivered, sink.waiting, sink.last_delivered_at) == (1, 0, at(1))
    assert not await sinks.undelivered(set_id, limit=10)


async def test_a_sink_that_fails_has_a_pause_and_what_is_given_up_is_kept(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    set_id = await hooked(stores, sinks, user)
    await stores.inspections.record([an_inspection(set_id, user) for _ in range(2)])
    first, second = await claimed(sinks)
    later = {"blocked_until": at(5), "now": at(0)}
    await sinks.failed(first.delivery, "status 500", due_at=at(3), **later)
    await sinks.failed(second.delivery, "status 410", due_at=None, **later)
    assert not await claimed(sinks, at(4))
    sink = await there(sinks, set_id)
    assert (sink.waiting, sink.given_up, sink.last_problem) == (1, 1, "status 410")
    told = {one.delivery_id: one for one in await sinks.undelivered(set_id, limit=10)}
    assert told[first.delivery.delivery_id].due_at == at(3)
    assert told[second.delivery.delivery_id].gave_up_at == at(0)
    [again] = await claimed(sinks, at(5))
    assert (again.delivery.delivery_id, again.failures) == (first.delivery.delivery_id, 2)
    await sinks.retry(set_id, at(6))
    assert len(await claimed(sinks, at(6))) == 2
    await sinks.failed(second.delivery, "status 410", due_at=None, **later)
    await sinks.forget_given_up_before(at(0))
    assert (await there(sinks, set_id)).given_up == 1
    await sinks.forget_given_up_before(at(1))
    assert (await there(sinks, set_id)).given_up == 0


async def test_another_url_has_another_secret_and_what_waits_goes_there(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    set_id = await hooked(stores, sinks, user)
    await stores.inspect(set_id, user)
    [parcel] = await claimed(sinks)
    await sinks.failed(parcel.delivery, "down", due_at=at(60), blocked_until=at(60), now=NOON)
    only_bad = SinkTarget(SinkKind.WEBHOOK, HOOK.url, anomalous_only=True)
    assert not await sinks.put(set_id, only_bad, b"n" * 32, keep_secret=True, now=at(1))
    [parcel] = await claimed(sinks, at(1))
    assert (parcel.secret, parcel.target) == (SECRET, only_bad)
    assert await sinks.put(set_id, HOOK, b"n" * 32, keep_secret=False, now=at(2))
    elsewhere = SinkTarget(SinkKind.WEBHOOK, "https://other.example.org/")
    assert await sinks.put(set_id, elsewhere, b"o" * 32, keep_secret=True, now=at(3))
    [parcel] = await claimed(sinks, at(3))
    assert (parcel.secret, parcel.target) == (b"o" * 32, elsewhere)


async def test_results_go_with_what_they_are_of(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    set_id = await hooked(stores, sinks, user)
    found = await stores.inspect(set_id, user)
    await forget_inspections_of_images(stores.pool, [found.image_id])
    assert not await claimed(sinks)
    await stores.inspect(set_id, user)
    await stores.sets.delete(set_id)
    assert not await claimed(sinks)
    assert await sinks.get(set_id) is None
    assert not await sinks.add_test(set_id, new_id(), "{}", NOON)
    await sinks.delete(set_id)
    assert not await sinks.put(set_id, HOOK, SECRET, keep_secret=True, now=NOON)


async def test_when_too_many_wait_others_are_dropped_and_counted(
    stores: Stores, sinks: PostgresResultSinks, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_inspections, "MOST_WAITING", 2)
    set_id = await hooked(stores, sinks, user)
    for _ in range(5):
        await stores.inspect(set_id, user)
    sink = await there(sinks, set_id)
    assert (sink.waiting, sink.dropped) == (2, 3)
    stats = await stores.inspections.stats(user, set_id, 0)
    assert [row.inspected for row in stats] == [5]


class Receiver:
    """A courier that fails when it is told to."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.got: list[str] = []

    async def deliver(self, parcel: Parcel) -> None:
        if self.failure is not None:
            raise self.failure
        self.got.append(parcel.delivery.delivery_id)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


async def test_results_are_tried_again_until_they_are_a_day_old(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    clock, receiver = Clock(), Receiver()
    sender = ResultSender(
        sinks, {SinkKind.WEBHOOK: receiver}, clock=clock, draw=lambda _, most: most
    )
    set_id = await hooked(stores, sinks, user)
    found = await stores.inspect(set_id, user)
    receiver.failure = NotDelivered("status 503", again_after_s=60)
    assert await sender.send_due() == 1
    [waiting] = await sinks.undelivered(set_id, limit=10)
    assert (waiting.tries, waiting.due_at) == (1, at(1))
    clock.now = at(1)
    receiver.failure = NotDelivered("status 500")
    assert await sender.send_due() == 1
    [waiting] = await sinks.undelivered(set_id, limit=10)
    assert waiting.due_at == at(1) + timedelta(seconds=10)
    clock.now = NOON + GIVE_UP_AFTER
    assert await sender.send_due() == 1
    assert await sender.send_due() == 0
    assert (await there(sinks, set_id)).given_up == 1
    receiver.failure = None
    await sinks.retry(set_id, clock.now)
    assert await sender.send_due() == 1
    assert receiver.got == [found.inspection_id]
    sink = await there(sinks, set_id)
    assert (sink.delivered, sink.given_up, sink.last_problem) == (1, 0, "")


async def test_a_receiver_that_is_gone_is_not_asked_again(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    clock, receiver = Clock(), Receiver()
    sender = ResultSender(sinks, {SinkKind.WEBHOOK: receiver}, clock=clock)
    set_id = await hooked(stores, sinks, user)
    await stores.inspections.record([an_inspection(set_id, user) for _ in range(20)])
    receiver.failure = NotDelivered("status 410", final=True)
    assert await sender.send_due() == AT_ONCE_OF_SINK
    sink = await there(sinks, set_id)
    assert (sink.given_up, sink.waiting) == (AT_ONCE_OF_SINK, 20 - AT_ONCE_OF_SINK)


async def test_a_result_that_trips_the_courier_stops_no_other(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    clock, broken, fine = Clock(), Receiver(), Receiver()
    broken.failure = RuntimeError("a slip")
    couriers = {SinkKind.WEBHOOK: broken, SinkKind.REDIS_STREAM: fine}
    sender = ResultSender(sinks, couriers, clock=clock)
    bad = await hooked(stores, sinks, user)
    good = await hooked(stores, sinks, user, SinkTarget(SinkKind.REDIS_STREAM))
    for set_id in (bad, good):
        await stores.inspect(set_id, user)
    assert await sender.send_due() == 2
    assert "internal error" in (await there(sinks, bad)).last_problem
    assert (await there(sinks, good)).delivered == 1


async def test_owners_and_nobody_else_say_where_results_go(
    stores: Stores, sinks: PostgresResultSinks, user: str
) -> None:
    library = ReferenceLibrary(
        stores.sets,
        stores.versions,
        # Not asked.
        cast("Any", None),
        most_sets=9,
        clock=Clock(),
    )
    set_id, woken = await stores.ready_set(user), []

    def desk(allowed: str, *, streams: bool = False) -> ResultSinkDesk:
        targets = AllowedTargets(allowed)
        return ResultSinkDesk(
            library, sinks, targets, streams=streams, changed=lambda: woken.append(1), clock=Clock()
        )

    closed, open_ = desk(""), desk("mes.example.org", streams=True)
    for target in (HOOK, SinkTarget(SinkKind.REDIS_STREAM)):
        with pytest.raises(ResultSinkRefused):
            await closed.put(set_id, user, target, renew=False)
    for call in (closed.get, closed.test, closed.undelivered, closed.retry):
        with pytest.raises(ResultSinkNotFound):
            await call(set_id, user)
    assert not woken
    sink, secret = await open_.put(set_id, user, HOOK, renew=False)
    assert (sink.target, secret[:6]) == (HOOK, "whsec_")
    assert (await open_.put(set_id, user, HOOK, renew=False))[1] == ""
    assert (await open_.put(set_id, user, HOOK, renew=True))[1] not in ("", secret)
    sent = await open_.test(set_id, user)
    [told] = await open_.undelivered(set_id, user)
    assert (told.delivery_id, told.inspection_id) == (sent.delivery_id, "")
    assert json.loads(told.body)["type"] == "argus.test"
    stream, no_secret = await open_.put(
        set_id, user, SinkTarget(SinkKind.REDIS_STREAM), renew=False
    )
    assert (stream.waiting, no_secret) == (1, "")
    await open_.delete(set_id, user)
    await open_.delete(set_id, user)
    assert len(woken) == 5


async def test_what_a_part_came_to_is_sent_once_to_who_wants_it(
    stores: Stores, sinks: PostgresResultSinks, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = SinkTarget(SinkKind.WEBHOOK, HOOK.url, anomalous_only=True)
    all_of, alarms_of = await hooked(stores, sinks, user), await hooked(stores, sinks, user, alarms)
    silent = await stores.ready_set(user)
    part_id = new_id()
    assert await sinks.add_part(all_of, part_id, "{}", NOON, alarm=False)
    assert not await sinks.add_part(all_of, part_id, "{}", NOON, alarm=False)
    assert not await sinks.add_part(alarms_of, new_id(), "{}", NOON, alarm=False)
    assert not await sinks.add_part(silent, new_id(), "{}", NOON, alarm=True)
    alarm_id = new_id()
    assert await sinks.add_part(alarms_of, alarm_id, '{"a":1}', NOON, alarm=True)
    parcels = {one.delivery.delivery_id: one for one in await claimed(sinks)}
    assert parcels.keys() == {part_id, alarm_id}
    assert parcels[alarm_id].delivery.body == '{"a":1}'
    assert parcels[part_id].delivery.inspection_id == ""
    monkeypatch.setattr(postgres_result_sinks, "MOST_WAITING", 1)
    assert not await sinks.add_part(all_of, new_id(), "{}", NOON, alarm=True)
    assert ((await there(sinks, all_of)).waiting, (await there(sinks, all_of)).dropped) == (1, 1)
