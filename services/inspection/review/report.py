"""A page on how well a reference set does, for people: pictures, numbers and notes in one file."""

import base64
import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log

from services.imaging.formats import sniff
from services.inspection.model import Box, LabelledImage
from services.inspection.reference_set import ReferenceSet
from services.inspection.verdict.agreement import Agreement
from services.inspection.verdict.intervals import Proportion
from services.runtime.text import harmless

STYLE = """
:root { --ink: #1b1f24; --soft: #5d6670; --line: #d9dee3; --paper: #fff; --wash: #f5f7f8;
  --bad: #b3261e; --good: #1a6e4b; --warn: #8a5a00; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1060px; padding: 40px 28px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 44px 0 4px; padding-top: 14px; border-top: 1px solid var(--line); }
h2 small { font-weight: 400; color: var(--soft); font-size: 15px; margin-left: 6px; }
p { margin: 4px 0 14px; } .soft { color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px;
  margin: 26px 0 8px; }
.figure { background: var(--wash); border-radius: 10px; padding: 14px 16px; }
.figure b { display: block; font-size: 27px; line-height: 1.25; font-weight: 620; }
.figure span { color: var(--soft); font-size: 13px; display: block; }
.bar { position: relative; height: 6px; border-radius: 3px; background: #e3e8ec; margin: 8px 0; }
.bar i { position: absolute; top: 0; bottom: 0; border-radius: 3px; background: #9db4c6; }
.bar u { position: absolute; top: -3px; width: 2px; height: 12px; background: var(--ink); }
table { border-collapse: collapse; margin: 12px 0; }
th, td { padding: 9px 20px 9px 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 550; color: var(--soft); font-size: 13px; } td { font-size: 20px; }
td small { display: block; font-size: 12.5px; } .good { color: var(--good); }
.bad { color: var(--bad); } .warn { color: var(--warn); }
svg { width: 100%; height: auto; display: block; margin: 6px 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(208px, 1fr)); gap: 18px;
  margin-top: 14px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
  break-inside: avoid; }
.shot { background: #e9edf0; display: flex; justify-content: center; align-items: center;
  height: 190px; color: var(--soft); font-size: 13px; }
.shot div { position: relative; line-height: 0; }
.shot img { max-width: 206px; max-height: 190px; display: block; }
.shot em { position: absolute; border: 2px solid #fff; outline: 1.5px solid var(--bad);
  border-radius: 2px; }
figcaption { padding: 10px 12px 12px; font-size: 13px; overflow-wrap: anywhere; }
figcaption b { font-size: 14px; } blockquote { margin: 6px 0 0; padding-left: 9px;
  border-left: 3px solid var(--line); white-space: pre-wrap; }
code { display: block; margin-top: 6px; color: var(--soft);
  font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media print { body { padding: 0; max-width: none; font-size: 11pt; }
  .figure, .shot, .bar, .bar i, .bar u { print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; } }
"""

# Nothing but the page itself: no script, and nothing from anywhere else.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

MOST_CARDS = 60
"""Pictures in a gallery, so that the page stays one that opens."""

PLOT_WIDTH = 1000
PLOT_HEIGHT = 132
PLOT_MARGIN = 30
LANES = 5
TICKS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)


def report_html(
    reference_set: ReferenceSet,
    labelled: Sequence[LabelledImage],
    agreement: Agreement,
    thumbnails: Mapping[str, bytes],
    *,
    created_at: datetime,
) -> str:
    """A page that needs nothing else, and prints.

    Args:
        reference_set: Whose images they are.
        labelled: Each image once, with its last inspection.
        agreement: How verdicts agree with people, over all that was judged.
        thumbnails: Encoded small pictures by image id, of those that `pictured` names; an image
            without one is listed without.
        created_at: Of the page.
    """
    name = _escape(reference_set.display_name)
    missed, alarms, hits = _galleries(labelled)
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{name}: inspection report</title><style>{STYLE}</style></head><body>",
            _header(reference_set, len(labelled), created_at),
            _figures(agreement),
            _confusion(agreement),
            _plot(labelled),
            _gallery("Missed defects", "called normal, and defective", missed, thumbnails),
            _gallery("False alarms", "called anomalous, and normal", alarms, thumbnails),
            _gallery("Found defects", "called anomalous, and defective", hits, thumbnails),
            "</body></html>",
        ]
    )


