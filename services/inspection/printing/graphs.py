"""Graphs of a report as drawings, for pages and for paper."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from reportlab.graphics.charts.axes import XValueAxis, YValueAxis
from reportlab.graphics.shapes import (
    Circle,
    Drawing,
    Group,
    Line,
    PolyLine,
    Rect,
    Shape,
    String,
)
from reportlab.lib.colors import Color, HexColor

from services.inspection.evidence.document import (
    Bars,
    Curves,
    Graph,
    Histograms,
    Panel,
    Tone,
)

FONT = "Helvetica"
"""One of the fonts that every reader of PDF has; graphs say nothing in other scripts."""

INK, SOFT, GRID = HexColor("#1b1f24"), HexColor("#5d6670"), HexColor("#e3e8ec")
COLOURS = {
    Tone.NORMAL: HexColor("#2f6f9f"),
    Tone.DEFECT: HexColor("#b3261e"),
    Tone.PAINTED: HexColor("#8a5a00"),
    Tone.PLAIN: HexColor("#8594a1"),
}

WIDE, NARROW = 500.0, 244.0
HEIGHT, PANEL_HEIGHT = 210.0, 62.0
LEFT, RIGHT, BOTTOM, TOP = 40.0, 8.0, 34.0, 22.0
SMALL, PLAIN, LARGE = 7.0, 8.0, 9.5
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)

Place = Callable[[float], float]
Anchor = Literal["start", "middle", "end"]


def drawing_of(graph: Graph) -> Drawing:
    """A graph as reportlab's drawing, in points."""
    match graph:
        case Curves():
            return _curves(graph)
        case Histograms():
            return _histograms(graph)
        case Bars():
            return _bars(graph)


def _curves(graph: Curves) -> Drawing:
    drawing = Drawing(NARROW, HEIGHT)
    width, height = NARROW - LEFT - RIGHT, HEIGHT - BOTTOM - TOP
    across = _value_axis(drawing, XValueAxis(), (LEFT, BOTTOM, width), (0, 1), SHARES, grid=height)
    up = _value_axis(drawing, YValueAxis(), (LEFT, BOTTOM, height), (0, 1), SHARES, grid=width)
    _names(drawing, graph.title, graph.x_name, graph.y_name)
    if graph.diagonal:
        drawing.add(
            Line(
                across(0), up(0), across(1), up(1),
                strokeColor=SOFT, strokeWidth=0.5, strokeDashArray=[2, 2],
            )
        )  # fmt: skip
    for number, line in enumerate(graph.lines):
        colour = COLOURS[line.tone]
        points = [place for x, y in line.points for place in (across(x), up(y))]
        if len(line.points) > 1:
            drawing.add(PolyLine(points, strokeColor=colour, strokeWidth=1.4))
        y = BOTTOM + 8 + 10 * number
        drawing.add(_text(NARROW - RIGHT - 6, y, line.name, anchor="end", colour=colour))
    for cross in graph.crosses:
        colour = COLOURS[cross.tone]
        x, y = across(cross.x.value), up(cross.y.value)
        _add(
            drawing,
            Line(across(cross.x.low), y, across(cross.x.high), y, strokeColor=INK, strokeWidth=0.9),
            Line(x, up(cross.y.low), x, up(cross.y.high), strokeColor=INK, strokeWidth=0.9),
            Circle(x, y, 2.6, fillColor=colour, strokeColor=INK, strokeWidth=0.9),
        )
    return drawing


def _histograms(graph: Histograms) -> Drawing:
    height = TOP + BOTTOM + PANEL_HEIGHT * max(1, len(graph.panels))
    drawing = Drawing(WIDE, height)
    width, low, high = WIDE - LEFT - RIGHT, graph.edges[0], graph.edges[-1]
    ticks = [low + (high - low) * share for share in SHARES]
    across = _value_axis(
        drawing, XValueAxis(), (LEFT, BOTTOM, width), (low, high), ticks,
        grid=height - BOTTOM - TOP,
        label="%.3g",
    )  # fmt: skip
    _names(drawing, graph.title, "Score", "")
    for number, panel in enumerate(graph.panels):
        floor = BOTTOM + PANEL_HEIGHT * (len(graph.panels) - 1 - number)
        _add(drawing, *_panel(panel, graph.edges, across, floor))
    x = across(graph.threshold)
    top = height - TOP
    drawing.add(Line(x, BOTTOM, x, top, strokeColor=INK, strokeWidth=1.1))
    late = x > WIDE / 2
    drawing.add(
        _text(
            x - 3 if late else x + 3,
            top - 8,
            f"threshold {graph.threshold:.4g}",
            anchor="end" if late else "start",
        )
    )
    return drawing


