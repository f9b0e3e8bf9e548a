"""What the chart has Prometheus drop is read by no rule and no panel."""

import re
from typing import Any

import yaml

from scripts.chart import K8S
from tests.support.monitoring import panels, rules

MONITORING = K8S / "components" / "monitoring"
BOUND = re.compile(r'(\w+_bucket){[^}]*le=~"([^"]+)"')


def documents(part: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MONITORING / f"{part}.yaml").read_text()))


def endpoint(part: str) -> dict[str, Any]:
    [monitor] = [one for one in documents(part) if one["kind"] == "PodMonitor"]
    [found] = monitor["spec"]["podMetricsEndpoints"]
    return dict(found)


def test_no_metric_and_no_bound_that_is_read_is_dropped() -> None:
    expressions = [rule["expr"] for rule in rules()]
    expressions += [target["expr"] for _, panel in panels() for target in panel["targets"]]
    names = {name for one in expressions for name in re.findall(r"envoy_\w+", one)}
    bounds = {(name, le) for one in expressions for name, both in BOUND.findall(one)
              for le in both.split("|")}  # fmt: skip
    assert bounds
    dropped = 0
    for change in endpoint("edge")["metricRelabelings"]:
        assert change["action"] == "drop"
        series = (
            names if change["sourceLabels"] == ["__name__"] else {f"{n};{le}" for n, le in bounds}
        )
        dropped += 1
        assert not [one for one in series if re.fullmatch(change["regex"], one)]
    assert dropped


def test_parts_have_the_name_that_rules_know_them_by() -> None:
    for part in ("edge", "auth", "storage", "embedder", "search", "inspection"):
        [named] = endpoint(part)["relabelings"]
        assert (named["targetLabel"], named["replacement"]) == ("job", f"argus/argus-{part}")


def test_dashboards_and_rules_come_with_it() -> None:
    assert "PrometheusRule" in {one["kind"] for one in documents("edge")}
    [map_] = documents("dashboards")
    assert sorted(map_["data"]) == [
        f"argus-{name}.json"
        for name in ("edge", "embedder", "ingest", "inspection", "overview", "search")
    ]
    assert map_["metadata"]["labels"]["grafana_dashboard"] == "1"
