"""Sends what came in on to a collector elsewhere, if there is one; as good as it takes it."""

import logging
import queue
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import grpc

_WAITING = 200
_TIMEOUT_S = 5.0
_log = logging.getLogger(__name__)


class Forwarder:
    """Hands messages on in the order in which they came. A context.

    Nobody waits for the other collector: what finds no room, or is not taken, is lost to it.

    Args:
        url: `http://host:port` or `unix:///path`, without TLS; empty: nothing is handed on.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).netloc or url
        self._waiting: queue.Queue[tuple[str, bytes] | None] = queue.Queue(_WAITING)
        self._sending = threading.Thread(target=self._send_all, name="forwarder", daemon=True)
        self._trouble = ""

    def __enter__(self) -> Self:
        if self._target:
            self._sending.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._target:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                return  # it hangs, and ends with the process
            self._sending.join(_TIMEOUT_S)

    def hand_on(self, method: str, message: bytes) -> None:
        """Hands a message on, soon.

        Args:
            method: `/package.Service/Export`.
            message: As gRPC has it.
        """
        if self._target:
            try:
                self._waiting.put_nowait((method, message))
            except queue.Full:
                self._say("it is too slow")

    def _send_all(self) -> None:
        with grpc.insecure_channel(
            self._target, options=[("grpc.max_send_message_length", -1)]
        ) as channel:
            while (taken := self._waiting.get()) is not None:
                method, message = taken
                try:
                    channel.unary_unary(method)(  # the stubs want to know a message's type
                        message,  # type: ignore[arg-type]
                        timeout=_TIMEOUT_S,
                    )
                except grpc.RpcError as error:
                    self._say(str(error.code()))
                else:
                    self._trouble = ""

    def _say(self, trouble: str) -> None:
        """Logs what is wrong when it is news."""
        if trouble != self._trouble:
            _log.warning("the collector at %s does not take everything: %s", self._target, trouble)
        self._trouble = trouble