def _escape(text: str) -> str:
    return html.escape(harmless(text))


def _header(reference_set: ReferenceSet, labelled: int, created_at: datetime) -> str:
    version = reference_set.current_version
    return (
        f"<header><h1>{_escape(reference_set.display_name)}</h1><p class=soft>Inspection report, "
        f"{created_at:%d %B %Y, %H:%M} {_escape(created_at.tzname() or '')} · "
        f"{_many(reference_set.image_count, 'reference image')} · "
        f"{f'version {version} in use' if version else 'no version yet'} · "
        f"{_many(labelled, 'labelled image')}</p></header>"
    )


def pictured(labelled: Sequence[LabelledImage]) -> list[LabelledImage]:
    """The images that a report shows a picture of, at most 60 of a kind."""
    return [one for gallery in _galleries(labelled) for one in gallery[:MOST_CARDS]]


def _galleries(
    labelled: Sequence[LabelledImage],
) -> tuple[list[LabelledImage], list[LabelledImage], list[LabelledImage]]:
    """Missed defects, false alarms and found defects, farthest from the threshold first."""
    ordered = sorted(labelled, key=lambda one: -abs(log(_in_thresholds(one))))
    return (
        [one for one in ordered if one.defective and not one.inspection.anomalous],
        [one for one in ordered if not one.defective and one.inspection.anomalous],
        [one for one in ordered if one.defective and one.inspection.anomalous],
    )


def _figures(agreement: Agreement) -> str:
    return (
        "<section class=figures>"
        + _figure("Recall", "of the defects were called anomalous", agreement.recall)
        + _figure("Precision", "of what was called anomalous is defective", agreement.precision)
        + _figure(
            "False-alarm rate",
            "of the normal images were called anomalous",
            agreement.false_alarm_rate,
        )
        + "</section><p class=soft>Shares with the interval that holds the true one in 95 of 100 "
        "cases (Wilson 1927). It is wide where few images were judged.</p>"
    )


def _figure(name: str, words: str, share: Proportion | None) -> str:
    if share is None:
        return (
            f"<div class=figure><span>{name}</span><b>–</b>"
            "<span>nothing was counted yet</span></div>"
        )
    low, high = 100 * share.low, 100 * share.high
    return (
        f"<div class=figure><span>{name}</span><b>{share.value:.1%}</b>"
        f'<div class=bar><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<u style="left:calc({100 * share.value:.1f}% - 1px)"></u></div>'
        f"<span>{low:.1f} to {high:.1f} %</span><span>{words}</span></div>"
    )


def _confusion(agreement: Agreement) -> str:
    counts = agreement.counts
    return (
        "<h2>Verdicts and people</h2><table><tr><th></th><th>Called anomalous</th>"
        "<th>Called normal</th></tr><tr><th>Defective</th>"
        f"<td>{counts.true_positives}<small class=good>found</small></td>"
        f"<td>{counts.false_negatives}<small class=bad>missed</small></td></tr>"
        f"<tr><th>Normal</th><td>{counts.false_positives}"
        "<small class=warn>false alarms</small></td>"
        f"<td>{counts.true_negatives}<small class=good>rightly passed</small></td></tr></table>"
    )


