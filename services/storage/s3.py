"""Objects in any S3 store, through the MinIO client in threads."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.datatypes import Object
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from minio.helpers import MIN_PART_SIZE

from services.runtime.request import remaining_s
from services.storage.checking import PartsUpload, StoredObject
from services.storage.errors import ObjectStoreRefuses, ObjectStoreUnavailable
from services.storage.s3_parts import S3Parts
from services.storage.s3_requests import BLOCK_BYTES, Request, RequestPool, check_wanted

MAX_CONNECTIONS = 32
OPERATION_TIMEOUT_S = 12.0
SLOWEST_BYTES_PER_S = 2 * 2**20
"""A transfer that is slower than this on the whole is given up."""

_ONE_REQUEST = timedelta(hours=1)

_FAILED_AGAIN = urllib3.exceptions.ResponseError.SPECIFIC_ERROR.format(
    status_code=int(HTTPStatus.INTERNAL_SERVER_ERROR)
)

_log = logging.getLogger(__name__)
T = TypeVar("T")


class S3ObjectStore:
    """`ObjectStore` over one bucket.

    Args:
        url: Where the store is: scheme, host and port.
        bucket: Name of the bucket; made by `probe` if it is not there.
        access_key: Who asks.
        secret_key: What proves it.
        region: Region that the store says it is in; asking it would cost a request.
    """

    def __init__(
        self, url: str, *, bucket: str, access_key: str, secret_key: str, region: str
    ) -> None:
        parts = urlsplit(url)
        self._bucket = bucket
        self._threads = ThreadPoolExecutor(MAX_CONNECTIONS, "s3")
        self._pool = RequestPool(MAX_CONNECTIONS)
        self._client = Minio(
            parts.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=parts.scheme == "https",
            region=region,
            http_client=self._pool,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()

    @property
    def parts(self) -> S3Parts:
        """Objects that are put in parts."""
        return S3Parts(self._client, self._bucket, self._call)

    @asynccontextmanager
    async def open(
        self, key: str, *, offset: int = 0, length: int = 0
    ) -> AsyncIterator["S3Object | None"]:
        """Opens an object for reading; None if there is none.

        Args:
            key: Its key.
            offset: The first byte that is read.
            length: How many are read; 0: all that follow.
        """
        try:
            response = await self._call(
                lambda: self._client.get_object(self._bucket, key, offset=offset, length=length)
            )
        except _NoSuchObject:
            yield None
            return
        try:
            yield S3Object(response, self._call)
        finally:
            # In a thread, for a read that was given up holds the answer until it ends.
            self._threads.submit(_close, response)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Writes an object, replacing any that is there.

        Once it has ended it writes nothing more: a request that was sent is waited for, even if the
        caller is cancelled, and one that was not sent is given up. That takes no longer than the
        store may take to answer.
        """
        await self._call(
            lambda: self._client.put_object(
                self._bucket,
                key,
                io.BytesIO(content),
                len(content),
                content_type=content_type,
                # In one request: parts would be sent by threads that cannot be given up.
                part_size=max(len(content), MIN_PART_SIZE),
            ),
            len(content),
            to_its_end=True,
        )

    async def put_file(self, key: str, file: Path, content_type: str) -> None:
        """Writes a file's bytes as an object, in one request, without having them in memory.

        It ends as `put` does.
        """
        size_bytes = (await asyncio.to_thread(file.stat)).st_size

        def send() -> None:
            url = self._client.get_presigned_url("PUT", self._bucket, key, expires=_ONE_REQUEST)
            with file.open("rb", buffering=0) as opened:
                answer = self._pool.urlopen(
                    "PUT",
                    url,
                    body=opened,
                    headers={"content-type": content_type, "content-length": str(size_bytes)},
                )
            if answer.status != HTTPStatus.OK:
                raise OSError(f"the object store answered {answer.status}")

        await self._call(send, size_bytes, to_its_end=True)

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; the keys that are still there."""
        objects = [DeleteObject(key) for key in keys]
        # The answer is read as it is iterated, and some of the errors are none.
        errors = await self._call(lambda: list(self._client.remove_objects(self._bucket, objects)))
        left = {str(error.name): error for error in errors if error.code != "NoSuchKey"}
        for key, error in left.items():
            _log.warning("%s was not removed: %s %s", key, error.code, error.message)
        return set(left)

    async def listed(self, folder: str, limit: int) -> Sequence[str]:
        """Keys of objects in a folder and those below it, at most so many."""

        def listed() -> list[str]:
            found = self._client.list_objects(self._bucket, prefix=folder, recursive=True)
            return [str(one.object_name) for one in islice(found, limit) if not one.is_dir]

        return await self._call(listed)

    async def page(self, folder: str, after: str, limit: int) -> Sequence[StoredObject]:
        """Objects in a folder and below it whose keys are behind `after`, by their keys."""

        def page() -> list[StoredObject]:
            found = self._client.list_objects(
                self._bucket, prefix=folder, recursive=True, start_after=after or None
            )
            return [_stored(one) for one in islice(found, limit) if not one.is_dir]

        return await self._call(page)

    async def stat(self, key: str) -> StoredObject | None:
        """An object; None if there is none."""
        try:
            return _stored(await self._call(lambda: self._client.stat_object(self._bucket, key)))
        except _NoSuchObject:
            return None

    async def uploads_in_parts(self, folder: str) -> Sequence[PartsUpload]:
        """Uploads in parts that were begun in a folder."""

        def begun() -> list[PartsUpload]:
            found: list[PartsUpload] = []
            marker: tuple[str | None, str | None] = (None, None)
            while True:
                # The client has no public method for it.
                answer = self._client._list_multipart_uploads(  # noqa: SLF001
                    self._bucket,
                    prefix=folder,
                    key_marker=marker[0],
                    upload_id_marker=marker[1],
                )
                found += [
                    PartsUpload(
                        str(one.object_name),
                        str(one.upload_id),
                        one.initiated_time or datetime.now(UTC),
                    )
                    for one in answer.uploads
                ]
                marker = answer.next_key_marker, answer.next_upload_id_marker
                if not answer.is_truncated or not answer.uploads:
                    return found

        return await self._call(begun)

    async def give_up(self, upload: PartsUpload) -> None:
        """Removes what arrived of an upload in parts; that it is gone is no error."""
        try:
            await self._call(
                lambda: self._client._abort_multipart_upload(  # noqa: SLF001 - no public method
                    self._bucket, upload.key, upload.upload_id
                )
            )
        except _NoSuchObject:
            return

    async def probe(self) -> None:
        """Makes sure that the bucket is there."""
        if not await self._call(lambda: self._client.bucket_exists(self._bucket)):
            await self._call(lambda: self._client.make_bucket(self._bucket))

    async def _call(
        self, work: Callable[[], T], size_bytes: int = 0, *, to_its_end: bool = False
    ) -> T:
        timeout_s = remaining_s(OPERATION_TIMEOUT_S + size_bytes / SLOWEST_BYTES_PER_S)
        request = Request(timeout_s)
        running = self._threads.submit(request.run, work)
        waiting = asyncio.wrap_future(running)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(waiting)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, S3Error) and error.code in ("NoSuchKey", "NoSuchUpload"):
                raise _NoSuchObject from None
            # What is waited for to its end is what writes.
            if to_its_end and _failed_there(error):
                raise _refuses(error) from error
            raise _unavailable(error) from error
        finally:
            # Of no effect on what is done.
            request.give_up()
            if not running.cancel() and to_its_end:
                await _ended(waiting)


class S3Object:
    """`OpenObject`: an answer whose headers have been read."""

    def __init__(
        self,
        response: urllib3.BaseHTTPResponse,
        call: Callable[[Callable[[], bytes], int], Awaitable[bytes]],
    ) -> None:
        self._response = response
        self._call = call

    @property
    def size_bytes(self) -> int:
        """Its size, known before any of it is read."""
        return int(self._response.headers["Content-Length"])

    async def read(self) -> bytes:
        """Reads all of it."""
        return await self._call(self._read_blocks, self.size_bytes)

    async def chunks(self, size_bytes: int) -> AsyncIterator[bytes]:
        """Reads it piece by piece."""
        while chunk := await self._call(lambda: self._response.read(size_bytes), size_bytes):
            yield chunk

    def _read_blocks(self) -> bytes:
        # It gives out its own bytes, so that there are never two of each.
        gathered = io.BytesIO()
        while block := self._response.read(BLOCK_BYTES):
            gathered.write(block)
            check_wanted()
        return gathered.getvalue()


class _NoSuchObject(Exception):
    """The key has no object."""


def _stored(one: Object) -> StoredObject:
    modified = one.last_modified or datetime.now(UTC)
    return StoredObject(str(one.object_name), one.size or 0, modified)


def _close(response: urllib3.BaseHTTPResponse) -> None:
    """Gives a connection back if its answer was read whole, and closes it otherwise."""
    response.close()
    response.release_conn()


async def _ended(thread: asyncio.Future[Any]) -> None:
    """Waits until a thread is done, also while this task is cancelled."""
    cancelled: asyncio.CancelledError | None = None
    while not thread.done():
        try:
            await asyncio.wait([thread])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _failed_there(error: Exception) -> bool:
    """Whether the store answered that it failed, again and again, or that it is full.

    SeaweedFS says of a full disk that it failed (500), MinIO that there is no room (507).
    """
    if isinstance(error, urllib3.exceptions.MaxRetryError):
        return str(error.reason) == _FAILED_AGAIN
    return isinstance(error, S3Error) and error.response.status == HTTPStatus.INSUFFICIENT_STORAGE


def _refuses(error: Exception) -> ObjectStoreRefuses:
    _log.warning("the object store does not keep what is written: %r", error)
    return ObjectStoreRefuses(
        "the object store does not keep what is written; its disk may be full", retry_after_s=5
    )


def _unavailable(error: Exception) -> ObjectStoreUnavailable:
    _log.warning("object store: %r", error)
    return ObjectStoreUnavailable("the object store does not answer; try again", retry_after_s=1)
