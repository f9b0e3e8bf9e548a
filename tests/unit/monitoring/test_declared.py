"""Rules and panels read what is declared; there are no others on the disk than would be made."""

import re

import pytest

from scripts.monitoring.edge_metrics import EDGE_METRICS
from scripts.monitoring.files import ROOT, stale
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Kind
from tests.support.monitoring import panels, rules, unknown, what_is_read
from tests.support.promql import Read, reads

READ = what_is_read()


def declared() -> dict[str, set[str]]:
    """Labels of each series that is declared, by its name."""
    found: dict[str, set[str]] = {}
    for one in contract.INSTRUMENTS:
        labels = {attribute.replace(".", "_") for attribute in one.attributes}
        _add(found, one.prometheus_name, labels, histogram=one.kind is Kind.HISTOGRAM)
    for metric in EDGE_METRICS:
        _add(found, metric.name, set(metric.labels), histogram=metric.histogram)
    return found


def _add(found: dict[str, set[str]], name: str, labels: set[str], *, histogram: bool) -> None:
    if histogram:
        found |= {f"{name}_sum": labels, f"{name}_count": labels, f"{name}_bucket": labels | {"le"}}
    else:
        found[name] = labels


def test_they_are_as_they_would_be_made() -> None:
    assert stale() == [], "python -m scripts.monitoring write"


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_declared(name: str) -> None:
    assert unknown(READ[name], declared()) == []


def queries_of_runbooks() -> list[str]:
    text = (ROOT / "docs" / "runbooks.md").read_text()
    blocks = re.findall(r"^```promql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("query", queries_of_runbooks())
def test_queries_of_runbooks_read_what_is_declared(query: str) -> None:
    assert unknown(reads(query), declared()) == []


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("argus_search_index_que", [Read("argus_search_index_que")]),
        (
            'rate(argus_storage_renderings_total{argus_kind="x"}[5m])',
            [Read("argus_storage_renderings_total", "argus_kind")],
        ),
        (
            "sum by (cluster) (argus_search_index_queue)",
            [Read("argus_search_index_queue", "cluster")],
        ),
        (
            "sum by (argus_queue) (sum by (argus_kind) (argus_storage_depth))",
            [Read("", "argus_queue"), Read("argus_storage_depth", "argus_kind")],
        ),
        (
            "up and on (argus_queue) argus_storage_depth",
            [Read("up", "argus_queue")],
        ),
        ("argus_search_index_delay_seconds", [Read("argus_search_index_delay_seconds")]),
        ("argus_search_index_queue", []),
    ],
)
def test_what_is_not_declared_is_found(expression: str, wrong: list[Read]) -> None:
    assert unknown(reads(expression), declared()) == wrong


def test_what_is_no_promql_is_found() -> None:
    with pytest.raises(ValueError, match="parenthesis"):
        reads("sum(rate(argus_search_index_queue[5m])")


def test_panels_say_what_they_show_in_a_unit_and_whom_they_ask() -> None:
    titles = []
    for board, panel in panels():
        titles.append((board, panel["title"]))
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    assert len(set(titles)) == len(titles)
    assert {board for board, _ in titles} == {
        "overview", "ingest", "search", "embedder", "inspection", "edge",
    }  # fmt: skip


def test_every_metric_of_the_contract_is_on_a_dashboard_or_has_a_reason() -> None:
    shown = {one.metric for name, read in READ.items() if name.startswith("panel") for one in read}
    missing = {
        one.name
        for one in contract.INSTRUMENTS
        if not any(name.startswith(one.prometheus_name) for name in shown)
    }
    # Auth's have no page: no objective hangs on them, and runbooks name them where they help.
    assert all(name.startswith("argus.auth.") for name in missing), missing


def test_severities_are_two() -> None:
    assert {rule["labels"]["severity"] for rule in rules() if "alert" in rule} == {"page", "ticket"}
