"""Measures peers, each in turns with the embedder's direct stream."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.embedder.child import Child
from bench.embedder.client import Client
from bench.embedder.items import Items
from bench.embedder.options import Options, Plan
from bench.embedder.peer_client import PeerClient
from bench.embedder.peers import (
    PeerUnavailable,
    fastapi_python,
    infinity_python,
    running_fastapi,
    running_infinity,
)
from bench.embedder.results import PeerResults
from bench.embedder.target import Target

USUAL = "FastAPI + torch, one request at a time"
INFINITY = "infinity-emb"
USUAL_CALLERS = (1, 8)
INFINITY_WAYS = ((32, 1), (1, 32))
"""Images to a request, and callers."""


class Comparison:
    """The embedder beside peers.

    Args:
        options: What is measured.
        peers: Where their environments are.
        plan: The model.
        items: What is embedded.
        target: The embedder.
        client: Its client.
        checkpoint: What the usual service loads: `compact`, or a model's folder.
    """

    def __init__(
        self,
        options: Options,
        peers: Path,
        plan: Plan,
        items: Items,
        *,
        target: Target,
        client: Child[Client],
        checkpoint: str,
    ) -> None:
        self._options = options
        self._peers = peers
        self._plan = plan
        self._items = items
        self._target = target
        self._client = client
        self._checkpoint = checkpoint

    def usual(self) -> PeerResults:
        """The usual service, asked by one and by several callers; the better counts."""
        results = PeerResults(USUAL)

        def serve(stack: ExitStack) -> str:
            python = fastapi_python(self._peers)
            return stack.enter_context(running_fastapi(python, self._checkpoint))

        def ask(child: Child[PeerClient], url: str, start: int) -> float:
            rates: list[float] = [
                child.call("fastapi", url, start, self._plan.peer_count, callers)
                for callers in USUAL_CALLERS
            ]
            return max(rates)

        self._measure(results, serve, ask)
        return results

    def infinity(self) -> PeerResults:
        """infinity-emb, asked with images in one request and one by one; the better counts."""
        results = PeerResults(INFINITY)

        def serve(stack: ExitStack) -> str:
            python = infinity_python(self._peers)
            return stack.enter_context(running_infinity(python, self._options.models))

        def ask(child: Child[PeerClient], url: str, start: int) -> float:
            rates: list[float] = [
                child.call("infinity", url, start, 32, size, callers)
                for size, callers in INFINITY_WAYS
            ]
            return max(rates)

        self._measure(results, serve, ask)
        return results

    def _measure(
        self,
        results: PeerResults,
        serve: Callable[[ExitStack], str],
        ask: Callable[[Child[PeerClient], str, int], float],
    ) -> None:
        count = self._plan.count // 2
        with ExitStack() as stack:
            try:
                url = serve(stack)
            except PeerUnavailable as error:
                results.unavailable = str(error)
                return
            child = stack.enter_context(Child(partial(PeerClient, self._items)))
            ask(child, url, 0)
            for number in range(self._options.rounds):
                start = number * count
                name = f"beside {results.name} {number}"
                timed = self._client.call(
                    "stream", self._target, name, start, count, self._options.in_flight
                )
                results.argus_per_s.append(count / timed.seconds)
                results.peer_per_s.append(ask(child, url, start))
