"""The page of `argus up --observe` as a person meets it: by keys, light and dark."""

import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from services.runtime.instruments import counter, histogram
from services.runtime.telemetry_contract import (
    COMPLETIONS,
    DATABASE_QUERY,
    DB_OPERATION,
    DB_SYSTEM,
    IMAGE_ID,
    INDEX_IMAGE,
    OUTCOME,
    RPC_DURATION,
    RPC_METHOD,
    SERVER_CALL,
)
from services.runtime.tracing import Tracing, link_to, traceparent
from tests.browser.looks import AXE, barriers
from tests.support.eventually import wait_until
from tests.support.observer import KEY, Observed, running_observer

METHOD = "argus.storage.v1.ImageService/CompleteUpload"


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """An observer that was told of an upload, of its indexing, of a log line and of metrics."""
    with running_observer(tmp_path_factory.mktemp("o")) as running:
        tell(running)
        yield running


def tell(observed: Observed) -> None:
    storage = Tracing(observed.tracers("storage"))
    with storage.span(SERVER_CALL, {RPC_METHOD: METHOD}) as call:
        announced = traceparent()
        trace_id = f"{call.inner.get_span_context().trace_id:032x}"
        with storage.span(DATABASE_QUERY, {DB_SYSTEM: "postgresql", DB_OPERATION: "INSERT"}):
            pass
    assert announced is not None
    with Tracing(observed.tracers("search")).span(
        INDEX_IMAGE, {IMAGE_ID: "whale", OUTCOME: "indexed"}, links=link_to(announced)
    ):
        pass
    line = {"message": "the bytes are a whale", "level": "WARNING", "trace_id": trace_id, "ms": 4}
    observed.log.write_text(json.dumps(line) + "\n")
    meters = observed.meters("storage")
    counter(COMPLETIONS, meters).add(3, {OUTCOME: "kept"})
    histogram(RPC_DURATION, meters).record(0.2, {RPC_METHOD: METHOD})
    meters.shutdown()
    # Files are looked at every second.
    mine = {"authorization": f"Bearer {KEY}"}

    def read() -> bool:
        answer = httpx.get(f"{observed.url}/api/logs", headers=mine, trust_env=False)
        return bool(answer.json()["logs"])

    wait_until(read, "the log is read")


@pytest.fixture
async def page(chromium: Browser, observed: Observed) -> AsyncIterator[Page]:
    """Somebody who opened the address that `argus status` prints; nothing is complained of."""
    context = await chromium.new_context(
        base_url=observed.url, viewport={"width": 1280, "height": 800}
    )
    complaints: list[str] = []
    page = await context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.add_init_script(path=AXE)
    await page.goto(f"/?key={KEY}")
    await expect(page).to_have_url(f"{observed.url}/")
    yield page
    assert complaints == []
    await context.close()


async def test_by_keys_from_an_upload_to_its_indexing_and_back(page: Page) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_label("Text")).to_be_focused()
    await page.keyboard.type(METHOD)
    await page.keyboard.press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=METHOD)).to_be_visible()
    await expect(page.locator(".waterfall details")).to_have_count(2)
    await expect(page.get_by_text("the bytes are a whale")).to_be_visible()
    await page.get_by_role("link", name="process argus:images").click()
    await expect(page.get_by_role("heading", name="process argus:images")).to_be_visible()
    # The span that the link means is open.
    await expect(page.locator("details[open]").get_by_text("whale")).to_be_visible()
    await page.get_by_role("link", name=METHOD).click()
    await expect(page.locator("details[open]").get_by_text("argus-storage")).to_be_visible()


async def test_a_line_of_a_log_leads_to_its_trace(page: Page) -> None:
    await page.get_by_role("link", name="Logs").click()
    await page.get_by_label("From level").select_option("WARNING")
    await page.get_by_role("button", name="Show").click()
    await page.locator("tbody a").click()
    await expect(page.get_by_role("heading", name=METHOD)).to_be_visible()


async def test_a_chart_tells_its_values_by_keys(page: Page) -> None:
    await page.goto("/metrics")
    chart = page.get_by_role("img", name=COMPLETIONS.name)
    await chart.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(f'[id="{COMPLETIONS.name}"] output')).to_contain_text("1 min ago")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_no_page_has_a_barrier(page: Page, theme: str) -> None:
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    trace = await page.get_by_role("link", name=METHOD).first.get_attribute("href")
    for path in ("/", str(trace), "/metrics", "/logs"):
        await page.goto(path)
        found = await barriers(page)
        assert not found, json.dumps(found, indent=1)
