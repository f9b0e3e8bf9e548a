"""A trace is the example of a bucket, where the format has a place for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Exemplar

from services.runtime import telemetry_contract as contract
from services.runtime.instruments import histogram
from services.runtime.metrics_endpoint import MetricsPage

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
FETCH = {contract.STAGE: "fetch"}


@pytest.fixture
def page() -> MetricsPage:
    return MetricsPage()


@pytest.fixture
def meters(page: MetricsPage) -> MeterProvider:
    return MeterProvider([page.reader], shutdown_on_exit=False)


@contextmanager
def within_span(tracers: TracerProvider) -> Iterator[trace.SpanContext]:
    with tracers.get_tracer("test").start_as_current_span("x") as span:
        yield span.get_span_context()


def examples(page: MetricsPage) -> dict[tuple[str, str], Exemplar]:
    """By the name of the stage and the bucket."""
    content_type, text = page.written(OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    parse: Any = text_string_to_metric_families
    return {
        (sample.labels["argus_stage"], sample.labels["le"]): sample.exemplar
        for family in parse(text.decode())
        for sample in family.samples
        if sample.exemplar is not None
    }


def test_a_recorded_span_is_the_example_of_its_bucket(
    page: MetricsPage, meters: MeterProvider
) -> None:
    stages = histogram(contract.INDEX_STAGE_DURATION, meters)
    with within_span(TracerProvider(shutdown_on_exit=False)) as span:
        stages.record(0.3, FETCH)
    with within_span(TracerProvider(shutdown_on_exit=False)) as slow:
        stages.record(99, {contract.STAGE: "embed"})
    stages.record(0.001, FETCH)

    found = examples(page)

    assert found.keys() == {("fetch", "0.5"), ("embed", "+Inf")}
    example = found["fetch", "0.5"]
    assert example.value == 0.3
    assert example.labels == {
        "trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}",
    }  # fmt: skip
    assert found["embed", "+Inf"].labels["trace_id"] == f"{slow.trace_id:032x}"


def test_a_span_that_nobody_sees_is_none(page: MetricsPage, meters: MeterProvider) -> None:
    stages = histogram(contract.INDEX_STAGE_DURATION, meters)
    with within_span(TracerProvider(ALWAYS_OFF, shutdown_on_exit=False)):
        stages.record(0.3, FETCH)
    assert examples(page) == {}


def test_a_unit_that_is_not_in_the_name_hides_no_example(
    page: MetricsPage, meters: MeterProvider
) -> None:
    with within_span(TracerProvider(shutdown_on_exit=False)):
        histogram(contract.BATCH_SIZE, meters).record(3, {contract.KIND: "image"})
    assert (
        b'argus_embedder_batch_size_bucket{argus_kind="image",le="4.0"} 1.0 # {'
        in (page.written(OPENMETRICS)[1])
    )


def test_the_old_format_has_no_place_for_them(page: MetricsPage, meters: MeterProvider) -> None:
    with within_span(TracerProvider(shutdown_on_exit=False)):
        histogram(contract.INDEX_STAGE_DURATION, meters).record(0.3, FETCH)
    assert b"trace_id" not in page.written("text/plain")[1]
