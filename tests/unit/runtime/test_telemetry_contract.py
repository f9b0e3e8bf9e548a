"""What services tell of themselves is declared, and nothing is told beside it."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from scripts.telemetry_page import PAGE, telemetry_page
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Attribute, Instrument, Kind, UndeclaredTelemetryError
from services.runtime.instruments import counter, gauge, histogram, observe
from services.runtime.tracing import Tracing

ROOT = Path(__file__).parents[3]
MAKERS = {"instruments.py", "tracing.py", "telemetry.py", "exporters.py"}
"""Modules of the runtime that may ask OpenTelemetry for anything."""
ONLY_THERE = {
    "get_meter",
    "get_tracer",
    "create_counter",
    "create_up_down_counter",
    "create_histogram",
    "create_gauge",
    "create_observable_counter",
    "create_observable_gauge",
    "create_observable_up_down_counter",
    "start_span",
    "start_as_current_span",
    "set_attribute",
    "set_attributes",
    "update_name",
    "add_event",
}
OF_CONVENTIONS = ("rpc.", "service.", "error.", "messaging.", "db.", "http.")
LARGE = Instrument("argus.test.large", Kind.COUNTER, "{item}", "For tests", (contract.KIND,))


def beside(source: str) -> set[str]:
    """What a module asks of OpenTelemetry that only the makers may."""
    return {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr in ONLY_THERE)
        or (isinstance(node, ast.Name) and node.id in ONLY_THERE)
    }


def test_services_make_no_instrument_and_no_span_beside_the_contract() -> None:
    for folder in ("services", "mesh"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent.name == "runtime" and path.name in MAKERS:
                continue
            assert not beside(path.read_text()), path.relative_to(ROOT)


@pytest.mark.parametrize(
    "source", ["meter.create_counter('argus.x')", "start_span('x')", "get_meter('argus').x"]
)
def test_one_that_is_made_beside_it_is_found(source: str) -> None:
    assert beside(source)


def test_declarations_are_made_in_the_contract_alone() -> None:
    for path in (ROOT / "services").rglob("*.py"):
        if path.name in {"telemetry_contract.py", "declared.py"}:
            continue
        made = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not made & {"Attribute", "Instrument"}, path.relative_to(ROOT)


def test_names_are_those_of_conventions_or_ours() -> None:
    attributes = contract.ATTRIBUTES
    for name in (*(found.name for found in contract.INSTRUMENTS), *attributes):
        assert name.startswith(("argus.", *OF_CONVENTIONS)), name
    for span in contract.SPANS:
        assert span.name.startswith(
            ("argus.", "{rpc.method}", "process ", "{db.operation.name} ", "{http.request.method} ")
        ), span.name


def test_each_is_declared_once_and_used() -> None:
    names = [*(one.name for one in contract.INSTRUMENTS), *(one.name for one in contract.SPANS)]
    assert len(set(names)) == len(names)
    assert len(set(contract.ATTRIBUTES)) == len(contract.ATTRIBUTES)
    used = {
        attribute
        for declared in (
            *(one.attributes for one in contract.INSTRUMENTS),
            *(one.attributes for one in contract.SPANS),
        )
        for attribute in declared
    }
    assert used | set(contract.RESOURCE) == set(contract.ATTRIBUTES)
    source = "".join(
        path.read_text()
        for path in (ROOT / "services").rglob("*.py")
        if path.name != "telemetry_contract.py"
    )
    for name, found in vars(contract).items():
        if isinstance(found, Instrument):
            assert name in source, name


def test_histograms_have_buckets_and_others_none() -> None:
    for found in contract.INSTRUMENTS:
        assert bool(found.buckets) == (found.kind is Kind.HISTOGRAM), found.name
        assert list(found.buckets) == sorted(set(found.buckets))


def test_an_undeclared_attribute_is_refused() -> None:
    other = Attribute("argus.other", "For tests")
    with pytest.raises(UndeclaredTelemetryError, match=r"argus\.other"):
        counter(LARGE).add(1, {other: "x"})
    with pytest.raises(UndeclaredTelemetryError):
        histogram(contract.BATCH_SIZE).record(1, {other: "x"})
    with pytest.raises(UndeclaredTelemetryError):
        gauge(contract.INDEX_QUEUE).set(1, {other: "x"})
    with pytest.raises(UndeclaredTelemetryError):
        Tracing().begin(contract.QUERY_STAGE, {other: "x"})
    with pytest.raises(UndeclaredTelemetryError):
        Tracing().begin(contract.QUERY_STAGE, {contract.STAGE: "x"}).say({other: "x"})


@pytest.mark.parametrize("make", [counter, histogram, gauge])
def test_an_instrument_is_of_the_declared_kind(make: Callable[[Instrument], Any]) -> None:
    other = contract.BATCH_SIZE if make is not histogram else LARGE
    with pytest.raises(UndeclaredTelemetryError, match="declared as a"):
        make(other)


def test_what_is_measured_carries_name_unit_meaning_and_buckets() -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader])
    histogram(contract.BATCH_SIZE, meters).record(3, {contract.KIND: "image"})
    observe(contract.QUEUE_DEPTH, lambda: [(2, {contract.MODEL: "compact"})], meters)
    data: Any = reader.get_metrics_data()
    found = {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    size = found["argus.embedder.batch.size"]
    assert (size.unit, size.description) == ("{item}", contract.BATCH_SIZE.meaning)
    [point] = size.data.data_points
    assert tuple(point.explicit_bounds) == contract.BATCH_SIZE.buckets
    assert point.attributes == {"argus.kind": "image"}
    [depth] = found["argus.embedder.queue.depth"].data.data_points
    assert (depth.value, depth.attributes) == (2, {"argus.model": "compact"})


def test_a_counter_without_attributes_tells_0_before_anything_happens() -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider([reader])
    counter(contract.CACHE_FAILURES, meters)
    counter(contract.CLIENT_RETRIES, meters)
    data: Any = reader.get_metrics_data()
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    [point] = metric.data.data_points
    assert (metric.name, point.value) == ("argus.embedder.cache.failures", 0)


def test_the_page_is_what_is_declared() -> None:
    assert PAGE.read_text(encoding="utf-8") == telemetry_page()
