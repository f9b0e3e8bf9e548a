"""What inspection asks of whoever keeps what people said."""

import asyncio
from datetime import timedelta

import pytest

from services.inspection.errors import FeedbackNotFound, InspectionNotFound
from services.inspection.model import Box, Counts, Feedback
from tests.support.inspection.records import NOON, Stores, at, feedback_on, new_id

BOX = Box(0.1, 0.2, 0.5, 1.0)
OUTLINES = (((0.1, 0.2), (0.5, 0.2), (0.5, 1.0)), ((0.1, 0.9), (0.2, 0.9), (0.2, 1.0)))


async def said(
    stores: Stores, user: str, *, set_id: str = "", image_id: str = "", limit: int = 100
) -> list[Feedback]:
    return list(
        await stores.feedback.list(user, set_id=set_id, image_id=image_id, before=None, limit=limit)
    )


async def test_feedback_is_as_it_was_said(stores: Stores, user: str) -> None:
    inspection = await stores.inspect(await stores.ready_set(user), user)
    spoken = await stores.say(
        inspection, "relabel", 1, note="at the edge", label="crack", region=BOX, polygons=OUTLINES
    )
    unstored = await stores.inspect(inspection.set_id, user, image_id="")
    on_unstored = await stores.say(unstored, "mark_normal", 2)
    uninspected = Feedback(new_id(), user, "comment", "a spare", at(3), image_id=new_id())
    await stores.feedback.add(uninspected)

    assert await said(stores, user) == [uninspected, on_unstored, spoken]
    assert await said(stores, user, set_id=inspection.set_id) == [on_unstored, spoken]
    assert await said(stores, user, image_id=inspection.image_id) == [spoken]
    assert await said(stores, user, image_id=uninspected.image_id) == [uninspected]
    assert await said(stores, user, set_id=new_id()) == []


