"""Records of saved searches, what they found, and what is to be compared, in a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from argus.search.v1.search_pb2 import SearchImagesRequest

from services.search.errors import SavedSearchNotFound, TooManySavedSearches
from services.search.model import Newcomer
from services.search.saved.model import (
    Arrival,
    Changing,
    ComparedSearch,
    Finding,
    FoundMatch,
    MatchCounts,
    Problem,
    QueryVector,
    SavedSearch,
    SearchDraft,
)
from services.search.saved.pictures import without_pictures
from services.search.saved.ports import ArrivalLog, ComparedSearches, MatchLog, SavedSearches
from services.search.saved.postgres_arrivals import KEPT_HIDDEN, KEPT_WAITING, PostgresArrivals
from services.search.saved.postgres_matches import PostgresMatches
from services.search.saved.postgres_searches import PostgresSavedSearches
from tests.support.databases import migrated_pool, new_database

ANA = "11111111-1111-4111-8111-111111111111"
BEN = "22222222-2222-4222-8222-222222222222"
NOBODY = "00000000-0000-4000-8000-000000000000"
SPACE = "compact@1"
MOST_KEPT = 5
AT_MOST = 4
LEASE_S = 3600.0


@dataclass(frozen=True)
class Records:
    """Every port of saved searches, over the same records."""

    searches: SavedSearches
    compared: ComparedSearches
    matches: MatchLog
    arrivals: ArrivalLog
    erase: PostgresSavedSearches
    pool: asyncpg.Pool
    """To let time pass."""

    async def save(self, name: str = "cats", user_id: str = ANA, **more: bool) -> SavedSearch:
        return await self.searches.create(
            user_id, str(uuid4()), draft(name, **more), at_most=AT_MOST
        )

    async def find(self, search: SavedSearch, *image_ids: str, revision: int = 1) -> int:
        """Lets a search find images."""
        return await self.matches.record(
            search.user_id,
            [Finding(search.search_id, revision, image_id, 0.5) for image_id in image_ids],
        )

    async def found(self, search: SavedSearch) -> list[str]:
        """What a search has found, newest first."""
        page = await self.matches.page(
            search.user_id, search.search_id, before=None, unseen_after=None, limit=100
        )
        return images(page)

    async def come(self, *image_ids: str, user_id: str = ANA, is_change: bool = False) -> bool:
        """Lets the index have images."""
        newcomers = [Newcomer(image_id, user_id, is_change) for image_id in image_ids]
        return await self.arrivals.arrived(newcomers, there=(), gone=())

    async def due(self) -> Sequence[Arrival]:
        return await self.arrivals.due(100, LEASE_S)

    async def later(self, by: timedelta) -> None:
        """Lets time pass for all that waits."""
        await self.pool.execute(
            "UPDATE searches.arrivals SET due_at = due_at - $1::interval, "
            "arrived_at = arrived_at - $1",
            by,
        )
        await self.pool.execute(
            "UPDATE searches.saved_matches SET hidden_at = hidden_at - $1::interval", by
        )


@pytest.fixture(scope="module")
async def pool(postgres_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with new_database(postgres_url) as url, migrated_pool(url, "search") as opened:
        yield opened


@pytest.fixture
async def records(pool: asyncpg.Pool) -> Records:
    searches = PostgresSavedSearches(pool)
    for user_id in (ANA, BEN):
        await searches.delete_of_user(user_id)
    return Records(
        searches=searches,
        compared=searches,
        matches=PostgresMatches(pool, most_kept=MOST_KEPT),
        arrivals=PostgresArrivals(pool),
        erase=searches,
        pool=pool,
    )


def draft(name: str = "cats", *, conditional: bool = False) -> SearchDraft:
    query = SearchImagesRequest(text=name, image=b"a picture", min_score=0.5)
    query.examples.add(image=b"another", weight=-1)
    return SearchDraft(name, query, conditional, QueryVector(SPACE, [0.5, -0.25], 0.125))


def some(count: int) -> list[str]:
    """Ids of images."""
    return [str(uuid4()) for _ in range(count)]


def images(found: Sequence[FoundMatch] | Sequence[Arrival]) -> list[str]:
    return [one.image_id for one in found]


def of_all(searches: Sequence[SavedSearch] | Sequence[ComparedSearch]) -> list[str]:
    return [one.search_id for one in searches]


async def test_a_search_is_kept_as_it_was_saved(records: Records) -> None:
    made = await records.save()
    assert (made.user_id, made.display_name, made.problem) == (ANA, "cats", None)
    assert made.counts == MatchCounts()
    assert made.created_at <= made.updated_at
    assert made.query == draft().query
    assert await records.searches.get(ANA, made.search_id) == made
    (listed,) = await records.searches.list(ANA)
    assert listed.search_id == made.search_id
    assert listed.query == without_pictures(draft().query)


async def test_saving_again_under_an_id_changes_nothing(records: Records) -> None:
    made = await records.save()
    again = await records.searches.create(ANA, made.search_id, draft("dogs"), at_most=1)
    assert again == made
    assert of_all(await records.searches.list(ANA)) == [made.search_id]


async def test_a_user_has_at_most_so_many_however_many_are_saved_at_once(
    records: Records,
) -> None:
    await records.save(user_id=BEN)
    outcomes = await asyncio.gather(
        *(records.save(str(number)) for number in range(AT_MOST + 3)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [TooManySavedSearches] * 3
    there = await records.searches.list(ANA)
    assert len(there) == await records.erase.count_of_user(ANA) == AT_MOST
    await records.searches.delete(ANA, there[0].search_id)
    await records.save("in its place")


async def test_searches_are_listed_oldest_first(records: Records) -> None:
    made = [await records.save(name) for name in "cab"]
    await records.searches.rename(ANA, made[0].search_id, "z")
    assert of_all(await records.searches.list(ANA)) == of_all(made)


async def test_what_is_somebody_elses_is_as_unknown_as_what_is_not_there(
    records: Records,
) -> None:
    hers = await records.save()
    await records.find(hers, *some(2))
    for search_id in (hers.search_id, NOBODY):
        for call in (
            records.searches.get(BEN, search_id),
            records.searches.rename(BEN, search_id, "mine"),
            records.searches.replace(BEN, search_id, draft("mine")),
            records.searches.delete(BEN, search_id),
            records.matches.counts(BEN, search_id),
            records.matches.seen_position(BEN, search_id),
            records.matches.mark_seen(BEN, search_id, 1),
        ):
            with pytest.raises(SavedSearchNotFound):
                await call
        page = await records.matches.page(BEN, search_id, before=None, unseen_after=None, limit=10)
        assert not page
        assert not (await records.matches.after(BEN, search_id, 0, 10)).matches
    finding = Finding(hers.search_id, 1, some(1)[0], 0.5)
    assert await records.matches.record(BEN, [finding]) == 0
    assert await records.searches.list(BEN) == []
    now = await records.searches.get(ANA, hers.search_id)
    assert (now.display_name, now.counts.total, now.counts.unseen) == ("cats", 2, 2)


async def test_another_query_has_another_vector_and_what_was_found_stays(
    records: Records,
) -> None:
    made = await records.save()
    image_id, late = some(2)
    await records.find(made, image_id)
    await records.compared.set_problem(made.search_id, 1, Problem("NO_CUTOFF", "too few"))
    assert (await records.searches.get(ANA, made.search_id)).problem == Problem(
        "NO_CUTOFF", "too few"
    )
    await records.searches.replace(ANA, made.search_id, draft("dogs", conditional=True))
    now = await records.searches.get(ANA, made.search_id)
    assert (now.display_name, now.query.text, now.problem) == ("dogs", "dogs", None)
    (compared,) = await records.compared.of_user(ANA, SPACE)
    assert (compared.revision, compared.conditional, compared.has_problem) == (2, True, False)
    # What was found by the former query meanwhile is dropped, and so is what was said of it.
    assert await records.find(made, late, revision=1) == 0
    await records.compared.set_problem(made.search_id, 1, Problem("NO_CUTOFF", "too few"))
    await records.compared.keep_vector(made.search_id, 1, QueryVector(SPACE, [1.0, 0.0]))
    (compared,) = await records.compared.of_user(ANA, SPACE)
    assert not compared.has_problem
    assert compared.vector == QueryVector(SPACE, [0.5, -0.25], 0.125)
    assert await records.compared.whole_query(made.search_id, 1) is None
    assert await records.found(made) == [image_id]


async def test_a_query_has_a_vector_in_each_space(records: Records) -> None:
    made = await records.save()
    assert [one.vector for one in await records.compared.of_user(ANA, "other")] == [None]
    other = QueryVector("other", [1.0, 2.0, 3.0])
    for vector in (QueryVector("other", [0.0, 0.0, 0.0], 0.5), other):
        await records.compared.keep_vector(made.search_id, 1, vector)
    for space, expected in (("other", other), (SPACE, QueryVector(SPACE, [0.5, -0.25], 0.125))):
        (compared,) = await records.compared.of_user(ANA, space)
        assert compared.vector == expected
        # Pictures are not read for every image that comes.
        assert compared.query == without_pictures(draft().query)
    assert await records.compared.whole_query(made.search_id, 1) == draft().query
    assert await records.compared.of_user(BEN, SPACE) == []


async def test_an_image_is_found_once_and_has_a_place_behind_all_before_it(
    records: Records,
) -> None:
    cats, dogs = await records.save("cats"), await records.save("dogs")
    one, two, three = some(3)
    assert await records.matches.position(ANA) == 0
    assert await records.find(cats, one, two) == 2
    assert await records.find(cats, two, one, three) == 1
    assert await records.find(dogs, two) == 1
    assert await records.find(dogs) == 0
    assert await records.found(cats) == [three, two, one]
    assert await records.found(dogs) == [two]
    heard = await records.matches.after(ANA, "", 0, 10)
    assert images(heard.matches) == [one, two, three, two]
    places = [match.position for match in heard.matches]
    assert places == sorted(set(places))
    assert (await records.matches.position(ANA), heard.forgotten) == (places[-1], 0)
    assert images((await records.matches.after(ANA, "", places[1], 1)).matches) == [three]
    of_dogs = await records.matches.after(ANA, dogs.search_id, places[0], 10)
    assert images(of_dogs.matches) == [two]


async def test_whatever_is_found_at_once_whoever_listens_misses_nothing(
    records: Records,
) -> None:
    searches = [await records.save(str(number)) for number in range(2)]
    there = some(12)
    told: list[FoundMatch] = []
    done = asyncio.Event()

    async def listen() -> None:
        position, last = 0, False
        while True:
            last = done.is_set()
            heard = (await records.matches.after(ANA, "", position, 3)).matches
            told.extend(heard)
            if heard:
                position = heard[-1].position
            elif last:
                return

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listen())
        finds = [
            group.create_task(records.find(search, *there[start : start + 2]))
            for search in searches
            # No more of each than are kept, in any order and some of them twice.
            for start in (0, 2, 1, 0)
        ]
        await asyncio.wait(finds)
        done.set()
        await listening
    found = [(one.search_id, one.image_id) for one in told]
    assert len(found) == len(set(found))
    assert set(found) == {
        (search.search_id, image_id) for search in searches for image_id in there[:4]
    }


async def test_pages_go_on_before_a_place_and_leave_out_what_was_seen(records: Records) -> None:
    made = await records.save()
    there = some(4)
    await records.find(made, *there)

    async def page(
        before: int | None = None, unseen_after: int | None = None, limit: int = 2
    ) -> Sequence[FoundMatch]:
        return await records.matches.page(
            ANA, made.search_id, before=before, unseen_after=unseen_after, limit=limit
        )

    first = await page()
    assert images(first) == [there[3], there[2]]
    await records.find(made, *some(1))
    second = await page(before=first[-1].position)
    assert images(second) == [there[1], there[0]]
    assert not any(one.seen for one in (*first, *second))
    await records.matches.mark_seen(ANA, made.search_id, second[0].position)
    assert await records.matches.seen_position(ANA, made.search_id) == second[0].position
    unseen = await page(unseen_after=second[0].position, limit=10)
    assert images(unseen)[1:] == [there[3], there[2]]
    assert [one.seen for one in await page(limit=10)] == [False, False, False, True, True]
    counts = await records.matches.counts(ANA, made.search_id)
    assert (counts.total, counts.unseen) == (5, 3)
    assert counts.last_found_at == unseen[0].found_at


async def test_what_was_seen_stays_seen_and_nothing_that_comes_is(records: Records) -> None:
    made, other = await records.save(), await records.save("dogs")
    one, two = some(2)
    await records.find(made, one)
    await records.find(other, one)
    await records.matches.mark_seen(ANA, made.search_id, 2**40)
    await records.matches.mark_seen(ANA, made.search_id, 0)
    assert (await records.matches.counts(ANA, made.search_id)).unseen == 0
    assert (await records.matches.counts(ANA, other.search_id)).unseen == 1
    await records.find(made, two)
    assert (await records.matches.counts(ANA, made.search_id)).unseen == 1


async def test_the_newest_are_kept_and_it_is_known_what_is_not(records: Records) -> None:
    made, other = await records.save(), await records.save("dogs")
    there = some(MOST_KEPT + 2)
    await records.find(other, there[0])
    for image_id in there:
        await records.find(made, image_id)
    assert await records.found(made) == there[:1:-1]
    heard = await records.matches.after(ANA, "", 0, 100)
    assert images(heard.matches) == [there[0], *there[2:]]
    assert heard.matches[0].position < heard.forgotten < heard.matches[1].position


async def test_matches_of_deleted_images_are_hidden_and_come_back_where_they_were(
    records: Records,
) -> None:
    made = await records.save()
    one, two, three = there = some(3)
    await records.find(made, *there)
    await records.arrivals.arrived([], there=(), gone=[two, NOBODY])
    assert await records.found(made) == [three, one]
    counts = await records.matches.counts(ANA, made.search_id)
    assert (counts.total, counts.unseen) == (2, 2)
    assert images((await records.matches.after(ANA, "", 0, 10)).matches) == [one, three]
    # Found again while it is hidden, it is no other match.
    assert await records.find(made, two) == 0
    await records.arrivals.arrived([], there=[two], gone=())
    assert await records.found(made) == [three, two, one]
    await records.arrivals.arrived([], there=(), gone=[one])
    await records.later(KEPT_HIDDEN + timedelta(seconds=1))
    assert (await records.arrivals.tidy())["matches"] == 1
    await records.arrivals.arrived([], there=[one], gone=())
    assert await records.found(made) == [three, two]


async def test_images_wait_only_for_owners_of_saved_searches(records: Records) -> None:
    await records.save()
    mine, his = some(2)
    assert await records.come(mine)
    assert not await records.come(his, user_id=BEN)
    assert await records.arrivals.waiting() == 1
    (arrival,) = await records.due()
    assert (arrival.image_id, arrival.user_id, arrival.is_change) == (mine, ANA, False)
    assert arrival.kept_before == frozenset()


async def test_an_arrival_is_lent_and_offered_again_unless_it_is_settled(
    records: Records,
) -> None:
    await records.save()
    there = some(3)
    for image_id in there:
        await records.come(image_id)
    lent = await records.due()
    assert images(lent) == there
    assert await records.due() == []
    await records.later(timedelta(seconds=LEASE_S))
    assert images(await records.due()) == there
    await records.arrivals.settle(lent[:2])
    await records.later(timedelta(seconds=LEASE_S))
    assert images(await records.due()) == there[2:]
    assert await records.arrivals.waiting() == 1
    await records.arrivals.settle([])


async def test_nobody_else_is_given_what_is_lent(records: Records) -> None:
    await records.save()
    there = some(20)
    await records.come(*there)
    given = await asyncio.gather(*(records.arrivals.due(5, LEASE_S) for _ in range(8)))
    lent = [one for batch in given for one in images(batch)]
    assert len(lent) == len(set(lent))
    while rest := await records.arrivals.due(5, LEASE_S):
        lent += images(rest)
    assert sorted(lent) == sorted(there)


async def test_a_batch_is_of_one_user(records: Records) -> None:
    for user_id in (ANA, BEN):
        await records.save(user_id=user_id)
        await records.come(*some(2), user_id=user_id)
    batches = [await records.due(), await records.due()]
    assert sorted(len({one.user_id for one in batch}) for batch in batches) == [1, 1]
    assert {batch[0].user_id for batch in batches} == {ANA, BEN}


async def test_what_happens_while_an_image_is_compared_is_compared_too(
    records: Records,
) -> None:
    await records.save()
    (image_id,) = some(1)
    await records.come(image_id)
    lent = await records.due()
    await records.come(image_id, is_change=True)
    await records.arrivals.settle(lent)
    (again,) = await records.due()
    # It is still new: nobody has compared it yet.
    assert (again.image_id, again.is_change) == (image_id, False)
    await records.arrivals.settle([again])
    assert await records.arrivals.waiting() == 0


async def test_an_image_that_cannot_be_compared_is_tried_at_growing_intervals(
    records: Records,
) -> None:
    await records.save()
    (image_id,) = some(1)
    await records.come(image_id)
    waits = []
    for _ in range(12):
        (lent,) = await records.due()
        await records.arrivals.postpone([lent])
        assert await records.due() == []
        waits.append(
            await records.pool.fetchval(
                "SELECT due_at - clock_timestamp() FROM searches.arrivals WHERE image_id = $1",
                image_id,
            )
        )
        await records.later(timedelta(minutes=10))
    assert waits[:6] == sorted(waits[:6])
    assert timedelta(minutes=9) < max(waits) <= timedelta(minutes=10)
    await records.later(KEPT_WAITING)
    assert (await records.arrivals.tidy())["arrivals"] == 1
    assert await records.arrivals.waiting() == 0


async def test_what_an_image_kept_before_its_change_is_remembered_until_it_is_compared(
    records: Records,
) -> None:
    plain = await records.save()
    made = await records.save("labelled", conditional=True)
    await records.save("his", user_id=BEN, conditional=True)
    (search,) = await records.arrivals.conditional([ANA])
    assert (search.search_id, search.user_id) == (made.search_id, ANA)
    assert search.query == without_pictures(draft("labelled").query)
    assert await records.arrivals.conditional([]) == []
    (image_id,) = some(1)
    await records.arrivals.prepare([Changing(image_id, ANA, [made.search_id])])
    # Not to be compared before the index has it.
    assert (await records.arrivals.waiting(), await records.due()) == (0, [])
    await records.arrivals.prepare([Changing(image_id, ANA, [])])
    await records.come(image_id, is_change=True)
    (arrival,) = await records.due()
    assert (arrival.is_change, arrival.kept_before) == (True, frozenset({made.search_id}))
    compared = {one.search_id: one for one in await records.compared.of_user(ANA, SPACE)}
    assert not arrival.concerns(compared[made.search_id])
    assert not arrival.concerns(compared[plain.search_id])


async def test_a_deleted_image_is_compared_with_nothing(records: Records) -> None:
    await records.save()
    (image_id,) = some(1)
    await records.come(image_id)
    lent = await records.due()
    await records.arrivals.arrived([], there=(), gone=[image_id])
    assert await records.arrivals.waiting() == 0
    await records.arrivals.postpone(lent)
    await records.arrivals.settle(lent)
    assert await records.arrivals.waiting() == 0


async def test_with_an_account_goes_all_that_it_had_and_nothing_else(records: Records) -> None:
    made, his = await records.save(), await records.save(user_id=BEN)
    image_id, theirs = some(2)
    await records.find(made, image_id)
    await records.find(his, theirs)
    await records.come(*some(1))
    await records.erase.delete_of_user(ANA)
    assert await records.erase.count_of_user(ANA) == 0
    assert (await records.arrivals.waiting(), await records.matches.position(ANA)) == (0, 0)
    # What was being compared meanwhile is dropped.
    assert await records.find(made, *some(1)) == 0
    assert await records.found(his) == [theirs]


async def test_forgetting_a_search_forgets_its_matches_only(records: Records) -> None:
    cats, dogs = await records.save("cats"), await records.save("dogs")
    (image_id,) = some(1)
    await records.find(cats, image_id)
    await records.find(dogs, image_id)
    await records.searches.delete(ANA, cats.search_id)
    assert await records.find(cats, *some(1)) == 0
    heard = await records.matches.after(ANA, "", 0, 10)
    assert [(one.search_id, one.image_id) for one in heard.matches] == [(dogs.search_id, image_id)]
