"""Plots of series over time, as SVG without a library."""

import math
from collections.abc import Mapping
from html import escape

from bench.soak.trend import Points

WIDTH, HEIGHT = 860, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 190, 34, 40
_COLOURS = (
    "#4269d0", "#c58a00", "#d6455a", "#2f9e8f", "#3ca951", "#e0679b", "#8b5fc7", "#5a9bd5",
    "#8a6d4f", "#7a7f87",
)  # fmt: skip
_TICKS = 5


def plot(title: str, unit: str, series: Mapping[str, Points], *, warm_up_s: float) -> str:
    """One picture: a line for each series, its name beside it; the warm-up is shaded.

    Args:
        title: What it shows.
        unit: Of the values.
        series: By name, each with a point at least; the y axis begins at 0.
        warm_up_s: What is not judged, seconds.
    """
    end_s = max(at for points in series.values() for at, _ in points) or 1.0
    top = _round_up(max(value for points in series.values() for _, value in points) or 1.0)
    inner_w, inner_h = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM

    def x(at: float) -> float:
        return _LEFT + inner_w * at / end_s

    def y(value: float) -> float:
        return _TOP + inner_h * (1 - value / top)

    drawn = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        (
            f'<rect x="{_LEFT}" y="{_TOP}" width="{x(warm_up_s) - _LEFT:.1f}" height="{inner_h}" '
            'fill="#eef0f3"/>'
        ),
        (
            f'<text x="{_LEFT}" y="20" font-size="14" fill="#222">{escape(title)}, '
            f"{escape(unit)}</text>"
        ),
    ]
    step_s = 60 * max(1, math.ceil(end_s / 60 / _TICKS))
    for number in range(_TICKS + 1):
        value, at = top * number / _TICKS, min(end_s, float(step_s * number))
        drawn += [
            (f'<path d="M{_LEFT} {y(value):.1f}h{inner_w}" stroke="#d8dbe0"/>'),
            (
                f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" '
                f'fill="#555">{value:g}</text>'
            ),
            (
                f'<text x="{x(at):.1f}" y="{HEIGHT - 18}" text-anchor="middle" '
                f'fill="#555">{at / 60:.0f} min</text>'
            ),
        ]
    for number, (name, points) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        line = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        row = _TOP + 12 + 19 * number
        drawn += [
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"/>',
            (
                f'<rect x="{WIDTH - _RIGHT + 14}" y="{row - 9}" width="12" height="4" '
                f'fill="{colour}"/>'
            ),
            f'<text x="{WIDTH - _RIGHT + 32}" y="{row}" fill="#222">{escape(name)}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])


def _round_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 10.0**-3
    while True:
        for step in (1, 1.5, 2, 2.5, 4, 5, 7.5):
            if step * power >= value:
                return step * power
        power *= 10
