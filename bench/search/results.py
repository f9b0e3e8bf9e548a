"""What was measured, and what of it was to be reached."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bench.goal import Goal
from bench.search.index import ALL, ONE_PERCENT, TENANT, Asked
from bench.search.peers import Peer
from bench.search.served import AGAIN, BEFORE, CLIENTS, EDGE, GRPC, KNOWN, NEW, Served


@dataclass
class Size:
    """Edge with so many vectors."""

    size: int
    upsert_us: float | None = None
    build_s: float | None = None
    """Both None of a shard that was kept."""
    load_ms: float = 0.0
    scanned: dict[str, Asked] = field(default_factory=dict)
    walked: dict[str, Asked] = field(default_factory=dict)


@dataclass
class Quantized:
    """Edge with vectors in some form."""

    form: str
    size: int
    resident_bytes: int
    asked: Asked


@dataclass
class Results:
    """All figures of a run."""

    sizes: list[Size] = field(default_factory=list)
    quantized: list[Quantized] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    idle_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)
    beside_size: int = 0
    served: Served | None = None
    lasted_s: float = 0.0


def goals(results: Results) -> Iterator[Goal]:
    """The table of goals."""
    for one in results.sizes[1:]:
        found = one.walked[ALL].recall
        yield Goal(f"recall@10 at {one.size:,}", f"{found:.4f}", "≥ 0.99", found >= 0.99)
    smallest, largest = results.sizes[0], results.sizes[-1]
    if largest is not smallest:
        ratio = largest.walked[ALL].p50_ms / smallest.walked[ALL].p50_ms
        is_million = largest.size >= 1_000_000
        yield Goal(
            f"p50 at {largest.size:,} ÷ p50 at {smallest.size:,}",
            f"{ratio:.2f}",
            "≤ 3" if is_million else "≤ 3 at a million",
            ratio <= 3 if is_million else None,
            f"{smallest.walked[ALL].p50_ms:.2f} ms and {largest.walked[ALL].p50_ms:.2f} ms",
        )
    for name in (ONE_PERCENT, TENANT):
        some = largest.walked[name]
        ratio = some.p50_ms / largest.walked[ALL].p50_ms
        yield Goal(
            f"{name} ÷ all, p50 at {largest.size:,}",
            f"{ratio:.2f}",
            "≤ 2",
            ratio <= 2,
            f"{some.p50_ms:.2f} ms, recall {some.recall:.4f}",
        )
    if results.beside_ms:
        idle, beside = (
            float(np.quantile(spent, 0.99)) for spent in (results.idle_ms, results.beside_ms)
        )
        yield Goal(
            f"p99 beside writes and building ÷ idle, {results.beside_size:,}",
            f"{beside / idle:.2f}",
            "≤ 3",
            beside / idle <= 3,
            f"{idle:.2f} ms and {beside:.2f} ms",
        )
    yield from _of_forms(results.quantized)
    if results.served:
        yield from _of_served(results.served)


def _of_forms(forms: list[Quantized]) -> Iterator[Goal]:
    whole = next((one for one in forms if one.form == "none"), None)
    for one in forms:
        if whole is None or one is whole:
            continue
        share = one.resident_bytes / whole.resident_bytes
        yield Goal(
            f"{one.form}: memory ÷ that of whole vectors, {one.size:,}",
            f"{share:.2f}",
            "≤ 0.35",
            share <= 0.35,
            f"{one.resident_bytes / 2**20:.0f} of {whole.resident_bytes / 2**20:.0f} MiB",
        )
        found = one.asked.recall
        yield Goal(
            f"{one.form}: recall@10, {one.size:,}",
            f"{found:.4f}",
            "≥ 0.98",
            found >= 0.98,
            f"p50 {one.asked.p50_ms:.2f} ms, {whole.asked.p50_ms:.2f} ms of whole vectors",
        )


def _of_served(served: Served) -> Iterator[Goal]:
    engine = served.engine_p50_ms
    for way, more_ms in ((GRPC, 1), (EDGE, 2)):
        found = served.p50_ms(way, KNOWN)
        yield Goal(
            f"{way}: {KNOWN}, p50 at {served.size:,}",
            f"{found:.2f} ms",
            f"≤ {engine + more_ms:.2f} ms, engine + {more_ms}",
            found <= engine + more_ms,
        )
    for asked, most_ms in ((BEFORE, 6), (NEW, 12)):
        found = served.p50_ms(EDGE, asked)
        yield Goal(
            f"{EDGE}: {asked}, p50 at {served.size:,}",
            f"{found:.2f} ms",
            f"≤ {most_ms} ms",
            found <= most_ms,
        )
    again = served.p50_ms(EDGE, AGAIN)
    yield Goal(f"{EDGE}: {AGAIN}, p50 at {served.size:,}", f"{again:.2f} ms", "–", None)
    share = served.per_s[GRPC, KNOWN] / served.engine_per_s
    yield Goal(
        f"{CLIENTS} clients ÷ the engine alone, searches a second at {served.size:,}",
        f"{share:.2f}",
        "≥ 0.7",
        share >= 0.7,
        f"{served.per_s[GRPC, KNOWN]:.0f} of {served.engine_per_s:.0f}",
    )
