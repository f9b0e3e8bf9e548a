"""What clients send over streams that bring images."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from argus.storage.v1 import upload_pb2
from google_crc32c import value as crc32c_of


def spec_of(content: bytes, **fields: Any) -> upload_pb2.UploadSpec:
    """What is declared of a PNG, unless the fields say otherwise."""
    values: dict[str, Any] = {
        "filename": "a.png",
        "content_type": "image/png",
        "size_bytes": len(content),
    }
    return upload_pb2.UploadSpec(**(values | fields))


def chunk_at(offset: int, data: bytes, **fields: Any) -> upload_pb2.UploadChunk:
    """Some bytes with their checksum."""
    values: dict[str, Any] = {"offset": offset, "data": data, "crc32c": crc32c_of(data)}
    return upload_pb2.UploadChunk(**(values | fields))


def chunks_of(
    content: bytes, size: int = 2**20, start: int = 0
) -> Iterator[upload_pb2.UploadChunk]:
    """All bytes from an offset on, a megabyte at once."""
    for offset in range(start, len(content), size):
        yield chunk_at(offset, content[offset : offset + size])


def finish_of(content: bytes) -> upload_pb2.UploadFinish:
    """All was sent."""
    return upload_pb2.UploadFinish(sha256=hashlib.sha256(content).hexdigest())


def item_of(item_id: str, content: bytes, **fields: Any) -> upload_pb2.ImportImagesRequest:
    """A small item: one message."""
    return upload_pb2.ImportImagesRequest(
        item_id=item_id,
        spec=spec_of(content, **fields),
        chunk=chunk_at(0, content),
        finish=finish_of(content),
    )


def pieces_of(
    item_id: str, content: bytes, size: int = 2**20, **fields: Any
) -> list[upload_pb2.ImportImagesRequest]:
    """An item in pieces: a message with what it is, one for each chunk, one that ends it."""
    request = upload_pb2.ImportImagesRequest
    return [
        request(item_id=item_id, spec=spec_of(content, **fields)),
        *(request(item_id=item_id, chunk=chunk) for chunk in chunks_of(content, size)),
        request(item_id=item_id, finish=finish_of(content)),
    ]


def upload_of(content: bytes, **fields: Any) -> list[upload_pb2.UploadImageRequest]:
    """All that is sent of one upload."""
    request = upload_pb2.UploadImageRequest
    return [request(spec=spec_of(content, **fields)), *rest_of(content)]


def rest_of(content: bytes, start: int = 0) -> list[upload_pb2.UploadImageRequest]:
    """What is sent of an upload after its first message."""
    request = upload_pb2.UploadImageRequest
    return [
        *(request(chunk=chunk) for chunk in chunks_of(content, start=start)),
        request(finish=finish_of(content)),
    ]


async def sent(messages: Iterable[Any]) -> AsyncIterator[Any]:
    """Messages as a stream."""
    for message in messages:
        yield message
