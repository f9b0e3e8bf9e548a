"""What the review queue asks of whoever keeps head trainings and feedback."""

from dataclasses import replace

import numpy as np
import pytest

from services.inspection.job import Advice, HeadTraining, HeadTrainingRequest, Wanted
from services.inspection.records.postgres_wishes import PostgresWishes
from tests.support.inspection.records import Stores, a_version, at, ending_of, new_id

WANTED = (
    Wanted("crack", 9, Advice.MORE_HELPS, 9, 0.2, 0.15),
    Wanted("normal", 12, Advice.ENOUGH, 0, 0.1, 0.1),
)


@pytest.fixture
def wishes(stores: Stores) -> PostgresWishes:
    return PostgresWishes(stores.pool)


async def trained(stores: Stores, set_id: str, wanted: tuple[Wanted, ...]) -> None:
    job = await stores.begun(set_id, request=HeadTrainingRequest(1))
    result = HeadTraining(0.7, 0.8, 12, 9, "Not kept.", wanted=wanted)
    assert await stores.jobs.succeed(replace(ending_of(job), result=result))


async def test_what_the_last_training_asked_for(stores: Stores, user: str) -> None:
    wishes = PostgresWishes(stores.pool)
    set_id = await stores.new_set(user, new_id())
    assert list(await wishes.wanted(set_id)) == []
    await trained(stores, set_id, WANTED)
    assert tuple(await wishes.wanted(set_id)) == WANTED
    assert list(await wishes.wanted(new_id())) == []


async def test_judged_images_are_seen_by_the_version_or_what_it_was_made_from(
    stores: Stores, user: str, wishes: PostgresWishes
) -> None:
    set_id = await stores.ready_set(user)
    assert await stores.kept(a_version(set_id, base_version=1)) == 2
    assert await stores.kept(a_version(set_id)) == 3
    look = np.eye(8, dtype=np.float32)
    for place, (action, version, label) in enumerate(
        [("relabel", 1, "Crack"), ("mark_normal", 2, ""), ("confirm_anomaly", 3, "")]
    ):
        made = await stores.inspect(set_id, user, descriptor=look[place], version=version)
        await stores.say(made, action, place, label=label)
    found = await wishes.judged(set_id, 2, user)
    assert [one.kind for one in found] == ["normal", "crack"]
    assert np.array_equal(found[1].descriptor, look[0])
    assert [one.kind for one in await wishes.judged(set_id, 3, user)] == [""]


async def test_the_owner_sees_all_and_others_what_they_inspected(
    stores: Stores, user: str, wishes: PostgresWishes
) -> None:
    other = new_id()
    set_id = await stores.ready_set(user)
    own = await stores.inspect(set_id, user)
    theirs = await stores.inspect(set_id, other, created_at=at(1))
    await stores.say(own, "confirm_anomaly", 2)
    await stores.say(theirs, "mark_normal", 3)
    assert [one.kind for one in await wishes.judged(set_id, 1, user)] == ["normal", ""]
    assert [one.kind for one in await wishes.judged(set_id, 1, other)] == ["normal"]
    assert list(await wishes.judged(set_id, 1, new_id())) == []
