"""What bad input gets: a clear reason, and a mesh that goes on serving."""

import asyncio
import base64
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from argus.search.v1 import search_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.mesh import Mesh
from tests.support.person import Person, reason
from tests.support.pictures import (
    drawing,
    encoded,
    photograph,
    png_claiming,
    png_with_bomb,
    rotated_jpeg,
    sixteen_bit_png,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'


@pytest.fixture(scope="module")
async def ada(mesh: Mesh) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as http:
        yield await Person.register(mesh, http)


@pytest.fixture(autouse=True)
async def serving_afterwards(mesh: Mesh) -> AsyncIterator[None]:
    """After each bad input every service is SERVING and the same process as before."""
    names = ("auth", "storage", "embedder", "search", "inspection")
    before = [mesh.pid(name) for name in names]
    yield
    async with grpc.aio.insecure_channel(mesh.edge_target) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    assert [mesh.pid(name) for name in names] == before


@pytest.mark.parametrize(
    ("content", "filename", "content_type", "expected"),
    [
        (photograph("chelsea")[:9000], "truncated.png", "image/png", "IMAGE_UNREADABLE"),
        (photograph("rocket")[:-3000], "truncated.jpg", "image/jpeg", "IMAGE_UNREADABLE"),
        (encoded(drawing(3, (1, 1)), "PNG"), "dot.png", "image/png", "IMAGE_TOO_SMALL"),
        (png_claiming(20_000, 20_000), "huge.png", "image/png", "TOO_MANY_PIXELS"),
        (encoded(drawing(4), "GIF"), "really.png", "image/png", "CONTENT_TYPE_MISMATCH"),
        (SVG, "drawing.png", "image/png", "IMAGE_UNSUPPORTED"),
        (b"PK\x03\x04" + bytes(500), "archive.jpg", "image/jpeg", "IMAGE_UNSUPPORTED"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "noise.png", "image/png", "IMAGE_UNREADABLE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refuses_what_is_no_usable_image(
    ada: Person, content: bytes, filename: str, content_type: str, expected: str
) -> None:
    answer = await ada.send(content, filename, content_type)
    assert (answer.status_code, reason(answer)) == (400, expected)
    failed = (
        await ada.call("GET", "/api/images", params={"filter": f'filename = "{filename}"'})
    ).json()["images"]
    assert failed[0]["state"] == "FAILED"
    assert failed[0]["failure"]["reason"] == expected
    assert failed[0]["failure"]["message"]
    again = await ada.call("POST", f"/api/images/{failed[0]['imageId']}:complete", json={})
    assert (reason(again), again.json()["message"]) == (expected, answer.json()["message"])


@pytest.mark.parametrize("size", [0, -1])
async def test_refuses_an_empty_image_before_it_is_sent(ada: Person, size: int) -> None:
    body = {"filename": "empty.png", "contentType": "image/png", "sizeBytes": size}
    answer = await ada.call("POST", "/api/images/uploads", json=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("sent", [b"", b"1234", b"123456", bytes(10**6)], ids=len)
async def test_the_store_takes_no_other_number_of_bytes_than_was_announced(
    ada: Person, sent: bytes
) -> None:
    reserved = (await ada.reserve(b"12345", "emptied.png", "image/png")).json()
    upload = reserved["upload"]
    async with httpx.AsyncClient(trust_env=False) as store:
        refused = await store.put(upload["url"], content=sent, headers=upload["headers"])
    assert refused.status_code == 403
    image_id = reserved["image"]["imageId"]
    answer = await ada.call("POST", f"/api/images/{image_id}:complete", json={})
    assert (answer.status_code, reason(answer)) == (400, "UPLOAD_NOT_RECEIVED")


async def test_refuses_types_it_does_not_know_and_sizes_beyond_the_limit(ada: Person) -> None:
    svg = await ada.reserve(SVG, "drawing.svg", "image/svg+xml")
    assert (svg.status_code, reason(svg)) == (400, "UNSUPPORTED_CONTENT_TYPE")
    large = await ada.reserve(b"x", "large.png", "image/png", sizeBytes=10**12)
    assert (large.status_code, reason(large)) == (400, "IMAGE_TOO_LARGE")


async def test_refuses_bytes_that_are_not_those_announced(ada: Person) -> None:
    content = encoded(drawing(5), "PNG")
    other = hashlib.sha256(b"other").hexdigest()
    answer = await ada.send(content, "wrong-sha.png", "image/png", sha256=other)
    assert (answer.status_code, reason(answer)) == (400, "SHA256_MISMATCH")


@pytest.mark.parametrize(
    ("content", "content_type", "size"),
    [
        (encoded(drawing(6).convert("CMYK"), "JPEG"), "image/jpeg", (96, 64)),
        (sixteen_bit_png(), "image/png", (96, 64)),
        (rotated_jpeg(), "image/jpeg", (64, 96)),
        (
            encoded(drawing(7), "GIF", save_all=True, append_images=[drawing(8)]),
            "image/gif",
            (96, 64),
        ),
        (encoded(drawing(9).convert("LA"), "PNG"), "image/png", (96, 64)),
        (png_with_bomb(), "image/png", (96, 64)),
    ],
    ids=["CMYK", "16-bit", "EXIF-rotated", "animated", "grey with alpha", "bomb in its text"],
)
async def test_takes_the_unusual_and_finds_it(
    ada: Person, content: bytes, content_type: str, size: tuple[int, int]
) -> None:
    image = await ada.add(content, "unusual", content_type)
    assert (image["width"], image["height"]) == size
    [match] = (
        await ada.call("GET", f"/api/search/similar/{image['imageId']}", params={"limit": 1})
    ).json()["matches"]
    assert match["image"]["imageId"] == image["imageId"]


async def test_completing_before_the_bytes_came_can_be_repaired(ada: Person) -> None:
    content = encoded(drawing(13), "PNG")
    reserved = (await ada.reserve(content, "late.png", "image/png")).json()
    path = f"/api/images/{reserved['image']['imageId']}:complete"
    early = await ada.call("POST", path, json={})
    assert (early.status_code, reason(early)) == (400, "UPLOAD_NOT_RECEIVED")
    await ada.put(reserved["upload"], content)
    first = await ada.call("POST", path, json={})
    assert first.status_code == 200
    second = await ada.call("POST", path, json={})
    # Renditions are made beside the calls.
    volatile = {"state", "contentUrl", "thumbnailUrl", "thumbhash"}
    assert {k: v for k, v in second.json().items() if k not in volatile} == {
        k: v for k, v in first.json().items() if k not in volatile
    }


async def test_a_presigned_url_that_is_still_good_changes_nothing_after_completion(
    ada: Person,
) -> None:
    content = encoded(drawing(14), "PNG")
    reserved = (await ada.reserve(content, "kept.png", "image/png")).json()
    await ada.put(reserved["upload"], content)
    path = f"/api/images/{reserved['image']['imageId']}"
    assert (await ada.call("POST", f"{path}:complete", json={})).status_code == 200
    await ada.put(reserved["upload"], bytes(len(content)))
    assert (await ada.call("GET", f"{path}/content")).content == content


@pytest.mark.parametrize(
    ("image", "expected"),
    [(b"no image", "IMAGE_UNREADABLE"), (png_claiming(20_000, 20_000), "TOO_MANY_PIXELS")],
)
async def test_a_bad_query_image_has_its_reason(ada: Person, image: bytes, expected: str) -> None:
    body = {"image": base64.b64encode(image).decode()}
    answer = await ada.call("POST", "/api/search", json=body)
    assert (answer.status_code, reason(answer)) == (400, expected)


async def test_a_body_beyond_the_limit_is_refused(ada: Person) -> None:
    answer = await ada.call("POST", "/api/search", content=b'{"image":"' + b"A" * 34 * 2**20)
    assert answer.status_code == 413
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"text": "a", "filters": "b"}', "there is no field filters; there are confidentOnly, "),
        ('{"text": "a", "fi\\u006cters": "b"}', "there is no field filters"),
        ('{"text": "a", "limit": 3, "": 1}', "there is no field ;"),
        ("[1]", "the body must be a JSON object"),
        ("text=a", "the body must be a JSON object"),
        (b"\x1f\x8b\x08\x00\x00", "the body must be a JSON object"),
        ('{"text": "a"'.encode("utf-16"), "the body must be a JSON object"),
        (b'{"text": "\xff\xfe"}', "the string at byte 10 is not UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', "the string at byte 10 is not UTF-8"),
        (b'{"text": "\xc0\x80"}', "the string at byte 10 is not UTF-8"),
        ('{"text": "\\ud800"}', "an escape that stands for a character at byte 11"),
        ('{"text": "\\x"}', "an escape that stands for a character at byte 11"),
        ('{"text": "a}', "the string at byte 10 never ends"),
        ('{"text": "a\nb"}', "control characters to be escaped"),
        ('{"text": "a"', "expected `,` or `}` at byte 13"),
        ('{"text": "a",}', "expected a field's name in double quotes at byte 14"),
        ('{"text": "a", "limit": NaN}', "expected a value at byte 24"),
        ('{"text": "a"} {}', "expected nothing more at byte 15"),
        ('{"text": ' + "[" * 1000, "deeper than 64"),
        ('{"text": 3}', "text: invalid value 3"),
    ],
)
async def test_a_body_that_is_no_request_is_told_why(
    ada: Person, body: str | bytes, said: str
) -> None:
    answer = await ada.call("POST", "/api/search", content=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
    assert said in answer.json()["message"]
    assert all(character.isprintable() for character in answer.json()["message"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/search", {"text": "a", "filters": "b"}, "filters"),
        ("/api/auth/login", {"email": "a@example.org", "pass": "b"}, "pass"),
        (
            "/api/qa/reference-sets/00000000-0000-4000-8000-000000000000:calibrate",
            {"settings": {"size": 256, "corset": 3}},
            "settings.corset",
        ),
        ("/api/qa/inspect", {"zeroShot": {"objects": "tile"}}, "zeroShot.objects"),
    ],
)
async def test_an_unknown_field_of_a_body_is_named(
    ada: Person, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await ada.call("POST", path, json=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
    assert fields_at_fault(answer) == [field]


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"text": "a"}',
        b' \r\n{"text":"a","page_token":"","pageToken":""}\n',
        '{"text": "\\ud83e\\udd9a \\u0645 \\/ \\\\ \\""}',
        '{"text": "🦚 م é", "limit": null}',
        '{"text": "a", "limit": 2e0}',
    ],
)
async def test_every_way_to_write_json_is_read(ada: Person, body: str | bytes) -> None:
    answer = await ada.call("POST", "/api/search", content=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "/api/images/uploads",
            {
                "filename": "a.png",
                "contentType": "image/png",
                "sizeBytes": 9,
                "labels": {"a": "x\0y"},
            },
            'labels["a"]',
        ),
        (
            "/api/auth/register",
            {"email": "nul@example.org", "password": "long enough", "displayName": "a\0b"},
            "display_name",
        ),
        ("/api/auth/login", {"email": "a\0@example.org", "password": "long enough"}, "email"),
        ("/api/qa/reference-sets", {"displayName": "a\0b"}, "display_name"),
        ("/api/qa/reference-sets", {"displayName": "\u3164\u200b"}, "display_name"),
        ("/api/qa/reference-sets", {"displayName": "\u202etac"}, "display_name"),
        (
            "/api/qa/feedback",
            {
                "action": "comment",
                "note": "a",
                "region": {"left": 0.5, "top": 0.1, "right": 0.2, "bottom": 0.3},
            },
            "region",
        ),
    ],
)
async def test_text_and_regions_that_cannot_be_kept_are_named(
    ada: Person, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await ada.call("POST", path, json=body)
    assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
    assert field in fields_at_fault(answer)


async def test_a_password_may_have_any_character(ada: Person) -> None:
    answer = await ada.call(
        "POST", "/api/auth/login", json={"email": ada.email, "password": "a\0b"}
    )
    assert (answer.status_code, reason(answer)) == (401, "BAD_CREDENTIALS")


async def test_a_compressed_body_is_refused_as_what_it_is(ada: Person) -> None:
    answer = await ada.call(
        "POST",
        "/api/search",
        content=gzip.compress(b'{"text": "a"}'),
        headers={"content-encoding": "gzip"},
    )
    assert (answer.status_code, reason(answer)) == (415, "INVALID_REQUEST")
    assert answer.headers["accept-encoding"] == "identity"


async def test_what_is_no_http_has_a_sentence_too(mesh: Mesh, ada: Person) -> None:
    for path in ("/api/images/a%2Fb", "/api/images/a%00"):
        answer = await ada.call("GET", path)
        assert (answer.status_code, reason(answer)) == (400, "INVALID_REQUEST")
        assert "path" in answer.json()["message"]
    for request in (b"GET /api/images HTTP/1.1\r\n\r\n", b"what is this\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", mesh.port)
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        assert head.startswith(b"HTTP/1.1 400")
        assert json.loads(body)["code"] == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        assert len(json.loads(body)["message"].split()) > 2


GET_ME = "/argus.auth.v1.AuthService/GetMe"
SEARCH = "/argus.search.v1.SearchService/SearchImages"


async def test_json_at_the_path_of_a_grpc_method_is_told_where_to_go(ada: Person) -> None:
    for content_type in ("application/json", "application/grpc-web+json", "text/plain"):
        answer = await ada.call(
            "POST", SEARCH, content=b'{"text":"a"}', headers={"content-type": content_type}
        )
        assert (answer.status_code, reason(answer)) == (415, "INVALID_REQUEST")
        assert "application/grpc" in answer.json()["message"]


@pytest.mark.parametrize("messages", [[], [b"\xff\xff\xff"], [b'{"text":"a"}']])
@pytest.mark.parametrize("path", [GET_ME, SEARCH, "/argus.storage.v1.ImageService/DownloadImage"])
async def test_a_call_without_a_message_of_its_kind_is_an_invalid_argument(
    mesh: Mesh, ada: Person, path: str, messages: list[bytes]
) -> None:
    async with grpc.aio.insecure_channel(mesh.edge_target) as channel:
        call: Any = channel.stream_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(iter(messages), metadata=ada.metadata)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    web = await grpc_web(ada, path, b"".join(framed(message) for message in messages))
    assert web["grpc-status"] == str(grpc.StatusCode.INVALID_ARGUMENT.value[0])
    assert "that%20this%20method" in web["grpc-message"].replace(" ", "%20")


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        ("abc", grpc.StatusCode.INVALID_ARGUMENT, 400),
        ("5", grpc.StatusCode.INVALID_ARGUMENT, 400),
        ("-1S", grpc.StatusCode.INVALID_ARGUMENT, 400),
        ("123456789S", grpc.StatusCode.INVALID_ARGUMENT, 400),
        ("1n", grpc.StatusCode.DEADLINE_EXCEEDED, 504),
    ],
)
async def test_a_timeout_is_kept_or_refused(
    ada: Person, given: str, code: grpc.StatusCode, status: int
) -> None:
    rest = await ada.call(
        "POST", "/api/search", json={"text": "a"}, headers={"grpc-timeout": given}
    )
    assert (rest.status_code, rest.json()["code"]) == (status, code.value[0])
    assert len(rest.json()["message"].split()) > 1
    for content_type in ("application/grpc-web+proto", "application/grpc-web-text"):
        body = framed(search_pb2.SearchImagesRequest(text="a").SerializeToString())
        web = await grpc_web(
            ada,
            SEARCH,
            base64.b64encode(body) if content_type.endswith("text") else body,
            **{"grpc-timeout": given, "content-type": content_type},
        )
        assert web["grpc-status"] == str(code.value[0])
        assert web["grpc-message"]


async def test_a_browsers_damaged_text_is_an_invalid_argument(ada: Person) -> None:
    web = await grpc_web(ada, SEARCH, b"\0\0\0", **{"content-type": "application/grpc-web-text"})
    assert web["grpc-status"] == str(grpc.StatusCode.INVALID_ARGUMENT.value[0])
    assert web["grpc-message"]


def fields_at_fault(answer: httpx.Response) -> list[str]:
    [violations] = [
        detail["fieldViolations"]
        for detail in answer.json()["details"]
        if detail["@type"].endswith("BadRequest")
    ]
    return [violation["field"] for violation in violations]


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


async def grpc_web(ada: Person, path: str, body: bytes, **headers: str) -> dict[str, str]:
    """How a gRPC-web call that fails ends; its answer has nothing but headers."""
    sent = {"content-type": "application/grpc-web+proto"} | headers
    answer = await ada.call("POST", path, content=body, headers=sent)
    return dict(answer.headers)
