"""What was to be reached, and what was."""

from collections.abc import Iterator

from bench.goal import Goal
from bench.web.lighthouse import Audit
from bench.web.recorder import Recording
from bench.web.results import Results

FIRST_LOAD_KB = 160
SCORES = {"performance": 95, "accessibility": 100, "best-practices": 95, "seo": 95}
FRAME_MS = 17.0
SEARCH_MS = 100.0
LONGEST_TASK_MS = 200.0


def goals(results: Results) -> list[Goal]:
    """A line for each figure that was measured, and for each part that could not be."""
    return [
        *_first_load(results),
        *(line for audit in results.audits for line in _audit(audit)),
        *_searches(results),
        *_scrolling(results),
        *_panning(results),
        *_dropping(results),
        *(
            Goal(part, "not measured", "–", reached=False, detail=why)
            for part, why in results.failed.items()
        ),
    ]


def _first_load(results: Results) -> Iterator[Goal]:
    load = results.first_load
    if load is None:
        return
    gzip_kb = load.gzip_bytes / 1e3
    yield Goal(
        "first load, gzip",
        f"{gzip_kb:.1f} kB",
        f"≤ {FIRST_LOAD_KB} kB",
        gzip_kb <= FIRST_LOAD_KB,
        f"brotli {load.brotli_bytes / 1e3:.1f} kB; {load.requests} requests",
    )


def _audit(audit: Audit) -> Iterator[Goal]:
    for name, score in audit.scores.items():
        goal = SCORES[name]
        detail = "; ".join(audit.lost[:3]) if name == "performance" else ""
        yield Goal(
            f"Lighthouse, {audit.path}: {name}",
            str(score),
            str(goal) if goal == 100 else f"≥ {goal}",
            score >= goal,
            detail,
        )


def _searches(results: Results) -> Iterator[Goal]:
    searches = results.searches
    if searches is None:
        return
    answer_ms = sorted(searches.answer_ms)[len(searches.answer_ms) // 2]
    yield Goal(
        "search: last byte to results, p95",
        f"{searches.p95_ms:.0f} ms",
        f"≤ {SEARCH_MS:.0f} ms",
        searches.p95_ms <= SEARCH_MS,
        f"{len(searches.shown_ms)} searches, median {searches.p50_ms:.0f} ms; "
        f"the answer itself {answer_ms:.0f} ms after Enter",
    )


def _scrolling(results: Results) -> Iterator[Goal]:
    scrolling = results.scrolling
    if scrolling is None:
        return
    of = f"{scrolling.images:,} images"
    yield _frames(
        f"{of}, by wheel: median frame", scrolling.wheel, f"{scrolling.most_cells} cells in the DOM"
    )
    yield _frames(f"{of}, jumps along the timeline: median frame", scrolling.jumps)


def _panning(results: Results) -> Iterator[Goal]:
    panning = results.panning
    if panning is not None:
        yield _frames(f"map of {panning.points:,} points, dragged: median frame", panning.recording)


def _frames(what: str, recording: Recording, also: str = "") -> Goal:
    detail = (
        f"p95 {recording.p95_ms:.1f} ms; long tasks: {len(recording.long_tasks_ms)}, "
        f"the longest {recording.longest_task_ms:.0f} ms"
    )
    return Goal(
        what,
        f"{recording.median_ms:.1f} ms",
        f"≤ {FRAME_MS:.0f} ms",
        recording.median_ms <= FRAME_MS,
        f"{detail}; {also}" if also else detail,
    )


def _dropping(results: Results) -> Iterator[Goal]:
    dropping = results.dropping
    if dropping is None:
        return
    longest_ms = dropping.recording.longest_task_ms
    yield Goal(
        f"{dropping.files} files dropped at once: longest task",
        f"{longest_ms:.0f} ms",
        f"≤ {LONGEST_TASK_MS:.0f} ms",
        longest_ms <= LONGEST_TASK_MS,
        f"long tasks: {len(dropping.recording.long_tasks_ms)}; "
        f"median frame {dropping.recording.median_ms:.1f} ms",
    )
    yield Goal(
        "until all are uploaded ÷ the same by `argus import`",
        f"{dropping.uploaded_s / dropping.imported_s:.2f}",
        "–",
        None,
        f"{dropping.uploaded_s:.1f} ÷ {dropping.imported_s:.1f} s",
    )
