"""`argus up --observe`: what happened in the mesh is seen on its page, and in Prometheus."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mesh.parts.metrics_store import find_metrics_store
from mesh.parts.observe import observe_key, page_url
from services.runtime.telemetry_contract import COMPLETIONS, RPC_DURATION
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, argus
from tests.support.person import Person
from tests.support.pictures import drawing, encoded

COMPLETE = "argus.storage.v1.ImageService/CompleteUpload"
UPLOAD = {
    ("argus-edge", "argus-storage"),
    ("argus-storage", "postgresql"),
    ("argus-storage", "objects"),
    ("argus-storage", "redis"),
}
"""Which parts an upload goes through."""

WATCH_S = 60.0


@pytest.fixture
async def page(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has the key of the page."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{mesh.state().ports.observe}",
        headers={"authorization": f"Bearer {observe_key(mesh.layout)}"},
        trust_env=False,
        timeout=30,
    ) as client:
        yield client


async def upload(mesh: Mesh, number: int) -> str:
    """Somebody uploads an image, which is indexed, and asks all services; the image's id."""

    async def wants_trace(request: httpx.Request) -> None:
        # Whatever part of others' requests is traced.
        request.headers["traceparent"] = f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"

    async with httpx.AsyncClient(
        base_url=mesh.edge_url, trust_env=False, timeout=60, event_hooks={"request": [wants_trace]}
    ) as http:
        person = await Person.register(mesh, http)
        image = await person.add(encoded(drawing(number)))
        for method, path, body in (
            ("GET", "/api/qa/reference-sets", None),
            ("POST", "/api/search", {"text": "a drawing"}),
        ):
            answer = await person.call(method, path, json=body)
            assert answer.status_code == 200, answer.text
    return str(image["imageId"])


async def whole(page: httpx.AsyncClient, query: str, complete: Any) -> dict[str, Any]:
    """The one trace that is asked for, as soon as all of it is there."""
    found: dict[str, Any] = {}

    async def there() -> bool:
        listed = (await page.get(f"/api/traces?{query}")).json()["traces"]
        if not listed:
            return False
        [one] = listed
        found.update((await page.get(f"/api/traces/{one['trace_id']}")).json())
        return bool(complete(found))

    await eventually(there, f"the trace of {query} is whole", within_s=60)
    return found


def arrows(trace: dict[str, Any]) -> set[tuple[str, str]]:
    """From which part to which a trace goes, stores included."""
    of = {span["span_id"]: span["service"] for span in trace["spans"]}
    found = {
        (of[span["parent_id"]], span["service"])
        for span in trace["spans"]
        if span["parent_id"] in of
    }
    for span in trace["spans"]:
        store = span["attributes"].get("db.system.name")
        if span["name"].endswith(" objects"):
            store = "objects"
        if store:
            found.add((span["service"], store))
    return {(here, there) for here, there in found if here != there}


async def test_an_upload_is_one_trace_and_what_it_led_to_is_linked(
    mesh: Mesh, page: httpx.AsyncClient
) -> None:
    image_id = await upload(mesh, 1)
    index = await whole(
        page, f"service=argus-search&text={image_id}", lambda found: found["caused_by"]
    )
    assert index["name"] == "process argus:images"
    assert index["spans"][0]["attributes"]["argus.outcome"] == "indexed"
    [cause] = index["caused_by"]

    path = f"/api/traces/{cause['trace_id']}"
    request: dict[str, Any] = {}

    async def told() -> bool:
        answer = await page.get(path)
        if not answer.is_success:
            return False
        request.update(answer.json())
        return bool(request["logs"]) and arrows(request) >= UPLOAD

    # Each process tells of its own spans, at times of its own.
    await eventually(told, "edge, storage and log have told of the upload", within_s=60)
    assert request["service"] == "argus-edge"
    assert COMPLETE in {span["name"] for span in request["spans"]}
    assert index["trace_id"] in {link["trace_id"] for link in request["led_to"]}
    assert request["failures"] == 0

    # By the request's id the same is found, and what was logged about it.
    listed = (await page.get(f"/api/traces?request_id={request['request_id']}")).json()["traces"]
    assert [one["trace_id"] for one in listed] == [request["trace_id"]]
    logs = (await page.get(f"/api/logs?request_id={request['request_id']}")).json()["logs"]
    assert {line["trace_id"] for line in logs} == {request["trace_id"]}
    assert "storage" in {line["service"] for line in logs}


