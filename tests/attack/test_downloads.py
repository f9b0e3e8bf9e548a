"""What is downloaded is a file and no page of ours; what carries a token is kept nowhere."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor

from tests.support.contract import methods
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD, Person
from tests.support.pictures import drawing, encoded

NAME = '\u732b "x".html.png'
HTTP: Any = annotations_pb2.http
REST = [one for one in methods() if one.GetOptions().Extensions[HTTP].WhichOneof("pattern")]
DOWNLOADS = {one.name for one in REST if one.output_type.full_name == "google.api.HttpBody"}


def has_token(message: Descriptor) -> bool:
    return any(field.name in {"access_token", "refresh_token"} for field in message.fields)


TOKENS = {one.name for one in REST if has_token(one.output_type)}


def paths(image_id: str, set_id: str) -> dict[str, list[str]]:
    """Where each method's downloads are; a new one has to be added here."""
    image = f"/api/images/{image_id}"
    export = f"/api/qa/reference-sets/{set_id}/export"
    return {
        "DownloadImage": [f"{image}/content"],
        "GetThumbnail": [f"{image}/thumbnail", f"{image}/thumbnail?size=512"],
        "ExportFeedback": [f"{export}?format={one}" for one in ("COCO", "CSV", "HTML", "PDF")],
    }


WITH_SOMETHING_LEARNT = {"ExportVersion"}
"""Of a version, which takes a calibration: tests/mesh/test_offline.py."""


@pytest.fixture
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


async def test_no_download_is_a_page_of_ours(mesh: Mesh, http: httpx.AsyncClient) -> None:
    ada = await Person.register(mesh, http)
    # HTML behind the picture: what a browser would find if it guessed.
    content = encoded(drawing(77), "PNG") + b"<script>alert(1)</script>"
    image = await ada.add(content, NAME)
    made = await ada.call("POST", "/api/qa/reference-sets", json={"displayName": "tiles"})
    set_id = made.json()["referenceSetId"]
    where = paths(image["imageId"], set_id)
    assert set(where) == DOWNLOADS - WITH_SOMETHING_LEARNT
    for path in (path for some in where.values() for path in some):
        for method in ("GET", "HEAD"):
            answer = await ada.call(method, path)
            assert answer.status_code == 200, (path, answer.text)
            headers = answer.headers
            assert headers["x-content-type-options"] == "nosniff", path
            policy = {part.strip() for part in headers["content-security-policy"].split(";")}
            assert policy >= {"default-src 'none'", "sandbox"}, path
            assert not any("script" in part for part in policy)
            assert headers["cache-control"].startswith(("private", "no-store")), path
            assert "filename=" in headers["content-disposition"], path


async def test_no_answer_with_a_token_is_kept(mesh: Mesh, http: httpx.AsyncClient) -> None:
    ada = await Person.register(mesh, http)
    key = await ada.call(
        "POST", "/api/auth/api-keys", json={"displayName": "camera", "scopes": ["READ"]}
    )
    account = {"email": ada.email, "password": PASSWORD}
    calls = {
        "Register": ("/api/auth/register", {"email": f"x{ada.email}", "password": PASSWORD}),
        "Login": ("/api/auth/login", account),
        "ExchangeApiKey": ("/api/auth/api-keys:exchange", {"secret": key.json()["secret"]}),
        "RefreshToken": ("/api/auth/refresh", {"refreshToken": ada.refresh_token}),
    }
    # For the last one somebody must know us: test_single_sign_on.py.
    assert set(calls) == TOKENS - {"CompleteSignIn"}
    for path, body in calls.values():
        answer = await http.post(path, json=body)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path
        refused = await http.post(path, json={})
        assert (refused.status_code, refused.headers["cache-control"]) == (400, "no-store"), path
    me = await ada.call("GET", "/api/auth/me")
    assert me.headers["cache-control"] == "no-store"
    assert me.headers["x-content-type-options"] == "nosniff"
