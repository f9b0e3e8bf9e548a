"""What was measured."""

from dataclasses import dataclass, field

from bench.embedder.options import Plan
from bench.embedder.stats import Spread, percentile, ratios, spread

OTHERS = "everything else"
"""What the machine did beside the processes that are known to take part."""


@dataclass
class PeerResults:
    """One peer, measured in turns with the embedder's direct stream."""

    name: str
    unavailable: str = ""
    """Why it could not be measured; empty if it was."""
    argus_per_s: list[float] = field(default_factory=list)
    """Images per second of the embedder, in each round."""
    peer_per_s: list[float] = field(default_factory=list)
    """The same of the peer, its best way to be asked."""

    @property
    def times_as_fast(self) -> Spread:
        """The embedder's rate over the peer's."""
        return ratios(self.argus_per_s, self.peer_per_s)


@dataclass
class ModelResults:
    """One model; a list has a value for each round."""

    plan: Plan
    runtime: str = ""
    """What runs it in the service, and why."""
    agreement: float = 0.0
    """Least cosine between a vector of the service and the same of the in-process loop."""
    loop_runtime: str = ""
    """What runs it in the loop."""
    loops: dict[str, float] = field(default_factory=dict)
    """Images per second of each arrangement that was tried for the limit."""
    best_loop: str = ""
    limit: list[float] = field(default_factory=list)
    """Images per second."""
    direct: list[float] = field(default_factory=list)
    """Images per second."""
    edge: list[float] = field(default_factory=list)
    """Images per second."""
    single: list[float] = field(default_factory=list)
    """Images per second over a stream of single items."""
    callers: list[float] = field(default_factory=list)
    """Images per second."""
    stream_callers: list[float] = field(default_factory=list)
    """Images per second."""
    remembered: float = 0.0
    """Images per second when the embedder has seen every image before."""
    alone_s: list[float] = field(default_factory=list)
    """Median seconds to decode and embed one image in-process."""
    stream_s: list[float] = field(default_factory=list)
    """Median seconds of one image through a stream that is open."""
    unary_s: list[float] = field(default_factory=list)
    """Median seconds of one image by a unary call."""
    new_stream_s: list[float] = field(default_factory=list)
    """Median seconds of one image through a stream of its own."""
    cpu_ms: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """CPU milliseconds per image by kind of pass and process."""
    peers: list[PeerResults] = field(default_factory=list)

    def note_cpu(self, kind: str, seconds: dict[str, float], count: int) -> None:
        """Adds a pass's CPU seconds."""
        for process, burnt in seconds.items():
            of_kind = self.cpu_ms.setdefault(kind, {})
            of_kind.setdefault(process, []).append(1e3 * burnt / count)

    def others_share(self, kind: str) -> float:
        """Share of the CPU time of a kind of pass that went to work outside the benchmark."""
        burnt = {process: spread(ms).median for process, ms in self.cpu_ms[kind].items()}
        return burnt.get(OTHERS, 0.0) / max(sum(burnt.values()), 1e-9)


@dataclass
class PersonResults:
    """A person's searches without and beside an import; a list has an entry for each round."""

    idle_text_s: list[list[float]] = field(default_factory=list)
    busy_text_s: list[list[float]] = field(default_factory=list)
    idle_image_s: list[list[float]] = field(default_factory=list)
    busy_image_s: list[list[float]] = field(default_factory=list)
    import_per_s: list[float] = field(default_factory=list)
    """Images per second of the import meanwhile."""

    @staticmethod
    def p99_s(rounds: list[list[float]]) -> float:
        """The 99th percentile over all rounds."""
        return percentile((value for values in rounds for value in values), 99)

    @staticmethod
    def p99_ratios(busy: list[list[float]], idle: list[list[float]]) -> Spread:
        """Ratio of the 99th percentiles of each round."""
        return ratios(
            [percentile(values, 99) for values in busy], [percentile(values, 99) for values in idle]
        )


@dataclass
class GpuResults:
    """One model on a GPU, images per second."""

    model: str
    roofline_per_s: float
    """What the GPU's measured bf16 matrix rate allows."""
    network_per_s: float
    """The compiled network, pixels on the GPU."""
    embed_per_s: float
    """`embed_images`, pixels in main memory."""
    decoded_per_s: float
    """Encoded images, decoded by all cores meanwhile."""


@dataclass
class Results:
    """Everything."""

    models: list[ModelResults] = field(default_factory=list)
    person: PersonResults = field(default_factory=PersonResults)
    gpu: list[GpuResults] = field(default_factory=list)
    gpu_name: str = ""
    """Empty if there is none."""
    image_bytes: int = 0
    """Mean size of an image."""
    photographs: int = 0
    seconds: float = 0.0
    """How long all of it took."""


def p50s(rounds: list[float]) -> Spread:
    """Medians of rounds, in milliseconds."""
    return spread(1e3 * value for value in rounds)
