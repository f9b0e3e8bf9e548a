"""What inspection asks of whoever remembers inspections."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from services.inspection.model import Counts, FrameProblem, FrameReason, InspectionRecord
from services.inspection.records.postgres_forgetting import BATCH, forget_inspections_of_images
from tests.support.inspection.records import Stores, a_version, an_inspection, at, new_id

DAY = 24 * 60
DARK = FrameProblem(FrameReason.TOO_DARK, 12.5, 58.0, 131.0)
FOREIGN = FrameProblem(FrameReason.FOREIGN, 1e-9, 1e-3)


def ids(records: Sequence[InspectionRecord]) -> list[str]:
    return [record.inspection_id for record in records]


async def test_an_inspection_is_as_it_was_recorded(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    records = [
        an_inspection(set_id, user),
        an_inspection(
            set_id, user, image_id="", off_distribution=True, frame_problems=(DARK, FOREIGN)
        ),
    ]

    await stores.inspections.record(records)

    for record in records:
        found = await stores.inspections.get(record.inspection_id, user)
        assert found is not None
        np.testing.assert_allclose(found.descriptor, record.descriptor, atol=1e-3)
        assert found.descriptor.dtype == np.float32
        nothing = np.zeros(0, np.float32)
        assert replace(found, descriptor=nothing) == replace(record, descriptor=nothing)


async def test_descriptors_are_kept_as_little_endian_halves(stores: Stores, user: str) -> None:
    record = await stores.inspect(await stores.ready_set(user), user)

    kept = await stores.pool.fetchval(
        "SELECT descriptor FROM inspection.inspections WHERE id = $1", record.inspection_id
    )

    assert kept == record.descriptor.astype("<f2").tobytes()


async def test_an_inspection_is_recorded_once(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    record = an_inspection(set_id, user)

    await stores.inspections.record([record, record])
    await stores.inspections.record([record])
    await stores.inspections.record([])

    (row,) = await stores.inspections.stats(user, set_id, 0)
    assert (row.inspected, row.anomalous) == (1, 1)


async def test_inspections_of_sets_that_are_gone_are_left_out(stores: Stores, user: str) -> None:
    kept = an_inspection(await stores.ready_set(user), user)
    left_out = an_inspection(new_id(), user)

    await stores.inspections.record([left_out, kept])

    assert await stores.inspections.get(left_out.inspection_id, user) is None
    assert await stores.inspections.get(kept.inspection_id, user) is not None


async def test_who_made_it_and_who_owns_the_set_see_an_inspection(
    stores: Stores, user: str, other: str
) -> None:
    set_id, third = await stores.ready_set(user), new_id()
    await stores.share(set_id, [other, third])
    theirs = await stores.inspect(set_id, other)
    own = await stores.inspect(set_id, user)

    async def sees(who: str, record: InspectionRecord) -> bool:
        return await stores.inspections.get(record.inspection_id, who) is not None

    assert [await sees(who, theirs) for who in (user, other, third)] == [True, True, False]
    assert [await sees(who, own) for who in (user, other, third)] == [True, False, False]
    assert await stores.inspections.get(new_id(), user) is None


async def test_the_users_last_inspection_of_an_image_is_found(
    stores: Stores, user: str, other: str
) -> None:
    first, second = await stores.ready_set(user), await stores.ready_set(user)
    image_id = new_id()
    await stores.inspect(first, user, image_id=image_id, created_at=at(1))
    last = await stores.inspect(second, user, image_id=image_id, created_at=at(3))
    await stores.inspect(first, user, image_id=image_id, created_at=at(2))

    found = await stores.inspections.last_of_image(image_id, user)

    assert found is not None
    assert found.inspection_id == last.inspection_id
    assert await stores.inspections.last_of_image(image_id, other) is None
    assert await stores.inspections.last_of_image(new_id(), user) is None


async def test_unjudged_are_the_last_inspections_of_stored_images_newest_first(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    again = new_id()
    await stores.inspect(set_id, user, image_id=again, created_at=at(1))
    older = await stores.inspect(set_id, user, created_at=at(2))
    commented = await stores.inspect(set_id, user, created_at=at(3))
    await stores.say(commented, "comment", 4)
    newest = await stores.inspect(set_id, user, image_id=again, created_at=at(5))
    judged = await stores.inspect(set_id, user, created_at=at(6))
    await stores.say(judged, "mark_normal", 7)
    await stores.inspect(set_id, user, image_id=judged.image_id, created_at=at(8))
    await stores.inspect(set_id, user, image_id="", created_at=at(9))

    found = await stores.unjudged(user, set_id, limit=10)
    assert ids(found) == ids([newest, commented, older])
    assert ids(await stores.unjudged(user, "", limit=2)) == ids([newest, commented])


async def test_unjudged_are_of_current_versions_only(stores: Stores, user: str) -> None:
    set_id, unready = await stores.ready_set(user), await stores.new_set(user)
    image_id = new_id()
    old = await stores.inspect(set_id, user, image_id=image_id, version=1, created_at=at(1))
    await stores.kept(a_version(set_id))
    await stores.inspect(unready, user, version=0)

    assert await stores.unjudged(user, "", limit=10) == []
    new = await stores.inspect(set_id, user, image_id=image_id, version=2, created_at=at(2))
    await stores.inspect(set_id, user, image_id=image_id, version=1, created_at=at(3))
    assert ids(await stores.unjudged(user, "", limit=10)) == ids([new])
    await stores.versions.use(set_id, 1)
    found = await stores.unjudged(user, "", limit=10)
    assert len(found) == 1
    assert found[0].created_at == at(3)
    assert old.inspection_id not in ids(found)


async def test_unjudged_of_several_sets_has_each_image_once(stores: Stores, user: str) -> None:
    first, second = await stores.ready_set(user), await stores.ready_set(user)
    image_id = new_id()
    in_first = await stores.inspect(first, user, image_id=image_id, created_at=at(1))
    in_second = await stores.inspect(second, user, image_id=image_id, created_at=at(2))
    alone = await stores.inspect(first, user, created_at=at(3))

    assert ids(await stores.unjudged(user, "", limit=10)) == ids([alone, in_second])
    assert ids(await stores.unjudged(user, first, limit=10)) == ids([alone, in_first])
    assert ids(await stores.unjudged(user, second, limit=10)) == ids([in_second])


async def test_unjudged_are_the_users_own_with_sets_that_the_user_may_see(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    await stores.share(set_id, [other])
    theirs = await stores.inspect(set_id, other)

    assert await stores.unjudged(user, set_id, limit=10) == []
    assert ids(await stores.unjudged(other, set_id, limit=10)) == ids([theirs])
    await stores.unshare(set_id, [other])
    assert await stores.unjudged(other, "", limit=10) == []


async def test_recent_scores_are_the_newest_without_defects(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    scores = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    records = [
        await stores.inspect(set_id, user if n % 2 else other, score=score, created_at=at(n))
        for n, score in enumerate(scores)
    ]
    await stores.inspect(set_id, user, score=99.0, version=2, created_at=at(50))
    unstored = await stores.inspect(set_id, user, image_id="", score=7.0, created_at=at(60))
    await stores.say(records[1], "confirm_anomaly", 100)
    await stores.say(records[2], "confirm_anomaly", 100)
    await stores.say(records[2], "mark_normal", 101)
    await stores.say(records[3], "mark_normal", 100)

    async def recent(limit: int) -> tuple[list[float], int]:
        found = await stores.inspections.recent_scores(set_id, 1, limit=limit)
        return list(found.scores), found.uninspectable

    assert await recent(10) == ([7, 6, 5, 4, 3, 1], 0)
    assert await recent(2) == ([7, 6], 0)
    await stores.say(unstored, "relabel", 102, label="crack")
    again = await stores.inspect(
        set_id, user, image_id=records[1].image_id, score=8.0, created_at=at(61)
    )
    assert await recent(1) == ([6], 0)
    await stores.say(again, "mark_normal", 103)
    assert await recent(2) == ([8, 6], 0)
    await stores.inspect(set_id, user, off_distribution=True, created_at=at(62))
    assert await recent(3) == ([8, 6], 1)


async def test_what_was_uninspectable_is_counted_among_the_alarms(
    stores: Stores, user: str
) -> None:
    set_id, image_id = await stores.ready_set(user), new_id()
    await stores.inspect(set_id, user, anomalous=False)
    await stores.inspect(set_id, user)
    dark = await stores.inspect(set_id, user, image_id=image_id, off_distribution=True)
    await stores.say(dark, "mark_normal", 1)

    (row,) = await stores.inspections.stats(user, set_id, 0)
    assert (row.inspected, row.anomalous, row.uninspectable) == (3, 2, 1)
    assert row.counts.false_positives == 1, "whoever calls it normal calls it a false alarm"
    await forget_inspections_of_images(stores.pool, [image_id])
    (row,) = await stores.inspections.stats(user, set_id, 0)
    assert (row.inspected, row.anomalous, row.uninspectable) == (2, 1, 0)


async def test_stats_count_by_set_version_and_day(stores: Stores, user: str) -> None:
    set_id, second = sorted([await stores.ready_set(user), await stores.ready_set(user)])
    defect = await stores.inspect(set_id, user)
    false_alarm = await stores.inspect(set_id, user)
    normal = await stores.inspect(set_id, user, anomalous=False)
    missed = await stores.inspect(set_id, user, anomalous=False)
    await stores.inspect(set_id, user, anomalous=False)
    late = await stores.inspect(set_id, user, created_at=at(12 * 60 - 1))
    early = await stores.inspect(set_id, user, version=2, created_at=at(12 * 60))
    await stores.inspect(second, user, created_at=at(DAY))
    await stores.say(defect, "confirm_anomaly", 1)
    await stores.say(false_alarm, "confirm_anomaly", 1)
    await stores.say(false_alarm, "mark_normal", 2)
    await stores.say(false_alarm, "comment", 3)
    await stores.say(normal, "relabel", 1, label="Normal")
    await stores.say(missed, "relabel", 3 * DAY, label="crack")
    await stores.say(late, "confirm_anomaly", 1)

    rows = await stores.inspections.stats(user, "", 0)

    assert [(row.set_id, row.version, row.day, row.inspected, row.anomalous) for row in rows] == [
        (set_id, 2, date(2026, 3, 2), 1, 1),
        (second, 1, date(2026, 3, 2), 1, 1),
        (set_id, 1, date(2026, 3, 1), 6, 3),
    ]
    assert [row.counts for row in rows] == [Counts(), Counts(), Counts(2, 1, 1, 1)]
    assert [row.set_id for row in await stores.inspections.stats(user, second, 0)] == [second]
    (only,) = await stores.inspections.stats(user, set_id, 2)
    assert (only.version, only.inspected) == (2, 1)
    await stores.say(early, "mark_normal", 9)
    (only,) = await stores.inspections.stats(user, set_id, 2)
    assert only.counts == Counts(false_positives=1)


async def test_the_last_word_on_an_image_in_a_set_holds_for_what_nobody_spoke_of(
    stores: Stores, user: str
) -> None:
    set_id, elsewhere = await stores.ready_set(user), await stores.ready_set(user)
    first = await stores.inspect(set_id, user)
    own_word = await stores.inspect(set_id, user, image_id=first.image_id, anomalous=False)
    await stores.inspect(set_id, user, image_id=first.image_id, anomalous=False)
    await stores.inspect(elsewhere, user, image_id=first.image_id)
    await stores.say(own_word, "mark_normal", 1)
    await stores.say(first, "confirm_anomaly", 2)

    (row,) = await stores.inspections.stats(user, set_id, 0)
    assert row.counts == Counts(true_positives=1, true_negatives=1, false_negatives=1)
    (row,) = await stores.inspections.stats(user, elsewhere, 0)
    assert row.counts == Counts()


async def test_stats_are_of_own_inspections_and_own_sets(
    stores: Stores, user: str, other: str
) -> None:
    set_id, third = await stores.ready_set(user), new_id()
    await stores.share(set_id, [other, third])
    own = await stores.inspect(set_id, user)
    theirs = await stores.inspect(set_id, other, anomalous=False)
    await stores.say(own, "confirm_anomaly", 1)
    await stores.say(theirs, "confirm_anomaly", 1, user_id=user)

    (all_of_it,) = await stores.inspections.stats(user, "", 0)
    assert (all_of_it.inspected, all_of_it.anomalous) == (2, 1)
    assert all_of_it.counts == Counts(true_positives=1, false_negatives=1)
    (part,) = await stores.inspections.stats(other, set_id, 0)
    assert (part.inspected, part.anomalous) == (1, 0)
    assert part.counts == Counts(false_negatives=1)
    for who in (third, new_id()):
        assert list(await stores.inspections.stats(who, "", 0)) == []
        assert list(await stores.inspections.stats(who, set_id, 1)) == []


async def test_what_is_old_is_forgotten_unless_people_spoke_of_it(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    old = [await stores.inspect(set_id, user, created_at=at(n)) for n in range(4)]
    await stores.say(old[0], "mark_normal", 100)
    await stores.say(old[1], "comment", 100)
    young = await stores.inspect(set_id, user, created_at=at(10))

    assert await stores.inspections.forget_before(at(10)) == 2

    left = [
        record
        for record in [*old, young]
        if await stores.inspections.get(record.inspection_id, user) is not None
    ]
    assert ids(left) == ids([old[0], old[1], young])
    assert await stores.inspections.forget_before(at(10)) == 0
    (row,) = await stores.inspections.stats(user, set_id, 0)
    assert (row.inspected, row.counts) == (5, Counts(false_positives=1))


async def test_more_is_forgotten_than_one_statement_takes(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    many = [an_inspection(set_id, user, image_id="") for _ in range(2 * BATCH + 1)]
    await stores.inspections.record(many)

    assert await stores.inspections.forget_before(at(1)) == len(many)


async def test_replicas_forget_at_once(stores: Stores, user: str) -> None:
    set_id, deleted = await stores.ready_set(user), await stores.ready_set(user)
    many = [an_inspection(set_id, user) for _ in range(2 * BATCH)]
    images = [record.image_id for record in many[:1000]]
    await stores.inspections.record(many)
    await stores.inspections.record([an_inspection(deleted, user) for _ in range(2 * BATCH)])
    await stores.sets.delete(deleted)

    await asyncio.gather(
        *(stores.inspections.forget_before(at(1)) for _ in range(3)),
        *(stores.sets.forget_images(images) for _ in range(3)),
    )

    # One may have left to another, which had it in hand, what was the last.
    await stores.inspections.forget_before(at(1))
    assert await stores.pool.fetchval("SELECT count(*) FROM inspection.inspections") == 0


async def test_an_order_stays_as_it_was_when_the_first_page_was_asked_for(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    early, judged = [await stores.inspect(set_id, user, created_at=at(n)) for n in (1, 2)]
    await stores.say(judged, "mark_normal", 4)
    await stores.inspect(set_id, user, created_at=at(5))

    found = await stores.inspections.unjudged(user, set_id, at=at(3), limit=10)

    assert [(record.inspection_id, since) for record, since in found] == [
        (judged.inspection_id, True),
        (early.inspection_id, False),
    ]
