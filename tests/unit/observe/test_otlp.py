import json

from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

from mesh.observe.otlp import MAX_TEXT, log_rows, point_rows, span_rows, value_of


def test_values_are_as_json_has_them_and_bounded() -> None:
    values = ArrayValue(values=[AnyValue(int_value=7), AnyValue(bytes_value=b"\x01")])
    assert value_of(AnyValue(array_value=values)) == [7, "01"]
    assert value_of(AnyValue()) is None
    assert len(value_of(AnyValue(string_value="x" * 10_000))) == MAX_TEXT


def test_spans_that_are_none_are_left_out() -> None:
    request = trace_service_pb2.ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.add(trace_id=b"short", span_id=b"1" * 8, name="bad")
    spans.add(
        trace_id=b"\xab" * 16,
        span_id=b"1" * 8,
        name="good",
        # The end before the beginning, and a time that no signed number has.
        start_time_unix_nano=2**64 - 1,
        end_time_unix_nano=1,
        attributes=[KeyValue(key="guid:x-request-id", value=AnyValue(string_value="r1"))],
    )
    [row] = span_rows(request)
    assert (row.name, row.service, row.request_id) == ("good", "unknown", "r1")
    assert row.start_ns == row.end_ns == 2**63 - 1


def test_logs_come_with_their_trace_and_level() -> None:
    request = logs_service_pb2.ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(
        observed_time_unix_nano=5,
        severity_number=17,
        body=AnyValue(string_value="broken"),
        trace_id=b"\xab" * 16,
        attributes=[KeyValue(key="request_id", value=AnyValue(string_value="r1"))],
    )
    [row] = log_rows(request)
    assert (row.level, row.message, row.time_ns, row.request_id) == ("ERROR", "broken", 5, "r1")
    assert row.trace_id == "ab" * 16


def test_points_of_kinds_that_cannot_be_drawn_are_left_out() -> None:
    request = metrics_service_pb2.ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    metrics.add(name="nothing")
    metrics.add(name="summary").summary.data_points.add(count=1)
    metrics.add(name="depth").gauge.data_points.add(as_int=3)
    histogram = metrics.add(name="time").histogram.data_points
    histogram.add(count=3, sum=4.5, bucket_counts=[1, 2], explicit_bounds=[1.0])
    depth, time = point_rows(request)
    assert (depth.name, depth.kind, depth.value) == ("depth", "gauge", 3.0)
    assert (time.value, json.loads(time.buckets), json.loads(time.bounds)) == (4.5, [1, 2], [1.0])
