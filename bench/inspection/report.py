"""The results for people: goals first, then what explains them."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from string import Template

from bench.goal import HEADS, missed, table
from bench.inspection.ablation import LEARNT_FROM
from bench.inspection.false_alarms import TARGETS, FalseAlarms
from bench.inspection.goals import goals
from bench.inspection.options import Options
from bench.inspection.protocol import ALL
from bench.inspection.quality import ADDED, FEW_TARGET
from bench.inspection.results import Quality, Results
from bench.inspection.rounds import BOTH, EDGE, way
from bench.inspection.split_figures import SplitFigures
from bench.inspection.surfaces import REFERENCES as SURFACE_REFERENCES

LIMITS = Path(__file__).with_name("limits.md")
"""What limits quality and speed."""
SPEED_ALONE = Path(__file__).with_name("speed_alone.md")
"""Speed where it is not measured."""
MEANING = Path(__file__).with_name("meaning.md")
"""What the lines mean."""


def markdown(results: Results, options: Options, *, machine: str, command: str) -> str:
    """The whole report."""
    head = (
        f"`{command}`: one run of {results.seconds / 60:.0f} minutes on {machine}. Speed with "
        f"{results.images} on average; everything, the client too, shares these cores."
    )
    if results.busy:
        head += " Other work shared the machine, which quality does not mind"
        head += ": speed is slower than alone." if results.speed else "."
    found = goals(results)
    parts = [
        "# Inspection: how well it finds defects, and how fast",
        head,
        table(HEADS, (goal.cells for goal in found)),
        f"{len(missed(found))} of {sum(goal.reached is not None for goal in found)} goals missed.",
    ]
    if results.quality is None:
        parts.append("Quality was not measured: `--tiles` names the folder that it needs.")
    parts += [
        LIMITS.read_text(encoding="utf-8").strip(),
        Template(MEANING.read_text(encoding="utf-8").strip()).substitute(
            rounds=options.rounds, single=options.single
        ),
    ]
    if results.quality is not None:
        parts += _quality(results.quality)
    parts.append(
        _stages(results) if results.speed else SPEED_ALONE.read_text(encoding="utf-8").strip()
    )
    return "\n\n".join(parts) + "\n"


def _quality(quality: Quality) -> list[str]:
    parts = [
        "## Splits: one bank and two, tiles known and new",
        _splits(quality),
        "## The split with 80 % known, written down",
        _written_down(quality),
        "## Textures with painted defects",
        _surfaces(quality),
        "## Simulated calibrations",
        _coverage(quality),
        "## By kind of defect",
        _by_kind(quality),
        "## False alarms",
        _false_alarms(quality),
        "## Fewer references",
        _few(quality),
        "## Ten more normals",
        _growth(quality),
        "## Another product",
        table(
            ("shown", "flagged as off-distribution"),
            ((what, f"{hit} of {all_}") for what, (hit, all_) in quality.off_distribution.items()),
        ),
    ]
    if quality.ablation:
        parts += ["## Each part of the method changed alone", _ablation(quality)]
    return parts


def _splits(quality: Quality) -> str:
    lines = [
        line
        for splits in (quality.protocol, quality.published)
        for line in (_split_line("first", splits[:1]), _split_line("all", splits))
    ]
    heads = (
        "references",
        "splits",
        "one bank: AUROC",
        "missed at 5 %",
        "two banks: AUROC",
        "missed at 5 %",
        "missed at the threshold for 5 %",
        "false alarms there",
        "tile known",
        "tile new",
        "two chosen",
    )
    return table(heads, lines) + (
        "\n\nAUROC of all splits with its standard deviation. “Missed at 5 %” is at the score that"
        " 5 % of the tested normals pass; “at the threshold”, at that of a calibration. A tile is"
        " known if another photograph of it is among the references"
        f" ({mean(one.known_share for one in quality.protocol):.0%} of the tested normals with 200"
        f" references, {mean(one.known_share for one in quality.published):.0%} with 80 %);"
        f" the 320 normals show {quality.parts} tiles by correlation of what is fine in them. “Two"
        " chosen” counts the splits in which calibration, left to choose, takes two banks."
    )


def _split_line(name: str, splits: Sequence[SplitFigures]) -> tuple[str, ...]:
    def areas(values: Sequence[float | None]) -> str:
        some = [one for one in values if one is not None]
        if not some:
            return "–"
        return f"{mean(some):.3f}" + (f" ± {stdev(some):.3f}" if len(some) > 1 else "")

    return (
        f"{splits[0].references}",
        f"{name} {len(splits)}" if len(splits) > 1 else name,
        areas([one.one for one in splits]),
        f"{mean(one.one_miss for one in splits):.0%}",
        areas([one.two for one in splits]),
        f"{mean(one.two_miss for one in splits):.0%}",
        f"{mean(one.calibrated_miss for one in splits):.0%}",
        f"{mean(one.false_alarms for one in splits):.1%}",
        areas([one.known for one in splits]),
        areas([one.new for one in splits]),
        f"{sum(one.chosen == 2 for one in splits)} of {len(splits)}",
    )


def _written_down(quality: Quality) -> str:
    tested = [name.removesuffix(".jpg") for name in quality.published_tested]
    return (
        f"The {quality.published[0].references} references are the first of the normals in the"
        " order of their names after Python's `random.Random(0).shuffle`; tested are all defects"
        f" and these {len(tested)} normals: {', '.join(tested)}."
    )


def _surfaces(quality: Quality) -> str:
    lines = (
        (one.name, f"{one.one:.3f}", f"{one.two:.3f}", "two" if one.chosen == 2 else "one")
        for one in quality.surfaces
    )
    return table(("surface", "AUROC, one bank", "two banks", "chosen"), lines) + (
        f"\n\n{SURFACE_REFERENCES} pieces of each are references, as many others are tested, each"
        " as it is and with two of four kinds of painted defects."
    )


def _coverage(quality: Quality) -> str:
    lines = (
        (
            f"{one.references}",
            f"{one.target:.0%}",
            f"{one.mean_rate:.2%}",
            f"{one.inside} of {one.simulated}",
        )
        for one in quality.coverage
    )
    return table(("references", "target", "true rate, mean", "in the stated interval"), lines) + (
        "\n\nScores of both banks are drawn from a smoothed population of held-out ones, fused by"
        " what is drawn, and held against a threshold that is set from them; the true rate is that"
        " of a large draw. The interval is stated for 95 %."
    )


def _by_kind(quality: Quality) -> str:
    return table(
        (
            "kind",
            "image AUROC (95 %)",
            "pixel AUROC",
            "PRO (30 %)",
            "of all defective pixels",
            "whole image, nearest 3",
            "PatchCore in torch",
        ),
        (
            (
                kind,
                str(area),
                f"{quality.pixel[kind].auroc:.3f}",
                f"{quality.pixel[kind].pro:.3f}",
                f"{quality.pixel[kind].share:.1%}",
                str(quality.whole_image[kind]),
                str(quality.peer[kind]),
            )
            for kind, area in quality.image.items()
        ),
    )


def _false_alarms(quality: Quality) -> str:
    def line(name: str, alarms: FalseAlarms) -> tuple[str, ...]:
        measured = alarms.measured
        return (
            name,
            f"{alarms.target:.0%}",
            f"{alarms.low:.1%}–{alarms.high:.1%}",
            f"{measured.value:.1%} ({measured.low:.1%}–{measured.high:.1%})",
            "yes" if alarms.inside else "no",
            "yes" if alarms.compatible else "no",
            f"{alarms.miss_rate:.1%}",
        )

    heads = (
        "split",
        "target",
        "stated interval",
        "measured (95 %)",
        "in the interval",
        "compatible",
        "missed defects",
    )
    parts = [table(heads, (line("protocol's", alarms) for alarms in quality.alarms))]
    if quality.split_alarms:
        lines = []
        for target in TARGETS:
            some = [one for one in quality.split_alarms if one.target == target]
            lines.append(
                (
                    f"{target:.0%}",
                    f"{mean(one.measured.value for one in some):.2%}",
                    f"{sum(one.inside for one in some)} of {len(some)}",
                    f"{some[0].inside_expected * len(some):.1f}",
                    f"{sum(one.compatible for one in some)} of {len(some)}",
                    f"{mean(one.miss_rate for one in some):.1%}",
                )
            )
        over_splits = (
            "target",
            "measured, mean",
            "in the interval",
            "expected there",
            "compatible",
            "missed defects, mean",
        )
        aurocs = quality.split_aurocs
        parts.append(
            f"{len(aurocs)} random splits of the same 320 normals (they overlap, so they are not "
            f"independent); image AUROC {mean(aurocs):.3f} ({min(aurocs):.3f}–{max(aurocs):.3f}):"
        )
        parts.append(table(over_splits, lines))
    parts.append(
        "The stated interval is for the rate itself. 120 normals show that rate only roughly: even "
        "if it were exact, their share of alarms would lie in it only as often as “expected there” "
        "says. “Compatible” allows for that: the number of alarms is among the middle 95 % of the "
        "beta-binomial distribution that the interval implies."
    )
    return "\n\n".join(parts)


def _few(quality: Quality) -> str:
    lines = [
        (
            "200",
            f"{quality.image[ALL].value:.3f}",
            "1",
            *_at_few_target(quality),
        )
    ]
    lines += [
        (
            f"{one.count}",
            f"{mean(one.aurocs):.3f} ({min(one.aurocs):.3f}–{max(one.aurocs):.3f})",
            f"{len(one.aurocs)}",
            f"{one.false_alarm_rate:.1%}",
            f"≤ {one.stated_high:.1%}",
            f"{one.miss_rate:.1%}",
        )
        for one in quality.few
    ]
    heads = (
        "references",
        "image AUROC (least–most)",
        "drawings",
        f"false alarms at {FEW_TARGET:.0%}",
        "stated",
        "missed defects",
    )
    return table(heads, lines)


def _at_few_target(quality: Quality) -> tuple[str, str, str]:
    alarms = next(one for one in quality.alarms if one.target == FEW_TARGET)
    return f"{alarms.measured.value:.1%}", f"≤ {alarms.high:.1%}", f"{alarms.miss_rate:.1%}"


def _growth(quality: Quality) -> str:
    growth = quality.growth
    return table(
        (f"190 and {ADDED} more", "image AUROC", "members", "seconds without features"),
        (
            (
                "added",
                f"{growth.grown_auroc:.4f}",
                f"{growth.grown_members}",
                f"{growth.grown_s:.2f}",
            ),
            (
                "learnt anew",
                f"{growth.rebuilt_auroc:.4f}",
                f"{growth.rebuilt_members}",
                f"{growth.rebuilt_s:.2f}",
            ),
        ),
    )


def _ablation(quality: Quality) -> str:
    words = (
        f"Image AUROC with {LEARNT_FROM} of the protocol's 200 references. Choosing was done on "
        "the development columns: defects painted on the other 60 references (against the same 60 "
        "without), and `uneven` (against the same 60). `blowhole` and `crack` (against the 120 "
        "test normals) are reported only; on the way to the method they were looked at a handful "
        "of times, and `uneven` counts both for choosing and in the results above, which are "
        "therefore optimistic for it."
    )
    heads = (
        "part",
        "value",
        "painted (dev.)",
        "uneven (dev.)",
        "blowhole (test)",
        "crack (test)",
        "scoring, ms",
    )
    lines = (
        (
            row.factor,
            row.what,
            f"{row.synthetic:.3f}",
            f"{row.uneven:.3f}",
            f"{row.blowhole:.3f}",
            f"{row.crack:.3f}",
            f"{row.score_ms:.2f}",
        )
        for row in quality.ablation
    )
    return f"{words}\n\n{table(heads, lines)}"


def _stages(results: Results) -> str:
    lines = []
    for at in results.speed:
        shown = ", ".join(f"{stage} {spent:.1f}" for stage, spent in at.stages_ms.items())
        peer = f"{at.peer_bank}" if at.peer_bank else "–"
        lines.append((f"{at.size} px", f"{at.patches:.0f}", shown, peer))
    heads = ("size", "patches, median", "ms in the service, medians", "torch's bank")
    return (
        f"## Where the time goes\n\n`{way(EDGE, BOTH)}`, one image after the other, as the "
        f"answer's `timings` say:\n\n{table(heads, lines)}"
    )
