"""The client without asyncio, in a program of its own that shares nothing with the servers."""

import asyncio
from pathlib import Path

import pytest
from argus.embedder.v1 import embedder_pb2
from argus.storage.v1 import image_pb2

from argus_client import ApiKey, CallFailed
from argus_client.sync import connect
from tests.support.fake_store import FakeStore
from tests.unit.argus_client.servers import PNG, RESTARTING, Embedder, Images, serving


def everything(address: str, folder: Path) -> None:
    """What a script does."""
    told = list[int]()
    with connect(address, ApiKey("secret")) as client:
        pages = client.pages(client.images.ListImages, image_pb2.ListImagesRequest())
        assert [page.images[0].image_id for page in pages] == ["0", "1", "2"]
        done = client.upload(PNG, filename="a.png", sent=told.append)
        assert sum(told) == len(PNG)
        image_id = done.image.image_id
        [indexed] = client.until_indexed(image_id)
        assert indexed.state == image_pb2.Image.INDEXED
        (folder / "b.png").write_bytes(PNG + b"b")
        assert client.upload_files([folder / "b.png"]).searchable == 1
        assert client.download(image_id) == PNG
        assert client.download(image_id, offset=1, length=3) == PNG[1:4]
        client.download_to(image_id, folder / "a.png")
        assert (folder / "a.png").read_bytes() == PNG
        pieces = client.stream(
            client.images.DownloadImage, image_pb2.DownloadImageRequest(image_id=image_id)
        )
        assert b"".join(piece.data for piece in pieces) == PNG
        requests = [
            embedder_pb2.EmbedTextsRequest(item_id=word, text=word) for word in ("cat", "horse")
        ]
        answers = client.answers(client.embedder.EmbedTexts, requests)
        assert {one.item_id: one.embedding.values[0] for one in answers} == {"cat": 3, "horse": 5}
        for told_of in client.watch(client.images.WatchImages, image_pb2.WatchImagesRequest()):
            if told_of.cursor == "2":
                break
        with pytest.raises(CallFailed, match="IMAGE_NOT_FOUND"):
            client.call(client.images.GetImage, image_pb2.GetImageRequest(image_id="gone"))


async def test_a_script(tmp_path: Path) -> None:
    store = FakeStore()
    images, embedder = Images(store), Embedder()  # type: ignore[abstract]  # others are not called
    images.watches = [
        [image_pb2.WatchImagesResponse(cursor="1"), RESTARTING],
        [image_pb2.WatchImagesResponse(cursor="2"), image_pb2.WatchImagesResponse(cursor="3")],
    ]
    async with serving(images=images, embedder=embedder) as address:
        await asyncio.to_thread(everything, address, tmp_path)
    store.close()
    assert images.cursors == ["", "1"]
