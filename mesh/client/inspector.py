"""Many images through InspectImages: a bounded number under way, patient with restarts."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from argus.inspection.v1 import inspection_pb2
from google.rpc import error_details_pb2, status_pb2

from argus_client.errors import outlived_its_token, reason_of
from argus_client.reading import HEAD_BYTES, NOT_TAKEN, FileProblem, opened
from argus_client.retries import PASSING, backoff_s
from mesh.client.connection import PATIENCE_S, Connection
from services.imaging.formats import sniff

MAX_IMAGE_BYTES = 20 * 2**20
WINDOW = 16
STALLED_AFTER_S = 120.0

HOPELESS = frozenset({
    "ARTIFACT_WRONG", "MODEL_NOT_CLIP", "MODEL_NOT_FOUND", "MODEL_VERSION_CHANGED",
    "REFERENCE_SET_NOT_FOUND", "REFERENCE_SET_NOT_READY", "VERSION_NOT_FOUND",
})  # fmt: skip
"""Reasons that every other item would get as well."""

_PASSING_CODES = frozenset(code.value[0] for code in PASSING)
Call = grpc.aio.StreamStreamCall[
    inspection_pb2.InspectImagesRequest, inspection_pb2.InspectImagesResponse
]


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be inspected: a file, or a stored image."""

    name: str
    """As a person calls it."""
    file: Path | None = None
    image_id: str = ""
    """UUID of the stored image; then the file is not sent."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an item: an inspection, or a reason and its words."""

    item: Item
    inspection: inspection_pb2.InspectResponse | None = None
    reason: str = ""
    problem: str = ""


class Unreadable(Exception):
    """A file cannot be sent; the arguments are the reason and its words."""


class Inspector:
    """Inspects items over one stream, which is opened again if it breaks.

    Args:
        connection: To the mesh.
        template: Request without an image.
        found: Told of each finding as it comes, with the item's place.
        window: Items under way at once.
    """

    def __init__(
        self,
        connection: Connection,
        template: inspection_pb2.InspectRequest,
        *,
        found: Callable[[int, Finding], None],
        window: int = WINDOW,
    ) -> None:
        self._connection = connection
        self._template = template
        self._found = found
        self._window = window
        self._items: Sequence[Item] = ()
        self._findings: dict[int, Finding] = {}
        self._sent: set[int] = set()
        self._attempts: dict[int, int] = {}
        self._moved_at = 0.0

    async def run(self, items: Sequence[Item]) -> list[Finding]:
        """Inspects the items; what was found of each, in their order.

        Raises:
            grpc.aio.AioRpcError: The mesh refuses to inspect anything.
        """
        self._items = items
        self._moved_at = time.monotonic()
        attempt = 0
        while len(self._findings) < len(items):
            before = len(self._findings)
            try:
                await self._stream()
            except (grpc.aio.AioRpcError, TimeoutError) as error:
                self._broken(error)
            attempt = 1 if len(self._findings) > before else attempt + 1
            if len(self._findings) < len(items):
                await asyncio.sleep(backoff_s(attempt))
        return [self._findings[index] for index in range(len(items))]

    async def _stream(self) -> None:
        self._sent.clear()
        self._queue: asyncio.Queue[int | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(self._window)
        for index in range(len(self._items)):
            if index not in self._findings:
                self._queue.put_nowait(index)
        call = self._connection.inspection.InspectImages(metadata=await self._connection.metadata())
        reader = asyncio.create_task(self._read(call))
        writer = asyncio.create_task(self._write(call))
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            wrong = writer.exception() if writer.done() else None
            # Of a broken call the reader hears the cause; the writer only trips over it.
            if wrong and not isinstance(wrong, grpc.aio.AioRpcError | asyncio.InvalidStateError):
                raise wrong
            await reader
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)
            call.cancel()

    async def _write(self, call: Call) -> None:
        while True:
            await self._room.acquire()
            index = await self._queue.get()
            if index is None:
                await call.done_writing()
                return
            if index in self._findings or index in self._sent:
                self._room.release()
                continue
            item = self._items[index]
            request = inspection_pb2.InspectRequest()
            request.CopyFrom(self._template)
            if item.image_id or item.file is None:
                request.image_id = item.image_id
            else:
                try:
                    request.image = await asyncio.to_thread(read_image, item.file)
                except Unreadable as error:
                    reason, problem = error.args
                    self._settle(index, Finding(item, reason=reason, problem=problem))
                    self._room.release()
                    continue
            self._sent.add(index)
            await call.write(
                inspection_pb2.InspectImagesRequest(item_id=str(index), request=request)
            )

    async def _read(self, call: Call) -> None:
        while True:
            answer = await asyncio.wait_for(call.read(), STALLED_AFTER_S)
            if not isinstance(answer, inspection_pb2.InspectImagesResponse):
                return
            index = int(answer.item_id)
            if index not in self._sent:
                continue
            self._sent.discard(index)
            self._room.release()
            item = self._items[index]
            if answer.HasField("inspection"):
                self._moved_at = time.monotonic()
                self._settle(index, Finding(item, inspection=judged(answer.inspection)))
            else:
                self._refused(index, answer.error)

    def _refused(self, index: int, error: status_pb2.Status) -> None:
        """Tries an item again if waiting may help, and settles it otherwise."""
        reason, delay_s = details_of(error)
        # The stream ends with its token, and what it did not answer goes with the next.
        expired = reason == "TOKEN_EXPIRED"
        passing = expired or (error.code in _PASSING_CODES and reason not in HOPELESS)
        if passing and not self._out_of_patience():
            attempt = self._attempts[index] = self._attempts.get(index, 0) + 1
            asyncio.get_running_loop().call_later(
                delay_s or backoff_s(attempt), self._queue.put_nowait, index
            )
            return
        if not passing:
            self._moved_at = time.monotonic()
        self._settle(index, Finding(self._items[index], reason=reason, problem=error.message))
        if reason in HOPELESS:
            self._fail_rest(reason, error.message)

    def _settle(self, index: int, finding: Finding) -> None:
        self._findings[index] = finding
        self._found(index, finding)
        if len(self._findings) == len(self._items):
            self._queue.put_nowait(None)
            self._room.release()

    def _broken(self, error: grpc.aio.AioRpcError | TimeoutError) -> None:
        """Lets a broken stream be opened again; with patience at its end, fails what is left.

        Raises:
            grpc.aio.AioRpcError: The stream was refused, and would be again.
        """
        if isinstance(error, grpc.aio.AioRpcError) and not _passes(error):
            if not self._findings:
                raise error
        elif not self._out_of_patience():
            return
        if isinstance(error, TimeoutError):
            self._fail_rest("DEADLINE_EXCEEDED", f"no answer for {STALLED_AFTER_S:.0f} s")
        else:
            self._fail_rest(reason_of(error) or error.code().name, error.details() or "no answer")

    def _fail_rest(self, reason: str, problem: str) -> None:
        self._sent.clear()
        for index, item in enumerate(self._items):
            if index not in self._findings:
                self._settle(index, Finding(item, reason=reason, problem=problem))

    def _out_of_patience(self) -> bool:
        return time.monotonic() - self._moved_at > PATIENCE_S


