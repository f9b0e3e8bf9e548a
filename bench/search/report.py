"""The page of `python -m bench search`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.embedder.machine import describe_machine
from bench.goal import HEADS, Goal, table
from bench.search.index import ALL, SCOPES
from bench.search.results import Results
from bench.search.served import CLIENTS, KNOWN, Served
from bench.search.vectors import DIMENSION
from services.search.index.tuning import GraphTuning

MEANING = Path(__file__).with_name("meaning.md")


def report(
    results: Results, found: Sequence[Goal], graph: GraphTuning, *, command: str, busy: bool
) -> str:
    """The page."""
    head = (
        f"`{command}`, {results.lasted_s / 60:.0f} minutes on {describe_machine()}. "
        f"Clustered synthetic vectors of {DIMENSION} dimensions, HNSW with m {graph.m}, "
        f"ef_construct {graph.ef_construct}, ef {graph.ef}; ten hits; recall against an exact scan "
        "with NumPy. Edge is asked through search's own index, which names the user in every query."
    )
    if busy:
        head += (
            " Other work shared the machine: recall does not mind, and times are longer than alone."
        )
    sizes = [
        (
            f"{one.size:,}",
            name,
            f"{one.scanned[name].p50_ms:.2f}" if name in one.scanned else "–",
            f"{one.walked[name].p50_ms:.2f}",
            f"{one.walked[name].p99_ms:.2f}",
            f"{one.walked[name].recall:.4f}",
        )
        for one in results.sizes
        for name in SCOPES
    ]
    costs = [
        (f"{one.size:,}", _whole(one.upsert_us), _whole(one.build_s), f"{one.load_ms:.0f}")
        for one in results.sizes
    ]
    peers = [
        ("Argus on Edge", f"{one.size:,}", _whole(one.build_s), f"{one.walked[ALL].p50_ms:.2f}",
         f"{one.walked[ALL].recall:.4f}")
        for one in results.sizes
    ] + [
        (one.name, f"{one.size:,}", f"{one.build_s:.0f}", f"{one.p50_ms:.2f}", f"{one.recall:.4f}")
        for one in results.peers
    ]  # fmt: skip
    parts = [
        "# Search in many images",
        head,
        table(HEADS, (goal.cells for goal in found)),
        "## By size",
        table(
            ("vectors", "searched", "scan p50 ms", "graph p50 ms", "graph p99 ms", "recall@10"),
            sizes,
        ),
        table(
            (
                "vectors",
                "upsert µs each",
                "building s",
                "opening and closing ms, which hold search",
            ),
            costs,
        ),
        "## Others in the same run",
        table(("", "vectors", "building s", "p50 ms", "recall@10"), sorted(peers, key=_by_size)),
        *(_served(results.served) if results.served else ()),
        MEANING.read_text(encoding="utf-8").rstrip(),
    ]
    return "\n\n".join(parts) + "\n"


def _served(served: Served) -> list[str]:
    """Searches through everything, beside the engine and the usual service."""
    lines = [
        ("engine alone, in a process of its own", KNOWN, f"{served.engine_p50_ms:.2f}",
         _p99(served.engine_ms), f"{served.engine_per_s:.0f}")
    ] + [
        (way, asked, f"{served.p50_ms(way, asked):.2f}", _p99(ms),
         f"{served.per_s[way, asked]:.0f}" if (way, asked) in served.per_s else "–")
        for (way, asked), ms in served.ms.items()
    ]  # fmt: skip
    if served.peer_ms:
        p50 = float(np.quantile(served.peer_ms, 0.5))
        asked = "FastAPI and faiss, a vector as JSON; no users, no records, no disk"
        lines.append(
            ("HTTP", asked, f"{p50:.2f}", _p99(served.peer_ms), f"{served.peer_per_s:.0f}")
        )
    heads = ("through", "asked", "p50 ms", "p99 ms", f"a second, {CLIENTS} clients")
    snapshot = (
        f"A snapshot of all vectors is a file of {served.snapshot_bytes / 1e6:.0f} MB in "
        f"{served.exported_s:.1f} s ({served.size / served.exported_s:,.0f} images/s). A mesh that "
        f"starts with it and without an index has them after {served.imported_s:.1f} s "
        f"({served.size / served.imported_s:,.0f} images/s)."
    )
    return [f"## Searches in a mesh of {served.size:,} images", table(heads, lines), snapshot]


def _whole(measured: float | None) -> str:
    return "–" if measured is None else f"{measured:.0f}"


def _p99(ms: Sequence[float]) -> str:
    return f"{float(np.quantile(ms, 0.99)):.2f}"


def _by_size(cells: tuple[str, ...]) -> int:
    return int(cells[1].replace(",", ""))
