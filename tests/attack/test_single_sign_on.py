"""Signing in with a real OpenID provider, through the edge, and who would be somebody else."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.identity_provider import IdentityProvider, consent, identity_provider, joined
from tests.support.mesh import Mesh
from tests.support.person import Person


@pytest.fixture(scope="module")
def provider(mesh: Mesh) -> Iterator[IdentityProvider]:
    with identity_provider() as running, joined(mesh, running.configuration()):
        yield running


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


async def begin(mesh: Mesh, http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.post(
        "/api/auth/sign-in:begin",
        json={"providerId": "company", "redirectUri": f"{mesh.edge_url}/sign-in/callback"},
    )
    assert answer.status_code == 200, answer.text
    # Where one gets a secret, nothing on the way keeps it.
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def complete(
    http: httpx.AsyncClient, begun: dict[str, Any], came_back: dict[str, str]
) -> httpx.Response:
    body = {name: came_back[name] for name in ("state", "code", "iss")}
    answer = await http.post("/api/auth/sign-in:complete", json=body | {"secret": begun["secret"]})
    assert answer.headers["cache-control"] == "no-store"
    return answer


def reason(answer: httpx.Response) -> str:
    return next(str(one["reason"]) for one in answer.json()["details"] if "reason" in one)


async def test_signs_in_through_the_edge(
    mesh: Mesh, http: httpx.AsyncClient, provider: IdentityProvider
) -> None:
    login = f"p{uuid4().hex[:12]}"
    provider.know(login, email=f"{login}@example.org", email_verified=True, name="Ada")
    begun = await begin(mesh, http)
    answer = await complete(http, begun, await consent(begun["authorizationUrl"], login))
    assert answer.status_code == 200, answer.text
    person = Person(mesh, http, answer.json())
    assert person.email == f"{login}@example.org"
    images = await person.call("GET", "/api/images")
    assert images.status_code == 200
    sessions = (await person.call("GET", "/api/auth/sessions")).json()["sessions"]
    assert [one["providerId"] for one in sessions] == ["company"]
    fresh = await http.post("/api/auth/refresh", json={"refreshToken": person.refresh_token})
    assert fresh.status_code == 200


async def test_what_is_stolen_of_a_sign_in_is_worth_nothing(
    mesh: Mesh, http: httpx.AsyncClient, provider: IdentityProvider
) -> None:
    victim = f"p{uuid4().hex[:12]}"
    provider.know(victim, email=f"{victim}@example.org", email_verified=True)
    victims, thiefs = await begin(mesh, http), await begin(mesh, http)
    stolen = await consent(victims["authorizationUrl"], victim)

    # The whole address that the browser came back to, in the thief's own sign-in.
    answer = await complete(http, thiefs, stolen)
    assert (answer.status_code, reason(answer)) == (400, "SIGN_IN_FAILED")
    # And the code alone, in another one.
    thiefs = await begin(mesh, http)
    answer = await complete(http, thiefs, stolen | {"state": thiefs["state"]})
    assert (answer.status_code, reason(answer)) == (400, "SIGN_IN_FAILED")


async def test_a_stranger_learns_of_no_account(
    mesh: Mesh, http: httpx.AsyncClient, provider: IdentityProvider
) -> None:
    owner = await Person.register(mesh, http)
    told = []
    for email in (owner.email, f"{uuid4().hex}@example.org"):
        login = f"p{uuid4().hex[:12]}"
        provider.know(login, email=email, email_verified=False)
        begun = await begin(mesh, http)
        answer = await complete(http, begun, await consent(begun["authorizationUrl"], login))
        told.append((answer.status_code, answer.json()))
    assert told[0] == told[1]
    assert told[0][0] == 403
