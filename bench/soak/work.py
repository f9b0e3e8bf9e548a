"""What people do with a mesh, one call of each kind."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import httpx
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from bench.soak.pacing import Call
from mesh.client.connection import Connection

EMAIL, PASSWORD = "bench@example.org", "a long password"
TIMEOUT_S = 30.0

INSPECT = "inspect"

SHARES = {
    "list": 6,
    "get": 6,
    "search by words": 6,
    "search by example": 5,
    "download": 4,
    "thumbnail": 3,
    INSPECT: 4,
    "upload": 3,
    "delete": 3,
    "sign in": 1,
}
"""Calls of each kind in a round; as many images are deleted as uploaded."""

_WORDS = ("a cat", "a rocket launch", "a cup of coffee", "grass", "a temple", "brick wall")
_RECENT = 20
"""Images that were uploaded and are not deleted yet."""


class Work:
    """The kinds of calls of one user.

    Args:
        connection: Signed in.
        http: Puts bytes into the object store.
        files: JPEG photographs; each upload is one of them with another comment in it, which no
            cache has seen.
        image_ids: Of images that stay.
        set_id: Of a reference set with a version.
    """

    def __init__(
        self,
        connection: Connection,
        http: httpx.AsyncClient,
        files: Sequence[Path],
        image_ids: Sequence[str],
        set_id: str,
    ) -> None:
        self._connection = connection
        self._http = http
        self._contents = [file.read_bytes() for file in files]
        self._image_ids = image_ids
        self._set_id = set_id
        self._numbers = count()
        self._uploaded: deque[str] = deque()

    @property
    def kinds(self) -> dict[str, Call]:
        """The calls by the names in `SHARES`."""
        return {
            "list": self._list,
            "get": self._get,
            "search by words": self._search_by_words,
            "search by example": self._search_by_example,
            "download": self._download,
            "thumbnail": self._thumbnail,
            INSPECT: self._inspect,
            "upload": self._upload,
            "delete": self._delete,
            "sign in": self._sign_in,
        }

    async def _list(self) -> None:
        request = image_pb2.ListImagesRequest(page_size=50)
        await self._connection.call(self._connection.images.ListImages, request)

    async def _get(self) -> None:
        request = image_pb2.GetImageRequest(image_id=self._one())
        await self._connection.call(self._connection.images.GetImage, request)

    async def _search_by_words(self) -> None:
        number = next(self._numbers)
        # Some are asked again and again, as people do, some never before.
        again = number % 97 if number % 2 else number
        text = f"{_WORDS[number % len(_WORDS)]} {again}"
        await self._search(search_pb2.SearchImagesRequest(text=text))

    async def _search_by_example(self) -> None:
        await self._search(search_pb2.SearchImagesRequest(image_id=self._one()))

    async def _search(self, request: search_pb2.SearchImagesRequest) -> None:
        answer = await self._connection.call(self._connection.search.SearchImages, request)
        if not answer.matches:
            raise RuntimeError("a search found nothing")

    async def _download(self) -> None:
        call = self._connection.images.DownloadImage(
            image_pb2.DownloadImageRequest(image_id=self._one()),
            metadata=await self._connection.metadata(),
            timeout=TIMEOUT_S,
        )
        received = 0
        async for piece in call:
            received += len(piece.data)
        if not received:
            raise RuntimeError("a download was empty")

    async def _thumbnail(self) -> None:
        request = image_pb2.GetThumbnailRequest(image_id=self._one())
        await self._connection.call(self._connection.images.GetThumbnail, request)

    async def _inspect(self) -> None:
        number = next(self._numbers)
        request = inspection_pb2.InspectRequest(
            reference_set_id=self._set_id,
            image=self.fresh(number) if number % 2 else self._contents[0],
            heatmap=True,
        )
        await self._connection.call(self._connection.inspection.Inspect, request)

    async def _upload(self) -> None:
        content = self.fresh(next(self._numbers))
        images = self._connection.images
        created = await self._connection.call(
            images.CreateUpload,
            image_pb2.CreateUploadRequest(
                filename="soak.jpg", content_type="image/jpeg", size_bytes=len(content)
            ),
        )
        upload = created.upload
        (
            await self._http.request(
                upload.method, upload.url, content=content, headers=dict(upload.headers)
            )
        ).raise_for_status()
        await self._connection.call(
            images.CompleteUpload,
            image_pb2.CompleteUploadRequest(image_id=created.image.image_id),
            timeout_s=TIMEOUT_S,
        )
        self._uploaded.append(created.image.image_id)

    async def _delete(self) -> None:
        if len(self._uploaded) <= _RECENT:
            return
        request = image_pb2.DeleteImageRequest(image_id=self._uploaded.popleft(), permanently=True)
        await self._connection.call(self._connection.images.DeleteImage, request)

    async def _sign_in(self) -> None:
        auth = self._connection.auth
        session = await auth.Login(
            auth_pb2.LoginRequest(email=EMAIL, password=PASSWORD), timeout=TIMEOUT_S
        )
        await auth.Logout(
            auth_pb2.LogoutRequest(),
            metadata=(("authorization", f"Bearer {session.access_token}"),),
            timeout=TIMEOUT_S,
        )

    def fresh(self, number: int) -> bytes:
        """A photograph that has not been seen: with a comment (ITU T.81, B.2.4.5) in it."""
        content = self._contents[number % len(self._contents)]
        comment = f"soak {number}".encode()
        marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        return content[:2] + marker + content[2:]

    def _one(self) -> str:
        return self._image_ids[next(self._numbers) % len(self._image_ids)]


async def removed(connection: Connection, kept: int) -> None:
    """Waits until the library has no more images than it began with and the recent ones."""
    for _ in range(100):
        request = image_pb2.ListImagesRequest(page_size=1, with_total=True)
        answer = await connection.call(connection.images.ListImages, request)
        if answer.total_size <= kept + 2 * _RECENT:
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("images are left that were deleted")
