"""The results for people: one table of goals, and what explains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bench.embedder.options import Options
from bench.embedder.results import ModelResults, PeerResults, PersonResults, Results, p50s
from bench.embedder.stats import Spread, ratios, spread

MEANING = Path(__file__).with_name("meaning.md")
"""What the lines mean."""

STREAM_GOAL = 0.95
EDGE_GOAL = 0.9
CALLERS_GOAL = 0.9
LATENCY_GOAL = 1.25
PERSON_GOAL = 3.0

QUIET = 0.1
"""Largest share of the busy time that others may have taken in the loop's passes."""
LOOP = "limit"
"""Kind of pass in which nobody but the loop should work."""


@dataclass(frozen=True)
class Row:
    """One line: a ratio of what was measured in pairs."""

    what: str
    ratio: Spread | None
    """None if it could not be measured."""
    detail: str
    """Both sides of the ratio, or why there is none."""
    goal: float | None = None
    at_least: bool = True
    """The goal is a floor, else a ceiling."""

    @property
    def verdict(self) -> str:
        """Whether the goal was reached."""
        if self.ratio is None:
            return "not measured"
        if self.goal is None:
            return "–"
        median = self.ratio.median
        reached = median >= self.goal if self.at_least else median <= self.goal
        return "reached" if reached else "**missed**"

    def cells(self) -> tuple[str, str, str, str, str]:
        """What the table shows."""
        goal = "–" if self.goal is None else f"{'≥' if self.at_least else '≤'} {self.goal:g}"
        return self.what, _ratio(self.ratio), goal, self.verdict, self.detail


def rows(results: Results, options: Options) -> list[Row]:
    """The table's lines."""
    found = [row for model in results.models for row in _model_rows(model, options)]
    if results.person.busy_text_s:
        found += _person_rows(results.person)
    return found


def markdown(results: Results, options: Options, *, machine: str, command: str) -> str:
    """The whole report."""
    seen = f"{results.photographs} photographs of {results.image_bytes / 1000:.0f} kB"
    head = (
        f"`{command}`: one run of {results.seconds / 60:.0f} minutes on {machine}. "
        f"{seen} on average; everything, the clients too, shares these cores."
    )
    noise = max((model.others_share(LOOP) for model in results.models), default=0.0)
    if noise > QUIET:
        head += (
            f" **The machine was not quiet: up to {noise:.0%} of its busy time went elsewhere, "
            "so this run proves nothing.**"
        )
    parts = [
        "# The embedder beside the machine's limit, and beside others",
        head,
        _table(
            ("what", "ratio (least–most)", "goal", "verdict", "both sides, medians"),
            [row.cells() for row in rows(results, options)],
        ),
        _meaning(results, options),
        *(_model_part(model) for model in results.models),
        _gpu_part(results),
    ]
    return "\n\n".join(parts) + "\n"


def _model_rows(model: ModelResults, options: Options) -> list[Row]:
    name = model.plan.model
    alone = p50s(model.alone_s)
    found = [
        Row(f"{name}: {what}", ratios(above, below), _rates(above, below), goal)
        for what, above, below, goal in (
            ("direct stream ÷ limit", model.direct, model.limit, STREAM_GOAL),
            ("stream through the edge ÷ limit", model.edge, model.limit, EDGE_GOAL),
            ("direct stream of single items ÷ limit", model.single, model.limit, None),
            (
                f"{options.callers} unary callers ÷ direct stream",
                model.callers,
                model.direct,
                CALLERS_GOAL,
            ),
            (
                f"{options.callers} callers, a stream each ÷ direct stream",
                model.stream_callers,
                model.direct,
                None,
            ),
        )
    ]
    for way, seconds in (
        ("open stream", model.stream_s),
        ("unary call", model.unary_s),
        ("new stream", model.new_stream_s),
    ):
        found.append(
            Row(
                f"{name}: one image, idle service, {way} ÷ decode and model alone",
                ratios(seconds, model.alone_s),
                f"p50 {p50s(seconds).median:.1f} ÷ {alone.median:.1f} ms",
                LATENCY_GOAL,
                at_least=False,
            )
        )
    return found + [_peer_row(model, peer) for peer in model.peers]


