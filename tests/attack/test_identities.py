"""Somebody who guesses, forges and overstays, at the edge of a running mesh."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
from argus.auth.v1 import operator_pb2, operator_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc

from services.runtime.edge import CLIENT_ADDRESS, EDGE_KEY
from tests.support.eventually import eventually
from tests.support.mail import written_mails
from tests.support.mesh import Mesh, argus
from tests.support.person import PASSWORD, Person
from tests.support.services import error_info


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, timeout=30) as client:
        yield client


@pytest.fixture
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture
async def channel(mesh: Mesh) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(mesh.edge_target) as opened:
        yield opened


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["details"][0]["reason"])


async def login(
    http: httpx.AsyncClient, email: str, password: str, **headers: str
) -> httpx.Response:
    body = {"email": email, "password": password}
    return await http.post("/api/auth/login", json=body, headers=headers)


@pytest.mark.parametrize("exists", [True, False])
async def test_guessing_is_slowed_whether_or_not_there_is_an_account_and_headers_do_not_help(
    http: httpx.AsyncClient, ada: Person, exists: bool
) -> None:
    email = ada.email if exists else f"{uuid4().hex}@example.org"
    answers = []
    # Far more than are free, however slowly they are answered.
    for number in range(12):
        forged = {
            "x-forwarded-for": f"203.0.113.{number}",
            "x-real-ip": f"203.0.113.{number}",
            CLIENT_ADDRESS: f"203.0.113.{number}",
            EDGE_KEY: "guess",
        }
        answers.append(await login(http, email, f"guess {number}", **forged))
    reasons = [reason(answer) for answer in answers]
    assert reasons[:5] == ["BAD_CREDENTIALS"] * 5
    assert "TOO_MANY_ATTEMPTS" in reasons[5:]
    refused = answers[reasons.index("TOO_MANY_ATTEMPTS")]
    assert refused.status_code == 429
    kinds = {detail["@type"].rpartition(".")[2] for detail in refused.json()["details"]}
    assert kinds == {"ErrorInfo", "RetryInfo"}


@pytest.mark.parametrize("exists", [True, False])
async def test_nobody_fills_a_mailbox_and_no_answer_tells_whose_it_is(
    mesh: Mesh, http: httpx.AsyncClient, ada: Person, exists: bool
) -> None:
    email = ada.email if exists else f"{uuid4().hex}@example.org"
    answers = []
    for number in range(6):
        forged = {CLIENT_ADDRESS: f"203.0.113.{number}", EDGE_KEY: "guess"}
        body = {"email": email}
        path = "/api/auth/password:requestReset"
        answers.append(await http.post(path, json=body, headers=forged))
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 3
    assert {answer.text for answer in answers[:3]} == {"{}"}
    assert {reason(answer) for answer in answers[3:]} == {"TOO_MANY_ATTEMPTS"}

    def mails() -> int:
        return sum(mail["to"] == email for mail in written_mails(mesh.layout.mail))

    await eventually(lambda: mails() == (3 if exists else 0), "as many mails as may be")


async def test_the_address_of_a_session_is_the_one_that_the_edge_saw(
    http: httpx.AsyncClient, ada: Person
) -> None:
    forged = {CLIENT_ADDRESS: "8.8.8.8", "x-forwarded-for": "8.8.8.8", EDGE_KEY: "guess"}
    assert (await login(http, ada.email, PASSWORD, **forged)).status_code == 200
    listed = (await ada.call("GET", "/api/auth/sessions")).json()["sessions"]
    assert [one["address"] for one in listed] == ["127.0.0.1", "127.0.0.1"]
    assert sum(one["current"] for one in listed) == 1


async def test_sessions_and_keys_over_rest(http: httpx.AsyncClient, ada: Person) -> None:
    there = (await login(http, ada.email, PASSWORD)).json()["accessToken"]
    listed = (await ada.call("GET", "/api/auth/sessions?pageSize=10")).json()["sessions"]
    (other,) = [one["sessionId"] for one in listed if not one["current"]]
    assert (await ada.call("DELETE", f"/api/auth/sessions/{other}")).status_code == 200
    gone = await http.get("/api/auth/me", headers={"authorization": f"Bearer {there}"})
    assert (gone.status_code, reason(gone)) == (401, "SESSION_CLOSED")
    done = await ada.call("POST", "/api/auth/sessions:revokeOthers", json={})
    assert done.json() == {"revokedCount": 0}
    body = {"oldPassword": PASSWORD, "newPassword": "password123"}
    weak = await ada.call("POST", "/api/auth/users/me:changePassword", json=body)
    assert (weak.status_code, reason(weak)) == (400, "WEAK_PASSWORD")

    camera = {"displayName": "camera", "scopes": ["READ"], "validDays": 1}
    made = (await ada.call("POST", "/api/auth/api-keys", json=camera)).json()
    secret = {"secret": made["secret"]}
    token = (await http.post("/api/auth/api-keys:exchange", json=secret)).json()["accessToken"]
    machine = {"authorization": f"Bearer {token}"}
    assert (await http.get("/api/images", headers=machine)).status_code == 200
    upload = {"filename": "x.png", "contentType": "image/png", "sizeBytes": 9}
    for method, path, sent in (
        ("POST", "/api/images/uploads", upload),
        ("POST", "/api/qa/reference-sets", {"displayName": "x"}),
        ("GET", "/api/auth/api-keys", None),
        ("POST", "/api/auth/logout", {}),
    ):
        refused = await http.request(method, path, headers=machine, json=sent)
        assert (refused.status_code, reason(refused)) == (403, "SCOPE_MISSING"), path
    revoke = f"/api/auth/api-keys/{made['apiKey']['apiKeyId']}"
    assert (await ada.call("DELETE", revoke)).status_code == 200
    assert (await http.get("/api/images", headers=machine)).status_code == 401
    ended = await http.post("/api/auth/api-keys:exchange", json=secret)
    assert (ended.status_code, reason(ended)) == (401, "API_KEY_INVALID")


async def read_to_the_end(stream: Any) -> None:
    while await stream.read() is not grpc.aio.EOF:
        pass


async def test_streams_end_when_their_session_is_revoked(
    http: httpx.AsyncClient, channel: grpc.aio.Channel, ada: Person
) -> None:
    other = (await login(http, ada.email, PASSWORD)).json()["accessToken"]
    metadata = (("authorization", f"Bearer {other}"),)
    texts: Any = embedder_pb2_grpc.EmbedderServiceStub(channel).EmbedTexts(metadata=metadata)
    await texts.write(embedder_pb2.EmbedTextsRequest(item_id="1", text="a cat"))
    assert (await texts.read()).item_id == "1"
    images: Any = image_pb2_grpc.ImageServiceStub(channel).WatchImages(
        image_pb2.WatchImagesRequest(), metadata=metadata
    )
    assert (await images.read()).cursor

    await ada.call("POST", "/api/auth/sessions:revokeOthers", json={})

    for stream in (texts, images):
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await read_to_the_end(stream)
        assert error_info(ended.value).reason == "SESSION_CLOSED"


async def test_the_operator_rotates_keys_and_nobody_gives_roles_through_the_edge(
    mesh: Mesh, http: httpx.AsyncClient, channel: grpc.aio.Channel, ada: Person
) -> None:
    stub = operator_pb2_grpc.OperatorServiceStub(channel)
    # The edge leads to no such method, and tells strangers not even that.
    codes = {(): grpc.StatusCode.UNAUTHENTICATED, ada.metadata: grpc.StatusCode.UNIMPLEMENTED}
    for metadata, code in codes.items():
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.AssignRole(
                operator_pb2.AssignRoleRequest(email=ada.email, role="ADMIN"), metadata=metadata
            )
        assert refused.value.code() == code
    before = {key["kid"] for key in (await http.get("/.well-known/jwks.json")).json()["keys"]}

    done = argus("key", "rotate", "--data-dir", str(mesh.data_dir))

    assert done.returncode == 0, done.stderr
    after = {key["kid"] for key in (await http.get("/.well-known/jwks.json")).json()["keys"]}
    assert before < after
    assert (await ada.call("GET", "/api/auth/me")).status_code == 200
    assert (await login(http, ada.email, PASSWORD)).status_code == 200


async def test_the_edge_s_own_key_is_for_its_owner_alone(mesh: Mesh) -> None:
    config = mesh.layout.run / "envoy.json"
    assert EDGE_KEY in config.read_text()
    assert config.stat().st_mode & 0o077 == 0
