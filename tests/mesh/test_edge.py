"""The contract through the edge: REST, gRPC-web, native gRPC, reflection, health."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import asyncpg
import grpc
import httpx
import jwt
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2, embedder_pb2_grpc
from argus.inspection.v1 import inspection_pb2, inspection_pb2_grpc
from argus.search.v1 import search_pb2, search_pb2_grpc
from argus.storage.v1 import (
    artifact_pb2,
    artifact_pb2_grpc,
    image_pb2,
    image_pb2_grpc,
    ingest_pb2,
    ingest_pb2_grpc,
)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from PIL import Image

from mesh.parts.postgres import postgres_url
from services.auth.signing import SigningKey
from tests.support.mesh import Mesh
from tests.support.person import PASSWORD, Person, reason
from tests.support.pictures import drawing, encoded, photograph
from tests.support.policies import POLICIES


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def channel(mesh: Mesh) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(mesh.edge_target) as opened:
        yield opened


@pytest.fixture(scope="module")
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def eve(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


async def test_a_session_over_rest(mesh: Mesh, http: httpx.AsyncClient) -> None:
    ada = await Person.register(mesh, http)
    login = await http.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert sorted(login.json()) == [
        "accessToken",
        "confirmationPending",
        "expiresIn",
        "refreshToken",
        "user",
    ]
    me = await ada.call("GET", "/api/auth/me")
    assert me.json()["userId"] == ada.user_id
    refreshed = await http.post("/api/auth/refresh", json={"refreshToken": ada.refresh_token})
    assert refreshed.json()["user"]["userId"] == ada.user_id
    assert (await ada.call("POST", "/api/auth/logout", json={})).status_code == 200
    gone = await ada.call("GET", "/api/auth/me")
    assert (gone.status_code, reason(gone)) == (401, "SESSION_CLOSED")
    jwks = (await http.get("/.well-known/jwks.json")).json()
    assert jwks["keys"][0]["crv"] == "Ed25519"


async def test_the_life_of_an_image_over_rest(ada: Person) -> None:
    content = photograph("chelsea")
    image = await ada.add(content, "chelsea.png", labels={"kind": "cat"})
    urls = ("contentUrl", "thumbnailUrl", "previewUrl", "displayUrl")
    # What is rendered comes a moment later.
    changing = ("etag", "updateTime", "thumbhash", "urlExpireTime")
    assert {name: value for name, value in image.items() if name not in (*urls, *changing)} == {
        "imageId": image["imageId"],
        "userId": ada.user_id,
        "filename": "chelsea.png",
        "contentType": "image/png",
        "width": 451,
        "height": 300,
        "sizeBytes": str(len(content)),
        "sha256": image["sha256"],
        "phash": image["phash"],
        "labels": {"kind": "cat"},
        "note": "",
        "pageCount": 1,
        "state": "INDEXED",
        "createTime": image["createTime"],
    }
    assert all(image[name].startswith("http") for name in urls)
    path = f"/api/images/{image['imageId']}"
    downloaded = await ada.call("GET", f"{path}/content")
    assert downloaded.content == content
    assert downloaded.headers["content-type"] == "image/png"
    thumbnail = await ada.call("GET", f"{path}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(thumbnail.content)) as small:
        assert small.size == (256, 170)
    async with httpx.AsyncClient(trust_env=False) as anyone:
        assert (await anyone.get(image["contentUrl"])).content == content
        assert (await anyone.get(image["thumbnailUrl"])).content == thumbnail.content
        stolen = image["contentUrl"].replace(image["imageId"], "0" * 8)
        assert (await anyone.get(stolen)).status_code == 403

    listed = (await ada.call("GET", "/api/images", params={"filter": 'labels.kind = "cat"'})).json()
    assert [found["imageId"] for found in listed["images"]] == [image["imageId"]]
    similar = await ada.call("GET", f"/api/search/similar/{image['imageId']}", params={"limit": 1})
    [match] = similar.json()["matches"]
    assert match["image"]["imageId"] == image["imageId"]
    assert match["score"] == pytest.approx(1, abs=1e-3)
    for route in ("/api/search", "/api/search/text"):
        found = await ada.call("POST", route, json={"text": "a cat", "limit": 1})
        assert found.json()["matches"][0]["image"]["imageId"] == image["imageId"]
    by_image = await ada.call(
        "POST", "/api/search/image", json={"image": base64.b64encode(content).decode(), "limit": 1}
    )
    assert by_image.json()["matches"][0]["score"] > 0.99
    mix = {
        "imageId": image["imageId"],
        "region": {"left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.9},
        "examples": [{"text": "a cat", "weight": 0.5}, {"text": "a car", "weight": -1}],
        "excludeImageIds": ["00000000-0000-4000-8000-000000000000"],
        "diversity": 0.5,
        "foldDuplicates": True,
        "exact": True,
        "explain": True,
        "readMask": "filename,sizeBytes",
    }
    [match] = (await ada.call("POST", "/api/search", json=mix)).json()["matches"]
    shown = match["image"]
    assert (shown["imageId"], shown["filename"]) == (image["imageId"], "chelsea.png")
    # Over REST, fields that are not given are empty.
    assert (shown["sizeBytes"], shown["contentUrl"], shown["userId"]) == (str(len(content)), "", "")
    kinds = [one["kind"] for one in match["explanation"]["contributions"]]
    assert kinds == ["MEANING", "EXAMPLE", "EXAMPLE", "EXAMPLE"]

    assert (await ada.call("DELETE", path)).status_code == 200
    gone = await ada.call("GET", path)
    assert (gone.status_code, reason(gone)) == (404, "IMAGE_NOT_FOUND")
    assert await ada.search(text="a cat", filter='labels.kind = "cat"') == []


async def test_images_are_edited_watched_and_brought_back_over_rest(
    ada: Person, http: httpx.AsyncClient
) -> None:
    headers = {"authorization": f"Bearer {ada.token}"}
    async with http.stream("GET", "/api/images:watch", headers=headers) as watched:
        assert watched.status_code == 200
        lines = watched.aiter_lines()
        assert "checkpoint" in json.loads(await anext(lines))
        image = await ada.add(encoded(drawing(30), "PNG"), labels={"a_key": "1", "b": "2"})
        path = f"/api/images/{image['imageId']}"
        mask = {"update_mask": "filename,labels.a_key"}
        edited = await ada.call("PATCH", path, params=mask, json={"filename": "é.png"})
        assert edited.status_code == 200, edited.text
        assert (edited.json()["filename"], edited.json()["labels"]) == ("é.png", {"b": "2"})
        while True:
            told = json.loads(await anext(lines))
            if told.get("image", {}).get("filename") == "é.png":
                break
    stale = await ada.call(
        "PATCH", path, params={"update_mask": "labels"}, json={"etag": image["etag"]}
    )
    assert (stale.status_code, reason(stale)) == (409, "ETAG_MISMATCH")
    unknown = await ada.call("PATCH", path, params=mask, json={"nmae": "x"})
    assert unknown.status_code == 400
    labelled = await ada.call(
        "POST", "/api/images:label", json={"imageIds": [image["imageId"]], "set": {"b": "3"}}
    )
    assert labelled.json()["images"][0]["labels"] == {"b": "3"}
    labels = (await ada.call("GET", "/api/labels", params={"key": "b"})).json()
    assert labels["keys"][0]["values"][0] == {"value": "3", "imageCount": "1"}
    months = (await ada.call("GET", "/api/images:months", params={"time_zone": "UTC"})).json()
    assert int(months["totalSize"]) >= 1

    assert (await ada.call("DELETE", path)).status_code == 200
    trash = (await ada.call("GET", "/api/images", params={"deleted": "true"})).json()["images"]
    assert image["imageId"] in [one["imageId"] for one in trash]
    assert (await ada.call("POST", f"{path}:undelete", json={})).status_code == 200
    assert (await ada.call("GET", path)).json()["filename"] == "é.png"


async def test_bytes_that_a_client_has_are_not_sent_again(ada: Person) -> None:
    image = await ada.add(encoded(drawing(31), "PNG"))
    for path in ("content", "thumbnail", "thumbnail?size=512"):
        url = f"/api/images/{image['imageId']}/{path}"
        first = await ada.call("GET", url)
        assert first.content
        assert first.headers["x-content-type-options"] == "nosniff"
        assert first.headers["content-disposition"].startswith("inline; filename=")
        assert "immutable" in first.headers["cache-control"]
        tag = first.headers["etag"]
        again = await ada.call("GET", url, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b""), url
        assert again.headers["etag"] == tag
        assert "x-argus-not-modified" not in again.headers
        other = await ada.call("GET", url, headers={"if-none-match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)


async def test_ranges_of_bytes_are_given_as_http_has_them(ada: Person) -> None:
    content = encoded(drawing(32), "PNG")
    size = len(content)
    image = await ada.add(content)
    url = f"/api/images/{image['imageId']}/content"
    whole = await ada.call("GET", url)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    assert "content-range" not in whole.headers
    # `curl -r 0-99`, `-r 100-`, `-r -50`, and one that ends behind the last byte.
    for asked, first, last in (
        ("0-99", 0, 99), ("100-", 100, size - 1), ("-50", size - 50, size - 1),
        (f"7-{size + 9}", 7, size - 1),
    ):  # fmt: skip
        part = await ada.call("GET", url, headers={"range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, content[first : last + 1]), asked
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.headers["content-type"] == "image/png"
        assert part.headers["etag"] == whole.headers["etag"]
        assert "x-argus-partial" not in part.headers
    for headers in (
        {"range": "bytes=0-9,20-29"},
        {"range": "lines=0-9"},
        {"range": "bytes=0-9", "if-range": '"other"'},
    ):
        other = await ada.call("GET", url, headers=headers)
        assert (other.status_code, other.content) == (200, content), headers
    fitting = {"range": "bytes=5-9", "if-range": whole.headers["etag"]}
    assert (await ada.call("GET", url, headers=fitting)).content == content[5:10]
    head = await ada.call("HEAD", url, headers={"range": "bytes=0-99"})
    assert (head.status_code, head.content) == (206, b"")
    behind = await ada.call("GET", url, headers={"range": f"bytes={size}-"})
    assert (behind.status_code, reason(behind)) == (400, "RANGE_NOT_SATISFIABLE")
    named = await ada.call("GET", url, params={"offset": 3, "length": 4})
    assert (named.status_code, named.content) == (206, content[3:7])


async def test_retention_rules_are_set_seen_and_deleted_over_rest(ada: Person, eve: Person) -> None:
    await ada.add(encoded(drawing(33), "PNG"), labels={"rest": "trial"})
    path = "/api/retention-rules"
    body = {"labelKey": "rest", "keepDays": 30}
    looked = (await ada.call("PUT", path, json=body | {"validateOnly": True})).json()
    assert (looked["retentionRuleId"], looked["imageCount"], looked["dueCount"]) == ("", "1", "0")
    made = await ada.call("PUT", path, json=body | {"labelValue": "trial"})
    assert made.status_code == 200, made.text
    rule_id = made.json()["retentionRuleId"]
    listed = (await ada.call("GET", path)).json()["retentionRules"]
    assert [(one["retentionRuleId"], one["labelValue"]) for one in listed] == [(rule_id, "trial")]
    theirs = await eve.call("DELETE", f"{path}/{rule_id}")
    assert (theirs.status_code, reason(theirs)) == (404, "RETENTION_RULE_NOT_FOUND")
    wrong = await ada.call("PUT", path, json=body | {"keepDays": 0})
    assert (wrong.status_code, reason(wrong)) == (400, "INVALID_REQUEST")
    assert (await ada.call("DELETE", f"{path}/{rule_id}")).status_code == 200
    assert (await ada.call("GET", path)).json()["retentionRules"] == []


async def test_nobody_sees_what_is_somebody_elses(ada: Person, eve: Person) -> None:
    image = await ada.add(encoded(drawing(10), "PNG"), labels={"whose": "adas"})
    path = f"/api/images/{image['imageId']}"
    unknown = "00000000-0000-4000-8000-000000000000"
    for method, tail in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", ":complete"),
        ("GET", "/content"),
        ("GET", "/thumbnail"),
    ):
        theirs = await eve.call(method, path + tail)
        nothing = await eve.call(method, f"/api/images/{unknown}{tail}")
        assert theirs.status_code == nothing.status_code == 404
        assert theirs.text == nothing.text.replace(unknown, image["imageId"])
    similar = await eve.call("GET", f"/api/search/similar/{image['imageId']}")
    assert (similar.status_code, reason(similar)) == (404, "IMAGE_NOT_FOUND")
    assert await eve.search(text="anything", filter='labels.whose = "adas"') == []
    assert (await eve.call("GET", "/api/images")).json()["images"] == []
    batch = await eve.call("GET", "/api/images:batchGet", params={"imageIds": image["imageId"]})
    assert batch.json()["images"] == []
    assert (await ada.call("GET", path)).status_code == 200


async def test_pages_through_lists_and_matches(mesh: Mesh, http: httpx.AsyncClient) -> None:
    ada = await Person.register(mesh, http)
    ids = [(await ada.add(encoded(drawing(seed), "PNG")))["imageId"] for seed in range(20, 25)]
    for path, parameters, key in (
        ("/api/images", {"pageSize": 2}, "images"),
        ("/api/search", {"limit": 2, "text": "colours"}, "matches"),
    ):
        seen: list[str] = []
        token = ""
        pages = 0
        while pages == 0 or token:
            asked = parameters | ({"pageToken": token} if token else {})
            answer = (
                await ada.call("GET", path, params=asked)
                if key == "images"
                else await ada.call("POST", path, json=asked)
            ).json()
            seen += [
                item["imageId"] if key == "images" else item["image"]["imageId"]
                for item in answer[key]
            ]
            token = answer["nextPageToken"]
            pages += 1
        assert pages == 3
        assert sorted(seen) == sorted(ids)
        if key == "images":
            assert seen == ids[::-1], "newest first"
    wrong = await ada.call("GET", "/api/images", params={"pageToken": "forged"})
    assert (wrong.status_code, reason(wrong)) == (400, "INVALID_PAGE_TOKEN")


async def test_refuses_who_is_not_signed_in_before_any_service_is_asked(
    http: httpx.AsyncClient, ada: Person
) -> None:
    claims = jwt.decode(ada.token, options={"verify_signature": False})
    head, payload, signature = ada.token.split(".")
    tampered = f"{head}.{payload[:-2]}AA.{signature}"
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    for headers in (
        {},
        {"authorization": "Bearer nonsense"},
        {"authorization": f"Bearer {tampered}"},
        {"authorization": f"Bearer {forged}"},
    ):
        answer = await http.get("/api/images", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == grpc.StatusCode.UNAUTHENTICATED.value[0]
        assert reason(answer) == "TOKEN_INVALID"


async def test_an_expired_token_says_so(mesh: Mesh, http: httpx.AsyncClient, ada: Person) -> None:
    connection = await asyncpg.connect(postgres_url(mesh.layout))
    raw = await connection.fetchval("SELECT private_key FROM auth.signing_keys")
    await connection.close()
    claims = jwt.decode(ada.token, options={"verify_signature": False})
    expired = SigningKey.from_bytes(raw).sign(claims | {"exp": claims["iat"] - 3600})
    answer = await http.get("/api/images", headers={"authorization": f"Bearer {expired}"})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_EXPIRED")


async def test_errors_over_rest_are_json_with_reason_and_fields(
    http: httpx.AsyncClient, ada: Person
) -> None:
    malformed = await ada.call("POST", "/api/search", content=b'{"text": ')
    assert malformed.status_code == 400
    assert malformed.json()["message"]
    unknown = await ada.call("GET", "/api/images", params={"pagesize_": 3})
    assert unknown.status_code == 400
    nowhere = await ada.call("GET", "/api/nowhere")
    assert nowhere.status_code == 404
    assert nowhere.json()["code"] == grpc.StatusCode.NOT_FOUND.value[0]
    weak = await http.post("/api/auth/register", json={"email": "x", "password": "y"})
    assert (weak.status_code, reason(weak)) == (400, "INVALID_REQUEST")
    [violations] = [d for d in weak.json()["details"] if d["@type"].endswith("BadRequest")]
    assert {v["field"] for v in violations["fieldViolations"]} == {"email", "password"}
    both = await ada.call("POST", "/api/search", json={"text": "a", "imageId": "b"})
    assert both.status_code == 400
    bad_filter = await ada.call("POST", "/api/search", json={"text": "a", "filter": "labels. ="})
    assert (bad_filter.status_code, reason(bad_filter)) == (400, "INVALID_FILTER")
    blank = await ada.call("POST", "/api/search", json={"text": "   "})
    assert (blank.status_code, reason(blank)) == (400, "QUERY_EMPTY")


async def answer_to(mesh: Mesh, request: str) -> tuple[str, bytes]:
    """What bytes on a connection of their own are answered with: the head, and all that follows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mesh.port)
    writer.write(request.replace("\n", "\r\n").encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head.decode(), body


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_the_case_of_a_scheme_does_not_matter(
    http: httpx.AsyncClient, channel: grpc.aio.Channel, ada: Person, scheme: str
) -> None:
    answer = await http.get("/api/auth/me", headers={"authorization": f"{scheme} {ada.token}"})
    assert answer.json()["userId"] == ada.user_id
    user = await auth_pb2_grpc.AuthServiceStub(channel).GetMe(
        auth_pb2.GetMeRequest(), metadata=(("authorization", f"{scheme} {ada.token}"),)
    )
    assert user.user_id == ada.user_id


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Token {token}", "{token}", "Bearer"])
async def test_other_schemes_are_refused(
    http: httpx.AsyncClient, ada: Person, authorization: str
) -> None:
    sent = authorization.format(token=ada.token)
    answer = await http.get("/api/images", headers={"authorization": sent})
    assert (answer.status_code, reason(answer)) == (401, "TOKEN_INVALID")


async def test_answers_http_1_0(mesh: Mesh, ada: Person) -> None:
    token = f"authorization: Bearer {ada.token}"
    for version in ("1.0", "1.1"):
        rest = "" if version == "1.0" else "host: argus\nconnection: close\n"
        head, body = await answer_to(mesh, f"GET /api/auth/me HTTP/{version}\n{rest}{token}\n\n")
        assert head.startswith(f"HTTP/{version} 200"), head
        assert json.loads(body)["userId"] == ada.user_id


async def test_metadata_with_underscores_passes(channel: grpc.aio.Channel, ada: Person) -> None:
    user = await auth_pb2_grpc.AuthServiceStub(channel).GetMe(
        auth_pb2.GetMeRequest(), metadata=(*ada.metadata, ("x_client", "1"))
    )
    assert user.user_id == ada.user_id
    assert (await ada.call("GET", "/api/auth/me", headers={"x_client": "1"})).status_code == 200


async def test_head_is_a_get_without_its_body(mesh: Mesh, ada: Person) -> None:
    image = await ada.add(encoded(drawing(15), "PNG"))
    path = f"/api/images/{image['imageId']}"
    for asked in ("/", "/api/images", path, f"{path}/content", f"{path}/thumbnail", "/api/models"):
        whole = await ada.call("GET", asked)
        head, body = await answer_to(
            mesh,
            f"HEAD {asked} HTTP/1.1\nhost: argus\nauthorization: Bearer {ada.token}\n"
            "connection: close\n\n",
        )
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        assert head.startswith("HTTP/1.1 200"), (asked, head)
        assert body == b"", asked
        assert fields["content-type"] == whole.headers["content-type"]
        if not asked.startswith(path) or asked == f"{path}/thumbnail":
            assert fields["content-length"] == whole.headers["content-length"], asked
    assert (await ada.call("HEAD", "/api/images/nothing/content")).status_code == 400
    assert (await ada.call("HEAD", "/api/nowhere")).status_code == 404
    assert (await ada.http.head("/api/images")).status_code == 401
    assert (await ada.call("HEAD", "/api/search")).headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/images", "GET, HEAD"),
        ("PUT", "/api/images/0123", "GET, HEAD, PATCH, DELETE"),
        ("GET", "/api/images/0123:complete", "POST"),
        ("POST", "/api/images/0123/content", "GET, HEAD"),
        ("GET", "/api/search", "POST"),
        ("DELETE", "/api/qa/reference-sets", "GET, HEAD, POST"),
        ("GET", "/api/auth/login", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("OPTIONS", "/api/images", "GET, HEAD"),
        ("GET", "/argus.search.v1.SearchService/SearchImages", "POST"),
    ],
)
async def test_a_path_says_which_methods_it_has(
    ada: Person, method: str, path: str, allow: str
) -> None:
    answer = await ada.call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert allow in answer.json()["message"]
    assert answer.json()["code"] == grpc.StatusCode.UNIMPLEMENTED.value[0]


