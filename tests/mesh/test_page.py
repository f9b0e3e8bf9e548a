"""The page and its images through the edge, as browsers ask for them."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from mesh.parts.edge import page_folder
from tests.support.mesh import Mesh
from tests.support.person import Person
from tests.support.pictures import drawing, encoded

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    assert page_folder() is not None, "build the page first: make web"
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def script(http: httpx.AsyncClient) -> str:
    """Path of the page's script."""
    found = re.search(r'src="(/assets/[^"]+\.js)"', (await http.get("/", headers=HTML)).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/", "/library", "/inspect/some-set?tab=versions", "/nowhere"])
async def test_browsers_get_the_page_at_every_path_of_its_own(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path, headers=HTML)
    assert (answer.status_code, answer.text[:15]) == (200, "<!doctype html>")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "accept"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    head = await http.head(path, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
async def test_whoever_asks_for_no_html_gets_json(http: httpx.AsyncClient, accept: str) -> None:
    assert (await http.get("/", headers={"accept": accept})).json()["name"] == "argus"
    assert (await http.get("/library", headers={"accept": accept})).json()["code"] == 5


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/images", 401),
        ("/api/nothing", 404),
        ("/.well-known/nothing", 404),
        ("/images/x", 403),
    ],
)
async def test_what_is_no_page_stays_json_in_a_browser(
    http: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await http.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", "identity"),
        ("gzip;q=0", "identity"),
    ],
)
async def test_assets_come_as_the_client_takes_them_and_may_be_kept(
    http: httpx.AsyncClient, script: str, accepts: str, encoding: str
) -> None:
    page = page_folder()
    assert page is not None
    content = (page / script.removeprefix("/")).read_bytes()
    async with http.stream("GET", script, headers={"accept-encoding": accepts}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"
    if encoding == "gzip":
        assert gzip.decompress(raw) == content
    elif encoding == "identity":
        assert raw == content
    else:
        assert len(raw) < len(content) / 2


async def test_an_asset_that_is_not_there_is_not_kept(http: httpx.AsyncClient) -> None:
    answer = await http.get("/assets/index-old.js", headers={"accept-encoding": "br"})
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-encoding"] == "identity"
    assert answer.json()["code"] == 5


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2f..%2f..%2fpyproject.toml",
        "/assets//etc/passwd",
        "/assets/....//index.html",
        "/assets/",
    ],
)
async def test_nothing_but_assets_can_be_read(mesh: Mesh, path: str) -> None:
    # httpx would tidy the path.
    reader, writer = await asyncio.open_connection("127.0.0.1", mesh.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert int(head.split()[1]) in {400, 403, 404}
    assert body.startswith(b"{")


async def test_images_go_to_the_store_and_back_under_the_pages_origin(
    http: httpx.AsyncClient, ada: Person
) -> None:
    # More than the edge holds at once.
    content = encoded(drawing(6, size=(1400, 1100)), "BMP")
    assert len(content) > 4_000_000
    reserved = (await ada.reserve(content, "large.bmp", "image/bmp")).json()
    upload = reserved["upload"]
    put = await http.request(
        upload["method"],
        _here(upload["url"]),
        content=content,
        # A page's own; it must not disturb the signature.
        headers={**upload["headers"], "authorization": "Bearer of-the-page"},
    )
    assert put.is_success, put.text
    image_id = reserved["image"]["imageId"]
    completed = await ada.call("POST", f"/api/images/{image_id}:complete", json={})
    assert completed.status_code == 200, completed.text
    image = await ada.until_indexed(image_id)
    got = await http.get(_here(image["contentUrl"]))
    assert got.content == content
    assert got.headers["x-content-type-options"] == "nosniff"
    # Whatever somebody put there, no browser runs it as the page.
    assert "sandbox" in got.headers["content-security-policy"]
    assert (await http.get(_here(image["thumbnailUrl"]))).is_success


async def test_the_store_answers_only_what_is_signed(http: httpx.AsyncClient, ada: Person) -> None:
    image = await ada.add(encoded(drawing(7), "PNG"))
    path = _here(image["contentUrl"])
    assert (await http.get(path.partition("?")[0])).status_code == 403
    assert (await http.get("/images/")).status_code == 403
    assert (await http.delete(path)).status_code == 403
    assert (await http.post(path)).status_code == 403
    forged = re.sub(r"(X-Amz-Signature=)\w", r"\1g", path)
    assert (await http.get(forged)).status_code == 403
    assert (await http.get(path)).status_code == 200


def _here(presigned: str) -> str:
    """The path and query, which is what the page uses of a presigned URL."""
    parts = urlsplit(presigned)
    return f"{parts.path}?{parts.query}"
