"""A report as PDF, on A4."""

import io
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from PIL import Image as Pictures
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid
from reportlab.platypus.tables import TableStyle

from services.inspection.evidence.document import (
    Card,
    Document,
    Figure,
    Gallery,
    Graphs,
    Section,
    Table,
    Text,
)
from services.inspection.evidence.words import interval, percent
from services.inspection.printing.fonts import PLAIN, fonts, marked_up
from services.inspection.printing.graphs import INK, SOFT, WIDE, drawing_of
from services.runtime.text import harmless

WIDTH = A4[0] - 36 * mm
LINE, WASH, WARNING = HexColor("#d9dee3"), HexColor("#f5f7f8"), HexColor("#8a5a00")
WARNING_WASH = HexColor("#fdf6e7")

CARDS_A_ROW = 3
PICTURE_WIDTH, PICTURE_HEIGHT = 50 * mm, 42 * mm
LONGEST_FIRST_COLUMN = 0.42
"""Of the width."""


def _style(name: str, **changes: Any) -> ParagraphStyle:  # noqa: ANN401 - reportlab's own
    style = ParagraphStyle(name, fontName=PLAIN, fontSize=8.5, leading=12, textColor=INK)
    for attribute, value in ({"shaping": 1} | changes).items():
        setattr(style, attribute, value)
    return style


_TITLE = _style("title", fontSize=20, leading=27)
_SOFT = _style("soft", textColor=SOFT)
_TEXT = _style("text", textColor=SOFT, spaceAfter=5)
_WARNING = _style(
    "warning", textColor=WARNING, backColor=WARNING_WASH, borderPadding=5, spaceBefore=9,
    spaceAfter=9,
)  # fmt: skip
_HEADING = _style("heading", fontSize=13, leading=18, spaceBefore=14, spaceAfter=4)
_CELL = _style("cell", leading=11)
_HEAD = _style("head", fontSize=7.5, leading=10, textColor=SOFT)
_SMALL = _style("small", fontSize=7, leading=9.5, textColor=SOFT)
_BIG = _style("big", fontSize=18, leading=24)
_EMPTY = _style("empty", fontSize=7, leading=9, textColor=SOFT, alignment=TA_CENTER)