def _panel(panel: Panel, edges: Sequence[float], across: Place, floor: float) -> list[Shape]:
    colour = COLOURS[panel.tone]
    highest = max([1, *panel.counts])
    room = PANEL_HEIGHT - 16
    shapes: list[Shape] = [
        Line(across(edges[0]), floor, across(edges[-1]), floor, strokeColor=SOFT, strokeWidth=0.5)
    ]
    for place, count in enumerate(panel.counts):
        if count:
            left, right = across(edges[place]), across(edges[place + 1])
            tall = room * count / highest
            shapes.append(
                _solid((left, floor, max(right - left - 0.5, 0.5), tall), colour)
            )  # fmt: skip
    shapes.append(_text(LEFT + 3, floor + PANEL_HEIGHT - 11, panel.name, colour=colour))
    shapes.append(_text(LEFT - 4, floor + room - 3, f"{highest:,}", anchor="end", size=SMALL))
    return shapes


def _bars(graph: Bars) -> Drawing:
    drawing = Drawing(WIDE, HEIGHT)
    width, height = WIDE - LEFT - RIGHT, HEIGHT - BOTTOM - TOP
    up = _value_axis(drawing, YValueAxis(), (LEFT, BOTTOM, height), (0, 1), SHARES, grid=width)
    drawing.add(Line(LEFT, BOTTOM, LEFT + width, BOTTOM, strokeColor=SOFT, strokeWidth=0.5))
    _names(drawing, graph.title, "", graph.y_name)
    room = width / max(1, len(graph.groups))
    for place, (name, bars) in enumerate(graph.groups):
        middle = LEFT + room * (place + 0.5)
        drawing.add(_text(middle, BOTTOM - 12, name, anchor="middle"))
        wide = min(34.0, 0.7 * room / max(1, len(bars)))
        for number, bar in enumerate(bars):
            x = middle + wide * (number - len(bars) / 2)
            centre, colour = x + wide / 2, COLOURS[bar.tone]
            _add(
                drawing,
                _solid((x + 2, BOTTOM, wide - 4, up(bar.share.value) - BOTTOM), colour),
                Line(
                    centre, up(bar.share.low), centre, up(bar.share.high),
                    strokeColor=INK, strokeWidth=0.9,
                ),
                _text(centre, BOTTOM - 22, bar.name, anchor="middle", size=SMALL, colour=colour),
            )  # fmt: skip
    return drawing


def _value_axis(
    drawing: Drawing,
    axis: XValueAxis | YValueAxis,
    place: tuple[float, float, float],
    ends: tuple[float, float],
    ticks: Sequence[float],
    *,
    grid: float,
    label: str = "%.4g",
) -> Place:
    """Draws an axis with its grid; where a value is on it."""
    axis.setPosition(*place)
    axis.valueMin, axis.valueMax = ends
    axis.valueSteps = list(ticks)
    axis.labelTextFormat = label
    labels: Any = axis.labels  # type: ignore[union-attr] # the stubs do not know them
    labels.fontName, labels.fontSize, labels.fillColor = FONT, SMALL, SOFT
    axis.strokeColor, axis.strokeWidth = SOFT, 0.5
    axis.visibleGrid, axis.gridStrokeColor, axis.gridStrokeWidth = 1, GRID, 0.5
    start = place[1] if isinstance(axis, XValueAxis) else place[0]
    axis.gridStart, axis.gridEnd = start, start + grid
    axis.configure([list(ends)])
    drawing.add(axis)
    scale: Place = axis.scale
    return scale


def _names(drawing: Drawing, title: str, x_name: str, y_name: str) -> None:
    drawing.add(_text(LEFT, drawing.height - 11, title, size=LARGE, colour=INK))
    if x_name:
        drawing.add(_text(drawing.width - RIGHT, 6, x_name, anchor="end"))
    if y_name:
        # Turned to read upwards, beside the middle of its axis.
        turned = Group(_text(0, 0, y_name, anchor="middle"))
        turned.translate(10, BOTTOM + (drawing.height - BOTTOM - TOP) / 2)
        turned.rotate(90)
        drawing.add(turned)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: Anchor = "start",
    size: float = PLAIN,
    colour: Color = SOFT,
) -> String:
    return String(x, y, text, fontName=FONT, fontSize=size, fillColor=colour, textAnchor=anchor)


def _solid(place: tuple[float, float, float, float], colour: Color) -> Rect:
    """A rectangle without a border: left, bottom, width and height."""
    rect = Rect(*place)
    rect.fillColor, rect.strokeColor, rect.strokeWidth = colour, None, 0
    return rect


def _add(drawing: Drawing, *shapes: Shape) -> None:
    for shape in shapes:
        drawing.add(shape)
