"""What a report says of images that people judged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from services.inspection.evidence.curve_graphs import separation_graphs
from services.inspection.evidence.document import (
    Card,
    Graphs,
    Histograms,
    Panel,
    Table,
    Tone,
)
from services.inspection.evidence.gathered import Judged
from services.inspection.evidence.words import cut, decimal, interval, percent
from services.inspection.model import InspectionRecord, LabelledImage, Version
from services.inspection.verdict.histogram import counted, edges_of
from services.inspection.verdict.intervals import Proportion, wilson

BINS = 40
MOST_KINDS = 30
"""Kinds of defect that have a row of their own; the rest are taken together."""

MOST_NOTE = 300
MOST_LABEL = 64
UNNAMED = "(kind not told)"
OTHERS = "(other kinds)"

Rows = Sequence[Sequence[str]]


def judged_numbers(judged: Judged) -> tuple[Sequence[str], Rows]:
    """Shares of what people judged, with intervals."""
    found, missed, alarms, passed = judged.counts
    rows = [
        _share("Recall: defects called anomalous", found, found + missed),
        _share("Miss rate: defects called normal", missed, found + missed),
        _share("False-alarm rate: normal images called anomalous", alarms, alarms + passed),
        _share("Precision: defects among what is called anomalous", found, found + alarms),
    ]
    separation = judged.separation
    if separation is not None:
        rows += [
            ("Area under the ROC curve", "", *_area(separation.auroc)),
            ("Average precision", "", *_area(separation.average_precision)),
        ]
    return ("", "Counted", "Value", "95 % interval"), rows


def judged_graphs(judged: Judged) -> list[Graphs]:
    """ROC and precision-recall of what people judged."""
    separation = judged.separation
    if separation is None:
        return []
    found, missed, alarms, passed = judged.counts
    return [
        separation_graphs(
            separation,
            Tone.DEFECT,
            "judged",
            recall=wilson(found, found + missed),
            false_alarms=wilson(alarms, alarms + passed),
            precision=wilson(found, found + alarms),
        )
    ]


def confusion(judged: Judged) -> Table:
    """Verdicts by kind of defect, the most frequent first, and those on normal images."""
    by_kind: dict[str, list[LabelledImage]] = defaultdict(list)
    for one in judged.defects:
        by_kind[cut(one.label, MOST_LABEL) or UNNAMED].append(one)
    ordered = sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind))
    rows = [_verdicts(kind, judged, by_kind[kind]) for kind in ordered[:MOST_KINDS]]
    if rest := [one for kind in ordered[MOST_KINDS:] for one in by_kind[kind]]:
        rows.append(_verdicts(OTHERS, judged, rest))
    rows.append(_verdicts("normal", judged, judged.normals))
    return Table(
        ("Kind", "Judged", "Called anomalous", "Called normal", "Share anomalous", "95 % interval"),
        rows,
    )


def score_histograms(version: Version, judged: Judged) -> Histograms:
    """Scores of held-out normal images and of judged ones over common bins."""
    normals = [one.inspection.score for one in judged.normals]
    defects = [one.inspection.score for one in judged.defects]
    edges = edges_of([*version.held_out, *normals, *defects], version.threshold.value, BINS)
    panels = [
        Panel(f"{name} ({len(scores):,})", counted(scores, edges), tone)
        for name, scores, tone in (
            ("held-out normal images", version.held_out, Tone.PLAIN),
            ("judged normal", normals, Tone.NORMAL),
            ("judged defective", defects, Tone.DEFECT),
        )
        if scores
    ]
    return Histograms("Scores", edges.tolist(), panels, version.threshold.value)


def cards(images: Sequence[LabelledImage], pictures: Mapping[str, bytes]) -> list[Card]:
    """Images with what is known of them."""
    return [_card(one, pictures.get(one.image_id, b"")) for one in images]


def _card(one: LabelledImage, picture: bytes) -> Card:
    inspection = one.inspection
    kind = cut(one.label, MOST_LABEL) or ("defect" if one.defective else "normal")
    lines = [
        f"score {inspection.score:.3g}, version {inspection.version}",
        f"judged {one.told_at:%d %b %Y}",
    ]
    if inspection.off_distribution:
        lines.insert(1, uninspectable(inspection))
    return Card(kind, lines, cut(one.note, MOST_NOTE), one.image_id, picture)


def uninspectable(inspection: InspectionRecord) -> str:
    """Why an image could not be inspected: the main reason, where one was kept."""
    if not inspection.frame_problems:
        return "uninspectable"
    reason = inspection.frame_problems[0].reason
    return f"uninspectable: {reason.lower().replace('_', ' ')}"


def _verdicts(kind: str, judged: Judged, images: Sequence[LabelledImage]) -> Sequence[str]:
    called = sum(judged.anomalous(one) for one in images)
    share = wilson(called, len(images))
    return (
        kind,
        f"{len(images):,}",
        f"{called:,}",
        f"{len(images) - called:,}",
        "–" if share is None else percent(share.value),
        interval(share),
    )


def _share(name: str, hits: int, total: int) -> tuple[str, str, str, str]:
    share = wilson(hits, total)
    return (
        name,
        f"{hits:,} of {total:,}",
        "–" if share is None else percent(share.value),
        interval(share),
    )


def _area(area: Proportion) -> tuple[str, str]:
    value, _, rest = decimal(area).partition(" (")
    return value, rest.rstrip(")")
