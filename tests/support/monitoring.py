"""Every expression of the rules and of the dashboards."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from scripts.monitoring.files import DASHBOARDS, RULES
from tests.support.promql import Read, reads

OF_PROMETHEUS = {"up": (), "ALERTS": ("alertname", "alertstate", "severity")}
"""What Prometheus makes itself, with its labels."""

BY_WHOEVER_COLLECTS = {"job", "instance"}
"""Labels that every collected series has; `cluster`, for one, only somebody's."""

_NAMES = re.compile(r"{{\s*(\w+)\s*}}")


def rules() -> list[dict[str, Any]]:
    """All rules, as they are on the disk."""
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """All panels, with their dashboard's name."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            yield path.stem, panel


def what_is_read() -> Mapping[str, set[Read]]:
    """What each rule and panel reads, by its name."""
    found: dict[str, set[Read]] = {}
    for rule in rules():
        name = rule.get("alert") or f"{rule['record']} of {rule['labels']['objective']}"
        found[f"rule {name}, {rule['labels'].get('severity', '')}"] = reads(rule["expr"])
    for board, panel in panels():
        read: set[Read] = set()
        for target in panel["targets"]:
            read |= reads(target["expr"])
        found[f"panel {board}: {panel['title']}"] = read
    return found


def recorded() -> Mapping[str, tuple[str, ...]]:
    """What the rules make themselves, with its labels."""
    return {rule["record"]: tuple(rule["labels"]) for rule in rules() if "record" in rule}


def unknown(read: set[Read], exported: Mapping[str, set[str]]) -> list[Read]:
    """What is read of it but neither exported nor made by Prometheus.

    Args:
        read: Metrics and labels.
        exported: Labels of each metric that is exported.
    """
    made = {**OF_PROMETHEUS, **recorded()}
    known = {name: set(labels) for name, labels in made.items()}
    for name, labels in exported.items():
        known[name] = known.get(name, set()) | labels
    return sorted(
        (
            one
            for one in read
            if one.metric not in known
            or (
                one.label
                and one.label not in known[one.metric]
                and one.label not in BY_WHOEVER_COLLECTS
            )
        ),
        key=str,
    )