class PdfWriter:
    """`ReportWriter` for PDF; one report at a time, because fonts are shared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def write(self, document: Document) -> bytes:
        """The file, with text that can be searched and copied."""
        with self._lock:
            fonts()
            out = io.BytesIO()
            template = BaseDocTemplate(
                out,
                pagesize=A4,
                title=harmless(f"{document.title}: inspection report"),
                author="Argus",
                creator="Argus",
                lang="en",
            )
            frame = Frame(18 * mm, 18 * mm, WIDTH, A4[1] - 34 * mm, 0, 0, 0, 0)
            footer = partial(_footer, document.subtitle)
            template.addPageTemplates(PageTemplate(frames=[frame], onPage=footer))
            template.build(list(_flowables(document)))
            return out.getvalue()


def _footer(words: str, canvas: Canvas, _: object) -> None:
    canvas.saveState()
    canvas.setFont(PLAIN, 7)
    canvas.setFillColor(SOFT)
    canvas.drawString(18 * mm, 10 * mm, harmless(words))
    canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))
    canvas.restoreState()


def _flowables(document: Document) -> Iterator[Flowable]:
    yield _paragraph(document.title, _TITLE)
    yield _paragraph(document.subtitle, _SOFT)
    yield Spacer(0, 8)
    for words in document.warnings:
        yield _paragraph(words, _WARNING)
    if document.figures:
        yield _figures(document.figures)
    for section in document.sections:
        yield from _section(section)


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(marked_up(harmless(text)), style)


def _figures(figures: Sequence[Figure]) -> Flowable:
    grid = Grid([[_figure(figure) for figure in figures]], [WIDTH / len(figures)] * len(figures))
    grid.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), WASH),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 8),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
                ("INNERGRID", (0, 0), (-1, -1), 4, HexColor("#ffffff")),
            ]
        )
    )
    return grid


def _figure(figure: Figure) -> list[Flowable]:
    share = figure.share
    return [
        _paragraph(figure.name, _HEAD),
        _paragraph("–" if share is None else percent(share.value), _BIG),
        *([] if share is None else [_paragraph(interval(share), _HEAD)]),
        _paragraph(figure.words, _HEAD),
    ]


def _section(section: Section) -> Iterator[Flowable]:
    # A heading stays with the first rows of a table, with a graph, or with a row of pictures.
    high = any(
        isinstance(block, Graphs) or (isinstance(block, Gallery) and block.cards)
        for block in section.blocks[:2]
    )
    yield CondPageBreak((95 if high else 40) * mm)
    yield _paragraph(section.title, _HEADING)
    for block in section.blocks:
        match block:
            case Text(text, warning):
                yield _paragraph(text, _WARNING if warning else _TEXT)
            case Table():
                yield _table(block)
                yield Spacer(0, 6)
            case Graphs():
                yield _graphs(block)
                yield Spacer(0, 6)
            case Gallery(cards, nothing):
                yield from _gallery(cards) if cards else [_paragraph(nothing, _TEXT)]


def _table(table: Table) -> Flowable:
    head = [[_paragraph(one, _HEAD) for one in table.header]] if any(table.header) else []
    rows = [
        [_paragraph(name, _SOFT), *(_paragraph(cell, _CELL) for cell in cells)]
        for name, *cells in table.rows
    ]
    if not rows:
        return Spacer(0, 0)
    columns = len(rows[0])
    first = WIDTH * (LONGEST_FIRST_COLUMN if columns <= 4 else 1.3 / (columns + 0.3))
    if columns == 2:
        first = WIDTH * 0.32
    widths = [first, *([(WIDTH - first) / (columns - 1)] * (columns - 1))]
    grid = Grid(head + rows, widths, repeatRows=len(head), hAlign="LEFT")
    grid.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 6),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    return grid


def _graphs(graphs: Graphs) -> Flowable:
    drawings = [drawing_of(graph) for graph in graphs.graphs]
    # Both of a pair, and a wide one, fill the width.
    scale = min(1.0, WIDTH / WIDE)
    for drawing in drawings:
        drawing.width, drawing.height = drawing.width * scale, drawing.height * scale
        drawing.transform = (scale, 0, 0, scale, 0, 0)
    if len(drawings) == 1:
        return drawings[0]
    grid = Grid([drawings], [WIDTH / len(drawings)] * len(drawings), hAlign="LEFT")
    grid.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return grid


def _gallery(cards: Sequence[Card]) -> Iterator[Flowable]:
    for start in range(0, len(cards), CARDS_A_ROW):
        row = [_card(card) for card in cards[start : start + CARDS_A_ROW]]
        row += [[] for _ in range(CARDS_A_ROW - len(row))]
        grid = Grid([row], [WIDTH / CARDS_A_ROW] * CARDS_A_ROW)
        grid.setStyle(
            TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
        )
        yield KeepTogether([grid, Spacer(0, 4)])


def _card(card: Card) -> list[Flowable]:
    return [
        _picture(card.picture),
        Spacer(0, 3),
        _paragraph(card.title, _CELL),
        *(_paragraph(line, _SMALL) for line in card.lines),
        *([_paragraph(card.note, _SMALL)] if card.note else []),
        _paragraph(card.code, _SMALL),
    ]


def _picture(content: bytes) -> Flowable:
    if not content:
        box = Grid([[_paragraph("no picture", _EMPTY)]], [PICTURE_WIDTH], [PICTURE_HEIGHT])
        box.setStyle(
            TableStyle(
                [("BACKGROUND", (0, 0), (-1, -1), WASH), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
            )
        )
        box.hAlign = "LEFT"
        return box
    with Pictures.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    scale = min(PICTURE_WIDTH / width, PICTURE_HEIGHT / height)
    return Image(io.BytesIO(content), width * scale, height * scale, hAlign="LEFT")
