"""Panels and dashboards as Grafana reads them (schema 39, Grafana 10.1 and newer).

Plain dictionaries: the few fields that are used are the same in all of these versions, and the
typed builder on PyPI has an epoch for each version of Grafana, of which pip takes the oldest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from scripts.monitoring.promql import JOBS

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = 'job=~"$job",instance=~"$instance"'
"""Matchers of what is chosen at a dashboard's head."""

EDGE = 'instance=~"$instance"'
"""The same where all series are the edge's."""

WIDTH, HEIGHT = 24, 8

UNITS = {"s": "s", "ms": "ms", "By": "bytes", "1": "percentunit"}
"""Grafana's names of units; what is counted has none."""


class Look(Enum):
    """How values are shown."""

    LINES = "timeseries"
    NUMBER = "stat"


@dataclass(frozen=True)
class Query:
    """One query of a panel."""

    expr: str
    legend: str = ""
    """With `{{label}}`; empty: the labels."""

    exemplars: bool = False
    """Whether points lead to traces."""


@dataclass(frozen=True)
class Panel:
    """One panel."""

    title: str
    description: str
    unit: str
    """UCUM's, or one of Grafana's."""

    queries: tuple[Query, ...]
    limit: float | None = None
    """From here on it is red."""

    floor: float | None = None
    """Below it is red."""

    look: Look = Look.LINES
    width: int = 8
    most: float | None = None
    """Where the axis ends."""


def dashboard(name: str, title: str, description: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """A dashboard.

    Args:
        name: Of its file, and in its address.
        title: What people see.
        description: What it is for.
        panels: From left to right, row by row.
    """
    laid, left, top = [], 0, 0
    for number, panel in enumerate(panels, start=1):
        if left + panel.width > WIDTH:
            left, top = 0, top + HEIGHT
        at = {"x": left, "y": top, "w": panel.width, "h": HEIGHT}
        laid.append(_panel(panel) | {"id": number, "gridPos": at})
        left += panel.width
    return {
        "uid": f"argus-{name}",
        "title": f"Argus / {title}",
        "description": description,
        "tags": ["argus"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [
            {
                "title": "Argus",
                "type": "dashboards",
                "tags": ["argus"],
                "asDropdown": True,
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "templating": {"list": _variables()},
        "panels": laid,
    }


def _variables() -> list[dict[str, Any]]:
    chosen = {"datasource": SOURCE, "type": "query", "refresh": 2, "multi": True, "sort": 1}
    everything = {
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
        {
            "name": "job",
            "label": "Part",
            "query": f"label_values(up{{{JOBS}}}, job)",
            **chosen,
            **everything,
        },
        {
            "name": "instance",
            "label": "Replica",
            "query": f'label_values(up{{{JOBS},job=~"$job"}}, instance)',
            **chosen,
            **everything,
        },
    ]


def _panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    if panel.floor is not None:
        steps = [{"color": "red", "value": None}, {"color": "green", "value": panel.floor}]
    bounded = panel.limit is not None or panel.floor is not None
    options: dict[str, Any] = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    if panel.look is Look.NUMBER:
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background"}
    return {
        "type": panel.look.value,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "exemplar": query.exemplars,
            }
            for number, query in enumerate(panel.queries)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": UNITS.get(panel.unit, panel.unit if "{" not in panel.unit else "short"),
                "min": 0,
                **({"max": panel.most} if panel.most is not None else {}),
                # 99.9 % is not 100 %.
                **({"decimals": 2} if panel.unit == "percentunit" else {}),
                "thresholds": {"mode": "absolute", "steps": steps},
                **(
                    {"custom": {"thresholdsStyle": {"mode": "line"}}}
                    if bounded and panel.look is Look.LINES
                    else {}
                ),
            },
            "overrides": [],
        },
        "options": options,
    }
