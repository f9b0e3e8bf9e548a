"""Charts as SVG, without a style attribute, as the page's policy wants it."""

import json

from mesh.observe.markup import Markup, join, tag
from mesh.observe.metrics import Chart, Line
from mesh.observe.words import amount

WIDTH, HEIGHT = 600, 120
COLOURS = 8
"""Classes `c0` to `c7` of the style sheet."""


def drawn(chart: Chart) -> Markup:
    """A chart with its legend: what each line is now, and was at most."""
    top = max((value or 0.0 for line in chart.lines for value in line.values), default=0.0) or 1.0
    return tag(
        "figure",
        tag(
            "svg",
            tag("line", x1=0, y1=HEIGHT, x2=WIDTH, y2=HEIGHT, class_="axis"),
            tag("line", x1=0, y1=1, x2=WIDTH, y2=1, class_="grid"),
            *(_path(line, place, top) for place, line in enumerate(chart.lines)),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            preserveAspectRatio="none",
            class_="chart",
            role="img",
            aria_label=f"{chart.name}, the last hour",
        ),
        tag("span", amount(top, chart.unit), class_="top"),
        tag(
            "div",
            tag("span", f"{len(chart.lines[0].values) * chart.bin_s // 60} minutes ago"),
            tag("output"),
            tag("span", "now"),
            class_="scale",
        ),
        tag("ul", *(_legend(line, place, chart.unit) for place, line in enumerate(chart.lines))),
        tag("p", f"and {chart.left_out} more", class_="quiet") if chart.left_out else None,
        class_="metric",
        data_lines=json.dumps(
            [
                {
                    "label": line.label,
                    "said": [
                        None if value is None else amount(value, chart.unit)
                        for value in line.values
                    ],
                }
                for line in chart.lines
            ]
        ),
        data_bin_s=chart.bin_s,
    )


def _path(line: Line, place: int, top: float) -> Markup:
    step = WIDTH / max(1, len(line.values) - 1)
    drawn_to = False
    path: list[str] = []
    for number, value in enumerate(line.values):
        if value is None:
            drawn_to = False
            continue
        y = HEIGHT - max(0.0, value) / top * (HEIGHT - 2)
        path.append(f"{'L' if drawn_to else 'M'}{number * step:.1f} {y:.1f}")
        if not drawn_to:
            # A value that stands alone is seen, too.
            path.append(f"h{step / 3:.1f}")
        drawn_to = True
    return tag("path", d="".join(path), class_=f"c{place % COLOURS}")


def _legend(line: Line, place: int, unit: str) -> Markup:
    known = [value for value in line.values if value is not None]
    now = line.values[-1]
    return tag(
        "li",
        tag("i", class_=f"c{place % COLOURS}"),
        tag("span", line.label),
        tag("b", "–" if now is None else amount(now, unit)),
        join(" most ", amount(max(known), unit)) if known else None,
    )
