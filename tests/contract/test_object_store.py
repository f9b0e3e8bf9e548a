"""What storage asks of an object store, against every store that is at hand."""

import os
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from services.storage.errors import ObjectStoreUnavailable
from services.storage.s3 import S3ObjectStore
from services.storage.s3_links import CACHE_CONTROL, S3Links, utc_now
from tests.support import parts

MINUTE = timedelta(minutes=1)


def _stores() -> list[str]:
    return ["seaweedfs", *(["given"] if os.environ.get("ARGUS_TEST_S3_URL") else [])]


@pytest.fixture(scope="module", params=_stores())
def server(request: pytest.FixtureRequest) -> parts.S3:
    """SeaweedFS, and the store at ARGUS_TEST_S3_URL if that is set."""
    if request.param == "given":
        return parts.S3(
            os.environ["ARGUS_TEST_S3_URL"],
            os.environ["ARGUS_TEST_S3_ACCESS_KEY"],
            os.environ["ARGUS_TEST_S3_SECRET_KEY"],
        )
    given: parts.S3 = request.getfixturevalue("s3")
    return given


def _open(server: parts.S3, bucket: str | None = None, secret: str | None = None) -> S3ObjectStore:
    return S3ObjectStore(
        server.url,
        bucket=bucket or server.bucket,
        access_key=server.access_key,
        secret_key=secret or server.secret_key,
        region=server.region,
    )


@pytest.fixture(scope="module")
async def store(server: parts.S3) -> AsyncIterator[S3ObjectStore]:
    async with _open(server) as opened:
        await opened.probe()
        yield opened


@pytest.fixture
def links(server: parts.S3) -> S3Links:
    return S3Links(
        server.url,
        bucket=server.bucket,
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=server.region,
        clock=utc_now,
    )


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def key() -> str:
    return f"test/{uuid4()}"


async def _read(store: S3ObjectStore, key: str) -> bytes | None:
    async with store.open(key) as found:
        return None if found is None else await found.read()


async def test_an_object_comes_back_as_it_was_put(store: S3ObjectStore, key: str) -> None:
    content = os.urandom(300_000)

    await store.put(key, content, "image/png")

    async with store.open(key) as found:
        assert found is not None
        assert found.size_bytes == len(content)
        assert await found.read() == content


async def test_a_large_object_is_put_whole(store: S3ObjectStore, key: str) -> None:
    content = os.urandom(24 * 2**20)

    await store.put(key, content, "image/png")

    assert await _read(store, key) == content


async def test_an_object_is_read_in_chunks(store: S3ObjectStore, key: str) -> None:
    content = os.urandom(300_000)
    await store.put(key, content, "image/png")

    async with store.open(key) as found:
        assert found is not None
        chunks = [chunk async for chunk in found.chunks(128 * 1024)]

    assert [len(chunk) for chunk in chunks] == [131_072, 131_072, 37_856]
    assert b"".join(chunks) == content


async def test_an_object_left_half_read_leaves_the_store_usable(
    store: S3ObjectStore, key: str
) -> None:
    await store.put(key, os.urandom(2_000_000), "image/png")

    for _ in range(40):  # more than there are connections
        async with store.open(key) as found:
            assert found is not None
            assert found.size_bytes == 2_000_000

    assert len(await _read(store, key) or b"") == 2_000_000


async def test_putting_again_replaces(store: S3ObjectStore, key: str) -> None:
    await store.put(key, b"one", "image/png")
    await store.put(key, b"other", "image/png")

    assert await _read(store, key) == b"other"


async def test_what_was_never_put_is_none(store: S3ObjectStore, key: str) -> None:
    assert await _read(store, key) is None


async def test_removing_takes_what_is_there_and_minds_nothing_else(
    store: S3ObjectStore, key: str
) -> None:
    await store.put(key, b"one", "image/png")

    assert await store.remove([key, f"{key}-never"]) == set()

    assert await _read(store, key) is None


async def test_a_folder_is_listed_until_it_is_empty(store: S3ObjectStore) -> None:
    owner = uuid4()
    keys = {f"renditions/{owner}/{one}/512.webp" for one in range(5)}
    for key in (*keys, f"renditions/{owner}0/other.webp"):
        await store.put(key, b"one", "image/webp")
    folder = f"renditions/{owner}/"

    first = await store.listed(folder, 3)

    assert len(first) == 3
    assert set(first) < keys
    assert set(await store.listed(folder, 100)) == keys
    assert await store.remove(sorted(keys)) == set()
    assert await store.listed(folder, 100) == []
    assert await store.listed(f"images/{owner}/", 100) == []
    assert len(await store.listed(f"renditions/{owner}0/", 100)) == 1


