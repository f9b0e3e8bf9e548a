"""A report as one page that needs nothing else, and prints."""

import base64
import html
import re
from collections.abc import Iterator, Sequence
from itertools import count

from reportlab.graphics import renderSVG

from services.imaging.formats import sniff
from services.inspection.evidence.document import (
    Card,
    Document,
    Figure,
    Gallery,
    Graph,
    Graphs,
    Section,
    Table,
    Text,
)
from services.inspection.evidence.words import interval, percent
from services.inspection.printing.graphs import drawing_of
from services.runtime.text import harmless

# Nothing but the page itself: no script, and nothing from anywhere else.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

STYLE = """
:root { --ink: #1b1f24; --soft: #5d6670; --line: #d9dee3; --paper: #fff; --wash: #f5f7f8;
  --bad: #b3261e; --warn: #8a5a00; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1060px; padding: 40px 28px 64px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 44px 0 4px; padding-top: 14px; border-top: 1px solid var(--line); }
p { margin: 4px 0 14px; max-width: 76ch; } .soft { color: var(--soft); }
.warn { color: var(--warn); background: #fdf6e7; border-radius: 8px; padding: 10px 14px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px;
  margin: 26px 0 8px; }
.figure { background: var(--wash); border-radius: 10px; padding: 14px 16px; }
.figure b { display: block; font-size: 27px; line-height: 1.25; font-weight: 620; }
.figure span { color: var(--soft); font-size: 13px; display: block; }
.bar { position: relative; height: 6px; border-radius: 3px; background: #e3e8ec; margin: 8px 0; }
.bar i { position: absolute; top: 0; bottom: 0; border-radius: 3px; background: #9db4c6; }
.bar u { position: absolute; top: -3px; width: 2px; height: 12px; background: var(--ink); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 10px 0 18px; }
th, td { padding: 5px 22px 5px 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 500; color: var(--soft); font-size: 13px; }
.graphs { display: flex; flex-wrap: wrap; gap: 18px; margin: 8px 0 18px; }
.graphs svg { flex: 0 1 auto; max-width: 100%; height: auto; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(232px, 1fr)); gap: 18px;
  margin-top: 14px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
  break-inside: avoid; }
.shot { background: #e9edf0; display: flex; justify-content: center; align-items: center;
  height: 220px; color: var(--soft); font-size: 13px; }
.shot img { max-width: 100%; max-height: 220px; display: block; }
figcaption { padding: 10px 12px 12px; font-size: 13px; overflow-wrap: anywhere; }
figcaption b { font-size: 14px; } blockquote { margin: 6px 0 0; padding-left: 9px;
  border-left: 3px solid var(--line); white-space: pre-wrap; }
code { display: block; margin-top: 6px; color: var(--soft);
  font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media print { body { padding: 0; max-width: none; font-size: 11pt; }
  .figure, .shot, .bar, .bar i, .bar u { print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; } tr, svg { break-inside: avoid; } }
"""

POINT = 4 / 3
"""CSS pixels in a point."""


class HtmlWriter:
    """`ReportWriter` for HTML."""

    def write(self, document: Document) -> bytes:
        """The page, UTF-8."""
        title = _escape(document.title)
        ids = map(str, count())
        return "".join(
            [
                '<!doctype html><html lang="en"><head><meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{title}: inspection report</title><style>{STYLE}</style></head><body>",
                f"<header><h1>{title}</h1><p class=soft>{_escape(document.subtitle)}</p></header>",
                *(f"<p class=warn>{_escape(words)}</p>" for words in document.warnings),
                _figures(document.figures),
                *(_section(section, ids) for section in document.sections),
                "</body></html>",
            ]
        ).encode()


def _escape(text: str) -> str:
    return html.escape(harmless(text))


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    return f"<section class=figures>{''.join(map(_figure, figures))}</section>"


def _figure(figure: Figure) -> str:
    name, words, share = _escape(figure.name), _escape(figure.words), figure.share
    if share is None:
        return f"<div class=figure><span>{name}</span><b>–</b><span>{words}</span></div>"
    low, high = 100 * share.low, 100 * share.high
    return (
        f"<div class=figure><span>{name}</span><b>{percent(share.value)}</b>"
        f'<div class=bar><i style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
        f'<u style="left:calc({100 * share.value:.1f}% - 1px)"></u></div>'
        f"<span>{interval(share)}</span><span>{words}</span></div>"
    )


def _section(section: Section, ids: Iterator[str]) -> str:
    parts = [f"<h2>{_escape(section.title)}</h2>"]
    for block in section.blocks:
        match block:
            case Text(text, warning):
                parts.append(f"<p class={'warn' if warning else 'soft'}>{_escape(text)}</p>")
            case Table():
                parts.append(_table(block))
            case Graphs(graphs):
                drawn = "".join(_svg(graph, next(ids)) for graph in graphs)
                parts.append(f"<div class=graphs>{drawn}</div>")
            case Gallery(cards, nothing):
                shown = "".join(map(_card, cards))
                parts.append(
                    f"<section class=cards>{shown}</section>"
                    if cards
                    else f"<p class=soft>{_escape(nothing)}</p>"
                )
    return "".join(parts)


def _table(table: Table) -> str:
    header = "".join(f"<th scope=col>{_escape(one)}</th>" for one in table.header)
    rows = "".join(
        f"<tr><th scope=row>{_escape(name)}</th>"
        + "".join(f"<td>{_escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in table.rows
    )
    head = f"<thead><tr>{header}</tr></thead>" if any(table.header) else ""
    return f"<div class=wide><table>{head}<tbody>{rows}</tbody></table></div>"


def _svg(graph: Graph, number: str) -> str:
    """A graph within the page: without a file's head, and with ids of its own."""
    drawing = drawing_of(graph)
    text = str(renderSVG.drawToString(drawing))
    body = text[text.index("<svg") :]
    opening, _, rest = body.partition(">")
    width, height = drawing.width, drawing.height
    del opening
    # Ids are of the whole page, and one graph's clips must not be another's.
    rest = re.sub(r'\bid="([^"]*)"', rf'id="g{number}-\1"', rest)
    rest = re.sub(r"url\(#([^)]*)\)", rf"url(#g{number}-\1)", rest)
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width * POINT:.0f}" '
        f'height="{height * POINT:.0f}" role="img" aria-label="{_escape(graph.title)}">{rest}'
    )


def _card(card: Card) -> str:
    lines = "".join(f"<br><span class=soft>{_escape(line)}</span>" for line in card.lines)
    note = f"<blockquote>{_escape(card.note)}</blockquote>" if card.note else ""
    return (
        f"<figure><div class=shot>{_shot(card.picture)}</div><figcaption>"
        f"<b>{_escape(card.title)}</b>{lines}{note}<code>{_escape(card.code)}</code>"
        "</figcaption></figure>"
    )


def _shot(picture: bytes) -> str:
    format_ = sniff(picture) if picture else None
    if format_ is None:
        return "no picture"
    content = base64.b64encode(picture).decode("ascii")
    return f'<img alt="" src="data:{format_.content_type};base64,{content}">'
