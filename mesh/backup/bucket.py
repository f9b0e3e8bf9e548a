"""Objects of a bucket, in threads; one signed request for each, and no more work than that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import S3Error

from mesh.errors import MeshError

THREADS = 12
"""Requests that are under way at once."""

_TIMEOUT_S = 60.0
_LINK_TTL = timedelta(minutes=15)
_FULL = "Is its disk full? See its log."


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as the store lists it."""

    size_bytes: int
    etag: str


class Bucket:
    """A bucket. Its methods block, and may be called from several threads.

    Args:
        environment: `ARGUS_S3_…` as the services have them.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = urlsplit(environment["ARGUS_S3_URL"])
        self._name = environment["ARGUS_S3_BUCKET"]
        self._pool = urllib3.PoolManager(
            maxsize=THREADS,
            timeout=urllib3.Timeout(_TIMEOUT_S),
            # A store that has just started does not know yet where its volumes are.
            retries=urllib3.Retry(
                8, backoff_factor=0.1, backoff_max=5, status_forcelist=(500, 502, 503)
            ),
        )
        self._client = Minio(
            address.netloc,
            environment["ARGUS_S3_ACCESS_KEY"],
            environment["ARGUS_S3_SECRET_KEY"],
            secure=address.scheme == "https",
            region=environment["ARGUS_S3_REGION"],
            http_client=self._pool,
        )

    def make(self) -> None:
        """Makes the bucket if it is not there.

        Raises:
            MeshError: The store refuses, or does not answer.
        """
        with _explained("The bucket cannot be made"):
            if not self._client.bucket_exists(self._name):
                self._client.make_bucket(self._name)

    def listed(self) -> dict[str, Listed]:
        """All objects, by key.

        Raises:
            MeshError: The store refuses, or does not answer.
        """
        with _explained("The bucket cannot be listed"):
            return {
                str(one.object_name): Listed(one.size or 0, str(one.etag or "").strip('"'))
                for one in self._client.list_objects(self._name, recursive=True)
                if not one.is_dir
            }

    @contextmanager
    def reading(self, key: str) -> Iterator[urllib3.BaseHTTPResponse | None]:
        """An object's bytes as they come; None if there is no such object.

        Raises:
            MeshError: The store refuses, or does not answer.
        """
        with _explained(f"{key} cannot be read"):
            url = self._client.get_presigned_url("GET", self._name, key, _LINK_TTL)
            response = self._pool.request("GET", url, preload_content=False)
            try:
                if response.status == 404:
                    yield None
                elif response.status == 200:
                    yield response
                else:
                    raise MeshError(f"{key} cannot be read: the store answers {response.status}.")
            finally:
                response.drain_conn()
                response.release_conn()

    def put(self, key: str, content: bytes | IO[bytes], size_bytes: int, content_type: str) -> None:
        """Writes an object.

        Raises:
            MeshError: The store refuses, or does not answer.
        """
        with _explained(f"{key} cannot be written"):
            url = self._client.get_presigned_url("PUT", self._name, key, _LINK_TTL)
            headers = {"content-type": content_type, "content-length": str(size_bytes)}
            response = self._pool.request("PUT", url, body=content, headers=headers)
            if response.status != 200:
                raise MeshError(
                    f"{key} cannot be written: the store answers {response.status}.", _FULL
                )

    def put_file(self, key: str, path: Path, size_bytes: int, content_type: str) -> None:
        """Writes a file as an object, piece by piece."""
        with path.open("rb") as file:
            self.put(key, file, size_bytes, content_type)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (S3Error, urllib3.exceptions.HTTPError) as error:
        reason = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
        said = error.code if isinstance(error, S3Error) else f"{type(reason).__name__}: {reason}"
        raise MeshError(f"{what}: the object store answers {said}.", _FULL) from error
