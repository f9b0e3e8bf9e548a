"""A search that is killed after it has found a match and before it has kept it."""

import os
import signal
from pathlib import Path
from typing import Any

import asyncpg
from argus.auth.v1 import auth_pb2
from argus.search.v1 import saved_pb2, search_pb2

from mesh.client.account import AccountFile
from mesh.client.connection import Connection, connect
from mesh.client.importer import Importer
from mesh.parts.postgres import postgres_url
from tests.support.eventually import eventually
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD
from tests.support.pictures import drawing

PATIENCE_S = 90.0
WAITS = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
PLACES = "%searches.match_positions%FOR UPDATE%"


async def test_the_match_is_told_after_the_restart_once(mesh: Mesh, tmp_path: Path) -> None:
    file = tmp_path / "arrives.png"
    drawing(4711, (640, 480)).save(file)
    database = await asyncpg.connect(postgres_url(mesh.layout))
    async with connect(mesh.edge_target, AccountFile(tmp_path / "home")) as connection:
        await connection.sign_in("watchful@example.org", PASSWORD, name="")
        user = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
        query = search_pb2.SearchImagesRequest(text="colours", min_score=-1)
        saved = await connection.call(
            connection.saved.CreateSavedSearch,
            saved_pb2.CreateSavedSearchRequest(display_name="all", query=query),
        )
        killed = mesh.pid("search")
        try:
            # Whoever keeps a match needs the row of its owner's places.
            async with database.transaction():
                await database.execute(
                    "SELECT FROM searches.match_positions WHERE user_id = $1 FOR UPDATE",
                    user.user_id,
                )
                done = await Importer(connection, labels={}, jobs=1, progress=lambda _: None).run(
                    [file]
                )

                async def is_found() -> bool:
                    return bool(await database.fetch(WAITS, PLACES))

                await eventually(is_found, "a match is about to be kept", within_s=PATIENCE_S)
                os.kill(killed, signal.SIGKILL)
        finally:
            await database.close()

        async def is_told() -> bool:
            return len(await told(connection, saved)) > 0

        await eventually(is_told, "the match is told", within_s=PATIENCE_S)
        await eventually(lambda: mesh.state().ready, "the mesh is ready", within_s=PATIENCE_S)
        assert mesh.pid("search") != killed
        assert [one.image.image_id for one in await told(connection, saved)] == [
            done.image_ids[file]
        ]
    left = await asyncpg.connect(postgres_url(mesh.layout))
    try:
        kept = "SELECT count(*) FROM searches.saved_matches WHERE user_id = $1"
        waiting = "SELECT count(*) FROM searches.arrivals WHERE user_id = $1"
        assert await left.fetchval(kept, user.user_id) == 1
        await eventually(lambda: is_none(left, waiting, user.user_id), "nothing waits")
    finally:
        await left.close()


async def told(connection: Connection, saved: saved_pb2.SavedSearch) -> list[saved_pb2.NewMatch]:
    request = saved_pb2.ListNewMatchesRequest(saved_search_id=saved.saved_search_id)
    answer = await connection.call(connection.saved.ListNewMatches, request, patience_s=PATIENCE_S)
    return list(answer.matches)


async def is_none(database: Any, statement: str, user_id: str) -> bool:
    return not await database.fetchval(statement, user_id)
