"""A worker, seen from the service: started, spoken to, watched, ended."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable

import psutil

from services.embedder.errors import ModelUnavailable
from services.embedder.item import Item
from services.embedder.supervision.worker_socket import WorkerSocket
from services.embedder.worker.arena import Arena
from services.embedder.worker.config import WorkerConfig
from services.embedder.worker.frames import (
    CANCEL,
    ON_SOCKET,
    REQUEST,
    Answer,
    AnswerKind,
    Ready,
    Request,
)
from services.runtime.child_environment import without_settings

END_TIMEOUT_S = 2.0
"""How long a worker whose socket was closed may take to go before it is killed."""


class WorkerDied(Exception):
    """The worker's process ended before its model was ready, or took too long."""


class WorkerProcess:
    """One worker. Must be made on the event loop of the thread that lives as long as the service.

    Linux ends the worker with the thread that started it, which is what keeps
    a hanging worker from outliving its service.

    Args:
        config: What it runs.
        on_answer: Called with the header and payload of each item's answer.
        on_round: Called after all answers that came together.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        on_answer: Callable[[Answer, bytes], None],
        on_round: Callable[[], None],
    ) -> None:
        self._config = config
        self._on_answer = on_answer
        self._started: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        # Marks a failure as seen: nobody may be waiting for it.
        self._started.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.died = asyncio.Event()
        """Set when it is gone without having been asked to."""
        self._arena = Arena.create()
        self._places: dict[int, int] = {}
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [
                    sys.executable,
                    "-m",
                    "services.embedder.worker",
                    str(theirs.fileno()),
                    str(self._arena.descriptor),
                    config.to_json(),
                ],
                stdin=subprocess.DEVNULL,
                env=without_settings(),
                pass_fds=(theirs.fileno(), self._arena.descriptor),
            )
        self._socket = WorkerSocket(
            ours, on_answer=self._take, on_round=on_round, on_end=self._ended
        )
        self._info = psutil.Process(self._process.pid)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ready(self, timeout_s: float) -> Ready:
        """Waits until the model is loaded.

        Raises:
            ModelUnavailable: if it cannot be loaded.
            WorkerDied: if the process ended, or is not ready in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(self._started)
        except TimeoutError:
            raise WorkerDied(f"not ready after {timeout_s:.0f} s") from None

    def send(self, id_: int, item: Item) -> None:
        """Sends an item with the next `flush`; its answer comes with this id, which is not 0."""
        data = item.data
        place = self._arena.put(data)
        if place is None:
            place = ON_SOCKET
        else:
            self._places[id_] = place
            data = b""
        self._socket.send(
            REQUEST.pack(
                *Request(
                    id_,
                    len(item.data),
                    item.patch_size,
                    item.kind,
                    item.priority,
                    place,
                    item.patch_scale,
                    item.standard_levels,
                )
            ),
            data,
        )

    def flush(self) -> None:
        """Sends what `send` was given."""
        self._socket.flush()

    def cancel(self, id_: int) -> None:
        """Takes an item back; it is answered all the same, with DROPPED if nothing was done."""
        self._socket.send(REQUEST.pack(*Request(id_, 0, 0, CANCEL, 0, ON_SOCKET)))
        self._socket.flush()

    def rss(self) -> int:
        """Bytes of its resident memory; 0 if it is gone."""
        try:
            return int(self._info.memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """Kills it; `died` follows."""
        self._process.kill()

    async def stop(self) -> None:
        """Ends it and waits until its memory is given back. Does not set `died`."""
        self._socket.close()
        if not self._started.done():
            self._started.cancel()
        try:
            await asyncio.to_thread(self._process.wait, END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        self._arena.close()

    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None if it has not."""
        return self._process.poll()

    def _take(self, answer: Answer, payload: bytes) -> None:
        if answer.id:
            place = self._places.pop(answer.id, None)
            if place is not None:
                self._arena.free(place)
            self._on_answer(answer, payload)
        elif self._started.done():
            return
        elif answer.kind == AnswerKind.READY:
            self._started.set_result(Ready.unpack(payload))
        else:
            self._started.set_exception(ModelUnavailable(payload.decode()))

    def _ended(self) -> None:
        if not self._started.done():
            self._started.set_exception(WorkerDied("its process ended while it loaded the model"))
        self.died.set()
