"""Through the edge: who administers, what is noted of everybody, and where from."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest

from mesh.credentials import load_credentials
from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus
from tests.support.person import PASSWORD, Person, reason
from tests.support.roles import assign_role


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
async def auth(mesh: Mesh) -> AsyncIterator[grpc.aio.Channel]:
    """To auth itself, past the edge, as whoever runs the mesh goes."""
    async with mesh.channel("auth") as opened:
        yield opened


@pytest.fixture
async def ada(mesh: Mesh, http: httpx.AsyncClient, auth: grpc.aio.Channel) -> Person:
    """An inspector, also if nobody signed up before."""
    person = await Person.register(mesh, http)
    secret = load_credentials(mesh.layout).service_secret
    await assign_role(auth, person.email, "INSPECTOR", secret=secret)
    await person.sign_in()
    return person


@pytest.fixture
async def admin(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    """Whom the operator made an administrator, at the machine."""
    person = await Person.register(mesh, http)
    done = argus("user", "promote", person.email, "--local", "--data-dir", str(mesh.data_dir))
    assert done.returncode == 0, done.stderr
    await person.sign_in()
    return person


async def events(admin: Person, **query: str) -> list[dict[str, Any]]:
    """Entries that a filter leaves, as soon as there are any."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        answer = await admin.call("GET", "/api/auth/audit", params=query)
        assert answer.status_code == 200, answer.text
        found[:] = answer.json()["events"]
        return bool(found)

    await eventually(there, f"an entry of {query}")
    return found


async def test_a_viewer_only_looks_and_nobody_but_administrators_sees_others(
    ada: Person, admin: Person
) -> None:
    assert (await ada.call("GET", "/api/auth/me")).json()["role"] == "INSPECTOR"
    for path in ("/api/auth/users", "/api/auth/audit", "/api/auth/audit:watch"):
        refused = await ada.call("GET", path)
        assert (refused.status_code, reason(refused)) == (403, "ROLE_REQUIRED"), path
    found = (await admin.call("GET", "/api/auth/users", params={"email": ada.email})).json()
    assert [one["userId"] for one in found["users"]] == [ada.user_id]

    made = await admin.call(
        "POST", f"/api/auth/users/{ada.user_id}:setRole", json={"role": "VIEWER"}
    )

    assert made.json()["role"] == "VIEWER"
    ended = await ada.call("GET", "/api/auth/me")
    assert (ended.status_code, reason(ended)) == (401, "SESSION_CLOSED")
    await ada.sign_in()
    assert (await ada.call("GET", "/api/images")).status_code == 200
    assert (await ada.call("POST", "/api/search", json={"text": "a cat"})).status_code == 200
    upload = {"filename": "x.png", "contentType": "image/png", "sizeBytes": 9}
    for path, body in (
        ("/api/images/uploads", upload),
        ("/api/qa/reference-sets", {"displayName": "x"}),
        ("/api/auth/users/" + ada.user_id + ":setRole", {"role": "ADMIN"}),
    ):
        refused = await ada.call("POST", path, json=body)
        assert (refused.status_code, reason(refused)) == (403, "ROLE_REQUIRED"), path


async def test_what_everybody_does_is_noted_from_where_the_edge_saw_them(
    http: httpx.AsyncClient, ada: Person, admin: Person
) -> None:
    forged = {CLIENT_ADDRESS: "8.8.8.8", "x-forwarded-for": "8.8.8.8", EDGE_KEY: "guess"}
    made = await ada.call(
        "POST", "/api/qa/reference-sets", json={"displayName": "screws"}, headers=forged
    )
    set_id = made.json()["referenceSetId"]
    (event,) = await events(admin, target=set_id)
    assert event["userId"] == ada.user_id
    assert (event["method"].rpartition("/")[2], event["code"]) == ("CreateReferenceSet", "OK")
    assert event["address"] == "127.0.0.1"
    upload = {"filename": "x.png", "contentType": "image/png", "sizeBytes": 9}
    image = (await ada.call("POST", "/api/images/uploads", json=upload)).json()["image"]
    (event,) = await events(admin, target=image["imageId"], method="CreateUpload")
    assert (event["userId"], event["address"]) == (ada.user_id, "127.0.0.1")

    guess = {"email": ada.email, "password": "wrong-password"}
    assert (await http.post("/api/auth/login", json=guess)).status_code == 401
    (event,) = await events(admin, target=ada.email, method="Login", code="UNAUTHENTICATED")
    assert event["reason"] == "BAD_CREDENTIALS"
    record = str(await events(admin))
    assert "wrong-password" not in record
    assert PASSWORD not in record


async def test_whoever_runs_the_mesh_gives_and_takes_any_role(
    mesh: Mesh, ada: Person, auth: grpc.aio.Channel
) -> None:
    secret = load_credentials(mesh.layout).service_secret
    await assign_role(auth, ada.email, "ADMIN", secret=secret)
    await ada.sign_in()
    assert (await ada.call("GET", "/api/auth/users")).status_code == 200
    await assign_role(auth, ada.email, "VIEWER", secret=secret)
    assert (await ada.call("GET", "/api/auth/users")).status_code == 401
    await ada.sign_in()
    assert reason(await ada.call("GET", "/api/auth/users")) == "ROLE_REQUIRED"
