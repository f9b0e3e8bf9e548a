"""What Prometheus collects from a process, and that it is all there is to get there."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client.parser import text_string_to_metric_families

from services.runtime import telemetry_contract as contract
from services.runtime.declared import Instrument, Kind
from services.runtime.instruments import counter, gauge, histogram
from services.runtime.metrics_endpoint import AT_ONCE, MetricsPage, metrics_endpoint


@pytest.fixture
def page() -> MetricsPage:
    return MetricsPage()


@pytest.fixture
def meters(page: MetricsPage) -> MeterProvider:
    resource = Resource.create({contract.SERVICE_INSTANCE_ID: "first"})
    return MeterProvider([page.reader], resource=resource, shutdown_on_exit=False)


@pytest.fixture
def address(page: MetricsPage) -> Iterator[str]:
    with metrics_endpoint("127.0.0.1:0", page) as address:
        yield address


def get(address: str, path: str = "/metrics", **headers: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as client:
        return client.get(f"http://{address}{path}", headers=headers)


def measure(declared: Instrument, meters: MeterProvider) -> None:
    attributes: dict[Any, str] = dict.fromkeys(declared.attributes, "x")
    if declared.kind is Kind.HISTOGRAM:
        histogram(declared, meters).record(0.2, attributes)
    elif declared.kind is Kind.GAUGE:
        gauge(declared, meters).set(1, attributes)
    else:
        counter(declared, meters).add(1, attributes)


def test_every_metric_is_there_under_the_name_that_the_page_says(
    address: str, meters: MeterProvider
) -> None:
    for declared in contract.INSTRUMENTS:
        measure(declared, meters)
    text = get(address).text
    samples = {
        sample.name: sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for declared in contract.INSTRUMENTS:
        suffix = "_count" if declared.kind is Kind.HISTOGRAM else ""
        sample = samples.pop(f"{declared.prometheus_name}{suffix}")
        labels = {name.replace(".", "_") for name in declared.attributes}
        assert set(sample.labels) == labels, declared.name
    others = {name for name in samples if not name.endswith(("_bucket", "_sum"))}
    assert others == {"target_info"}
    assert samples["target_info"].labels["service_instance_id"] == "first"


def test_it_is_asked_anew_each_time(address: str, meters: MeterProvider) -> None:
    made = counter(contract.HITS_DROPPED, meters)
    for total in (1, 2):
        made.add(1)
        assert f"argus_search_query_hits_dropped_images_total {total}.0" not in get(address).text
        assert f"argus_search_query_hits_dropped_total {total}.0" in get(address).text


def test_there_is_nothing_else(address: str) -> None:
    for path in ("/", "/metrics/", "/debug", "/metrics/../metrics"):
        with socket.create_connection(tuple_of(address)) as caller:
            caller.sendall(f"GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n".encode())
            assert b" 404 " in caller.makefile("rb").readline()
    with httpx.Client(trust_env=False) as client:
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
            answer = client.request(method, f"http://{address}/metrics")
            assert answer.status_code == 501, method


def tuple_of(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://somewhere.example"},
        {"sec-fetch-site": "cross-site"},
        {"host": "rebound.example"},
        {"host": "rebound.example:80"},
        {"host": "[broken"},
    ],
)
def test_a_web_page_is_refused(address: str, headers: dict[str, str]) -> None:
    answer = get(address, **headers)
    assert answer.status_code == 403
    assert "argus" not in answer.text


@pytest.mark.parametrize("headers", [{"host": "localhost:1"}, {"sec-fetch-site": "none"}])
def test_a_person_or_a_program_of_this_machine_is_not(
    address: str, headers: dict[str, str]
) -> None:
    assert get(address, **headers).status_code == 200


def test_callers_who_ask_nothing_hold_up_a_few_connections_and_no_more(
    address: str,
) -> None:
    idle = [socket.create_connection(tuple_of(address)) for _ in range(AT_ONCE)]
    try:
        with pytest.raises(httpx.HTTPError):
            get(address)
    finally:
        for caller in idle:
            caller.close()


def test_a_port_that_is_taken_is_an_error(page: MetricsPage, address: str) -> None:
    with pytest.raises(OSError, match="in use"), metrics_endpoint(address, page):
        pass
