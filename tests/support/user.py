"""Somebody who signed up, and what everybody does with images."""

from copy import copy
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import grpc
import httpx
from argus.auth.v1 import auth_pb2
from argus.storage.v1 import image_pb2, image_pb2_grpc

from tests.support.services import bearer

if TYPE_CHECKING:
    from argus.auth.v1 import auth_pb2_grpc

PASSWORD = "correct horse battery staple"


class User:
    """Somebody who signed up, at storage.

    Args:
        images: Storage's stub.
        http: What puts bytes into the object store.
        session: What signing up gave.
    """

    def __init__(
        self,
        images: "image_pb2_grpc.ImageServiceAsyncStub",
        http: httpx.AsyncClient,
        session: auth_pb2.Session,
    ) -> None:
        self.images = images
        self.http = http
        self.user_id = session.user.user_id
        self.email = session.user.email
        self.token = bearer(session.access_token)

    def at(self, channel: grpc.aio.Channel) -> Self:
        """The same person, who calls another replica of storage."""
        same = copy(self)
        same.images = image_pb2_grpc.ImageServiceStub(channel)
        return same

    async def reserve(self, content: bytes, **fields: Any) -> image_pb2.CreateUploadResponse:
        """Asks for an upload of a PNG, unless the fields say otherwise."""
        values: dict[str, Any] = {
            "filename": "a.png",
            "content_type": "image/png",
            "size_bytes": len(content),
        }
        request = image_pb2.CreateUploadRequest(**(values | fields))
        return await self.images.CreateUpload(request, metadata=self.token)

    async def put(self, created: image_pb2.CreateUploadResponse, content: bytes) -> None:
        """Puts bytes where a reservation says."""
        upload = created.upload
        answer = await self.http.request(
            upload.method, upload.url, content=content, headers=dict(upload.headers)
        )
        assert answer.status_code == 200

    async def complete(self, image_id: str) -> image_pb2.Image:
        """Completes an upload."""
        request = image_pb2.CompleteUploadRequest(image_id=image_id)
        return await self.images.CompleteUpload(request, metadata=self.token)

    async def store(self, content: bytes, **fields: Any) -> image_pb2.Image:
        """Reserves, puts and completes; the image."""
        created = await self.reserve(content, **fields)
        await self.put(created, content)
        return await self.complete(created.image.image_id)

    async def upload(self, content: bytes, **fields: Any) -> str:
        """Reserves, puts and completes; the image's id."""
        return (await self.store(content, **fields)).image_id

    async def image(self, image_id: str) -> image_pb2.Image:
        """An image's record."""
        request = image_pb2.GetImageRequest(image_id=image_id)
        return await self.images.GetImage(request, metadata=self.token)

    async def delete(self, image_id: str, *, permanently: bool = False) -> None:
        """Deletes an image."""
        request = image_pb2.DeleteImageRequest(image_id=image_id, permanently=permanently)
        await self.images.DeleteImage(request, metadata=self.token)


async def register(auth: "auth_pb2_grpc.AuthServiceAsyncStub") -> auth_pb2.Session:
    """Signs somebody new up."""
    return await auth.Register(
        auth_pb2.RegisterRequest(email=f"{uuid4().hex}@example.org", password=PASSWORD)
    )
