"""On the whole mesh, an account that is deleted leaves nothing in any store."""

import json
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio

from mesh.credentials import load_credentials
from mesh.parts.postgres import postgres_url
from mesh.parts.redis import redis_url
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus
from tests.support.person import PASSWORD, Person
from tests.support.pictures import drawing, encoded
from tests.support.traces import keys_with, objects_with, rows_with

PATIENCE_S = 60.0
KEPT = {"auth.account_deletions", "storage.purges", "auth.audit_events"}
"""The first two until every service has looked once more, the audit for good (decision 23)."""


def objects_of(mesh: Mesh, person: Person) -> list[str]:
    keys = load_credentials(mesh.layout)
    url = f"http://127.0.0.1:{mesh.object_port}"
    return objects_with(url, keys.s3_access_key, keys.s3_secret_key, person.user_id)


async def deletion(http: httpx.AsyncClient, deletion_id: str) -> dict[str, Any]:
    answer = await http.get(f"/api/auth/account-deletions/{deletion_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def points_of(person: Person) -> list[Any]:
    answer = await person.call("POST", "/api/search", json={"text": "a drawing"})
    assert answer.status_code == 200, answer.text
    return list(answer.json().get("matches", []))


async def test_nothing_is_left_anywhere(mesh: Mesh, tmp_path: Path) -> None:
    async with (
        httpx.AsyncClient(base_url=mesh.edge_url, timeout=30) as http,
        redis.asyncio.from_url(redis_url(mesh.layout), decode_responses=True) as client,
    ):
        ada = await Person.register(mesh, http)
        for seed in range(3):
            sent = await ada.send(encoded(drawing(seed)), f"{seed}.png", "image/png")
            assert sent.status_code == 200, sent.text

        async def all_found() -> bool:
            return len(await points_of(ada)) == 3

        await eventually(all_found, "all images are found", within_s=PATIENCE_S)
        assert len(objects_of(mesh, ada)) >= 6
        made = await ada.call("POST", "/api/qa/reference-sets", json={"displayName": "drawings"})
        assert made.status_code == 200, made.text
        wrong = await ada.call("POST", "/api/auth/users/me:delete", json={"password": "another"})
        assert wrong.status_code == 400, wrong.text

        left = await ada.call("POST", "/api/auth/users/me:delete", json={"password": PASSWORD})

        assert left.status_code == 200, left.text
        assert (await ada.call("GET", "/api/auth/me")).status_code == 401
        deletion_id = left.json()["deletion"]["deletionId"]

        async def removed() -> bool:
            return bool((await deletion(http, deletion_id))["state"] != "REMOVING")

        await eventually(removed, "every service has removed what it had", within_s=PATIENCE_S)
        said = {one["service"]: one for one in (await deletion(http, deletion_id))["reports"]}
        assert set(said) == {"auth", "inspection", "search", "storage"}
        assert said["storage"]["removed"]["images"] == "3"
        assert said["inspection"]["removed"]["reference_sets"] == "1"
        assert ada.user_id not in json.dumps(said)
        assert objects_of(mesh, ada) == []
        rows = await rows_with(postgres_url(mesh.layout), ada.user_id)
        assert set(rows) <= KEPT
        assert set(await rows_with(postgres_url(mesh.layout), ada.email)) <= KEPT

        async def out_of_redis() -> bool:
            return await keys_with(client, ada.user_id) == []

        await eventually(out_of_redis, "nothing of the user is in Redis", within_s=PATIENCE_S)
        shown = argus(
            "user", "delete", "--status", deletion_id,
            ARGUS_SERVER=mesh.edge_target, ARGUS_CONFIG_DIR=str(tmp_path),
        )  # fmt: skip
        assert shown.returncode == 0, shown.stderr
        assert "Every service has removed what it had" in shown.stdout
        again = await Person.register(mesh, http, email=ada.email)
        assert again.user_id != ada.user_id
        assert await points_of(again) == []
