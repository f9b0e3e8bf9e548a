"""Measures one model: pairs in turns, so that a machine whose speed drifts changes both."""

import statistics
from collections.abc import Callable
from functools import partial

import numpy as np

from bench.embedder.child import Child
from bench.embedder.client import Client, Timed
from bench.embedder.cpu import cpu_seconds, difference, machine_seconds
from bench.embedder.limit import Limit
from bench.embedder.options import Options, Plan
from bench.embedder.results import OTHERS, ModelResults
from bench.embedder.target import Target

COMPARED = 16
"""Images whose vectors are compared."""
TURN = 10
"""Images of one way before it is another's turn: a lone image takes so little that the machine's
speed changes between hundreds of them."""
UNCOUNTED = 2
"""First images of a turn, which meet a new connection and another's caches."""
AGREEMENT = 0.999
"""Least cosine of the service's vector and the loop's, else the run is worth nothing."""

Say = Callable[[str], None]


class Rounds:
    """One model, measured in rounds.

    Args:
        options: What is measured.
        plan: The model.
        targets: The embedder, as `direct`, and the edge before it, as `edge`.
        processes: Process ids whose CPU time is taken.
        limit: The in-process loop.
        client: The client.
    """

    def __init__(
        self,
        options: Options,
        plan: Plan,
        *,
        targets: dict[str, Target],
        processes: dict[str, int],
        limit: Limit,
        client: Child[Client],
    ) -> None:
        self._options = options
        self._plan = plan
        self._targets = targets
        self._processes = processes
        self._limit = limit
        self._client = client
        self.results = ModelResults(plan)

    def measure(self, say: Say) -> None:
        """Warms up, chooses the loop that is the limit, then measures all rounds.

        Raises:
            RuntimeError: The service's vectors are not the loop's.
        """
        results, plan = self.results, self._plan
        say("loading it in the service")
        results.runtime = self._client.call("runtime", self._targets["direct"])
        results.loop_runtime = self._limit.describe()
        results.agreement = self._agreement()
        if results.agreement < AGREEMENT:
            raise RuntimeError(f"the service's vectors are not the loop's: {results.agreement}")
        say("looking for the fastest loop")
        results.loops = self._limit.choose(plan.trial)
        results.best_loop = self._limit.best.name
        for kind in ("direct", "edge", "single items", "callers", "stream callers"):
            self._pass(kind, "warm", 0, min(64, plan.count))
        for number in range(self._options.rounds):
            say(f"round {number + 1} of {self._options.rounds}")
            start = number * plan.count
            self._throughput(number, start, reverse=number % 2 == 1)
            self._latency(number, start)
        say("the cache")
        last = self._options.rounds - 1
        seen = self._pass("direct", f"round {last}", last * plan.count, plan.count)
        results.remembered = plan.count / seen.seconds

    def _throughput(self, number: int, start: int, *, reverse: bool) -> None:
        limits: list[float] = []

        def limit() -> None:
            busy = machine_seconds()
            seconds, burnt = self._limit.run(self._limit.best, start, self._plan.count)
            limits.append(seconds)
            self._note_cpu("limit", {"loop": burnt}, machine_seconds() - busy)

        def service(kind: str, rates: list[float]) -> None:
            before, busy = cpu_seconds(self._processes), machine_seconds()
            # Bytes of its own for each kind of pass; `direct` comes back for the cache.
            name = f"round {number}" if kind == "direct" else f"round {number} {kind}"
            timed = self._pass(kind, name, start, self._plan.count)
            busy = machine_seconds() - busy
            burnt = difference(before, cpu_seconds(self._processes))
            rates.append(self._plan.count / timed.seconds)
            self._note_cpu(kind, {"client": timed.cpu_s, **burnt}, busy)

        steps: list[Callable[[], None]] = [
            partial(service, "edge", self.results.edge),
            limit,
            partial(service, "direct", self.results.direct),
            partial(service, "callers", self.results.callers),
            limit,
            partial(service, "single items", self.results.single),
            partial(service, "stream callers", self.results.stream_callers),
        ]
        for step in reversed(steps) if reverse else steps:
            step()
        self.results.limit.append(self._plan.count / statistics.mean(limits))

    def _note_cpu(self, kind: str, burnt: dict[str, float], busy: float) -> None:
        others = max(0.0, busy - sum(burnt.values()))
        self.results.note_cpu(kind, {**burnt, OTHERS: others}, self._plan.count)

    def _latency(self, number: int, start: int) -> None:
        results = self.results
        medians = {
            "alone": results.alone_s,
            "open": results.stream_s,
            "unary": results.unary_s,
            "new": results.new_stream_s,
        }
        seconds: dict[str, list[float]] = {way: [] for way in medians}
        for turn in range(self._plan.single_turns):
            first = start + turn * TURN
            for way in reversed(seconds) if turn % 2 else seconds:
                seconds[way] += self._one_by_one(way, f"single {number} {way}", first)[UNCOUNTED:]
        for way, median in medians.items():
            median.append(statistics.median(seconds[way]))

    def _one_by_one(self, way: str, name: str, start: int) -> list[float]:
        found: list[float]
        if way == "alone":
            found = self._limit.whole.call("one_by_one", start, TURN)
        else:
            target = self._targets["direct"]
            found = self._client.call("one_by_one", target, name, start, TURN, way=way)
        return found

    def _pass(self, kind: str, name: str, start: int, count: int) -> Timed:
        target = self._targets["edge" if kind == "edge" else "direct"]
        timed: Timed
        if kind in ("callers", "stream callers"):
            callers, streams = self._options.callers, kind != "callers"
            timed = self._client.call(
                "callers", target, name, start, count, callers, streams=streams
            )
        elif kind in ("direct", "edge"):
            timed = self._client.call(
                "grouped",
                target,
                name,
                start,
                count,
                in_flight=self._options.in_flight,
                group=self._options.group,
            )
        else:
            in_flight = self._options.in_flight
            timed = self._client.call("stream", target, name, start, count, in_flight)
        return timed

    def _agreement(self) -> float:
        ours = self._client.call("vectors", self._targets["direct"], COMPARED)
        loop = self._limit.whole.call("vectors", COMPARED)
        return float(np.min(np.sum(ours * loop, axis=1)))
