"""What search kept before inspection was a service is inspection's, with all its data."""

from pathlib import Path
from uuid import uuid4

from services.inspection.job import Calibrated, CalibrationRequest, JobState
from services.runtime.migrations import migrate
from services.runtime.postgres import open_pool
from tests.support.inspection.records import Stores, a_set, an_inspection

BEFORE = Path(__file__).parents[2] / "fixtures" / "search_schema_before_inspection.sql"
OWNER_OF = "SELECT user_id FROM inspection.reference_sets LIMIT 1"


async def test_tables_move_with_their_data(fresh_postgres_url: str) -> None:
    pool = await open_pool(fresh_postgres_url)
    try:
        await pool.execute(BEFORE.read_text(encoding="utf-8"))
        for _ in range(2):
            await migrate(pool, schema="inspection", package="services.inspection")

        assert not await pool.fetchval("SELECT to_regnamespace('search') IS NOT NULL")
        stores = Stores.over(pool)
        user = str(await pool.fetchval(OWNER_OF))
        bricks, empty = sorted(
            await stores.sets.list(user, before=None, limit=10), key=lambda one: one.display_name
        )
        assert (bricks.display_name, bricks.image_count, bricks.current_version) == (
            "bricks",
            18,
            1,
        )
        assert (empty.display_name, empty.image_count, empty.current_version) == ("second", 0, 0)
        assert bricks.last_calibration is not None
        assert bricks.last_calibration.state is JobState.SUCCEEDED
        assert bricks.last_calibration.user_id == user
        assert bricks.last_calibration.result == Calibrated(1)
        assert isinstance(bricks.last_calibration.request, CalibrationRequest)
        listed = await stores.jobs.list(
            bricks.set_id, kind=None, comparisons_of="", before=None, limit=10
        )
        assert listed[0] == bricks.last_calibration
        (version,) = await stores.versions.list(bricks.set_id)
        assert (len(version.image_ids), len(version.held_out)) == (18, 18)
        assert len(await stores.sets.images(bricks.set_id, after=0, limit=100)) == 18
        said = await stores.feedback.list(user, set_id="", image_id="", before=None, limit=10)
        assert [one.action for one in said] == ["relabel", "mark_normal", "confirm_anomaly"]
        (row,) = await stores.inspections.stats(user, "", 0)
        assert (row.inspected, row.anomalous) == (24, 8)
        assert (row.counts.true_positives, row.counts.false_negatives) == (1, 1)

        # It is written to as any other.
        await stores.sets.create(a_set(user), most=10)
        await stores.sets.add_images(empty.set_id, [str(uuid4())], most=10)
        await stores.inspections.record([an_inspection(bricks.set_id, user)])
        assert len(await stores.sets.list(user, before=None, limit=10)) == 3
    finally:
        await pool.close()
