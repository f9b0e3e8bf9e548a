"""The page of what taking images in costs."""

from pathlib import Path
from statistics import median

from bench.goal import HEADS, table
from bench.ingest.goals import goals
from bench.ingest.peer import CALLERS
from bench.ingest.results import EMBEDDED, STREAMED, Results

MEANING = Path(__file__).with_name("meaning.md")


def report(results: Results, command: str, model: str) -> str:
    """The results as Markdown."""
    head = f"`{command}` on {results.cores} cores, model `{model}`; medians."
    sections = [
        "# Taking images in",
        head,
        table(HEADS, (goal.cells for goal in goals(results))),
        _ways(results),
        _peer(results),
        _parts(results),
        _stages(results),
        _large(results),
        MEANING.read_text(encoding="utf-8"),
    ]
    return "\n\n".join(section for section in sections if section)


def _ways(results: Results) -> str:
    alone = results.ways[EMBEDDED].rate
    rows = [
        (name, f"{way.rate:.1f}", f"{way.rate / alone:.2f}",
         f"{1e3 * median(sum(one.values()) for one in way.processor_s):.1f}")
        for name, way in results.ways.items()
    ]  # fmt: skip
    return table(("way", "images/s", "÷ embedder alone", "CPU ms/image"), rows)


def _peer(results: Results) -> str:
    if not isinstance(results.peer_per_s, list):
        why = results.peer_per_s
        return f"The usual service was not measured: {why}." if why else ""
    taken = median(results.peer_per_s)
    return (
        f"The usual service (FastAPI, Pillow, minio; {CALLERS} callers) takes {taken:.1f} "
        f"images/s; `ImportImages` {results.ways[STREAMED].rate / taken:.2f} × as many."
    )


def _parts(results: Results) -> str:
    parts = sorted(
        {part for way in results.ways.values() for one in way.processor_s for part in one}
    )
    shares = [
        (part, *(f"{1e3 * way.part_s(part):.1f}" for way in results.ways.values()))
        for part in parts
    ]
    return table(("CPU ms/image of", *results.ways), shares)


def _stages(results: Results) -> str:
    stages = {**results.stages_s, "embedding": results.embedding_s}
    stages["all"] = sum(stages.values())
    lines = ((stage, f"{1e3 * seconds:.2f}") for stage, seconds in stages.items())
    return (
        table(("stage of an image", "CPU ms"), lines)
        + f"\n\nSum-of-stages limit: {results.limit_per_s:.1f} images/s."
    )


def _large(results: Results) -> str:
    if not results.large_mb:
        return ""
    before, peak = results.resident_mb
    return (
        f"{results.large_mb:.0f} MB of TIFFs of 20 MB over one stream: "
        f"{results.large_mb_per_s:.0f} MB/s; storage's resident memory was {before:.0f} MB before "
        f"and {peak:.0f} MB at most, {peak - before:+.0f} MB."
    )
