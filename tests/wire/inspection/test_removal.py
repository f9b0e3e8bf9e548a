"""What is left of sets that are gone: nothing."""

from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from services.inspection.errors import ArtifactWrong
from services.inspection.learning.artifact_keeper import ArtifactKeeper
from services.inspection.peers.stored_artifacts import StoredArtifacts
from services.inspection.records.postgres_inspections import PostgresInspections
from services.inspection.records.postgres_jobs import PostgresJobs
from services.inspection.records.postgres_versions import PostgresVersions
from services.inspection.records.retention import Upkeep
from services.runtime.outgoing import ServiceToken
from services.runtime.postgres import open_pool
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.inspection.records import Groups
from tests.support.services import SERVICE_SECRET


async def test_a_deleted_sets_artifacts_leave_the_object_store(
    ada: Inspecting, database_url: str
) -> None:
    world = ada.world
    image_ids = await ada.uploaded(part(seed) for seed in range(3))
    set_id, kept = await ada.ready_set(image_ids), await ada.ready_set(image_ids)
    token = ServiceToken(world.auth_channel, service="search", secret=SecretStr(SERVICE_SECRET))
    async with await open_pool(database_url) as pool, httpx.AsyncClient() as http:
        versions = PostgresVersions(pool)
        artifacts = StoredArtifacts(world.storage_channel, token, http)
        gone, stays = [await versions.get(one, 1) for one in (set_id, kept)]
        assert gone is not None
        assert stays is not None
        await ada.call("DeleteReferenceSet", reference_set_id=set_id)
        assert await artifacts.get(gone.artifact_name, gone.artifact_sha256)
        upkeep = Upkeep(
            versions,
            artifacts,
            PostgresInspections(pool, Groups({})),
            PostgresJobs(pool),
            keep=timedelta(days=1),
            clock=lambda: datetime.now(UTC),
        )
        # Put for a version that never came to be, as by a process that died.
        orphan = await ArtifactKeeper(versions, artifacts).put(kept, {"a": np.zeros(3)})
        assert await artifacts.get(orphan.name, orphan.sha256)
        await pool.execute(
            "UPDATE inspection.artifact_purges SET due_at = now() WHERE name = $1", orphan.name
        )
        await upkeep.once()
        for name, sha256 in (
            (gone.artifact_name, gone.artifact_sha256),
            (orphan.name, orphan.sha256),
        ):
            with pytest.raises(ArtifactWrong):
                await artifacts.get(name, sha256)
        assert await artifacts.get(stays.artifact_name, stays.artifact_sha256)
    assert (await ada.inspect(kept, part(1))).version == 1
    assert [image.image_id for image in [await ada.image(one) for one in image_ids]] == image_ids