async def test_feedback_on_an_inspection_that_is_gone_is_refused(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    inspection = await stores.inspect(set_id, user)
    await stores.sets.forget_images([inspection.image_id])
    with pytest.raises(InspectionNotFound):
        await stores.say(inspection, "mark_normal", 1)

    inspection = await stores.inspect(set_id, user)
    await stores.sets.delete(set_id)
    with pytest.raises(InspectionNotFound):
        await stores.say(inspection, "mark_normal", 1)
    assert await said(stores, user) == []


async def test_feedback_is_never_lost_to_forgetting(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    old = NOON - timedelta(days=900)
    inspections = [await stores.inspect(set_id, user, created_at=old) for _ in range(30)]

    answers = await asyncio.gather(
        stores.inspections.forget_before(old + timedelta(days=1)),
        *(stores.say(inspection, "mark_normal", 1) for inspection in inspections),
        return_exceptions=True,
    )

    kept = [answer for answer in answers if isinstance(answer, Feedback)]
    assert {one.feedback_id for one in await said(stores, user)} == {
        one.feedback_id for one in kept
    }
    assert answers[0] == len(inspections) - len(kept)


async def test_feedback_is_seen_by_who_said_it_and_by_who_owns_the_set(
    stores: Stores, user: str, other: str
) -> None:
    set_id, third = await stores.ready_set(user), new_id()
    await stores.share(set_id, [other, third])
    theirs = await stores.say(await stores.inspect(set_id, other), "mark_normal", 1)
    own_inspection = await stores.inspect(set_id, user)
    own = await stores.say(own_inspection, "mark_normal", 2)
    elsewhere = Feedback(new_id(), other, "comment", "", at(3), image_id=new_id())
    await stores.feedback.add(elsewhere)

    assert await said(stores, user) == [own, theirs]
    assert await said(stores, user, set_id=set_id) == [own, theirs]
    assert await said(stores, other) == [elsewhere, theirs]
    assert await said(stores, other, set_id=set_id) == [theirs]
    assert await said(stores, other, image_id=own_inspection.image_id) == []
    assert await said(stores, user, image_id=elsewhere.image_id) == []
    for who in (third, new_id()):
        assert await said(stores, who) == []
        assert await said(stores, who, set_id=set_id) == []


async def test_pages_of_feedback_of_one_moment_miss_none(
    stores: Stores, user: str, other: str
) -> None:
    first, second = await stores.ready_set(user), await stores.ready_set(user)
    spoken = []
    for set_id in (first, second):
        for who in (user, other):
            inspection = await stores.inspect(set_id, who)
            spoken += [await stores.say(inspection, "comment", 1) for _ in range(3)]

    pages: list[Feedback] = []
    before = None
    while page := await stores.feedback.list(user, set_id="", image_id="", before=before, limit=5):
        pages += page
        before = (page[-1].created_at, page[-1].feedback_id)

    assert pages == sorted(spoken, key=lambda one: one.feedback_id, reverse=True)


async def test_labelled_are_images_by_the_last_word_on_each(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    changed, crack, commented = [await stores.inspect(set_id, user) for _ in range(3)]
    unstored = await stores.inspect(set_id, user, image_id="")
    await stores.say(changed, "relabel", 1, label="scratch", note="deep", region=BOX)
    await stores.say(crack, "relabel", 2, label="crack", region=BOX)
    await stores.say(crack, "comment", 3, note="see the edge")
    await stores.say(changed, "mark_normal", 4)
    await stores.say(commented, "comment", 5)
    await stores.say(unstored, "mark_normal", 6)
    again = await stores.inspect(set_id, user, image_id=crack.image_id, created_at=at(7))

    first, second = await stores.feedback.labelled(set_id)

    assert (first.image_id, first.user_id, first.defective) == (crack.image_id, user, True)
    assert (first.label, first.note, first.region) == ("crack", "see the edge", BOX)
    assert first.told_at == at(2)
    assert first.inspection.inspection_id == again.inspection_id
    assert (second.image_id, second.defective, second.label) == (changed.image_id, False, "")
    assert (second.note, second.region, second.told_at) == ("", None, at(4))
    (only,) = await stores.feedback.labelled(set_id, limit=1)
    assert only.image_id == first.image_id


async def test_what_was_told_before_and_still_holds_is_kept(stores: Stores, user: str) -> None:
    inspection = await stores.inspect(await stores.ready_set(user), user)
    await stores.say(inspection, "relabel", 1, label="crack", note="long", region=BOX)
    await stores.say(inspection, "mark_normal", 2, note="only dust")
    await stores.say(inspection, "confirm_anomaly", 3)

    (labelled,) = await stores.feedback.labelled(inspection.set_id)

    assert (labelled.defective, labelled.told_at) == (True, at(3))
    assert (labelled.label, labelled.note, labelled.region) == ("crack", "long", BOX)


async def test_labelled_are_of_that_set_and_of_that_user(
    stores: Stores, user: str, other: str
) -> None:
    set_id, elsewhere = await stores.ready_set(user), await stores.ready_set(user)
    await stores.share(set_id, [other])
    own, theirs = await stores.inspect(set_id, user), await stores.inspect(set_id, other)
    of_other_set = await stores.inspect(elsewhere, user)
    await stores.say(own, "mark_normal", 1)
    await stores.say(theirs, "confirm_anomaly", 2, user_id=user)
    await stores.feedback.add(feedback_on(of_other_set, "mark_normal", 3))

    everyone = await stores.feedback.labelled(set_id)
    assert [one.image_id for one in everyone] == [own.image_id, theirs.image_id]
    for who, inspection in ((user, own), (other, theirs)):
        (one,) = await stores.feedback.labelled(set_id, user_id=who)
        assert (one.image_id, one.user_id) == (inspection.image_id, who)
    assert list(await stores.feedback.labelled(set_id, user_id=new_id())) == []


async def test_judged_are_those_that_a_version_or_its_like_scored(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    await stores.share(set_id, [other])
    base = await stores.versions.get(set_id, 1)
    assert base is not None
    assert await stores.versions.derive(
        set_id, 1, base.threshold, (), made_by=new_id(), created_at=at(5), use=True
    )
    by_base, by_derived, by_another, theirs = [
        await stores.inspect(set_id, who, version=version)
        for version, who in ((1, user), (2, user), (3, user), (1, other))
    ]
    for time, one in enumerate((by_base, by_derived, by_another), 1):
        await stores.say(one, "confirm_anomaly", time)
    await stores.say(theirs, "confirm_anomaly", 4, user_id=user)
    # The last inspection was with what scores otherwise: the one before counts.
    await stores.inspect(set_id, user, image_id=by_base.image_id, version=3, created_at=at(8))

    async def judged(
        user_id: str = "", *, sha: str = base.artifact_sha256, limit: int = 9
    ) -> list[str]:
        found = await stores.feedback.judged(set_id, sha, user_id=user_id, limit=limit)
        return [one.inspection.inspection_id for one in found]

    newest_first = [one.inspection_id for one in (theirs, by_derived, by_base)]
    assert await judged() == newest_first
    assert await judged(limit=2) == newest_first[:2]
    assert await judged(user) == newest_first[1:]
    assert await judged(other) == newest_first[:1]
    assert await judged(sha="cd" * 32) == []
    assert await stores.feedback.judged_count(set_id) == 4
    assert await stores.feedback.judged_count(set_id, user_id=other) == 1


async def test_feedback_is_taken_back_by_who_gave_it_and_by_the_owner(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    inspection = await stores.inspect(set_id, other)
    by_other = await stores.say(inspection, "confirm_anomaly", 1)
    by_owner = await stores.say(inspection, "mark_normal", 2, user_id=user)

    assert not await stores.feedback.delete(by_owner.feedback_id, other)
    assert not await stores.feedback.delete(by_other.feedback_id, new_id())
    assert not await stores.feedback.delete(new_id(), user)
    assert await said(stores, user) == [by_owner, by_other]
    assert await stores.feedback.delete(by_other.feedback_id, user)
    assert await stores.feedback.delete(by_owner.feedback_id, user)
    assert await said(stores, user) == []
    for again in (user, other):
        assert await stores.feedback.delete(by_other.feedback_id, again), "it is gone"
    assert not await stores.feedback.delete(by_owner.feedback_id, other)


async def test_without_its_feedback_an_inspection_is_as_before(stores: Stores, user: str) -> None:
    inspection = await stores.inspect(await stores.ready_set(user), user)
    judged = await stores.say(inspection, "confirm_anomaly", 1)
    comment = await stores.say(inspection, "comment", 2)
    assert await stores.unjudged(user, "") == []

    await stores.feedback.delete(judged.feedback_id, user)
    (row,) = await stores.inspections.stats(user, "", 0)
    assert row.counts == Counts()
    assert [one.inspection_id for one in await stores.unjudged(user, "")] == [
        inspection.inspection_id
    ]
    assert await stores.inspections.forget_before(at(10)) == 0, "there is a comment on it"
    await stores.feedback.delete(comment.feedback_id, user)
    assert await stores.inspections.forget_before(at(10)) == 1


async def test_a_request_that_comes_late_brings_nothing_back(stores: Stores, user: str) -> None:
    inspection = await stores.inspect(await stores.ready_set(user), user)
    given = await stores.say(inspection, "confirm_anomaly", 1)
    await stores.feedback.delete(given.feedback_id, user)

    with pytest.raises(FeedbackNotFound):
        await stores.feedback.add(given)

    assert await said(stores, user) == []
    assert await stores.inspections.forget_before(at(10)) == 1, "nothing of it was kept"


async def test_feedback_tells_whose_image_it_is_about(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    inspection = await stores.inspect(set_id, other)
    await stores.say(inspection, "mark_normal", 1, user_id=user)
    await stores.feedback.add(Feedback(new_id(), user, "comment", "", at(2), image_id=new_id()))
    found = await stores.feedback.list(user, set_id="", image_id="", before=None, limit=10)
    assert [one.image_user_id for one in found] == [user, other]


async def test_outlines_are_those_of_the_word_that_drew_the_region(
    stores: Stores, user: str
) -> None:
    set_id = await stores.ready_set(user)
    inspection = await stores.inspect(set_id, user)
    await stores.say(inspection, "confirm_anomaly", 1, region=BOX, polygons=OUTLINES)
    await stores.say(inspection, "relabel", 2, label="crack")
    (labelled,) = await stores.feedback.labelled(set_id)
    assert (labelled.region, labelled.polygons, labelled.label) == (BOX, OUTLINES, "crack")
    smaller = Box(0.2, 0.2, 0.3, 0.3)
    await stores.say(inspection, "confirm_anomaly", 3, region=smaller)
    (labelled,) = await stores.feedback.labelled(set_id)
    assert (labelled.region, labelled.polygons) == (smaller, ())
