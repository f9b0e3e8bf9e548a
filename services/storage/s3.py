"""Objects in any S3 store, through the MinIO client in threads."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Self, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error

from services.runtime.request import remaining_s
from services.storage.errors import ObjectStoreUnavailable

MAX_CONNECTIONS = 32
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0
OPERATION_TIMEOUT_S = 12.0
SLOWEST_BYTES_PER_S = 2 * 2**20
"""A transfer that is slower than this on the whole is given up."""

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
        self._pool = urllib3.PoolManager(
            maxsize=MAX_CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
            # A kept connection may turn out to be closed; every request here may be repeated.
            retries=urllib3.Retry(
                total=2,
                connect=1,
                read=1,
                redirect=0,
                backoff_factor=0.1,
                allowed_methods=None,
                status_forcelist=(500, 502, 503, 504),
            ),
        )
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

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator["S3Object | None"]:
        """Opens an object for reading; None if there is none."""
        try:
            response = await self._call(lambda: self._client.get_object(self._bucket, key))
        except _NoSuchObject:
            yield None
            return
        try:
            yield S3Object(response, self._call)
        finally:
            # Whole, the connection goes back to the pool; otherwise it is closed.
            response.close()
            response.release_conn()

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Writes an object, over the one that may be there."""
        await self._call(
            lambda: self._client.put_object(
                self._bucket, key, io.BytesIO(content), len(content), content_type=content_type
            ),
            len(content),
        )

    async def remove(self, keys: Sequence[str]) -> set[str]:
        """Removes objects; the keys that are still there."""
        objects = [DeleteObject(key) for key in keys]
        # The answer is read as it is iterated, and some of the errors are none.
        errors = await self._call(lambda: list(self._client.remove_objects(self._bucket, objects)))
        left = {str(error.name): error for error in errors if error.code != "NoSuchKey"}
        for key, error in left.items():
            _log.warning("%s was not removed: %s %s", key, error.code, error.message)
        return set(left)

    async def probe(self) -> None:
        """Makes sure that the bucket is there."""
        if not await self._call(lambda: self._client.bucket_exists(self._bucket)):
            await self._call(lambda: self._client.make_bucket(self._bucket))

    async def _call(self, request: Callable[[], T], size_bytes: int = 0) -> T:
        timeout_s = OPERATION_TIMEOUT_S + size_bytes / SLOWEST_BYTES_PER_S
        try:
            async with asyncio.timeout(remaining_s(timeout_s)):
                return await asyncio.get_running_loop().run_in_executor(self._threads, request)
        except S3Error as error:
            if error.code == "NoSuchKey":
                raise _NoSuchObject from None
            raise _unavailable(error) from error
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _unavailable(error) from error


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
        return await self._call(self._response.read, self.size_bytes)

    async def chunks(self, size_bytes: int) -> AsyncIterator[bytes]:
        """Reads it piece by piece."""
        while chunk := await self._call(lambda: self._response.read(size_bytes), size_bytes):
            yield chunk


class _NoSuchObject(Exception):
    """The key has no object."""


def _unavailable(error: Exception) -> ObjectStoreUnavailable:
    _log.warning("object store: %r", error)
    return ObjectStoreUnavailable("the object store does not answer; try again", retry_after_s=1)