async def test_probing_makes_the_bucket(server: parts.S3, key: str) -> None:
    async with _open(server, bucket=f"test-{uuid4().hex[:8]}") as other:
        await other.probe()
        await other.probe()
        await other.put(key, b"one", "image/png")

        assert await _read(other, key) == b"one"


async def test_a_wrong_secret_is_unavailable(server: parts.S3, key: str) -> None:
    async with _open(server, secret="not-the-secret") as stranger:
        with pytest.raises(ObjectStoreUnavailable):
            await stranger.put(key, b"one", "image/png")


async def test_a_store_that_is_down_is_unavailable(key: str) -> None:
    nowhere = parts.S3(f"http://127.0.0.1:{parts.free_port()}", "a", "b")
    async with _open(nowhere) as store:
        with pytest.raises(ObjectStoreUnavailable) as raised:
            await _read(store, key)
        assert raised.value.retry_after_s
        with pytest.raises(ObjectStoreUnavailable):
            await store.put(key, b"one", "image/png")
        with pytest.raises(ObjectStoreUnavailable):
            await store.remove([key])


async def test_a_store_that_hangs_is_unavailable(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.storage.s3.OPERATION_TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with _open(parts.S3(address, "a", "b")) as store:
            with pytest.raises(ObjectStoreUnavailable):
                await _read(store, key)


async def test_a_link_takes_bytes_without_any_header(
    store: S3ObjectStore, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    content = os.urandom(10_000)

    answer = await http.put(links.put(key, MINUTE), content=content)

    assert answer.status_code == 200
    assert await _read(store, key) == content


async def test_a_link_takes_bytes_with_a_content_type(
    store: S3ObjectStore, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    answer = await http.put(
        links.put(key, MINUTE), content=b"x", headers={"content-type": "image/webp"}
    )

    assert answer.status_code == 200
    assert await _read(store, key) == b"x"


async def test_a_link_gives_the_type_and_name_it_was_made_with(
    store: S3ObjectStore, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    await store.put(key, b"bytes", "application/octet-stream")

    answer = await http.get(
        links.get(key, MINUTE, content_type="image/jpeg", filename="Kaffee & Küche (1)+'x'.jpg")
    )

    assert answer.status_code == 200
    assert answer.content == b"bytes"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == (
        "inline; filename=\"Kaffee & K_che (1)+'x'.jpg\"; "
        "filename*=UTF-8''Kaffee%20%26%20K%C3%BCche%20%281%29%2B%27x%27.jpg"
    )


async def test_a_lasting_link_says_that_its_answer_may_be_kept(
    store: S3ObjectStore, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    await store.put(key, b"bytes", "application/octet-stream")

    answer = await http.get(links.lasting(key, content_type="image/webp", filename="猫.webp"))

    assert answer.content == b"bytes"
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == CACHE_CONTROL
    assert "filename*=UTF-8''%E7%8C%AB.webp" in answer.headers["content-disposition"]


async def test_a_link_without_wishes_gives_the_stored_type(
    store: S3ObjectStore, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    await store.put(key, b"bytes", "image/webp")

    answer = await http.get(links.get(key, MINUTE))

    assert answer.headers["content-type"] == "image/webp"
    assert "content-disposition" not in answer.headers


async def test_a_link_is_good_for_one_method_key_and_time(
    store: S3ObjectStore, server: parts.S3, links: S3Links, http: httpx.AsyncClient, key: str
) -> None:
    await store.put(key, b"bytes", "image/webp")
    await store.put(f"{key}-other", b"other", "image/webp")
    get = links.get(key, MINUTE)
    hour_ago = utc_now() - timedelta(hours=1)
    expired = S3Links(
        server.url,
        bucket=server.bucket,
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=server.region,
        clock=lambda: hour_ago,
    ).get(key, MINUTE)

    assert (await http.get(get)).status_code == 200
    assert (await http.put(get, content=b"overwritten")).status_code == 403
    assert (await http.get(links.put(key, MINUTE))).status_code == 403
    assert (await http.get(get.replace(key, f"{key}-other"))).status_code == 403
    assert (await http.get(get + "&response-content-type=text%2Fhtml")).status_code == 403
    assert (await http.get(expired)).status_code == 403
    assert await _read(store, key) == b"bytes"
