"""What inspection asks of whoever keeps reference sets."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.inspection.errors import TooManyReferenceSets
from services.inspection.job import JobState
from services.inspection.model import Member, Role
from services.inspection.records.postgres_forgetting import BATCH
from services.inspection.reference_set import ReferenceSet
from tests.support.inspection.records import (
    MOST,
    MOST_JOBS,
    MOST_SETS,
    Stores,
    a_job,
    a_set,
    a_version,
    an_inspection,
    at,
    new_id,
)


def ids(found: Sequence[ReferenceSet]) -> list[str]:
    return [one.set_id for one in found]


async def image_ids(stores: Stores, set_id: str) -> list[str]:
    return [image_id for _, image_id in await stores.sets.images(set_id, after=0, limit=MOST)]


async def test_a_new_set_is_as_it_was_made(stores: Stores, user: str) -> None:
    made = a_set(user)
    await stores.sets.create(made, most=MOST_SETS)

    assert await stores.sets.get(made.set_id, user) == made
    assert await stores.sets.in_use(made.set_id, user) == made.in_use
    assert await stores.sets.owner(made.set_id) == user


async def test_a_user_has_a_bounded_number_of_sets(stores: Stores, user: str, other: str) -> None:
    made = [a_set(user) for _ in range(8)]

    outcomes = await asyncio.gather(
        *(stores.sets.create(one, most=3) for one in made), return_exceptions=True
    )

    refused = [one for one in outcomes if one is not None]
    assert [type(one) for one in refused] == [TooManyReferenceSets] * 5
    kept = [one for one, outcome in zip(made, outcomes, strict=True) if outcome is None]
    await stores.sets.create(kept[0], most=3)  # It is there already.
    await stores.sets.create(a_set(other), most=3)
    await stores.sets.delete(kept[0].set_id)
    await stores.sets.create(a_set(user), most=3)
    with pytest.raises(TooManyReferenceSets):
        await stores.sets.create(a_set(user), most=3)


async def test_what_does_not_exist_is_nobodys(stores: Stores, user: str) -> None:
    assert await stores.sets.get(new_id(), user) is None
    assert await stores.sets.in_use(new_id(), user) is None
    assert await stores.sets.owner(new_id()) == ""
    assert list(await stores.sets.list(user, before=None, limit=10)) == []


async def test_sharing_shows_a_set_and_unsharing_hides_it(
    stores: Stores, user: str, other: str
) -> None:
    set_id, stranger = await stores.new_set(user), new_id()
    assert await stores.sets.get(set_id, other) is None
    assert await stores.sets.in_use(set_id, other) is None

    await stores.share(set_id, [other, stranger])
    await stores.share(set_id, [other], Role.VIEWER)
    members = (await stores.seen(set_id, user)).members
    assert {one.user_id: one.role for one in members} == {
        other: Role.VIEWER,
        stranger: Role.INSPECTOR,
    }
    shown = await stores.seen(set_id, other)
    assert (shown.user_id, list(shown.members)) == (user, [])
    in_use = await stores.sets.in_use(set_id, other)
    assert in_use == replace(shown.in_use, may_inspect=False)
    assert await stores.sets.in_use(set_id, stranger) == shown.in_use
    assert ids(await stores.sets.list(other, before=None, limit=10)) == [set_id]

    await stores.unshare(set_id, [other, new_id()])
    assert list((await stores.seen(set_id, user)).members) == [Member(stranger, Role.INSPECTOR)]
    assert await stores.sets.get(set_id, other) is None
    assert list(await stores.sets.list(other, before=None, limit=10)) == []


async def test_a_set_shared_with_its_owner_is_listed_once(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    await stores.share(set_id, [user])

    assert ids(await stores.sets.list(user, before=None, limit=10)) == [set_id]
    assert list((await stores.seen(set_id, user)).members) == []


async def test_sharing_a_set_that_is_gone_does_nothing(stores: Stores, other: str) -> None:
    await stores.share(new_id(), [other])

    assert list(await stores.sets.list(other, before=None, limit=10)) == []


async def test_pages_of_sets_of_one_moment_miss_none(stores: Stores, user: str, other: str) -> None:
    own = [await stores.new_set(user, created_at=at(1)) for _ in range(5)]
    shared = [await stores.new_set(other, created_at=at(1)) for _ in range(3)]
    for set_id in shared:
        await stores.share(set_id, [user])
    newest = await stores.new_set(user, created_at=at(2))
    oldest = await stores.new_set(user, created_at=at(0))
    await stores.new_set(other, created_at=at(1))

    pages, before = [], None
    while page := await stores.sets.list(user, before=before, limit=3):
        pages += ids(page)
        before = (page[-1].created_at, page[-1].set_id)

    assert pages == [newest, *sorted(own + shared, reverse=True), oldest]


async def test_a_list_shows_what_a_get_shows(stores: Stores, user: str, other: str) -> None:
    set_id = await stores.new_set(user, new_id(), new_id())
    await stores.share(set_id, [other])
    await stores.jobs.create(a_job(set_id), most=MOST_JOBS)

    for who in (user, other):
        assert list(await stores.sets.list(who, before=None, limit=10)) == [
            await stores.seen(set_id, who)
        ]


async def test_the_last_calibration_is_shown(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)
    first, second = a_job(set_id), a_job(set_id, created_at=at(1))
    await stores.jobs.create(first, most=MOST_JOBS)
    assert (await stores.seen(set_id, user)).last_calibration == first

    await stores.jobs.cancel(set_id, first.job_id)
    last = (await stores.seen(set_id, user)).last_calibration
    assert last is not None
    assert last.state is JobState.CANCELLED
    await stores.jobs.create(second, most=MOST_JOBS)
    assert (await stores.seen(set_id, user)).last_calibration == second


async def test_images_stay_in_the_order_in_which_they_were_added(stores: Stores, user: str) -> None:
    first, second, third, fourth = (new_id() for _ in range(4))
    set_id = await stores.new_set(user, third, first, third)
    await stores.new_set(user, second)
    assert await stores.sets.add_images(set_id, [fourth, first, second], most=MOST)

    assert await image_ids(stores, set_id) == [third, first, fourth, second]
    page = await stores.sets.images(set_id, after=0, limit=2)
    rest = await stores.sets.images(set_id, after=page[-1][0], limit=2)
    assert [image_id for _, image_id in rest] == [fourth, second]
    assert (await stores.seen(set_id, user)).image_count == 4


async def test_a_full_set_takes_none_of_what_is_too_much(stores: Stores, user: str) -> None:
    known = new_id()
    set_id = await stores.new_set(user, known, new_id())
    before = await stores.seen(set_id, user)

    assert not await stores.sets.add_images(set_id, [new_id(), new_id()], most=3)
    assert await stores.seen(set_id, user) == before
    assert await stores.sets.add_images(set_id, [known, new_id()], most=3)
    assert await stores.sets.add_images(set_id, [known], most=3)
    assert len(await image_ids(stores, set_id)) == 3


async def test_many_who_add_at_once_do_not_overfill(stores: Stores, user: str) -> None:
    set_id = await stores.new_set(user)

    answers = await asyncio.gather(
        *(stores.sets.add_images(set_id, [new_id(), new_id()], most=6) for _ in range(8))
    )

    assert sum(answers) == 3
    assert len(await image_ids(stores, set_id)) == 6
    assert (await stores.seen(set_id, user)).image_count == 6


async def test_removing_takes_out_what_is_there(stores: Stores, user: str) -> None:
    gone, stays = new_id(), new_id()
    set_id = await stores.new_set(user, gone, stays)
    elsewhere = await stores.new_set(user, gone)

    await stores.sets.remove_images(set_id, [gone, new_id()])
    await stores.sets.remove_images(new_id(), [stays])

    assert await image_ids(stores, set_id) == [stays]
    assert (await stores.seen(set_id, user)).image_count == 1
    assert await image_ids(stores, elsewhere) == [gone]


async def test_a_set_is_changed_when_images_came_or_went_since_its_version(
    stores: Stores, user: str
) -> None:
    first, second = new_id(), new_id()
    set_id = await stores.new_set(user, first)
    assert not (await stores.seen(set_id, user)).changed

    await stores.kept(a_version(set_id))
    assert not (await stores.seen(set_id, user)).changed
    await stores.sets.add_images(set_id, [first], most=MOST)
    await stores.sets.remove_images(set_id, [second])
    assert not (await stores.seen(set_id, user)).changed

    await stores.sets.add_images(set_id, [second], most=MOST)
    assert (await stores.seen(set_id, user)).changed
    await stores.kept(a_version(set_id))
    assert not (await stores.seen(set_id, user)).changed
    await stores.versions.use(set_id, 1)
    assert (await stores.seen(set_id, user)).changed


async def test_images_added_during_a_calibration_are_not_in_its_version(
    stores: Stores, user: str
) -> None:
    set_id = await stores.new_set(user, new_id())
    calibration = await stores.begun(set_id)
    await stores.sets.add_images(set_id, [new_id()], most=MOST)
    await stores.kept_by(calibration, a_version(set_id))
    assert (await stores.seen(set_id, user)).changed

    head = a_version(set_id, base_version=1, has_head=True)
    await stores.kept(head)
    assert (await stores.seen(set_id, user)).changed


async def test_deleting_a_set_deletes_what_hangs_on_it(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.new_set(user, new_id())
    version = a_version(set_id)
    calibration = a_job(set_id)
    await stores.share(set_id, [other])
    await stores.kept(version)
    await stores.jobs.create(calibration, most=MOST_JOBS)
    inspection = await stores.inspect(set_id, other)
    await stores.say(inspection, "mark_normal", 1)

    await stores.sets.delete(set_id)
    await stores.sets.delete(set_id)

    assert await stores.sets.owner(set_id) == ""
    assert await stores.sets.get(set_id, user) is None
    assert await image_ids(stores, set_id) == []
    assert await stores.versions.get(set_id, 1) is None
    assert await stores.jobs.get(set_id, calibration.job_id) is None
    assert await stores.taken("one") is None
    for who in (user, other):
        assert await stores.inspections.get(inspection.inspection_id, who) is None
        assert list(await stores.inspections.stats(who, "", 0)) == []
        said = await stores.feedback.list(who, set_id="", image_id="", before=None, limit=10)
        assert list(said) == []
    assert await stores.inspections.last_of_image(inspection.image_id, other) is None
    assert list(await stores.feedback.labelled(set_id)) == []
    assert list(await stores.versions.due_artifacts(10)) == [version.artifact_name]
    assert await stores.sets.add_images(set_id, [new_id()], most=MOST)
    assert await image_ids(stores, set_id) == []


async def test_inspections_of_a_deleted_set_are_gone_even_while_they_are_swept(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    many = [an_inspection(set_id, user) for _ in range(2 * BATCH + 1)]
    await stores.inspections.record(many)

    await stores.sets.delete(set_id)

    left = "SELECT count(*) FROM inspection.inspections WHERE set_id = $1"
    assert await stores.pool.fetchval(left, set_id) == BATCH + 1
    for record in many:
        if await stores.pool.fetchval(
            "SELECT true FROM inspection.inspections WHERE id = $1", record.inspection_id
        ):
            assert await stores.inspections.get(record.inspection_id, user) is None
            assert await stores.inspections.last_of_image(record.image_id, user) is None
            break
    assert await stores.unjudged(user, "", limit=10) == []
    assert (await stores.inspections.recent_scores(set_id, 1, limit=10)).scores == []
    assert list(await stores.inspections.stats(user, "", 0)) == []

    assert await stores.inspections.forget_before(at(-1)) == 0
    assert await stores.pool.fetchval(left, set_id) == 0
    assert await stores.pool.fetchval("SELECT count(*) FROM inspection.deleted_sets") == 0


async def test_images_last_called_normal_are_proposed_oldest_first(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    normal, late, was_normal, was_defect, silent = [
        await stores.inspect(set_id, user) for _ in range(5)
    ]
    await stores.say(late, "mark_normal", 9)
    await stores.say(normal, "relabel", 1, label="normal")
    await stores.say(normal, "comment", 20)
    await stores.say(was_normal, "mark_normal", 2)
    await stores.say(was_normal, "relabel", 3, label="crack")
    await stores.say(was_defect, "confirm_anomaly", 4)
    await stores.say(was_defect, "mark_normal", 5)
    await stores.say(silent, "comment", 6)

    proposed = await stores.proposed(set_id, user, limit=10)
    assert proposed == [normal.image_id, was_defect.image_id, late.image_id]
    assert await stores.proposed(set_id, user, limit=1) == [normal.image_id]

    await stores.sets.add_images(set_id, [was_defect.image_id], most=MOST)
    proposed = await stores.proposed(set_id, user, limit=10)
    assert proposed == [normal.image_id, late.image_id]


async def test_only_the_users_own_images_of_that_set_are_proposed(
    stores: Stores, user: str, other: str
) -> None:
    set_id, elsewhere = await stores.ready_set(user), await stores.ready_set(user)
    await stores.share(set_id, [other])
    theirs = await stores.inspect(set_id, other)
    await stores.say(theirs, "mark_normal", 1)
    await stores.say(theirs, "mark_normal", 2, user_id=user)
    unstored = await stores.inspect(set_id, user, image_id="")
    await stores.say(unstored, "mark_normal", 3)
    of_other_set = await stores.inspect(elsewhere, user)
    await stores.say(of_other_set, "mark_normal", 4)

    assert await stores.proposed(set_id, user, limit=10) == []


async def test_deleted_images_are_forgotten_everywhere(stores: Stores, user: str) -> None:
    gone, stays = new_id(), new_id()
    first, second = await stores.new_set(user, gone, stays), await stores.new_set(user, gone)
    for set_id in (first, second):
        await stores.kept(a_version(set_id))
    forgotten = await stores.inspect(first, user, image_id=gone, anomalous=False)
    kept = await stores.inspect(first, user, image_id=stays)
    await stores.inspect(second, user, image_id=gone)
    await stores.say(forgotten, "mark_normal", 1)
    said = await stores.say(kept, "mark_normal", 2)
    await stores.say(kept, "comment", 3, inspection_id="", set_id="", image_id=gone)

    for _ in range(2):
        await stores.sets.forget_images([gone, new_id()])

        assert await image_ids(stores, first) == [stays]
        assert await image_ids(stores, second) == []
        assert [(await stores.seen(one, user)).image_count for one in (first, second)] == [1, 0]
        assert (await stores.seen(first, user)).changed
        assert await stores.inspections.get(forgotten.inspection_id, user) is None
        assert await stores.inspections.get(kept.inspection_id, user) is not None
        found = await stores.feedback.list(user, set_id="", image_id="", before=None, limit=10)
        assert list(found) == [said]
        (row,) = await stores.inspections.stats(user, "", 0)
        assert (row.set_id, row.inspected, row.anomalous) == (first, 1, 1)


async def test_a_set_gets_another_name(stores: Stores, user: str) -> None:
    set_id, other = await stores.new_set(user), await stores.new_set(user)
    before = await stores.sets.get(other, user)
    await stores.sets.rename(set_id, "another")
    renamed = await stores.sets.get(set_id, user)
    assert renamed is not None
    assert renamed.display_name == "another"
    assert await stores.sets.get(other, user) == before
    await stores.sets.rename(new_id(), "nobody's")
