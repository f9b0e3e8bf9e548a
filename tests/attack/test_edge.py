"""What a stranger, or a user of bad will, can take from others at the edge: nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import httpx
import psutil
import pytest
from argus.auth.v1 import auth_pb2

from bench.attack import held
from bench.attack.held import Hoarder
from mesh.supervision.probes import admin_client
from tests.attack.stranger import Stranger
from tests.support.eventually import eventually
from tests.support.mesh import SIGN_INS_AT_ONCE, Mesh
from tests.support.person import Person, reason
from tests.support.pictures import drawing, encoded

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="comes from further addresses of the loopback"
)
LARGE = (1900, 1500)
"""Pixels of a BMP of 8 MiB."""


@pytest.fixture(scope="module")
async def http(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.edge_url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
async def ada(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture(scope="module")
async def eve(mesh: Mesh, http: httpx.AsyncClient) -> Person:
    return await Person.register(mesh, http)


@pytest.fixture
def hoarder(mesh: Mesh) -> Iterator[Callable[[str], Hoarder]]:
    """Somebody at an address, who lets go at the end of the test."""
    with ExitStack() as opened:
        yield lambda address: opened.enter_context(Hoarder(mesh.port, address))


async def is_answered(person: Person) -> None:
    """A list and a whole upload, as everybody does."""
    listed = await person.call("GET", "/api/images", timeout=20)
    assert listed.status_code == 200, listed.text
    sent = await person.send(encoded(drawing(3), "PNG"), "honest.png", "image/png")
    assert sent.status_code == 200, sent.text


async def test_downloads_that_nobody_reads_hold_up_nobody_else(
    ada: Person, eve: Person, hoarder: Callable[[str], Hoarder]
) -> None:
    image = await eve.add(encoded(drawing(12, LARGE), "BMP"), "large.bmp", "image/bmp")
    slow = hoarder("127.0.0.21")
    for one in slow.unread_files(eve.token, image["imageId"], 24):
        # It has begun, and nobody reads on.
        assert (await asyncio.to_thread(one.recv, 12)) == b"HTTP/1.1 200"
    await is_answered(ada)
    # The same as gRPC, with windows that are never opened again.
    stranger = slow.unread_streams(eve.token, image["imageId"], 24)

    async def all_wait() -> bool:
        await asyncio.to_thread(stranger.hear)
        return len(stranger.received) == 24

    await eventually(all_wait, "each waits for room")
    await is_answered(ada)


async def test_streams_of_strangers_leave_others_their_services(
    ada: Person, hoarder: Callable[[str], Hoarder]
) -> None:
    strangers = hoarder("127.0.0.22").idle_watches(4)

    async def most_are_refused() -> bool:
        for stranger in strangers:
            await asyncio.to_thread(stranger.hear)
        heard = [headers for stranger in strangers for headers in stranger.statuses.values()]
        return sum(headers.get("grpc-status") == "8" for headers in heard) >= 512

    await eventually(most_are_refused, "one address begins no more than its share")
    for number in range(20):
        assert (await ada.call("GET", "/api/qa/reference-sets")).status_code == 200, number
        found = await ada.call("POST", "/api/search", json={"text": f"a cat {number}"})
        assert found.status_code == 200, found.text


async def test_half_a_login_is_no_place_at_auth(
    mesh: Mesh, http: httpx.AsyncClient, hoarder: Callable[[str], Hoarder]
) -> None:
    hoarder("127.0.0.23").half_calls(held.LOGIN, 5)
    somebody = await Person.register(mesh, http)
    assert (await somebody.call("GET", "/api/auth/me")).status_code == 200


async def test_half_a_call_with_a_token_is_no_place_either(
    ada: Person, eve: Person, hoarder: Callable[[str], Hoarder]
) -> None:
    for method in (held.LIST_IMAGES, held.EMBED_TEXTS):
        hoarder("127.0.0.24").half_calls(method, 5, eve.token)
    await is_answered(ada)
    found = await ada.call("POST", "/api/search", json={"text": "a dog"})
    assert found.status_code == 200, found.text


async def test_nobody_without_a_token_has_a_body_kept(
    mesh: Mesh, ada: Person, hoarder: Callable[[str], Hoarder]
) -> None:
    process = psutil.Process(mesh.pid("edge"))
    before = process.memory_info().rss
    bodies = hoarder("127.0.0.25")
    for path in ("/api/search", "/api/qa/inspect"):
        for number in range(8):
            one = bodies.body_that_waits(path, f"{number}.x.y")
            assert (await asyncio.to_thread(one.recv, 12)) == b"HTTP/1.1 401", "before its body"
    assert process.memory_info().rss - before < 2**25
    # Nor who may come without a token, beyond what a login needs.
    body = b'{"email": "' + b"x" * 2**17
    login = (
        b"POST /api/auth/login HTTP/1.1\r\nhost: argus\r\ncontent-type: application/json\r\n"
        b"content-length: 262144\r\n\r\n"
    )
    one = bodies.raw(login + body)
    assert (await asyncio.to_thread(one.recv, 12)) == b"HTTP/1.1 413"
    await is_answered(ada)


async def test_one_address_never_has_all_connections(
    mesh: Mesh, hoarder: Callable[[str], Hoarder]
) -> None:
    def is_open(address: str) -> bool:
        with held.raw(mesh.port, address) as one:
            try:
                one.sendall(b"GET / HTTP/1.1\r\nhost: argus\r\nconnection: close\r\n\r\n")
                return one.recv(12) == b"HTTP/1.1 200"
            except OSError:
                return False

    hoarder("127.0.0.26").idle_connections(1050)
    # Those beyond the bound are closed a moment after they were taken.
    await eventually(lambda: not is_open("127.0.0.26"), "the address has what it may have")
    # Some share its counter; that all of these do has a chance of 1 in 8 to the 40th.
    assert any(is_open(f"127.0.0.{last}") for last in range(100, 140))


async def test_too_many_calls_are_refused_with_a_reason_and_a_time(mesh: Mesh) -> None:
    from_there = httpx.AsyncHTTPTransport(local_address="127.0.0.27")
    async with httpx.AsyncClient(base_url=mesh.edge_url, transport=from_there) as stranger:

        async def call() -> httpx.Response:
            return await stranger.post("/api/auth/refresh", json={"refreshToken": "x"})

        first = await call()
        last = first
        while last.status_code != 429:
            *_, last = await asyncio.gather(*(call() for _ in range(50)))
    assert reason(last) == "RATE_LIMITED"
    assert last.json()["code"] == 8
    assert last.headers["retry-after"] == "1"
    assert last.headers["ratelimit-limit"] == str(SIGN_INS_AT_ONCE)
    assert last.headers["ratelimit-remaining"] == "0"
    assert (first.status_code, reason(first)) == (401, "REFRESH_TOKEN_INVALID")
    assert first.headers["ratelimit-remaining"] == str(SIGN_INS_AT_ONCE - 1)
    with Stranger(mesh, "127.0.0.27") as native:
        message = auth_pb2.RefreshTokenRequest(refresh_token="x").SerializeToString()
        for _ in range(150):
            native.say(native.begin("/argus.auth.v1.AuthService/RefreshToken"), message, end=True)
        native.hear(2)
    refused = [one for one in native.statuses.values() if one["grpc-status"] == "8"]
    assert refused
    assert "grpc-status-details-bin" in refused[0]
    assert all(one["grpc-status"] in {"8", "16"} for one in native.statuses.values())


async def test_the_edges_admin_obeys_no_page_and_no_other_user(mesh: Mesh) -> None:
    socket_file = mesh.layout.admin_socket
    assert socket_file.stat().st_mode & 0o777 == 0o600
    base = f"http://127.0.0.1:{mesh.admin_port}"
    pid = mesh.pid("edge")
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=20) as page:
        assert (await page.get("/ready")).text.strip() == "LIVE"
        measured = await page.get("/stats/prometheus")
        assert "envoy_http_downstream_rq" in measured.text
        for method, path in (
            ("POST", "/quitquitquit"), ("POST", "/drain_listeners"), ("POST", "/logging"),
            ("GET", "/config_dump"), ("GET", "/certs"), ("GET", "/"), ("POST", "/ready"),
            ("GET", "/stats"), ("GET", "/ready/../config_dump"), ("GET", "//config_dump"),
        ):  # fmt: skip
            answer = await page.request(method, path)
            assert answer.status_code == 403, (method, path)
        for headers in ({"origin": "https://elsewhere.example"}, {"host": "elsewhere.example"}):
            assert (await page.get("/ready", headers=headers)).status_code == 403
            assert (await page.get("/stats/prometheus", headers=headers)).status_code == 403
    async with admin_client(socket_file) as admin:
        assert (await admin.get("/ready")).status_code == 200
    assert mesh.pid("edge") == pid


async def test_every_answer_says_how_browsers_must_take_it(
    http: httpx.AsyncClient, ada: Person
) -> None:
    image = await ada.add(encoded(drawing(5), "PNG"))
    path = f"/api/images/{image['imageId']}"
    for answer in (
        await http.get("/"), await http.get("/nothing"), await http.get("/api/images"),
        await ada.call("GET", path), await ada.call("GET", f"{path}/content"),
        await ada.call("GET", f"{path}/thumbnail"),
    ):  # fmt: skip
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", answer.url
        assert headers["referrer-policy"], answer.url
        assert headers["content-security-policy"], answer.url
        assert headers["cache-control"], answer.url
        assert "strict-transport-security" not in headers, answer.url
        assert not any(name.startswith("x-ratelimit") for name in headers), answer.url
