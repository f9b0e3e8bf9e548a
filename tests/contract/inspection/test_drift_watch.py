"""Drift is measured of the sets that are in use, whether or not somebody asks."""

from datetime import timedelta

from services.inspection.review.drift_watch import DriftWatch
from services.inspection.telemetry import drifts
from tests.support.inspection.records import NOON, Stores, a_version, at


async def test_sets_are_in_use_that_were_inspected_with_of_late(stores: Stores, user: str) -> None:
    older, newer, idle, unused = [await stores.ready_set(user) for _ in range(4)]
    await stores.inspect(older, user, created_at=at(30))
    await stores.inspect(newer, user, created_at=at(40))
    await stores.inspect(idle, user, created_at=at(10))
    assert await stores.kept(a_version(newer)) == 2

    found = await stores.inspections.sets_in_use(at(20), limit=10)

    assert found == [(newer, 2), (older, 1)], unused
    assert await stores.inspections.sets_in_use(at(20), limit=1) == [(newer, 2)]


async def test_their_drift_is_told_and_that_of_no_other(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    await stores.inspect(set_id, user, created_at=NOON)
    now = NOON
    watch = DriftWatch(stores.inspections, stores.versions, clock=lambda: now)

    await watch.once()

    [(distance, about)] = drifts.distances()
    assert about == {"argus.reference_set": set_id}
    assert 0 <= distance <= 1
    assert [value for value, _ in drifts.warnings()] == [0], "one score is no drift"

    now += timedelta(days=2)
    await watch.once()
    assert list(drifts.distances()) == []
