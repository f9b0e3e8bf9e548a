"""The rounds at one size: each way to inspect, the network alone, and the peer."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from argus.inspection.v1 import inspection_pb2

from bench.inspection.backbone import Backbone, prepare
from bench.inspection.inspecting import Inspecting
from bench.inspection.line import Line
from bench.inspection.peer import TorchPatchCore
from bench.inspection.results import SpeedAt

BARE, HEATMAP, BOTH = "", "heat map", "heat map and overlay"
DIRECT, EDGE = "direct", "through the edge"
TWO = "through the edge and with two banks"

STAGES = ("features", "score", "draw", "total")


def way(route: str, drawn: str = BARE) -> str:
    """Name of one way to inspect."""
    return f"{route}, {drawn}" if drawn else route


WAYS = (way(DIRECT), way(EDGE), way(EDGE, HEATMAP), way(EDGE, BOTH), way(TWO))
STREAMS = (way(EDGE), way(EDGE, BOTH), way(TWO))


class Rounds:
    """Measures at one size.

    Args:
        line: What is inspected.
        backbone: The network alone.
        asked: The service, by route.
        at: Where results go.
        single: Images that are inspected one by one in each round.
    """

    def __init__(
        self,
        line: Line,
        backbone: Backbone,
        *,
        asked: Mapping[str, Inspecting],
        at: SpeedAt,
        single: int,
    ) -> None:
        self._contents = line.inspected[:single]
        self._all = line.inspected
        self._backbone = backbone
        self._asked = asked
        self._at = at
        self._pixels = [prepare(content, at.size) for content in line.inspected]
        self._stages: dict[str, list[float]] = {}

    async def run(self, count: int, peer: TorchPatchCore | None) -> None:
        """One round after the other, every second one backwards."""
        at, single = self._at, self._pixels[: len(self._contents)]
        at.patches = median(one.shape[0] * one.shape[1] / 16**2 for one in single)
        # Once before, so that nothing is measured cold.
        self._backbone.forward_s(single)
        self._backbone.per_s(single)
        for name in WAYS:
            await self._unary(name)
        if peer is not None:
            peer.score(self._contents[0])
        self._stages.clear()
        for number in range(count):
            turn = 1 if number % 2 == 0 else -1
            at.forward_ms.append(1e3 * median(self._backbone.forward_s(single)))
            for name in WAYS[::turn]:
                at.inspect_ms.setdefault(name, []).append(await self._unary(name))
            if peer is not None:
                at.peer_ms.append(1e3 * median(_seconds(peer.score, self._contents)))
            at.backbone_per_s.append(self._backbone.per_s(self._pixels))
            for name in STREAMS[::turn]:
                at.stream_per_s.setdefault(name, []).append(await self._stream(name))
        at.stages_ms = {stage: median(spent) for stage, spent in self._stages.items()}

    async def _unary(self, name: str) -> float:
        """Median milliseconds of one image after the other."""
        asked = self._asked[name.partition(", ")[0]]
        seconds = []
        for content in self._contents:
            spent_s, timings = await asked.one(self._request(name, content))
            seconds.append(spent_s)
            if name == way(EDGE, BOTH):
                for stage in STAGES:
                    spent_ms = getattr(timings, stage).ToMicroseconds() / 1e3
                    self._stages.setdefault(stage, []).append(spent_ms)
        return 1e3 * median(seconds)

    async def _stream(self, name: str) -> float:
        asked = self._asked[name.partition(", ")[0]]
        return await asked.per_s([self._request(name, content) for content in self._all])

    def _request(self, name: str, content: bytes) -> inspection_pb2.InspectRequest:
        route, _, drawn = name.partition(", ")
        return self._asked[route].request(
            content, heatmap=drawn in {HEATMAP, BOTH}, overlay=drawn == BOTH
        )


def _seconds(work: Callable[[bytes], object], contents: Sequence[bytes]) -> list[float]:
    spent = []
    for content in contents:
        started = time.perf_counter()
        work(content)
        spent.append(time.perf_counter() - started)
    return spent
