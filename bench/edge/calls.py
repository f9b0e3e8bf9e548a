"""Many small calls, each connection with some at a time, and what became of them."""

import selectors
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from bench.edge.wire import DATA, Headers, Wire


@dataclass(frozen=True)
class Call:
    """What is called again and again.

    Attributes:
        method: The full method.
        token: Access token.
        content: Its request, encoded.
    """

    method: str
    token: str
    content: bytes = b""

    @property
    def headers(self) -> Headers:
        """What each of them says."""
        return Headers(self.method, [("authorization", f"Bearer {self.token}")])


@dataclass
class Done:
    """What a stretch of calls came to."""

    seconds: list[float] = field(default_factory=list)
    """Of each call that was answered with a message."""
    refused: int = 0
    """Calls that were answered with a status alone."""
    lasted_s: float = 0.0

    @property
    def per_s(self) -> float:
        """Answers with a message."""
        return len(self.seconds) / self.lasted_s


class Caller:
    """Some connections that are kept between stretches.

    Args:
        call: What they all call.
        doors: The port of each connection, and the address that it comes from.
        at_once: Calls of each connection that are under way at a time.
    """

    def __init__(self, call: Call, doors: Iterable[tuple[int, str]], *, at_once: int = 1) -> None:
        self._content = call.content
        self._at_once = at_once
        self._opened = ExitStack()
        headers = call.headers
        self._wires: Sequence[Wire] = [
            self._opened.enter_context(closing(Wire(port, headers, address)))
            for port, address in doors
        ]

    def close(self) -> None:
        """Ends the connections."""
        self._opened.close()

    def run(self, seconds: float) -> Done:
        """Calls for so long, then waits for what is under way, which does not count."""
        done = Done()
        begun: dict[tuple[Wire, int], float] = {}
        answered: set[tuple[Wire, int]] = set()
        with selectors.DefaultSelector() as ready:
            for wire in self._wires:
                ready.register(wire.socket, selectors.EVENT_READ, wire)
            start = time.perf_counter()
            end = start + seconds
            for wire in self._wires:
                for _ in range(self._at_once):
                    self._begin(wire, begun)
            while begun:
                for key, _ in ready.select(20) or _too_long():
                    wire = key.data
                    for one in wire.receive():
                        if one.kind == DATA and one.payload:
                            answered.add((wire, one.stream))
                        if not one.ends or (wire, one.stream) not in begun:
                            continue
                        now = time.perf_counter()
                        began = begun.pop((wire, one.stream))
                        with_message = (wire, one.stream) in answered
                        answered.discard((wire, one.stream))
                        if now > end:
                            continue
                        if with_message:
                            done.seconds.append(now - began)
                        else:
                            done.refused += 1
                        self._begin(wire, begun)
            done.lasted_s = seconds
        return done

    def _begin(self, wire: Wire, begun: dict[tuple[Wire, int], float]) -> None:
        stream, sent = wire.unary(self._content)
        begun[wire, stream] = time.perf_counter()
        wire.socket.sendall(sent)


def _too_long() -> list[tuple[selectors.SelectorKey, int]]:
    raise TimeoutError("no answer within 20 s")