@pytest.mark.parametrize(
    ("filename", "asked"),
    [
        ("می\u200cخواهم.png", "می\u200cخواهم.png"),
        ("👨\u200d👩\u200d👧 trip.png", "👨\u200d👩\u200d👧 trip.png"),
        ("with a blank .png ", "with a blank .png "),
        ("x" * 300 + "/in a folder.png", "in a folder.png"),
        ("Ku\u0308che.png", "K\u00fcche.png"),
        ("K\u00fcche 2.png", "Ku\u0308che 2.png"),
    ],
    ids=ascii,
)
async def test_an_image_is_found_by_its_name_as_it_was_written(
    ada: Person, filename: str, asked: str
) -> None:
    content = encoded(drawing(100 + len(filename)), "PNG")
    image = await ada.add(content, filename, labels={"place": "Ko\u0308ln "})
    written = f'filename = "{asked}"'
    listed = (await ada.call("GET", "/api/images", params={"filter": written})).json()["images"]
    assert [found["imageId"] for found in listed] == [image["imageId"]]
    for condition in (written, f'{written} AND labels.place = "K\u00f6ln "'):
        [match] = await ada.search(text="a picture", filter=condition)
        assert match["image"]["imageId"] == image["imageId"]
    assert await ada.search(text="a picture", filter=f'{written} AND labels.place = "Koln"') == []


