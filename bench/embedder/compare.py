"""Measures peers, each in turns with the embedder's direct stream."""

from collections.abc import Callable, Sequence
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

Way = Callable[[Child[PeerClient], str, int], float]
"""Asks a peer at a URL for items from one on; returns its images per second."""


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
        """The usual service, asked in the better of both ways: by one caller, by several."""
        results = PeerResults(USUAL)

        def serve(stack: ExitStack) -> str:
            python = fastapi_python(self._peers)
            return stack.enter_context(running_fastapi(python, self._checkpoint))

        def way(callers: int) -> Way:
            return lambda child, url, start: child.call(
                "fastapi", url, start, self._plan.peer_count, callers
            )

        self._measure(results, serve, [way(callers) for callers in USUAL_CALLERS])
        return results

    def infinity(self) -> PeerResults:
        """infinity-emb, asked in the better of both ways: large requests, many callers."""
        results = PeerResults(INFINITY)

        def serve(stack: ExitStack) -> str:
            python = infinity_python(self._peers)
            return stack.enter_context(running_infinity(python, self._options.models))

        def way(size: int, callers: int) -> Way:
            return lambda child, url, start: child.call("infinity", url, start, 32, size, callers)

        self._measure(results, serve, [way(*shape) for shape in INFINITY_WAYS])
        return results

    def _measure(
        self,
        results: PeerResults,
        serve: Callable[[ExitStack], str],
        ways: Sequence[Way],
    ) -> None:
        count = self._plan.count // 2
        with ExitStack() as stack:
            try:
                url = serve(stack)
            except PeerUnavailable as error:
                results.unavailable = str(error)
                return
            child = stack.enter_context(Child(partial(PeerClient, self._items)))
            for way in ways:  # nothing is measured cold
                way(child, url, 0)
            best = max(ways, key=lambda way: way(child, url, 0))
            for number in range(self._options.rounds):
                start = number * count
                name = f"beside {results.name} {number}"
                timed = self._client.call(
                    "grouped",
                    self._target,
                    name,
                    start,
                    count,
                    in_flight=self._options.in_flight,
                    group=self._options.group,
                )
                results.argus_per_s.append(count / timed.seconds)
                results.peer_per_s.append(best(child, url, start))