def _plot(labelled: Sequence[LabelledImage]) -> str:
    """Scores in thresholds, on a log scale, because versions have scores of their own."""
    if not labelled:
        return ""
    low, high = log(TICKS[0]), log(TICKS[-1])

    def across(thresholds: float) -> float:
        share = (min(max(log(thresholds), low), high) - low) / (high - low)
        return PLOT_MARGIN + share * (PLOT_WIDTH - 2 * PLOT_MARGIN)

    ticks = "".join(
        f'<line x1="{across(tick):.1f}" x2="{across(tick):.1f}" y1="8" y2="104" '
        f'stroke="{"#1b1f24" if tick == 1 else "#e3e8ec"}"/>'
        f'<text x="{across(tick):.1f}" y="124" text-anchor="middle" font-size="13" '
        f'fill="#5d6670">{"threshold" if tick == 1 else f"{tick:g} ×"}</text>'
        for tick in TICKS
    )
    dots = []
    for place, one in enumerate(sorted(labelled, key=_in_thresholds)):
        x = across(_in_thresholds(one))
        y = (20 if one.defective else 64) + 8 * (place % LANES)
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y}" r="4.5" fill="#b3261e" fill-opacity=".75"/>'
            if one.defective
            else f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="#fff" fill-opacity=".6" '
            'stroke="#2f6f9f" stroke-width="1.6"/>'
        )
    return (
        "<h2>Scores <small>how many times the threshold</small></h2>"
        f'<svg viewBox="0 0 {PLOT_WIDTH} {PLOT_HEIGHT}" role="img" '
        f'aria-label="Scores of labelled images">{ticks}{"".join(dots)}</svg>'
        '<p class=soft><span class=bad>●</span> defective &nbsp; <span style="color:#2f6f9f">○'
        "</span> normal &nbsp; Right of the threshold images are called anomalous, and so is what "
        "is unlike the whole set, whatever its score.</p>"
    )


def _gallery(
    title: str, words: str, labelled: Sequence[LabelledImage], thumbnails: Mapping[str, bytes]
) -> str:
    heading = f"<h2>{title} <small>{len(labelled)} · {words}</small></h2>"
    if not labelled:
        return f"{heading}<p class=soft>None.</p>"
    shown = labelled[:MOST_CARDS]
    cards = "".join(_card(one, thumbnails.get(one.image_id)) for one in shown)
    left = len(labelled) - len(shown)
    rest = f"<p class=soft>And {left:,} nearer to the threshold.</p>" if left else ""
    return f"{heading}<section class=cards>{cards}</section>{rest}"


def _card(one: LabelledImage, thumbnail: bytes | None) -> str:
    inspection = one.inspection
    kind = _escape(one.label) if one.label else ("defect" if one.defective else "normal")
    whole = "<br>unlike the whole set" if inspection.off_distribution else ""
    note = f"<blockquote>{_escape(one.note)}</blockquote>" if one.note else ""
    return (
        f"<figure><div class=shot>{_shot(one, thumbnail)}</div><figcaption><b>{kind}</b><br>"
        f"score {inspection.score:.3g}, threshold {inspection.threshold:.3g} {whole}"
        f"<br><span class=soft>{_in_thresholds(one):.2g} × threshold, version {inspection.version}"
        f"<br>judged {one.told_at:%d %b %Y}</span>{note}"
        f"<code>{_escape(one.image_id)}</code></figcaption></figure>"
    )


def _shot(one: LabelledImage, thumbnail: bytes | None) -> str:
    format_ = sniff(thumbnail) if thumbnail else None
    if not thumbnail or format_ is None:
        return "no picture"
    content = base64.b64encode(thumbnail).decode("ascii")
    return (
        f'<div><img alt="" src="data:{format_.content_type};base64,{content}">'
        f"{_frame(one.region) if one.region else ''}</div>"
    )


def _frame(box: Box) -> str:
    return (
        f'<em style="left:{100 * box.left:.2f}%;top:{100 * box.top:.2f}%;'
        f'width:{100 * (box.right - box.left):.2f}%;height:{100 * (box.bottom - box.top):.2f}%">'
        "</em>"
    )


def _in_thresholds(one: LabelledImage) -> float:
    """The score as a multiple of its threshold, above 0."""
    return max(one.inspection.score, 1e-9) / max(one.inspection.threshold, 1e-9)


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
