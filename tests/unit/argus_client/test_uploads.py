"""Uploads and downloads, against servers over real sockets."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from argus.storage.v1 import image_pb2

from argus_client import ApiKey, CallFailed, Client, FileProblem, Outcome, StoreFailed
from argus_client.formats import media_type
from services.imaging.formats import ImageFormat, sniff
from tests.support.fake_store import FakeStore
from tests.support.pictures import in_format
from tests.unit.argus_client.servers import PNG, RESTARTING, Images, served


@pytest.fixture
def store() -> Iterator[FakeStore]:
    made = FakeStore()
    yield made
    made.close()


@pytest.fixture
def images(store: FakeStore) -> Images:
    return Images(store)  # type: ignore[abstract]  # others are not called


@pytest.fixture
async def client(images: Images) -> AsyncIterator[Client]:
    async with served(ApiKey("secret"), images=images) as connected:
        yield connected


async def test_an_image_is_uploaded_once(client: Client, store: FakeStore) -> None:
    first = await client.upload(PNG, filename="a.png", labels={"line": "3"})
    again = await client.upload(PNG, filename="b.png")
    assert first.brought
    assert not again.brought
    assert first.image.image_id == again.image.image_id
    assert first.image.filename == "a.png"
    assert dict(first.image.labels) == {"line": "3"}
    assert list(store.objects.values()) == [PNG]
    [headers] = store.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(PNG))


@pytest.mark.parametrize("failures", [[503], [0], [500, 0, 503]])
async def test_bytes_that_the_store_does_not_take_are_sent_again(
    client: Client, store: FakeStore, failures: list[int]
) -> None:
    store.failures = failures
    data, told = PNG + bytes(200_000), list[int]()
    await client.upload(data, filename="a.png", sent=told.append)
    assert list(store.objects.values()) == [data]
    assert sum(told) == len(data)
    assert min(told) < 0 < max(told) < len(data)


async def test_bytes_that_the_store_lost_are_sent_again(
    client: Client, images: Images, store: FakeStore
) -> None:
    images.lost, told = 2, list[int]()
    await client.upload(PNG, filename="a.png", sent=told.append)
    assert store.puts == 3
    assert sum(told) == len(PNG)
    images.lost = 3
    with pytest.raises(CallFailed, match="UPLOAD_NOT_RECEIVED"):
        await client.upload(PNG + b"other", filename="b.png")


async def test_what_the_store_refuses_is_told_at_once(client: Client, store: FakeStore) -> None:
    store.failures = [403]
    with pytest.raises(StoreFailed, match="403"):
        await client.upload(PNG, filename="a.png")
    assert store.puts == 1


@pytest.mark.parametrize(("data", "why"), [(b"", "empty"), (b"words", "not an image")])
async def test_what_is_no_image_is_not_sent(
    client: Client, images: Images, data: bytes, why: str
) -> None:
    with pytest.raises(FileProblem, match=why):
        await client.upload(data)
    assert not images.reserved


async def test_a_batch_takes_what_it_can(client: Client, store: FakeStore, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.png", "b.png", "copy.png", "words.png", "gone.png")]
    for file, content in zip(files, (PNG, PNG + b"b", PNG, b"words"), strict=False):
        file.write_bytes(content)
    outcomes, told = list[Outcome | None](), list[int]()
    report = await client.upload_files(
        files, labels={"line": "3"}, jobs=2, progress=outcomes.append, sent=told.append
    )
    assert sorted(report.imported) == files[:2] or sorted(report.imported) == files[1:3]
    assert len(report.copies) == 1
    assert {file.name for file, _ in report.problems} == {"words.png", "gone.png"}
    assert report.searchable == 2
    assert outcomes.count(None) == 2
    assert sum(told) == len(PNG) * 2 + 1
    assert sorted(store.objects.values()) == [PNG, PNG + b"b"]


async def test_waits_until_images_are_indexed(client: Client) -> None:
    one, two = [await client.upload(PNG + bytes([n]), filename="a.png") for n in range(2)]
    found = await client.until_indexed(two.image.image_id, "gone", one.image.image_id)
    assert [image.image_id for image in found] == [two.image.image_id, one.image.image_id]
    assert all(image.state == image_pb2.Image.INDEXED for image in found)


async def test_a_download_that_breaks_goes_on(
    client: Client, images: Images, tmp_path: Path
) -> None:
    data = PNG + bytes(range(100))
    image_id = (await client.upload(data, filename="a.png")).image.image_id
    images.broken_after = [3, 1, 7]
    await client.download_to(image_id, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == data
    begun = [offset for offset, _ in images.downloads]
    assert begun == [0, 15, 20, 55], "nothing is sent twice"
    assert await client.download(image_id) == data


@pytest.mark.parametrize("knows_ranges", [True, False])
async def test_a_range_is_downloaded_also_where_the_stream_breaks(
    client: Client, images: Images, knows_ranges: bool
) -> None:
    data = PNG + bytes(range(100))
    image_id = (await client.upload(data, filename="a.png")).image.image_id
    images.knows_ranges = knows_ranges
    for offset, length in ((7, 20), (7, 0), (0, 9), (len(data) - 3, 50), (0, len(data) + 5)):
        images.broken_after = [1, 2]
        until = offset + length if length else len(data)
        found = await client.download(image_id, offset=offset, length=length)
        assert found == data[offset:until], (offset, length)


async def test_what_is_no_range_of_an_image_is_refused(client: Client) -> None:
    image_id = (await client.upload(PNG, filename="a.png")).image.image_id
    for offset in (len(PNG), len(PNG) + 9):
        with pytest.raises(CallFailed) as failed:
            await client.download(image_id, offset=offset)
        assert failed.value.code is grpc.StatusCode.OUT_OF_RANGE
    with pytest.raises(ValueError, match="negative"):
        await client.download(image_id, offset=-1)


async def test_a_range_that_is_cut_off_is_told(client: Client, store: FakeStore) -> None:
    image_id = (await client.upload(PNG, filename="a.png")).image.image_id
    [path] = store.objects
    store.objects[path] = PNG[:-1]
    with pytest.raises(CallFailed) as failed:
        await client.download(image_id, offset=2)
    assert failed.value.code is grpc.StatusCode.DATA_LOSS


async def test_bytes_that_are_others_are_not_saved(
    client: Client, store: FakeStore, tmp_path: Path
) -> None:
    image_id = (await client.upload(PNG, filename="a.png")).image.image_id
    [path] = store.objects
    store.objects[path] = PNG[::-1]
    with pytest.raises(CallFailed) as failed:
        await client.download_to(image_id, tmp_path / "a.png")
    assert failed.value.code is grpc.StatusCode.DATA_LOSS
    assert not os.listdir(tmp_path)  # noqa: PTH208 - in an async test


async def test_a_watch_goes_on_where_it_broke(client: Client, images: Images) -> None:
    told = [image_pb2.WatchImagesResponse(cursor=str(n)) for n in range(4)]
    images.watches = [[told[0], told[1], RESTARTING], [told[2]], [told[3], (
        grpc.StatusCode.FAILED_PRECONDITION, "CURSOR_EXPIRED", "list anew")]]  # fmt: skip
    request, seen = image_pb2.WatchImagesRequest(), list[str]()
    with pytest.raises(CallFailed, match="CURSOR_EXPIRED"):  # noqa: PT012 - in the middle
        async for one in client.watch(client.images.WatchImages, request):
            seen.append(one.cursor)
    assert seen == ["0", "1", "2", "3"]
    assert images.cursors == ["", "1", "2"]
    assert not request.after_cursor


async def test_a_stream_fails_as_calls_do(client: Client, images: Images) -> None:
    image_id = (await client.upload(PNG, filename="a.png")).image.image_id
    images.broken_after = [2]
    request = image_pb2.DownloadImageRequest(image_id=image_id)
    seen = list[bytes]()
    with pytest.raises(CallFailed, match="UNAVAILABLE"):  # noqa: PT012 - in the middle
        async for piece in client.stream(client.images.DownloadImage, request):
            seen.append(piece.data)
    assert b"".join(seen) == PNG[:10]


@pytest.mark.parametrize("kind", ImageFormat)
def test_formats_are_told_as_the_mesh_tells_them(kind: ImageFormat) -> None:
    data = in_format(kind)
    assert media_type(data) == kind.content_type
    for start in (data[:64], data[4:64], b"<svg/>", b"", b"BM", b"\x00\x00\x00\x18ftypheic"):
        told = sniff(start)
        assert media_type(start) == (told.content_type if told else "")