@pytest.mark.parametrize("content_type", ["image/jpg", "IMAGE/JPEG", "image/jpeg; charset=binary"])
async def test_media_types_are_known_by_their_other_names(ada: Person, content_type: str) -> None:
    content = encoded(drawing(16), "JPEG")
    image = await ada.add(content, "photo.jpg", content_type)
    assert image["contentType"] == "image/jpeg"
    named = {"filter": f'content_type = "{content_type}"'}
    listed = (await ada.call("GET", "/api/images", params=named)).json()["images"]
    assert image["imageId"] in {found["imageId"] for found in listed}


async def test_what_a_query_says_counts_and_not_how_it_is_written(ada: Person) -> None:
    for name, content_type in (("chelsea", "image/png"), ("rocket", "image/jpeg")):
        await ada.add(photograph(name), name, content_type, labels={"for": "queries"})
    asked = {"filter": 'labels.for = "queries"'}
    scores = {
        text: [match["score"] for match in await ada.search(text=text, **asked)]
        for text in (
            "rocket",
            "ｒｏｃｋｅｔ",
            "roc\u00adket\u200b",
            "🚀",
            "🐱",
            "cat face",
            "a\0cat",
            "a cat",
        )
    }
    assert (
        scores["ｒｏｃｋｅｔ"] == scores["roc\u00adket\u200b"] == scores["🚀"] == scores["rocket"]
    )
    assert scores["🐱"] == scores["cat face"] != scores["🚀"]
    assert scores["a\0cat"] == scores["a cat"]
    for nothing in ("\u200b", "\ufeff", "\u2060", "\0", "\u3164 \u2800", "\ufe0f\u200d"):
        answer = await ada.call("POST", "/api/search", json={"text": nothing})
        assert (answer.status_code, reason(answer)) == (400, "QUERY_EMPTY"), ascii(nothing)


