"""Argus on many hosts loses nothing: in roll-outs, in crashes, and when the network breaks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from tests.scaleout.cluster import EDGES, REPLICAS, Cluster, cluster
from tests.scaleout.hosts import missing
from tests.scaleout.load import Load, Told, load
from tests.support.eventually import eventually

# What a client sends again: until replicas that are lost are left out, calls to them break, wait
# until their deadline, or find each connection of a replica waiting for a store that is cut off.
TRY_AGAIN = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"}
LACKING = missing()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING)


@pytest.fixture(scope="module")
async def argus() -> AsyncIterator[Cluster]:
    """Two of each service, and their stores, each on a host of its own."""
    async with cluster() as running:
        yield running


@pytest.fixture(scope="module")
async def people(argus: Cluster) -> AsyncIterator[Load]:
    """Somebody who asks through both edges."""
    async with load(argus.edges) as somebody:
        yield somebody


def codes(told: Told) -> set[str]:
    """Of the statuses that calls ended with."""
    return {failure.split(": ")[1] for failure in told.failed}


async def all_is_there(people: Load, told: Told) -> None:
    """What was acknowledged is there once, and found."""
    assert told.uploaded, "the load uploads"
    kept = await people.images()
    assert set(told.uploaded) <= kept.keys()
    times = Counter(kept.values())
    assert {times[kept[image_id]] for image_id in told.uploaded} == {1}
    assert told.inspected, "the load inspects"
    remembered = Counter(await people.inspections())
    assert {remembered[inspection_id] for inspection_id in told.inspected} == {1}

    async def found() -> bool:
        return set(told.uploaded) <= await people.found()

    await eventually(found, "all images are found", within_s=60)


async def roll_all(argus: Cluster, names: Sequence[str]) -> None:
    """Rolls several at once, as a release does."""
    async with asyncio.TaskGroup() as rolling:
        for name in names:
            rolling.create_task(argus.roll(name))


async def test_roll_outs_lose_no_request(argus: Cluster, people: Load) -> None:
    async with people.running() as told:
        await asyncio.sleep(1)
        for number in (0, 1):
            first = ("auth", "storage")
            then = ("embedder", "search", "inspection")
            await roll_all(argus, [*(REPLICAS[name][number] for name in first), EDGES[number]])
            await roll_all(argus, [REPLICAS[name][number] for name in then])
        await asyncio.sleep(1)
    assert told.failed == []
    await all_is_there(people, told)


async def test_crashes_lose_nothing_that_was_acknowledged(argus: Cluster, people: Load) -> None:
    async with people.running() as told:
        job_id = await people.calibrate()
        at_work = await argus.who_calibrates(job_id)
        for victims in (
            (at_work,),
            ("auth-1", "search-1"),
            ("storage-1",),
            ("embedder-1", "edge-1"),
        ):
            for victim in victims:
                argus.kill(victim)
            await asyncio.sleep(1)
            for victim in victims:
                argus.start(victim)
            await argus.ready(*victims)
    assert codes(told) <= TRY_AGAIN, told.failed
    assert len(told.failed) < sum(told.answered.values()) / 10
    # The calibration whose replica was killed is begun again.
    await people.calibrated(job_id)
    assert await argus.crashes_of(job_id) > 0
    await all_is_there(people, told)


@pytest.mark.parametrize(
    ("cuts", "how"),
    [
        ({"storage-1": "postgres", "search-2": "vectors", "auth-2": "redis"}, "partition"),
        ({"storage-2": "objects", "inspection-1": "postgres"}, "blackhole"),
    ],
    ids=["partition", "blackhole"],
)
async def test_replicas_without_a_store_are_left_out_until_they_have_it_again(
    argus: Cluster, people: Load, cuts: Mapping[str, str], how: str
) -> None:
    links = [(argus.network.host(one), argus.network.host(other)) for one, other in cuts.items()]
    async with people.running() as told:
        for alone, lost in links:
            alone.cut_off(lost) if how == "partition" else alone.route_nowhere(lost)
        try:
            for replica in cuts:
                await argus.unready(replica)
            # The edges ask about every two seconds how it is, and believe it the second time.
            await asyncio.sleep(6)
            async with people.running() as without_it:
                await asyncio.sleep(3)
        finally:
            for alone, lost in links:
                alone.join_again() if how == "partition" else alone.route_again(lost)
        await argus.ready(*cuts)
    assert min(without_it.answered.values()) > 0
    assert {*without_it.answered} == {*told.answered}
    assert without_it.failed == []
    assert codes(told) <= TRY_AGAIN, told.failed
    told.uploaded += without_it.uploaded
    told.inspected += without_it.inspected
    await all_is_there(people, told)


async def test_a_slow_link_fails_nothing(argus: Cluster, people: Load) -> None:
    slow = argus.network.host("objects")
    async with people.running() as told:
        slow.slow_down("2mbit")
        try:
            await asyncio.sleep(4)
        finally:
            slow.speed_up()
    assert told.failed == []
    await all_is_there(people, told)