def read_image(file: Path) -> bytes:
    """A file's bytes, if they can be sent.

    Raises:
        Unreadable: They cannot.
    """
    try:
        with opened(file) as stream:
            content = stream.read(MAX_IMAGE_BYTES + 1)
    except FileProblem as problem:
        raise Unreadable("FILE_UNREADABLE", str(problem)) from problem
    if not content:
        raise Unreadable("IMAGE_EMPTY", "the file is empty")
    if len(content) > MAX_IMAGE_BYTES:
        raise Unreadable("IMAGE_TOO_LARGE", f"larger than {MAX_IMAGE_BYTES >> 20} MiB")
    if sniff(content[:HEAD_BYTES]) is None:
        raise Unreadable("IMAGE_UNREADABLE", NOT_TAKEN)
    return content


def judged(inspection: inspection_pb2.InspectResponse) -> inspection_pb2.InspectResponse:
    """The inspection, with a verdict that agrees with what else it says.

    An image that is unlike the whole set is never normal, whatever its score
    says of its parts: an empty frame has no part that is wrong. Its confidence
    was that of the other verdict.
    """
    if inspection.off_distribution and inspection.verdict == inspection_pb2.InspectResponse.NORMAL:
        inspection.verdict = inspection_pb2.InspectResponse.UNINSPECTABLE
        inspection.ClearField("confidence")
    return inspection


def _passes(error: grpc.aio.AioRpcError) -> bool:
    """Whether a stream that broke like this is worth opening again.

    A write into a call that the other side is ending fails as INTERNAL, before
    the real status has come; unlike the services' own errors it has no reason.
    """
    return (
        error.code() in PASSING
        or outlived_its_token(error)
        or (error.code() is grpc.StatusCode.INTERNAL and not reason_of(error))
    )


def details_of(error: status_pb2.Status) -> tuple[str, float]:
    """The reason of a failure, and the seconds to wait before trying again; 0 if it says none."""
    reason, delay_s = "", 0.0
    for detail in error.details:
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = str(info.reason)
        elif detail.Unpack(retry):
            delay_s = retry.retry_delay.ToTimedelta().total_seconds()
    return reason, delay_s