async def test_a_text_of_ten_thousand_words_is_cut_and_says_so(ada: Person) -> None:
    await ada.add(encoded(drawing(11), "PNG"))
    answer = await ada.call("POST", "/api/search", json={"text": "a cat on a mat " * 2500})
    assert answer.status_code == 200
    assert answer.json()["textTruncated"] is True
    assert answer.json()["matches"]


async def test_browsers_on_this_machine_may_call(http: httpx.AsyncClient) -> None:
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-grpc-web",
    }
    for path in ("/api/search", "/argus.search.v1.SearchService/SearchImages"):
        allowed = await http.options(path, headers=asked | {"origin": "http://localhost:5173"})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "http://localhost:5173"
        refused = await http.options(path, headers=asked | {"origin": "https://elsewhere.example"})
        assert "access-control-allow-origin" not in refused.headers


async def test_inspects_a_large_image_over_rest(ada: Person) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    for size, status in ((20 * 2**20, 404), (25 * 2**20, 413)):
        image = base64.b64encode(bytes(size)).decode()
        answer = await ada.call(
            "POST", "/api/qa/inspect", json={"referenceSetId": unknown, "image": image}
        )
        assert answer.status_code == status
        assert answer.json()["message"]


async def test_inspects_images_as_they_come(channel: grpc.aio.Channel, ada: Person) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    stub = inspection_pb2_grpc.InspectionServiceStub(channel)
    call = stub.InspectImages(metadata=ada.metadata)
    for name in ("first", "second"):
        request = inspection_pb2.InspectRequest(reference_set_id=unknown, image=b"no image")
        await call.write(inspection_pb2.InspectImagesRequest(item_id=name, request=request))
        answer = await call.read()
        assert isinstance(answer, inspection_pb2.InspectImagesResponse)
        assert answer.item_id == name, "each is answered before the next is sent"
        assert answer.error.code == grpc.StatusCode.NOT_FOUND.value[0]
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


