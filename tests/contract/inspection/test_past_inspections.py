"""What inspection asks of whoever keeps what was found, for looking at it again."""

from dataclasses import replace

import numpy as np
import pytest

from services.inspection.model import (
    AnomalyGrid,
    Box,
    Findings,
    NearestImage,
    NearestPatch,
    RecentScore,
    Region,
    Verdict,
)
from tests.support.inspection.records import NOON, Stores, at, new_id

GRID = AnomalyGrid(
    np.linspace(0, 5, 12, dtype=np.float16).reshape(3, 4).astype(np.float32), 640, 480
)


def findings(grid: AnomalyGrid | None = GRID) -> Findings:
    patch = NearestPatch(new_id(), Box(0.1, 0.2, 0.3, 0.4), 1.75)
    region = Region(
        box=Box(0.0, 0.25, 0.5, 1.0),
        polygon=[(0.0, 0.25), (0.5, 0.25), (0.5, 1.0)],
        score=7.5,
        area=0.19,
        peak=(2, 1),
        nearest=patch,
    )
    return Findings(
        [region, replace(region, nearest=None)],
        [NearestImage(new_id(), 0.5), NearestImage(new_id(), 0.75)],
        grid,
    )


async def test_what_was_found_is_as_it_was_recorded(stores: Stores, user: str) -> None:
    set_id, found = await stores.ready_set(user), findings()
    record = await stores.inspect(set_id, user, findings=found)

    past = await stores.history.get(record.inspection_id, user)

    assert past is not None
    assert (past.record.score, past.record.created_at) == (record.score, NOON)
    kept = past.record.findings
    assert kept is not None
    assert kept.regions == found.regions
    assert kept.nearest == found.nearest
    assert kept.grid is not None
    np.testing.assert_array_equal(kept.grid.in_thresholds, GRID.in_thresholds)
    assert (kept.grid.width, kept.grid.height) == (640, 480)