async def test_metrics_of_all_services_arrive(mesh: Mesh, page: httpx.AsyncClient) -> None:
    await upload(mesh, 2)

    async def measured() -> bool:
        counted = (await page.get(f"/api/metrics/{COMPLETIONS.name}")).json()
        return any(line["label"] == "storage kept" for line in counted["lines"])

    await eventually(measured, "storage has told of its uploads", within_s=60)
    for service in ("auth", "storage", "embedder", "search", "inspection"):

        async def told(service: str = service) -> bool:
            path = f"/api/metrics/{RPC_DURATION.name}?service=argus-{service}"
            lines = (await page.get(path)).json()["lines"]
            return any(value is not None for line in lines for value in line["values"])

        await eventually(told, f"{service} has told of its calls", within_s=60)
    assert (await page.get("/api/lost")).json() == {"lost": 0}


@pytest.mark.skipif(
    find_metrics_store() is None,
    reason="neither prometheus nor victoria-metrics is on the PATH (apt-get install prometheus)",
)
async def test_the_real_prometheus_collects_from_every_service_and_the_edge(mesh: Mesh) -> None:
    state = mesh.state()
    auth = ("argus", observe_key(mesh.layout))
    url = f"http://127.0.0.1:{state.ports.metrics_store}"
    jobs: set[str] = set()
    async with httpx.AsyncClient(base_url=url, auth=auth, trust_env=False) as store:

        async def collected() -> bool:
            answer = await store.get("/api/v1/query", params={"query": "up == 1"})
            jobs.update(one["metric"]["job"] for one in answer.json()["data"]["result"])
            return len(jobs) == 6

        await eventually(collected, "everybody was asked", within_s=60)
    services = ("auth", "storage", "embedder", "search", "inspection")
    assert jobs == {"argus-edge", *(f"argus-{name}" for name in services)}


def test_status_says_where_to_look(mesh: Mesh) -> None:
    told = argus("status", "--data-dir", str(mesh.data_dir)).stdout
    assert page_url(mesh.layout, mesh.state().ports) in told


async def test_the_mesh_works_on_while_nobody_observes(mesh: Mesh, page: httpx.AsyncClient) -> None:
    before = mesh.pid("observe")
    os.kill(before, signal.SIGKILL)
    await upload(mesh, 3)

    async def back() -> bool:
        part = mesh.state().part("observe")
        assert mesh.state().ready
        return part.status == "ready" and part.pid not in {0, before}

    await eventually(back, "it is started again", within_s=60)
    # Telemetry finds the new one.
    await upload(mesh, 4)
    started = time.time_ns()

    async def told() -> bool:
        listed = (await page.get("/api/traces?limit=1")).json()["traces"]
        return bool(listed) and listed[0]["start_ns"] > started - 60 * 10**9

    await eventually(told, "a new trace arrives", within_s=60)


def test_watch_shows_each_part_on_a_terminal_until_ctrl_c(mesh: Mesh) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "mesh", "status", "--watch", "--interval", "0.5",
            "--data-dir", str(mesh.data_dir),
        ],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "160", "LINES": "40"},
    )  # fmt: skip
    os.close(theirs)
    try:
        shown = ""
        # The second look has rates, such as those of the edge, which is probed all the time.
        rates = re.compile(r"edge +ready +\d+ % +[\d,]+ MiB +(\d+ +)?\d+\.\d")
        deadline = time.monotonic() + WATCH_S
        while not rates.search(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)):
            assert time.monotonic() < deadline, shown
            if select.select([ours], [], [], 1)[0]:
                shown += os.read(ours, 65_536).decode(errors="replace")
        assert all(part.name in shown for part in mesh.state().parts)
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + WATCH_S
        while process.poll() is None:
            assert time.monotonic() < deadline, "Ctrl-C did not end it"
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    os.read(ours, 65_536)
                except OSError:
                    break  # its end of the terminal is closed
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
