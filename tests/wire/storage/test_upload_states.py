"""An upload, whatever is done to it in whatever order: what was acknowledged stays."""

import dataclasses
from collections.abc import Sequence

import grpc
import pytest
from argus.storage.v1 import image_pb2, upload_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.pictures import drawing, encoded
from tests.support.services import error_info
from tests.support.storage_client import Storage, StorageUser, events_of, sign_up, told
from tests.support.streams import chunk_at, finish_of, rest_of, sent

State = image_pb2.Image
Message = upload_pb2.UploadImageRequest

STEPS = (
    "put", "put other bytes", "complete", "stream", "stream, damaged", "stream, another digest",
    "break a stream off", "delete", "undelete",
)  # fmt: skip

REFUSALS = {
    "UPLOAD_NOT_RECEIVED", "UPLOAD_INCOMPLETE", "CHUNK_CORRUPT", "CHUNK_OUT_OF_PLACE",
    "SHA256_MISMATCH", "IMAGE_UNREADABLE", "IMAGE_NOT_FOUND", "IMAGE_IN_HAND", "IMAGE_NOT_READY",
}  # fmt: skip
"""What may be said of a step that does not go on from where the upload is."""

ENDED = {State.UPLOADED, State.FAILED}


@dataclasses.dataclass
class Upload:
    """One image and what is known of it."""

    user: StorageUser
    created: image_pb2.CreateUploadResponse
    content: bytes
    state: int = State.PENDING
    is_deleted: bool = False

    @property
    def image_id(self) -> str:
        """Its id."""
        return self.created.image.image_id

    async def take(self, step: str) -> str:
        """Takes a step; the reason if it is refused."""
        try:
            await self._take(step)
        except grpc.aio.AioRpcError as error:
            return str(error_info(error).reason)
        return ""

    async def _take(self, step: str) -> None:
        first = Message(image_id=self.image_id)
        match step:
            case "put":
                await self.user.put(self.created, self.content)
            case "put other bytes":
                await self.user.put(self.created, bytes(len(self.content)))
            case "complete":
                await self.user.complete(self.image_id)
            case "stream":
                there = await self.user.call("GetUpload", image_id=self.image_id)
                await self._stream(first, *rest_of(self.content, there.persisted_bytes))
            case "stream, damaged":
                await self._stream(first, Message(chunk=chunk_at(0, self.content, crc32c=1)))
            case "stream, another digest":
                chunk = Message(chunk=chunk_at(0, self.content))
                await self._stream(first, chunk, Message(finish=finish_of(b"other")))
            case "break a stream off":
                await self._stream(first, Message(chunk=chunk_at(0, self.content[:100])))
            case "delete":
                await self.user.delete(self.image_id)
                self.is_deleted = True
            case "undelete":
                await self.user.call("UndeleteImage", image_id=self.image_id)
                self.is_deleted = False

    async def _stream(self, *messages: upload_pb2.UploadImageRequest) -> None:
        await self.user.images.UploadImage(sent(messages), metadata=self.user.token)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=9))
async def test_an_upload_goes_forward_only(storage: Storage, steps: Sequence[str]) -> None:
    user = await sign_up(storage)
    content = encoded(drawing(40))
    upload = Upload(user, await user.reserve(content), content)
    for step in steps:
        reason = await upload.take(step)

        assert reason in {"", *REFUSALS}, step
        if upload.is_deleted:
            continue
        image = await user.image(upload.image_id)
        if upload.state in ENDED:
            assert image.state == upload.state, f"{step} moved what had ended"
        if step in {"stream", "complete"} and not reason:
            assert image.state == State.UPLOADED, f"{step} was acknowledged"
        if step in {"put", "put other bytes", "break a stream off"}:
            assert image.state == upload.state, f"{step} ends nothing"
        upload.state = image.state
        if image.state == State.UPLOADED:
            got = b"".join(message.data for message in await user.download(upload.image_id))
            assert got == content
        else:
            with pytest.raises(grpc.aio.AioRpcError):
                await user.download(upload.image_id)
    if upload.state == State.UPLOADED and not upload.is_deleted and "delete" not in steps:
        await told(storage, upload.image_id, "uploaded")
    elif upload.state != State.UPLOADED:
        assert "uploaded" not in await events_of(storage, upload.image_id)