def _peer_row(model: ModelResults, peer: PeerResults) -> Row:
    what = f"{model.plan.model}: direct stream ÷ {peer.name}"
    usual = peer.name.startswith("FastAPI")
    goal = model.plan.peer_goal if usual else None
    if peer.unavailable:
        return Row(what, None, peer.unavailable, goal)
    return Row(what, peer.times_as_fast, _rates(peer.argus_per_s, peer.peer_per_s), goal)


def _person_rows(person: PersonResults) -> list[Row]:
    found = []
    for kind, busy, idle, goal in (
        ("text", person.busy_text_s, person.idle_text_s, PERSON_GOAL),
        ("image", person.busy_image_s, person.idle_image_s, None),
    ):
        found.append(
            Row(
                f"compact: interactive {kind}, p99 beside an import ÷ idle p99",
                person.p99_ratios(busy, idle),
                f"{1e3 * person.p99_s(busy):.1f} ÷ {1e3 * person.p99_s(idle):.1f} ms over all "
                f"rounds; import {spread(person.import_per_s).median:.0f} images/s",
                goal,
                at_least=False,
            )
        )
    return found


def _meaning(results: Results, options: Options) -> str:
    counts = ", ".join(f"{model.plan.count} for {model.plan.model}" for model in results.models)
    return Template(MEANING.read_text(encoding="utf-8").strip()).substitute(
        rounds=options.rounds,
        photographs=results.photographs,
        counts=counts,
        in_flight=options.in_flight,
        group=options.group,
        callers=options.callers,
    )


def _model_part(model: ModelResults) -> str:
    loops = [
        (name, f"{rate:.1f}", "taken" if name == model.best_loop else "")
        for name, rate in model.loops.items()
    ]
    cpu = [
        (kind, process, f"{spread(values).median:.2f}")
        for kind, processes in model.cpu_ms.items()
        for process, values in processes.items()
    ]
    head = (
        f"In the service: {model.runtime}. In the loop, with all cores and with one: "
        f"{model.loop_runtime}. Least cosine between the two's vectors: {model.agreement:.5f}. "
        f"Images that the cache knows: {model.remembered:.0f} a second. Work outside the "
        f"benchmark, the rest of the mesh included, took {model.others_share(LOOP):.0%} of the "
        f"busy time in the loop's passes and {model.others_share('direct'):.0%} in the direct "
        f"stream's."
    )
    return "\n\n".join(
        [
            f"## {model.plan.model}",
            head,
            _table(("loop", "images/s, best of two", ""), loops),
            _table(("pass", "process", "CPU ms per image, median"), cpu),
        ]
    )


def _gpu_part(results: Results) -> str:
    if not results.gpu:
        return (
            "## GPU\n\nThis machine has none, so ViT-B-32 and ViT-L-14 were not measured against "
            "a GPU's bf16 roofline; the same command measures them where there is one."
        )
    cells = [
        (
            gpu.model,
            f"{gpu.roofline_per_s:.0f}",
            *(
                f"{rate:.0f} ({rate / gpu.roofline_per_s:.2f})"
                for rate in (gpu.network_per_s, gpu.embed_per_s, gpu.decoded_per_s)
            ),
        )
        for gpu in results.gpu
    ]
    heads = ("model", "roofline", "network", "with transfer", "with transfer and decoding")
    return (
        f"## {results.gpu_name}\n\nImages per second, and the share of the roofline: the rate of "
        "a large bf16 matrix product of random numbers, measured here, over the network's "
        "operations.\n\n" + _table(heads, cells)
    )


def _ratio(ratio: Spread | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def _rates(above: list[float], below: list[float]) -> str:
    return f"{spread(above).median:.1f} ÷ {spread(below).median:.1f} images/s"


def _table(heads: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    shown = [heads, tuple("---" for _ in heads), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in shown)