async def test_streams_a_calibration_and_an_export_over_rest(ada: Person) -> None:
    made = await ada.call("POST", "/api/qa/reference-sets", json={"displayName": "discs"})
    sets = f"/api/qa/reference-sets/{made.json()['referenceSetId']}"
    ids = [(await ada.add(encoded(drawing(seed), "PNG")))["imageId"] for seed in range(40, 46)]
    added = await ada.call("POST", f"{sets}:add", json={"imageIds": ids})
    assert added.json()["imageCount"] == len(ids)
    begun = await ada.call("POST", f"{sets}:calibrate", json={"targetFalseAlarmRate": 0.1})
    assert begun.status_code == 200, begun.text
    watched = await ada.call("GET", f"{sets}/jobs/{begun.json()['jobId']}:watch")
    lines = [json.loads(line) for line in watched.text.splitlines() if line]
    assert lines[-1]["job"]["state"] == "SUCCEEDED"
    assert {line["job"]["jobId"] for line in lines} == {begun.json()["jobId"]}
    resumed = await ada.call(
        "GET",
        f"{sets}/jobs/{begun.json()['jobId']}:watch",
        params={"afterCursor": lines[-1]["cursor"]},
    )
    assert [json.loads(line) for line in resumed.text.splitlines() if line] == lines[-1:]
    listed = await ada.call("GET", f"{sets}/jobs", params={"kind": "CALIBRATION"})
    assert listed.json()["jobs"] == [lines[-1]["job"]]

    inspected = await ada.call(
        "POST",
        "/api/qa/inspect",
        json={"referenceSetId": made.json()["referenceSetId"], "imageId": ids[0]},
    )
    assert inspected.status_code == 200, inspected.text
    said = await ada.call(
        "POST", "/api/qa/feedback", json={"imageId": ids[0], "action": "mark_normal"}
    )
    assert said.status_code == 200, said.text
    for format_, media_type, content in (
        ("COCO", "application/json", ids[0]),
        ("CSV", "text/csv; charset=utf-8", ids[0]),
        ("HTML", "text/html; charset=utf-8", "discs"),
    ):
        exported = await ada.call("GET", f"{sets}/export", params={"format": format_})
        assert exported.status_code == 200, exported.text
        assert exported.headers["content-type"] == media_type
        assert content in exported.text