async def test_a_scorer_that_says_no_where_leaves_no_grid(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    record = await stores.inspect(set_id, user, findings=findings(None))
    past = await stores.history.get(record.inspection_id, user)
    assert past is not None
    assert not past.has_grid
    assert past.record.findings is not None
    assert past.record.findings.grid is None


async def test_what_was_inspected_before_findings_were_kept_has_none(
    stores: Stores, user: str
) -> None:
    record = await stores.inspect(await stores.ready_set(user), user)
    past = await stores.history.get(record.inspection_id, user)
    assert past is not None
    assert (past.record.findings, past.has_grid, past.defective) == (None, False, None)
    (listed,) = await stores.history.list(user, limit=10)
    assert (listed.record.findings, listed.has_grid) == (None, False)


async def test_findings_go_with_their_inspection(stores: Stores, user: str) -> None:
    set_id = await stores.ready_set(user)
    kept = await stores.inspect(set_id, user, findings=findings(), created_at=at(10))
    await stores.inspect(set_id, user, findings=findings())

    assert await stores.inspections.forget_before(at(5)) == 1

    left = await stores.pool.fetch("SELECT inspection_id FROM inspection.findings")
    assert [str(row["inspection_id"]) for row in left] == [kept.inspection_id]


async def test_the_one_who_inspected_and_the_owner_see_an_inspection(
    stores: Stores, user: str, other: str
) -> None:
    set_id, theirs = await stores.ready_set(user), await stores.ready_set(other)
    hers = await stores.inspect(set_id, user)
    his = await stores.inspect(set_id, other, created_at=at(1))
    elsewhere = await stores.inspect(theirs, other, created_at=at(2))

    async def listed(whose: str) -> list[str]:
        found = await stores.history.list(whose, limit=10)
        return [one.record.inspection_id for one in found]

    assert await listed(user) == [his.inspection_id, hers.inspection_id]
    assert await listed(other) == [elsewhere.inspection_id, his.inspection_id]
    assert await listed(new_id()) == []
    assert await stores.history.get(his.inspection_id, user) is not None
    assert await stores.history.get(hers.inspection_id, other) is None

    await stores.sets.delete(set_id)
    assert await listed(other) == [elsewhere.inspection_id], "a set's go with it at once"


async def test_lists_are_narrowed_and_go_on_after_a_place(stores: Stores, user: str) -> None:
    set_id, second = await stores.ready_set(user), await stores.ready_set(user)
    image_id = new_id()
    made = [
        await stores.inspect(set_id, user, created_at=at(0), anomalous=False),
        await stores.inspect(set_id, user, created_at=at(1), image_id=image_id, version=2),
        await stores.inspect(second, user, created_at=at(2), findings=findings()),
        await stores.inspect(second, user, created_at=at(-1), off_distribution=True),
    ]
    place = {record.inspection_id: place for place, record in enumerate(made)}

    async def listed(**narrowed: object) -> list[int]:
        found = await stores.history.list(user, **{"limit": 10, **narrowed})  # type: ignore[arg-type] # what is narrowed differs
        return [place[one.record.inspection_id] for one in found]

    assert await listed() == [2, 1, 0, 3]
    assert await listed(set_id=set_id) == [1, 0]
    assert await listed(version=2) == [1]
    assert await listed(image_id=image_id) == [1]
    assert await listed(verdict=Verdict.NORMAL) == [0]
    assert await listed(verdict=Verdict.ANOMALOUS) == [2, 1]
    assert await listed(verdict=Verdict.UNINSPECTABLE) == [3]
    assert await listed(since=at(1)) == [2, 1]
    assert await listed(until=at(1)) == [0, 3]
    assert await listed(limit=1) == [2]
    assert await listed(before=(at(2), made[2].inspection_id), limit=1) == [1]
    listed_regions = (await stores.history.list(user, set_id=second, limit=1))[0].record.findings
    assert listed_regions is not None
    assert (len(listed_regions.regions), listed_regions.nearest) == (2, ())


async def test_the_last_word_is_told(stores: Stores, user: str) -> None:
    set_id, image_id = await stores.ready_set(user), new_id()
    first = await stores.inspect(set_id, user, image_id=image_id)
    again = await stores.inspect(set_id, user, image_id=image_id, created_at=at(1))
    await stores.say(first, "mark_normal", 2)
    await stores.say(again, "confirm_anomaly", 3)
    await stores.say(again, "comment", 4)
    unstored = await stores.inspect(set_id, user, image_id="", created_at=at(5))

    truths = {
        one.record.inspection_id: one.defective for one in await stores.history.list(user, limit=10)
    }

    assert truths == {
        first.inspection_id: False,
        again.inspection_id: True,
        unstored.inspection_id: None,
    }
    recent = await stores.history.recent(set_id, 1, user_id="", since=None, limit=2)
    assert recent == [
        RecentScore(3.5, anomalous=True, off_distribution=False, defective=None),
        RecentScore(3.5, anomalous=True, off_distribution=False, defective=True),
    ]


async def test_recent_scores_are_of_one_version_and_of_whom_is_named(
    stores: Stores, user: str, other: str
) -> None:
    set_id = await stores.ready_set(user)
    await stores.inspect(set_id, user, score=1.0)
    await stores.inspect(set_id, other, score=2.0, created_at=at(1))
    await stores.inspect(set_id, user, score=9.0, version=2, created_at=at(2))

    async def scores(**asked: object) -> list[float]:
        every = {"user_id": "", "since": None, "limit": 10} | asked
        found = await stores.history.recent(set_id, 1, **every)  # type: ignore[arg-type] # what is asked differs
        return [one.score for one in found]

    assert await scores() == [2.0, 1.0]
    assert await scores(user_id=user) == [1.0]
    assert await scores(since=at(1)) == [2.0]
    assert await scores(limit=1) == [2.0]


@pytest.mark.parametrize("action", ["confirm_anomaly", "comment"])
async def test_what_was_said_of_an_inspection_is_seen_by_who_said_it_and_the_owner(
    stores: Stores, user: str, other: str, action: str
) -> None:
    set_id, image_id = await stores.ready_set(user), new_id()
    first = await stores.inspect(set_id, other, image_id=image_id)
    again = await stores.inspect(set_id, other, image_id=image_id, created_at=at(1))
    by_owner = await stores.say(first, action, 2, user_id=user)
    by_other = await stores.say(again, action, 3)
    await stores.say(await stores.inspect(set_id, other), action, 4)

    async def heard(whose: str) -> list[str]:
        found = await stores.feedback.on_inspection(first, whose, limit=10)
        assert {one.image_user_id for one in found} <= {other}
        return [one.feedback_id for one in found]

    assert await heard(user) == [by_other.feedback_id, by_owner.feedback_id]
    assert await heard(other) == [by_other.feedback_id]
