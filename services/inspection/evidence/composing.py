"""From what is known of a version to a report of it."""

from collections.abc import Iterator, Sequence

from services.inspection.evidence.document import (
    Document,
    Figure,
    Gallery,
    Graphs,
    Section,
    Table,
    Text,
)
from services.inspection.evidence.gathered import Gathered, Judged
from services.inspection.evidence.judged_parts import (
    cards,
    confusion,
    judged_graphs,
    judged_numbers,
    score_histograms,
)
from services.inspection.evidence.painted_parts import (
    miss_rate,
    painted_graphs,
    painted_numbers,
    sensitivity_bars,
    sensitivity_table,
    size_table,
)
from services.inspection.evidence.words import many, percent, with_interval
from services.inspection.model import (
    Drift,
    LabelledImage,
    Registration,
    Scorer,
    Threshold,
    Version,
)
from services.inspection.verdict.detection import summary_of
from services.inspection.verdict.intervals import Proportion, wilson

MOST_JUDGED = 10_000
"""Judged images that a report counts, the newest."""

MOST_PICTURES = 12
"""Of misses and of false alarms each."""

NO_VERSION = (
    "This set has no version yet. Calibrate it first; then a report can tell what it finds."
)


def compose(known: Gathered) -> Document:
    """The report, without anything that reaches outside it."""
    version, judged = known.version, known.judged
    if version is None or judged is None:
        return Document(
            title=known.reference_set.display_name,
            subtitle=f"Inspection report, {_when(known)}",
            figures=(),
            warnings=(NO_VERSION,),
            sections=(),
        )
    return Document(
        title=known.reference_set.display_name,
        subtitle=f"Inspection report of version {version.version}, {_when(known)}",
        figures=_figures(version, judged),
        warnings=list(_warnings(known, version, judged)),
        sections=[
            _about(known, version),
            _judged(known, judged),
            _painted(known, version),
            Section("Scores", [Graphs([score_histograms(version, judged)]), _SCORES]),
            *([_drift(known.drift)] if known.drift else []),
            _gallery(
                known, "Worst misses", "Defects called normal, the lowest scores first.",
                judged.misses,
            ),
            _gallery(
                known, "Worst false alarms", "Normal images called anomalous, the highest first.",
                judged.false_alarms,
            ),
            _counted(known),
        ],
    )  # fmt: skip


def worst(judged: Judged) -> list[LabelledImage]:
    """The images that a report shows pictures of."""
    return [*judged.misses[:MOST_PICTURES], *judged.false_alarms[:MOST_PICTURES]]


_SCORES = Text(
    "Scores by bin, each panel in its own scale; the line is the threshold. What lies beyond the "
    "last bin counts in it. Frames that cannot be inspected are alarms whatever their score."
)


def _figures(version: Version, judged: Judged) -> list[Figure]:
    found, missed, _, _ = judged.counts
    return [
        Figure(
            "False-alarm rate",
            held_out_rate(version.threshold),
            f"of normal images, as {version.threshold.held_out_count:,} held-out ones say",
        ),
        Figure(
            "Miss rate, judged",
            wilson(missed, found + missed),
            f"of {many(found + missed, 'defect')} that people judged are called normal",
        ),
        Figure("Miss rate, painted", miss_rate(version.sensitivity), "of painted defects"),
    ]


def held_out_rate(threshold: Threshold) -> Proportion:
    """The false-alarm rate that held-out images promise."""
    rate = threshold.false_alarm_rate
    return Proportion(rate, min(threshold.low, rate), max(threshold.high, rate))


def _warnings(known: Gathered, version: Version, judged: Judged) -> Iterator[str]:
    summary = summary_of(version.sensitivity)
    if summary is not None and summary.finds_almost_nothing:
        yield (
            f"This threshold is useless as far as painted defects tell: it finds "
            f"{summary.all.found} of {summary.all.painted}, and misses most of the largest and "
            "clearest. More reference images, a larger size or a stronger model may mend that."
        )
    if version.threshold.extrapolated:
        yield (
            f"The false-alarm rate is extrapolated: {version.threshold.held_out_count:,} held-out "
            "images are too few for the target. Add normal images."
        )
    if known.drift is not None and known.drift.warning:
        yield "Recent scores have drifted from the calibration's: look at camera and light."
    if not judged.defects:
        yield (
            "Nobody has judged a defect that this version scored and did not learn from. Rates of "
            "misses are known of painted defects only, and real ones may be harder to see."
        )


def _registration(version: Version) -> str:
    kinds = {
        Registration.NONE: "none",
        Registration.TRANSLATION: "shifted",
        Registration.RIGID: "shifted and turned",
    }
    to = f", to image {version.reference_image_id}" if version.reference_image_id else ""
    return kinds[version.settings.registration] + to