async def test_answers_grpc_web(ada: Person) -> None:
    request = auth_pb2.GetMeRequest().SerializeToString()
    answer = await ada.call(
        "POST",
        "/argus.auth.v1.AuthService/GetMe",
        content=b"\x00" + len(request).to_bytes(4, "big") + request,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1"},
    )
    length = int.from_bytes(answer.content[1:5], "big")
    assert auth_pb2.User.FromString(answer.content[5 : 5 + length]).user_id == ada.user_id
    assert b"grpc-status:0" in answer.content[5 + length :]


async def test_reflects_and_tells_health_without_a_token(channel: grpc.aio.Channel) -> None:
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
    call = reflection.ServerReflectionInfo(
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    names = [s.name async for answer in call for s in answer.list_services_response.service]
    for_users = {path.split("/")[1] for path, policy in POLICIES.items() if policy.through_edge}
    assert set(names) >= {"argus.auth.v1.AuthService", "argus.storage.v1.ImageService"}
    assert {name for name in names if name.startswith("argus.")} == {
        name for name in for_users if name.startswith("argus.")
    }
    health: Any = health_pb2_grpc.HealthStub(channel)
    for name in ("", *(name for name in names if name.startswith("argus."))):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING, name


async def test_no_method_is_answered_while_the_stream_is_open(channel: grpc.aio.Channel) -> None:
    """As clients ask who do not know yet which version of reflection there is."""
    method = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    # Nothing is sent, and the call is not ended.
    call: Any = channel.stream_stream(method)()
    async with asyncio.timeout(20):
        assert await call.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_what_is_for_services_only_is_not_there(
    channel: grpc.aio.Channel, ada: Person
) -> None:
    calls = (
        ingest_pb2_grpc.IngestServiceStub(channel).ReplayImages(
            ingest_pb2.ReplayImagesRequest(), metadata=ada.metadata
        ),
        artifact_pb2_grpc.ArtifactServiceStub(channel).ResolveArtifacts(
            artifact_pb2.ResolveArtifactsRequest(names=["a/b"]), metadata=ada.metadata
        ),
        auth_pb2_grpc.AuthServiceStub(channel).IssueServiceToken(
            auth_pb2.IssueServiceTokenRequest(service="search", secret="x" * 20),
            metadata=ada.metadata,
        ),
    )
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() in {
            grpc.StatusCode.NOT_FOUND,
            grpc.StatusCode.UNIMPLEMENTED,
        }


async def test_says_what_it_takes_in_and_how_it_is(ada: Person, http: httpx.AsyncClient) -> None:
    for path in ("/api/installation", "/api/status"):
        assert (await http.get(path)).status_code == 401
    installation = (await ada.call("GET", "/api/installation")).json()
    assert int(installation["limits"]["images"]["maxBytes"]) > 2**20
    assert "FEATURE_MAP" in installation["features"]
    assert installation["defaultModel"] == installation["models"][0]["model"]
    status = (await ada.call("GET", "/api/status")).json()
    assert {part["name"]: part["state"] for part in status["parts"]} == dict.fromkeys(
        ("auth", "storage", "embedder", "search", "inspection"), "SERVING"
    )
    assert [queue["name"] for queue in status["queues"]] == ["indexing", "jobs"]


async def test_a_map_over_rest(mesh: Mesh, http: httpx.AsyncClient) -> None:
    zoe = await Person.register(mesh, http)
    images = [await zoe.add(encoded(drawing(seed), "PNG")) for seed in (70, 71, 72)]
    found = await zoe.until_mapped()
    assert base64.b64decode(found["imageIds"]) == b"".join(
        sorted(UUID(image["imageId"]).bytes for image in images)
    )
    assert len(base64.b64decode(found["points"])) == 8 * 3
    again = await zoe.call("GET", "/api/search/map", params={"ifVersion": found["version"]})
    assert (again.json()["unchanged"], again.json()["points"]) == (True, "")


async def test_streams_embeddings_both_ways(channel: grpc.aio.Channel, ada: Person) -> None:
    stub = embedder_pb2_grpc.EmbedderServiceStub(channel)
    items = {"cat": photograph("chelsea"), "broken": b"no image", "rocket": photograph("rocket")}

    async def requests() -> AsyncIterator[embedder_pb2.EmbedImagesRequest]:
        for name, content in items.items():
            yield embedder_pb2.EmbedImagesRequest(item_id=name, image=content)

    answers = {
        answer.item_id: answer
        async for answer in stub.EmbedImages(requests(), metadata=ada.metadata)
    }
    assert answers.keys() == items.keys()
    assert answers["broken"].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    models = await stub.ListModels(embedder_pb2.ListModelsRequest(), metadata=ada.metadata)
    assert models.models[0].default
    for name in ("cat", "rocket"):
        assert len(answers[name].embedding.values) == models.models[0].dimension


async def test_streams_a_large_image_back(channel: grpc.aio.Channel, ada: Person) -> None:
    content = encoded(drawing(12, (1200, 900)), "BMP")
    image = await ada.add(content, "large.bmp", "image/bmp")
    stub = image_pb2_grpc.ImageServiceStub(channel)
    chunks = [
        chunk
        async for chunk in stub.DownloadImage(
            image_pb2.DownloadImageRequest(image_id=image["imageId"]), metadata=ada.metadata
        )
    ]
    assert len(chunks) > 1
    assert b"".join(chunk.data for chunk in chunks) == content


async def test_a_burst_of_searches_waits_its_turn(channel: grpc.aio.Channel, ada: Person) -> None:
    """More calls at once than any pool has connections: each is answered, none as an outage."""
    search = search_pb2_grpc.SearchServiceStub(channel)
    answers = await asyncio.gather(
        *(
            search.SearchImages(
                search_pb2.SearchImagesRequest(text=f"a thing of kind {number}"),
                metadata=ada.metadata,
                timeout=30,
            )
            for number in range(220)
        ),
        return_exceptions=True,
    )
    assert [one for one in answers if isinstance(one, BaseException)] == []
