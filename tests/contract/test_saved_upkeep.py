"""What saved searches keep for a while and then forget, in a real PostgreSQL."""

from uuid import UUID, uuid4

from services.search.saved.postgres_arrivals import KEPT_HIDDEN, KEPT_WAITING, PostgresArrivals
from tests.support.databases import migrated_pool


async def test_what_waits_for_ever_and_matches_of_images_deleted_long_ago_are_removed(
    fresh_postgres_url: str,
) -> None:
    async with migrated_pool(fresh_postgres_url, "search") as pool:
        user_id, search_id = uuid4(), uuid4()
        await pool.execute(
            "INSERT INTO searches.saved_searches "
            "(id, user_id, display_name, query, whole_query, conditional) "
            "VALUES ($1, $2, 'red', '', '', false)",
            search_id,
            user_id,
        )
        hidden: dict[str, UUID] = {"old": uuid4(), "new": uuid4(), "shown": uuid4()}
        for name, age in (("old", KEPT_HIDDEN * 1.1), ("new", KEPT_HIDDEN * 0.9), ("shown", None)):
            await pool.execute(
                "INSERT INTO searches.saved_matches "
                "(search_id, image_id, user_id, position, score, hidden_at) "
                "VALUES ($1, $2, $3, 1, 0.5, clock_timestamp() - $4::interval)",
                search_id,
                hidden[name],
                user_id,
                age,
            )
        waiting: dict[str, UUID] = {"old": uuid4(), "new": uuid4(), "not there": uuid4()}
        for name, age in (
            ("old", KEPT_WAITING * 1.1),
            ("new", KEPT_WAITING * 0.9),
            ("not there", None),
        ):
            await pool.execute(
                "INSERT INTO searches.arrivals (image_id, user_id, is_change, arrived_at) "
                "VALUES ($1, $2, false, clock_timestamp() - $3::interval)",
                waiting[name],
                user_id,
                age,
            )
        arrivals = PostgresArrivals(pool)
        assert await arrivals.tidy() == {"matches": 1, "arrivals": 1}
        kept = {row["image_id"] for row in await pool.fetch("SELECT * FROM searches.saved_matches")}
        assert kept == {hidden["new"], hidden["shown"]}
        left = {row["image_id"] for row in await pool.fetch("SELECT * FROM searches.arrivals")}
        assert left == {waiting["new"], waiting["not there"]}
        assert await arrivals.tidy() == {"matches": 0, "arrivals": 0}
