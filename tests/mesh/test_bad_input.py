"""What bad input gets: a clear reason, and a mesh that goes on serving."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.mesh.conftest import Mesh
from tests.mesh.person import Person, reason
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
    names = ("auth", "storage", "embedder", "search")
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
        (SVG, "drawing.png", "image/png", "IMAGE_UNREADABLE"),
        (b"PK\x03\x04" + bytes(500), "archive.jpg", "image/jpeg", "IMAGE_UNREADABLE"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "noise.png", "image/png", "IMAGE_UNREADABLE"),
        (png_with_bomb(), "bomb.png", "image/png", "IMAGE_UNREADABLE"),
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


async def test_refuses_an_empty_object_after_it_was_announced_larger(ada: Person) -> None:
    reserved = (await ada.reserve(b"12345", "emptied.png", "image/png")).json()
    await ada.put(reserved["upload"], b"")
    image_id = reserved["image"]["imageId"]
    answer = await ada.call("POST", f"/api/images/{image_id}:complete", json={})
    assert answer.status_code == 400
    assert reason(answer) in {"IMAGE_EMPTY", "SIZE_MISMATCH"}


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
    answer = await ada.send(content, "wrong-size.png", "image/png", sizeBytes=len(content) + 1)
    assert (answer.status_code, reason(answer)) == (400, "SIZE_MISMATCH")


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
    ],
    ids=["CMYK", "16-bit", "EXIF-rotated", "animated", "grey with alpha"],
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
    volatile = {"state", "contentUrl", "thumbnailUrl"}
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
    await ada.put(reserved["upload"], b"something else")
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
