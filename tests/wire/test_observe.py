"""What `argus up --observe` runs, by itself: real exporters tell it, and people look at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.trace import get_current_span

from services.runtime.instruments import counter, histogram
from services.runtime.telemetry_contract import (
    COMPLETIONS,
    IMAGE_ID,
    INDEX_IMAGE,
    INSTRUMENTS,
    OUTCOME,
    RPC_DURATION,
    RPC_METHOD,
    SERVER_CALL,
)
from services.runtime.tracing import Tracing, link_to, traceparent
from tests.support.collector import running_collector
from tests.support.eventually import eventually
from tests.support.observer import KEY, Observed, running_observer

METHOD = "argus.storage.v1.ImageService/CompleteUpload"
NASTY = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with running_observer(tmp_path_factory.mktemp("o")) as running:
        yield running


@pytest.fixture
async def page(observed: Observed) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has the key."""
    async with httpx.AsyncClient(
        base_url=observed.url, headers={"authorization": f"Bearer {KEY}"}, trust_env=False
    ) as client:
        yield client


async def until(page: httpx.AsyncClient, path: str, name: str) -> list[dict[str, Any]]:
    """What a list has, as soon as it has something."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = (await page.get(path)).json()[name]
        return bool(found)

    await eventually(there, f"{path} has something")
    return found


async def test_a_call_and_what_it_led_to_are_two_linked_traces_with_logs(
    observed: Observed, page: httpx.AsyncClient
) -> None:
    storage, search = observed.tracers("storage"), observed.tracers("search")
    with Tracing(storage).span(SERVER_CALL, {RPC_METHOD: METHOD}) as call:
        announced = traceparent()
        context = get_current_span().get_span_context()
        line = {"message": NASTY, "level": "ERROR", "trace_id": f"{context.trace_id:032x}"}
        with observed.log.open("a") as log:
            log.write(json.dumps(line) + "\n")
        call.failed(NASTY)
    assert announced is not None
    with Tracing(search).span(
        INDEX_IMAGE, {IMAGE_ID: "whale", OUTCOME: "indexed"}, links=link_to(announced)
    ):
        pass

    [index] = await until(page, "/api/traces?service=argus-search&text=whale", "traces")
    assert (index["name"], index["links"], index["failures"]) == ("process argus:images", 1, 0)
    found = (await page.get(f"/api/traces/{index['trace_id']}")).json()
    [cause] = found["caused_by"]
    assert (cause["trace_id"], cause["name"]) == (line["trace_id"], METHOD)

    await until(page, f"/api/logs?trace_id={line['trace_id']}&level=error", "logs")
    upload = (await page.get(f"/api/traces/{cause['trace_id']}")).json()
    [led_to] = upload["led_to"]
    assert led_to["trace_id"] == index["trace_id"]
    assert led_to["span_id"] == upload["spans"][0]["span_id"] == cause["linked_span_id"]
    assert upload["failures"] == 1
    assert [said["message"] for said in upload["logs"]] == [NASTY]

    shown = await page.get(f"/traces/{cause['trace_id']}")
    assert shown.status_code == 200
    assert f"/traces/{index['trace_id']}#span-" in shown.text
    assert METHOD in shown.text
    assert "<script>alert" not in shown.text


async def test_every_declared_metric_is_there_and_what_was_measured_is_drawn(
    observed: Observed, page: httpx.AsyncClient
) -> None:
    meters = observed.meters("storage")
    counter(COMPLETIONS, meters).add(3, {OUTCOME: "kept"})
    histogram(RPC_DURATION, meters).record(0.2, {RPC_METHOD: METHOD})
    meters.force_flush()

    async def measured() -> bool:
        return bool((await page.get(f"/api/metrics/{COMPLETIONS.name}")).json()["lines"])

    await eventually(measured, "the counter arrives")
    names = (await page.get("/api/metrics")).json()["metrics"]
    assert [one.name for one in INSTRUMENTS] == names[: len(INSTRUMENTS)]
    counted = (await page.get(f"/api/metrics/{COMPLETIONS.name}")).json()
    assert (counted["meaning"], counted["unit"]) == (COMPLETIONS.meaning, "{upload}/s")
    [line] = counted["lines"]
    assert line["label"] == "storage kept"
    assert sum(value or 0 for value in line["values"]) == pytest.approx(3 / 60)
    durations = (await page.get(f"/api/metrics/{RPC_DURATION.name}?service=argus-storage")).json()
    assert [line["label"] for line in durations["lines"]] == ["p50", "p95", "p99"]
    assert 0.1 <= max(value or 0 for value in durations["lines"][0]["values"]) <= 0.25
    assert (await page.get("/api/metrics/no.such")).status_code == 404
    shown = (await page.get("/metrics")).text
    assert all(f'id="{one.name}"' in shown for one in INSTRUMENTS)
    meters.shutdown()


async def test_everything_is_sent_on_to_a_collector_elsewhere(tmp_path: Path) -> None:
    async with running_collector() as elsewhere:
        with running_observer(tmp_path, forward_url=elsewhere.url) as observed:
            tracing = Tracing(observed.tracers("auth"))

            def tell() -> None:
                with tracing.span(SERVER_CALL, {RPC_METHOD: METHOD}):
                    pass

            await asyncio.to_thread(tell)
            await eventually(lambda: bool(elsewhere.spans), "the span is there, too")
            [(process, span)] = elsewhere.spans
    assert (process["service.name"], span.name) == ("argus-auth", METHOD)


async def test_the_key_comes_once_in_the_address_and_then_as_a_cookie(observed: Observed) -> None:
    async with httpx.AsyncClient(base_url=observed.url, trust_env=False) as browser:
        assert (await browser.get("/")).status_code == 401
        assert (await browser.get("/?key=wrong")).status_code == 401
        welcome = await browser.get("/logs", params={"key": KEY, "level": "ERROR"})
        assert (welcome.status_code, welcome.headers["location"]) == (303, "/logs?level=ERROR")
        kept = welcome.headers["set-cookie"]
        assert "HttpOnly" in kept
        assert "SameSite=Strict" in kept
        browser.cookies.clear()
        name, _, value = kept.partition(";")[0].partition("=")
        assert (await browser.get("/", headers={"cookie": f"{name}={value}"})).status_code == 200
        # It leads nowhere else, whatever the path says.
        away = await browser.get("//somewhere.example/", params={"key": KEY})
        assert away.headers["location"].startswith("/")
        assert not away.headers["location"].startswith("//")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/traces/nonsense", 404),
        ("/no-such", 404),
        ("/api/no-such", 404),
        ("/observe.js/../settings.py", 404),
        ("/?least_ms=-1", 400),
        ("/?least_ms=nan", 400),
        ("/?before_ns=x", 400),
        ("/?limit=100000", 400),
        ("/?status=odd", 400),
        ("/api/logs?limit=0", 200),
        ("/logs?level=odd", 200),
        ("/?" + "&".join(f"a{n}=1" for n in range(100)), 400),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    page: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await page.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Traceback" not in answer.text


async def test_no_page_has_a_style_or_a_script_of_its_own(page: httpx.AsyncClient) -> None:
    for path in ("/", "/metrics", "/logs"):
        text = (await page.get(path)).text
        assert " style=" not in text
        assert text.count("<script") == 1
        assert " onclick" not in text
