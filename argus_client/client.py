"""A signed-in client of one mesh, through its edge."""

import asyncio
import contextlib
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
from argus.storage.v1 import image_pb2

from argus_client.address import parsed
from argus_client.batch import PATIENCE_S as BATCH_PATIENCE_S
from argus_client.batch import Batch, Outcome, Report
from argus_client.calls import PATIENCE_S, Calls
from argus_client.description import Description
from argus_client.downloads import chunks
from argus_client.errors import ClientError
from argus_client.imports import Importer
from argus_client.indexing import STALLED_AFTER_S, until_indexed
from argus_client.items import WINDOW, ItemStream
from argus_client.store import ObjectStore, Sent
from argus_client.streams import by_cursor, follow, once
from argus_client.tokens import ApiKey, Password, Tokens
from argus_client.trust import tls_context, trusted_roots
from argus_client.uploads import Source, Uploaded, Uploader
from argus_client.version import USER_AGENT

A = TypeVar("A")
Q = TypeVar("Q")
MAX_MESSAGE_BYTES = 64 * 2**20
JOBS = 32


class Client(Calls):
    """Calls to one mesh, and what takes more than one call.

    Args:
        channel: To the edge.
        who: As whom it calls.
        tls: How the object store is believed; None: as the system does.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        who: ApiKey | Password | Tokens,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        super().__init__(channel, who)
        self._tls = tls or (lambda: tls_context(trusted_roots()))

    async def upload(
        self,
        image: Path | bytes,
        *,
        filename: str = "",
        labels: Mapping[str, str] | None = None,
        note: str = "",
        keep_location: bool = False,
        take_description: bool = False,
        sent: Sent | None = None,
    ) -> Uploaded:
        """Uploads one image, unless the caller has one with the same bytes.

        Args:
            image: A file, or the bytes themselves.
            filename: What its owner sees; empty: the file's name.
            labels: Given to it if it is new.
            note: Given to it if it is new.
            keep_location: Whether the place is kept that its EXIF data name; see `Description`.
            take_description: Whether its XMP says labels and note; see `Description`.
            sent: Told of bytes as they leave.

        Raises:
            CallFailed: The mesh does not take it.
            FileProblem: It cannot be read, or is no image in a format that is taken.
            StoreFailed: The object store does not take it.
        """
        if isinstance(image, bytes):
            source = Source.of_bytes(image, filename or "image")
        else:
            source = await Source.of_file(image, filename)
        async with self.links(connections=1) as uploader:
            return await uploader.upload(
                source, Description(labels or {}, note, keep_location, take_description), sent
            )

    @asynccontextmanager
    async def links(self, *, connections: int = 8) -> AsyncIterator[Uploader]:
        """What uploads images by presigned links, straight into the object store.

        Args:
            connections: Requests to the store under way at once.
        """
        async with ObjectStore(self._tls, connections=connections) as store:
            yield Uploader(self, store, patience_s=PATIENCE_S)

    async def upload_files(
        self,
        files: Sequence[Path],
        *,
        labels: Mapping[str, str] | None = None,
        jobs: int = JOBS,
        wait: bool = True,
        progress: Callable[[Outcome | None], None] = lambda _: None,
        sent: Sent | None = None,
        named: Callable[[Path], str] = lambda file: file.name,
        describe: Callable[[Path], Description] = lambda _: Description(),
    ) -> Report:
        """Uploads many files over one stream; one that cannot be uploaded stops no other.

        Args:
            files: Images. Of several with the same bytes one is uploaded.
            labels: Given to every image that is new.
            jobs: Files under way at once.
            wait: Whether to wait until search finds them.
            progress: Told of each file's outcome, and with None of each image that search finds.
            sent: Told of bytes as they leave.
            named: What an image is called that comes from a file.
            describe: What each file's image is to have beside the labels, if it is new.

        Raises:
            CallFailed: Nobody is signed in any more.
        """
        async with Importer(self, window=jobs, patience_s=BATCH_PATIENCE_S) as importer:
            batch = Batch(
                self, importer, labels=labels or {}, jobs=jobs, progress=progress, sent=sent,
                named=named, describe=describe,
            )  # fmt: skip
            return await batch.run(files, wait=wait)

    async def until_indexed(
        self, *image_ids: str, stalled_after_s: float = STALLED_AFTER_S
    ) -> list[image_pb2.Image]:
        """Waits until search finds images; what they are then, in the order asked for.

        One that fails is answered as FAILED, one that is deleted is left out.

        Raises:
            CallFailed: That cannot be asked, or for so many seconds none was indexed.
        """
        return await until_indexed(self, image_ids, stalled_after_s=stalled_after_s)

    async def download(self, image_id: str, *, offset: int = 0, length: int = 0) -> bytes:
        """The bytes of an image as they were uploaded, or a range of them.

        The whole is verified; of a range only its length is.

        Args:
            image_id: Which image.
            offset: First byte wanted, counted from 0.
            length: How many are wanted at most; 0: all that follow.

        Raises:
            CallFailed: They cannot be had; OUT_OF_RANGE if the range begins behind the last byte.
        """
        found = chunks(self, image_id, offset=offset, length=length)
        return b"".join([chunk async for chunk in found])

    async def download_to(self, image_id: str, file: Path) -> None:
        """Saves an image's bytes as they were uploaded, verified; the file is whole or not there.

        Raises:
            CallFailed: They cannot be had.
            OSError: They cannot be written.
        """
        handle, name = await asyncio.to_thread(
            tempfile.mkstemp, dir=file.parent, prefix=f".{file.name[:100]}."
        )
        try:
            with os.fdopen(handle, "wb") as stream:
                async for chunk in chunks(self, image_id):
                    await asyncio.to_thread(stream.write, chunk)
            await asyncio.to_thread(os.replace, name, file)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108 - of a cancelled call, too
            raise

    def watch(
        self,
        method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
        request: Any,  # noqa: ANN401 - the method's own request
        *,
        heard: Callable[[Any, A], None] = by_cursor,
        patience_s: float = PATIENCE_S,
    ) -> AsyncIterator[A]:
        """What a method that watches tells, such as WatchImages; resumed where it broke.

        Args:
            method: A stub's.
            request: Its request; it is left as it is.
            heard: Writes into the request, after each message, from where the next stream is to go
                on; by default after its `cursor`.
            patience_s: Seconds without a message after which a failure is final.

        Raises:
            CallFailed: It cannot be watched, or nothing is heard.
        """
        return follow(self, method, request, heard, patience_s=patience_s)

    def stream(
        self,
        method: Callable[..., "grpc.aio.UnaryStreamCall[Any, A]"],
        request: Any,  # noqa: ANN401 - the method's own request
    ) -> AsyncIterator[A]:
        """What a method answers piece by piece, such as InspectStored; it is called once.

        Raises:
            CallFailed: The call failed, perhaps in the middle.
        """
        return once(self, method, request)

    def items(
        self,
        method: Callable[..., "grpc.aio.StreamStreamCall[Q, A]"],
        *,
        streams: int = 1,
        window: int = WINDOW,
        patience_s: float = PATIENCE_S,
    ) -> ItemStream[Q, A]:
        """Streams for items, such as those of EmbedTexts and InspectImages: a context manager.

        Args:
            method: A stub's.
            streams: How many are open at once; a stream uses one replica.
            window: Items under way on each.
            patience_s: Seconds without an answer after which a failure is final.
        """
        return ItemStream(self, method, streams=streams, window=window, patience_s=patience_s)


@asynccontextmanager
async def connect(server: str, who: ApiKey | Password, *, ca: str = "") -> AsyncIterator[Client]:
    """Opens a client of the mesh at an address.

    Args:
        server: `host:port`; with `https://` in front it is over TLS.
        who: As whom it calls.
        ca: PEM file of the authority to trust; empty: the system's.

    Raises:
        ClientError: That is no address, or no authority.
    """
    address = parsed(server)
    if address is None:
        raise ClientError(f"{server!r} is no address; write host:port, or https://host:port.")
    target, secure = address
    options = (
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.primary_user_agent", USER_AGENT),
    )
    if secure:
        channel = grpc.aio.secure_channel(
            target, grpc.ssl_channel_credentials(trusted_roots(ca)), options=options
        )
    else:
        channel = grpc.aio.insecure_channel(target, options=options)
    async with channel:
        yield Client(channel, who, lambda: tls_context(trusted_roots(ca)))
