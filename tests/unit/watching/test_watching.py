"""What `argus status --watch` shows, of a recorded mesh."""

from pathlib import Path

import pytest
from rich.console import Console

from mesh.options import MeshOptions
from mesh.supervision.ports import Ports
from mesh.supervision.state import MeshState, PartState
from mesh.watching.look import Seen, address
from mesh.watching.measures import Measures, between
from mesh.watching.reading import Reading, edge_reading, service_reading
from mesh.watching.table import watch_table
from tests.support.mesh import argus

SERVICE = """
# TYPE rpc_server_call_duration_seconds histogram
rpc_server_call_duration_seconds_bucket{le="0.1",rpc_response_status_code="OK"} 90.0
rpc_server_call_duration_seconds_bucket{le="0.2",rpc_response_status_code="OK"} 100.0
rpc_server_call_duration_seconds_bucket{le="+Inf",rpc_response_status_code="OK"} 100.0
rpc_server_call_duration_seconds_count{rpc_response_status_code="OK"} 100.0
rpc_server_call_duration_seconds_sum{rpc_response_status_code="OK"} 9.0
rpc_server_call_duration_seconds_count{rpc_response_status_code="NOT_FOUND"} 5.0
rpc_server_call_duration_seconds_count{rpc_response_status_code="UNAVAILABLE"} 10.0
argus_storage_depth{argus_queue="outbox"} 3.0
argus_storage_depth{argus_queue="trash"} 0.0
argus_search_index_queue 12.0
"""

EDGE = """
envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix="public"} 50
envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix="internal"} 9
envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="public",envoy_response_code_class="5"} 2
envoy_http_downstream_rq_xx{envoy_response_code_class="2"} 48
envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="public",le="5"} 40
envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix="public",le="+Inf"} 50
envoy_cluster_upstream_rq_total{envoy_cluster_name="storage"} 7
"""

NAMES = [name for name in Ports.model_fields if not name.startswith("more_")]


def a_state(*parts: PartState, metrics: bool = True) -> MeshState:
    return MeshState(
        pid=1,
        created=0,
        options=MeshOptions(data_dir=Path("/nowhere"), metrics=metrics, embedders=2),
        ports=Ports(
            **{name: 20_000 + number for number, name in enumerate(NAMES)},
            more_embedders=(21_000,),
            more_embedder_metrics=(21_001,),
        ),
        parts=list(parts),
        ready=True,
    )


def shown(state: MeshState, seen: dict[str, Seen]) -> str:
    console = Console(width=140, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(watch_table(state, seen))
    return capture.get()


def test_a_service_tells_calls_failures_of_its_own_and_what_waits() -> None:
    reading = service_reading(SERVICE, 1.0)
    assert (reading.calls, reading.failures) == (115.0, 10.0)
    assert reading.durations[0.1] == 90.0
    assert reading.depths == {"outbox": 3.0, "trash": 0.0, "stream": 12.0}


def test_the_edge_tells_of_its_clients_only() -> None:
    reading = edge_reading(EDGE, 1.0)
    assert (reading.calls, reading.failures, reading.durations[0.005]) == (50.0, 2.0, 40.0)


def test_rates_are_of_the_time_between() -> None:
    before = Reading(10.0, 100, 1, {0.1: 90, 0.2: 100, float("inf"): 100})
    after = Reading(12.0, 200, 2, {0.1: 180, 0.2: 190, float("inf"): 200})
    measures = between(before, after)
    assert (measures.calls_per_s, measures.failures_per_s) == (50.0, 0.5)
    # Of 100 calls 10 took longer than the last bound.
    assert measures.p95_s == 0.2
    assert between(after, after).p95_s is None
    again = between(after, Reading(14.0, 20, 0, {0.1: 20, float("inf"): 20}))
    assert (again.calls_per_s, again.failures_per_s) == (10.0, 0.0)


def test_each_part_has_a_row() -> None:
    state = a_state(
        PartState(name="storage", status="ready", pid=7, restarts=2),
        PartState(name="edge", status="unhealthy", pid=8, detail="does not answer"),
    )
    measures = Measures(12.34, 0.5, 0.0421, {"outbox": 3.0, "trash": 0.0})
    text = shown(state, {"storage": Seen(50 * 2**20, 0.42, measures), "edge": Seen()})
    row = next(line.split() for line in text.splitlines() if line.startswith("storage"))
    assert row[:6] == ["storage", "ready", "42", "%", "50", "MiB"]
    assert row[6:] == ["2", "12.3", "0.5", "42", "ms", "outbox", "3"]
    assert "edge: does not answer" in text
    assert "READY http://127.0.0.1:20000" in text


def test_without_metrics_it_says_how_to_have_them() -> None:
    assert "argus up --metrics" in shown(a_state(metrics=False), {})


def test_where_parts_are_asked() -> None:
    state = a_state()
    assert address("edge", state) == f"http://127.0.0.1:{state.ports.admin}/stats/prometheus"
    assert address("embedder-2", state) == "http://127.0.0.1:21001/metrics"
    assert address("postgres", state) is None
    assert address("auth", a_state(metrics=False)) is None


@pytest.mark.parametrize("flags", [[], ["--interval", "1"]])
def test_it_refuses_what_is_no_terminal(tmp_path: Path, flags: list[str]) -> None:
    done = argus("status", "--watch", *flags, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "--watch needs a terminal" in done.stderr
