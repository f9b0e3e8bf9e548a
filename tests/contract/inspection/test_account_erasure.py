"""All that inspection has of a user goes, and nothing of anybody else's."""

from uuid import uuid4

import pytest

from services.inspection.model import Claim
from services.inspection.records.postgres_accounts import REST, PostgresUserRecords
from tests.support.inspection.records import NOON, Stores, at, feedback_on

WITH_THEIRS = {"reference_sets", "inspections"}
"""Tables of which all rows of a user go first, with what hangs on them."""
TOLD_APART = {"deleted_feedback"}
"""It names two users."""


@pytest.fixture
def deletion_id() -> str:
    return str(uuid4())


async def rows_of(stores: Stores, user_id: str) -> set[str]:
    """Tables with rows of the user."""
    found = {
        table
        for table in (*WITH_THEIRS, *(name for _, name in REST))
        if await stores.pool.fetchval(
            f"SELECT count(*) FROM inspection.{table} WHERE user_id = $1",  # noqa: S608 - our own words
            user_id,
        )
    }
    if await stores.pool.fetchval(
        "SELECT count(*) FROM inspection.deleted_feedback WHERE user_id = $1 OR deleted_by = $1",
        user_id,
    ):
        found.add("deleted_feedback")
    return found


async def test_every_table_that_names_users_is_thought_of(stores: Stores) -> None:
    rows = await stores.pool.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'inspection' "
        "AND (column_name LIKE '%user%' OR column_name LIKE '%_by')"
    )
    named = {row["table_name"] for row in rows} - {"versions"}  # made by a request
    assert named == WITH_THEIRS | TOLD_APART | {name for _, name in REST}


async def test_what_is_the_users_goes_and_what_is_others_stays(
    stores: Stores, user: str, other: str, deletion_id: str
) -> None:
    mine, theirs = await stores.ready_set(user), await stores.ready_set(other)
    await stores.share(mine, [other])
    await stores.share(theirs, [user])
    await stores.begun(mine)
    with_mine = await stores.inspect(mine, user)
    others_with_mine = await stores.inspect(mine, other)
    with_theirs = await stores.inspect(theirs, user)
    stays = await stores.inspect(theirs, other)
    for minute, inspected in enumerate((with_mine, with_theirs, stays)):
        said = feedback_on(inspected, "mark_normal", minute)
        await stores.feedback.add(said)
    await stores.marks.skip(with_theirs.inspection_id, user, NOON)
    await stores.marks.claim(Claim(str(uuid4()), (with_mine.inspection_id,), at(5)), user, now=NOON)
    taken_back = feedback_on(with_mine, "comment", 9)
    await stores.feedback.add(taken_back)
    await stores.feedback.delete(taken_back.feedback_id, user)
    assert len(await rows_of(stores, user)) >= 8

    records = PostgresUserRecords(stores.pool)
    await records.erase(user, deletion_id, email="")

    removed = await records.removed(deletion_id)
    assert {what: removed.get(what) for what in ("reference_sets", "versions", "shares")} == {
        "reference_sets": 1, "versions": 1, "shares": 1,
    }  # fmt: skip
    assert removed["shares_with_them"] == 1
    assert removed["inspections"] == 3
    assert removed["feedback"] == 2
    assert await rows_of(stores, user) == set()
    assert await stores.inspections.get(others_with_mine.inspection_id, other) is None
    assert await stores.inspections.get(stays.inspection_id, other) is not None
    assert (await stores.seen(theirs, other)).members == ()
    assert len(await stores.versions.due_artifacts(9)) == 1
    # Again is no error, and adds nothing.
    await records.erase(user, deletion_id, email="")
    assert await records.removed(deletion_id) == removed