def _about(known: Gathered, version: Version) -> Section:
    settings, threshold, owner = version.settings, version.threshold, known.reference_set
    made = "set by a person" if threshold.set_by_person else "estimated from held-out images"
    if settings.scorer is Scorer.PATCH_CORESET:
        scorer = f"patches against a coreset of {version.coreset_size:,}"
    else:
        scorer = "the nearest whole images"
    rows = [
        ("Set", owner.set_id),
        ("Owner", owner.user_id),
        ("Report asked for by", f"{known.asked_by}{'' if known.owned else ', not the owner'}"),
        ("Version made", f"{version.created_at:%d %B %Y, %H:%M} {version.created_at.tzname()}"),
        ("Normal images learnt from", f"{len(version.image_ids):,}"),
        ("Scorer", scorer),
        ("Model", f"{settings.model}, {version.model_version}"),
        ("Shorter side", f"{settings.size} px" if settings.size else "the model's own"),
        ("References seen", settings.augmentation.value.lower().replace("_", " ")),
        ("Background", "left out" if settings.mask_background else "counts"),
        ("Registration", _registration(version)),
        ("Head from feedback", "yes" if version.has_head else "no"),
        ("Made from version", str(version.base_version) if version.base_version else "none"),
        ("Threshold", f"{threshold.value:.4g}, {made}"),
        ("Target false-alarm rate", percent(threshold.target)),
        ("Artifact, SHA-256", version.artifact_sha256),
        ("Inspected with this version", _inspected(known)),
    ]
    return Section("Version and settings", [Table(("", ""), rows)])


def _inspected(known: Gathered) -> str:
    share = wilson(known.anomalous, known.inspected)
    if share is None:
        return "nothing yet"
    return f"{known.inspected:,}, of which anomalous {with_interval(share)}"


def _judged(known: Gathered, judged: Judged) -> Section:
    told = Text(
        f"{many(len(judged.images), 'judged image')} that this version scored and did not learn "
        "from, by the last word on each, at the present threshold. People judge what the review "
        "queue shows them, so precision and shares of all images are those of what was judged."
    )
    left = known.judged_at_all - len(judged.images) - known.learnt_from
    rest = [
        f"{many(known.learnt_from, 'judged image')} left out: the version learnt from them."
        if known.learnt_from
        else "",
        f"{many(left, 'judged image')} left out: this version has not inspected them."
        if left > 0
        else "",
    ]
    if not judged.images:
        return Section("What people judged", [Text(" ".join(["None yet.", *filter(None, rest)]))])
    return Section(
        "What people judged",
        [
            told,
            Table(*judged_numbers(judged)),
            *judged_graphs(judged),
            Text("By kind of defect, as people named it:"),
            confusion(judged),
            *(Text(one) for one in rest if one),
        ],
    )


def _painted(known: Gathered, version: Version) -> Section:
    title = "Painted defects"
    if not version.sensitivity:
        return Section(title, [Text("What it finds of painted defects cannot be estimated.")])
    return Section(
        title,
        [
            Text(
                "Defects painted into references, each scored by what did not learn from that "
                "reference, against the held-out normal images. Contrast is in units of the "
                "surface's own: faint is 2, clear is 5. Real defects may be harder to see."
            ),
            Table(*painted_numbers(version, known.marks)),
            *painted_graphs(version, known.marks),
            Text("Found at the present threshold, by size:"),
            size_table(version.sensitivity),
            Graphs([sensitivity_bars(version.sensitivity)]),
            Text("By kind, contrast and size:"),
            sensitivity_table(version.sensitivity),
        ],
    )


def _drift(drift: Drift) -> Section:
    if not drift.recent_count:
        return Section("Drift", [Text("Nothing was inspected with this version yet.")])
    rows = [
        ("Recent inspections compared", f"{drift.recent_count:,}"),
        ("Their median score, by that of held-out images", f"{drift.median_ratio:.3f}"),
        ("Greatest distance of the distributions (Kolmogorov-Smirnov)", f"{drift.distance:.3f}"),
        ("Probability of such a distance by chance", f"{drift.p_value:.2g}"),
        ("Drifted", "yes" if drift.warning else "no"),
    ]
    return Section("Drift", [Table(("", ""), rows)])


def _gallery(known: Gathered, title: str, words: str, images: Sequence[LabelledImage]) -> Section:
    shown = images[:MOST_PICTURES]
    blocks: list[Text | Gallery] = [Text(f"{words} {_of_all(len(shown), len(images))}")]
    return Section(title, [*blocks, Gallery(cards(shown, known.pictures))])


def _of_all(shown: int, all_: int) -> str:
    return f"{shown} of {all_:,}." if shown < all_ else f"{all_:,} in all."


def _counted(known: Gathered) -> Section:
    whose = "all inspections" if known.owned else "your own inspections only"
    return Section(
        "How it was counted",
        [
            Text(
                f"It counts {whose}; of judged images the newest {MOST_JUDGED:,}, each with its "
                f"last inspection; of misses and of false alarms the {MOST_PICTURES} worst are "
                "shown. Pictures are those of your own images, with the heat map where it is "
                "kept. Curves are drawn through at most 300 points; areas are of all."
            ),
            Text(
                "Intervals hold the true number in 95 of 100 cases: shares by Wilson (1927), the "
                "false-alarm rate by the ranks of held-out images (Clopper and Pearson 1934, Vovk "
                "et al. 2005), the area under the ROC curve by Newcombe (2006), average precision "
                "by Boyd et al. (2013). Several defects are painted into one reference: where "
                "references differ much, the true intervals of painted defects are wider."
            ),
        ],
    )


def _when(known: Gathered) -> str:
    return f"{known.made_at:%d %B %Y, %H:%M} {known.made_at.tzname() or ''}".strip()
