"""On the whole mesh, through the edge: people share with people and groups, at the command line."""

import asyncio
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.mesh import Mesh, argus
from tests.support.person import PASSWORD, Person, reason


class Colleague:
    """Somebody at a machine of their own."""

    def __init__(self, mesh: Mesh, person: Person, home: Path) -> None:
        self.mesh = mesh
        self.person = person
        self._home = home

    async def __call__(self, *arguments: str, **variables: str) -> str:
        """What a command of theirs said."""
        variables |= {
            "ARGUS_SERVER": self.mesh.edge_url.removeprefix("http://"),
            "ARGUS_CONFIG_DIR": str(self._home),
        }

        def run() -> CompletedProcess[str]:
            return argus(*arguments, timeout_s=60, **variables)

        done = await asyncio.to_thread(run)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    async def sets(self) -> list[str]:
        """Ids of the sets that they see."""
        answer = await self.person.call("GET", "/api/qa/reference-sets")
        return [one["referenceSetId"] for one in answer.json().get("referenceSets", [])]


async def colleague(mesh: Mesh, http: httpx.AsyncClient, home: Path) -> Colleague:
    made = Colleague(mesh, await Person.register(mesh, http), home)
    await made("login", "--email", made.person.email, ARGUS_PASSWORD=PASSWORD)
    return made


@pytest.fixture
async def owner_and_guest(mesh: Mesh, tmp_path: Path) -> Any:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
        yield [await colleague(mesh, http, tmp_path / name) for name in ("owner", "guest")]


async def test_a_set_is_shared_by_address_and_with_a_group(
    owner_and_guest: list[Colleague],
) -> None:
    ada, ben = owner_and_guest
    image = await ada.person.send(part(1), "secret name.png", "image/png")
    image_id = image.json()["imageId"]
    made = await ada.person.call("POST", "/api/qa/reference-sets", json={"displayName": "tiles"})
    set_id = made.json()["referenceSetId"]
    added = await ada.person.call(
        "POST", f"/api/qa/reference-sets/{set_id}:add", json={"imageIds": [image_id]}
    )
    assert added.status_code == 200, added.text

    said = await ada("refset", "share", "tiles", "--email", ben.person.email, "--role", "viewer")
    assert f"{ben.person.email} (viewer, invited)" in said
    assert await ben.sets() == []
    assert ada.person.email in await ben("refset", "invitations")
    await ben("refset", "accept", "tiles")
    assert await ben.sets() == [set_id]
    listed = await ben.person.call("GET", f"/api/qa/reference-sets/{set_id}/images")
    (preview,) = listed.json()["previews"]
    assert "secret" not in listed.text
    assert preview["displayUrl"] == preview["thumbnailUrl"]
    for path in ("", "/content", "/thumbnail"):
        answer = await ben.person.call("GET", f"/api/images/{image_id}{path}")
        assert (answer.status_code, reason(answer)) == (404, "IMAGE_NOT_FOUND"), path
    await ben("refset", "leave", "tiles")
    assert await ben.sets() == []

    await ada("group", "create", "Line 3")
    await ada("group", "invite", "Line 3", ben.person.email)
    assert "Line 3" in await ben("group", "invitations")
    await ben("group", "accept", "Line 3")
    assert ben.person.email in await ada("group", "show", "Line 3")
    assert "the group Line 3 (inspector)" in await ada(
        "refset", "share", "tiles", "--group", "Line 3"
    )
    assert await ben.sets() == [set_id]
    await ada("group", "remove", "Line 3", ben.person.email)
    assert await ben.sets() == []
    gone = await ben.person.call("GET", f"/api/qa/reference-sets/{set_id}")
    assert (gone.status_code, reason(gone)) == (404, "REFERENCE_SET_NOT_FOUND")


async def test_sharing_and_groups_are_in_the_audit_and_closed_to_api_keys(
    mesh: Mesh, owner_and_guest: list[Colleague]
) -> None:
    ada, admin = owner_and_guest
    done = argus("user", "promote", admin.person.email, "--local", "--data-dir", str(mesh.data_dir))
    assert done.returncode == 0, done.stderr
    await admin.person.sign_in()
    group = (
        await ada.person.call("POST", "/api/auth/groups", json={"displayName": "Line 3"})
    ).json()
    invited = await ada.person.call(
        "POST", f"/api/auth/groups/{group['groupId']}:invite", json={"email": "anna@example.org"}
    )
    assert invited.status_code == 200, invited.text
    methods = {"CreateGroup", "InviteToGroup"}

    async def noted() -> bool:
        query = {"userId": ada.person.user_id}
        answer = await admin.person.call("GET", "/api/auth/audit", params=query)
        events = answer.json().get("events", [])
        found = {one["method"].rpartition("/")[2]: one for one in events}
        return methods <= found.keys() and "anna@example.org" in str(found["InviteToGroup"])

    await eventually(noted, "what Ada did is in the audit")

    key = await ada.person.call(
        "POST", "/api/auth/api-keys", json={"displayName": "camera", "scopes": ["READ", "WRITE"]}
    )
    token = await ada.person.http.post(
        "/api/auth/api-keys:exchange", json={"secret": key.json()["secret"]}
    )
    headers = {"authorization": f"Bearer {token.json()['accessToken']}"}
    for path in ("/api/auth/groups", "/api/auth/group-invitations", "/api/qa/invitations"):
        refused = await ada.person.http.get(path, headers=headers)
        assert (refused.status_code, reason(refused)) == (403, "SCOPE_MISSING"), path
        stranger = await ada.person.http.get(path)
        assert stranger.status_code == 401, path
