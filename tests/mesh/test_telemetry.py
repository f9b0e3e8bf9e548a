"""What a running mesh tells of itself is what is declared, and what rules and panels read."""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml
from PIL import Image

from scripts.chart import CHART
from scripts.monitoring.edge_metrics import EDGE_METRICS
from services.runtime import telemetry_contract as contract
from services.runtime.declared import Instrument, Kind, Span
from tests.support.collector import KeptSpan, KeptTraces
from tests.support.eventually import eventually
from tests.support.mesh import Mesh
from tests.support.monitoring import unknown, what_is_read
from tests.support.person import PASSWORD, Person
from tests.support.pictures import encoded, photograph
from tests.support.prometheus_text import samples

SERVICES = ("auth", "storage", "embedder", "search", "inspection")
CLIENT_SPAN = "b7ad6b7169203331"

TOLD_ONLY_THEN = {
    "argus.auth.attempts.refused": "somebody tries again too early",
    "argus.auth.passwords.refused": "too many passwords are hashed at once",
    "argus.auth.accounts.deletions": "an account is deleted",
    "argus.auth.mails": "mail is set up, and one is sent",
    "argus.auth.sign_ins": "somebody signs in elsewhere",
    "argus.backup.age": "there is a backup",
    "argus.backup.archive.age": "changes are archived",
    "argus.clients.retries": "a part does not answer",
    "argus.embedder.worker.restarts": "a worker dies",
    "argus.events.dead": "an event cannot be dealt with",
    "argus.inspection.drift.distance": "five minutes after a set came into use",
    "argus.inspection.drift.warning": "five minutes after a set came into use",
    "argus.inspection.frames.dropped": "a frame of a stream would be late",
    "argus.inspection.frames.wait": "images are inspected over a stream",
    "argus.inspection.parts": "all views of a part are inspected together",
    "argus.inspection.results": "results of a set are sent on",
    "argus.search.crops": "images are indexed in parts",
    "argus.search.cutoff.duration": "somebody with twenty images or more searches",
    "argus.search.duplicates.clusters": "somebody looks for duplicates",
    "argus.search.duplicates.duration": "somebody looks for duplicates",
    "argus.search.graph.build.duration": "somebody has enough images for a graph",
    "argus.search.map.duration": "somebody opens the map",
    "argus.search.saved.delay": "an image is new to somebody who has saved a search",
    "argus.storage.videos": "somebody imports a video",
    "argus.storage.videos.import.duration": "somebody imports a video",
}
"""Metrics with attributes, and gauges, that say nothing before something happens."""

NOT_SEEN_IN_TRACES = {
    ("edge", "objects"): "links of this mesh lead to the object store itself",
    ("storage", "auth"): "keys are fetched beside the calls",
    ("embedder", "auth"): "keys are fetched beside the calls",
    ("search", "auth"): "keys and tokens are fetched beside the calls",
    ("inspection", "auth"): "keys and tokens are fetched beside the calls",
    ("search", "objects"): "the bytes of new images come with the events, or with their links",
    ("search", "qdrant"): "its engine runs within search",
    ("inspection", "receivers"): "only results of sets that somebody set a sink for are sent on",
    ("inspection", "search"): "only sets that compare whole images ask for vectors",
}
"""Arrows of the picture that this journey does not take, or not within a call."""

BESIDE_CALLS = {"clients", "scraper", "collector", "mail", "hub", "dns"}
"""Whom no span is about."""

OF_ENVOY = {
    "component", "downstream_cluster", "guid:x-client-trace-id", "guid:x-request-id",
    "http.method", "http.protocol", "http.status_code", "http.url", "node_id", "peer.address",
    "request_size", "response_flags", "response_size", "upstream_cluster",
    "upstream_cluster.name", "upstream_address", "url.path", "user_agent",
    "grpc.path", "grpc.authority", "grpc.content_type", "grpc.timeout", "grpc.status_code",
    "grpc.message", "error", "zone", "canceled",
}  # fmt: skip
"""Attributes of the edge's spans, which Envoy names."""


@dataclass(frozen=True)
class Journey:
    """What somebody did, and what the mesh told of it."""

    trace_id: str
    spans: list[KeptSpan]
    """Of the journey's trace."""

    indexing: list[KeptSpan]
    """Of the traces that it led to."""

    metrics: Mapping[str, str]
    """The page of each service, and of the edge."""

    @property
    def by_id(self) -> dict[bytes, KeptSpan]:
        """All spans."""
        return {one.span.span_id: one for one in (*self.spans, *self.indexing)}


@pytest.fixture(scope="module")
async def journey(mesh: Mesh, collector: KeptTraces) -> Journey:
    """Signs up, uploads, searches, inspects, and does something wrong."""
    trace_id = secrets.token_hex(16)
    traced = {"traceparent": f"00-{trace_id}-{CLIENT_SPAN}-01"}
    async with httpx.AsyncClient(
        base_url=mesh.edge_url, trust_env=False, timeout=60, headers=traced
    ) as http:
        person = await Person.register(mesh, http)
        images = [await person.add(photograph(name)) for name in ("brick", "gravel", "grass")]
        assert await person.search(text="a wall of bricks", limit=2)
        assert (await person.call("GET", "/api/search/saved")).status_code == 200
        assert (await person.call("GET", "/api/models")).status_code == 200
        await _inspect(person, [image["imageId"] for image in images])
        wrong = {"email": person.email, "password": PASSWORD + "!"}
        assert (await http.post("/api/auth/login", json=wrong)).status_code == 401
    await eventually(
        lambda: _whole(collector, trace_id, len(images)), "all spans arrive", within_s=60
    )
    return Journey(
        trace_id,
        collector.of_trace(trace_id),
        collector.linked_to(trace_id),
        {name: await _page(mesh, name) for name in (*SERVICES, "edge")},
    )


async def _inspect(person: Person, image_ids: list[str]) -> None:
    async def post(path: str, **body: Any) -> dict[str, Any]:
        answer = await person.call("POST", f"/api/qa/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    set_id = (await post("reference-sets", displayName="walls"))["referenceSetId"]
    await post(f"reference-sets/{set_id}:add", imageIds=image_ids)
    job = await post(f"reference-sets/{set_id}:calibrate", targetFalseAlarmRate=0.1)
    watch = f"/api/qa/reference-sets/{set_id}/jobs/{job['jobId']}:watch"
    ended = json.loads((await person.call("GET", watch)).text.splitlines()[-1])
    assert ended["job"]["state"] == "SUCCEEDED"
    found = await post("inspect", referenceSetId=set_id, imageId=image_ids[0])
    blank = base64.b64encode(encoded(Image.new("RGB", (160, 120)))).decode()
    frame = await post("inspect", referenceSetId=set_id, image=blank)
    assert frame["verdict"] == "UNINSPECTABLE"
    await post("feedback", inspectionId=found["inspectionId"], action="MARK_NORMAL")


def _whole(collector: KeptTraces, trace_id: str, images: int) -> bool:
    """Whether what is exported in batches has come from everybody."""
    services = {one.service for one in collector.of_trace(trace_id)}
    linked = collector.linked_to(trace_id)
    processed = [one for one in linked if one.span.name == contract.INDEX_IMAGE.name]
    # The last things that were asked of services which may export the latest.
    last = {
        (one.service, one.attributes.get("url.path", one.span.name).rpartition("/")[2])
        for one in collector.of_trace(trace_id)
    }
    return (
        services == {"argus-edge", *(f"argus-{name}" for name in SERVICES)}
        and len(processed) >= images
        and {
            ("argus-edge", "login"),
            ("argus-auth", "Login"),
            ("argus-inspection", "SubmitFeedback"),
            ("argus-search", "SearchImages"),
            ("argus-embedder", "ListModels"),
            # A stream of the caller's own, which ends when nothing came for 15 s.
            ("argus-embedder", "ExtractPatches"),
        }
        <= last
    )


async def _page(mesh: Mesh, name: str) -> str:
    ports = mesh.state().ports
    where = (
        f"{ports.admin}/stats/prometheus" if name == "edge" else f"{ports.metrics_of(name)}/metrics"
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{where}")
    assert answer.status_code == 200
    return answer.text


def exported(*pages: str) -> dict[str, set[str]]:
    """Labels of each series, by its name."""
    found: dict[str, set[str]] = {}
    for page in pages:
        for one in samples(page):
            found.setdefault(one.name, set()).update(one.labels)
    return found


def series_of(declared: Instrument) -> tuple[str, ...]:
    """Names of a metric's series."""
    ends = ("_bucket", "_count", "_sum") if declared.kind is Kind.HISTOGRAM else ("",)
    return tuple(f"{declared.prometheus_name}{end}" for end in ends)


def test_nothing_is_exported_that_is_not_declared(journey: Journey) -> None:
    declared = {
        name: {attribute.replace(".", "_") for attribute in one.attributes} | {"le"}
        for one in contract.INSTRUMENTS
        for name in series_of(one)
    }
    for service in SERVICES:
        found = exported(journey.metrics[service])
        found.pop("target_info")
        assert found.keys() <= declared.keys(), service
        for name, labels in found.items():
            assert labels <= declared[name], (service, name)


def test_what_is_declared_is_exported_or_has_a_reason(journey: Journey) -> None:
    found = exported(*(journey.metrics[name] for name in SERVICES))
    missing = {
        one.name
        for one in contract.INSTRUMENTS
        if not all(name in found for name in series_of(one))
    }
    assert missing <= TOLD_ONLY_THEN.keys()
    assert TOLD_ONLY_THEN.keys() <= {one.name for one in contract.INSTRUMENTS}


def test_each_service_counts_its_calls(journey: Journey) -> None:
    for service in SERVICES:
        assert "rpc_server_call_duration_seconds_count" in exported(journey.metrics[service])


def test_rules_and_panels_read_what_the_mesh_exports(journey: Journey) -> None:
    found = exported(*journey.metrics.values())
    for one in contract.INSTRUMENTS:
        for name in series_of(one):
            labels = {attribute.replace(".", "_") for attribute in one.attributes} | {"le"}
            if one.name in TOLD_ONLY_THEN:
                found.setdefault(name, labels)
            elif name in found:
                # What failed has `error.type`, and nothing of it may have failed yet.
                found[name] |= labels & {"error_type"}
    for name, read in what_is_read().items():
        assert unknown(read, found) == [], name


def test_the_edge_exports_what_is_read_of_it(journey: Journey) -> None:
    found = exported(journey.metrics["edge"])
    for one in EDGE_METRICS:
        name = f"{one.name}_bucket" if one.histogram else one.name
        assert set(one.labels) <= found.get(name, set()), one.name


def declared_span(span: Any) -> Span | None:
    """The declaration of a span, by its kind and its name."""
    # `GET objects` before what stands for any two words.
    for one in sorted(contract.SPANS, key=lambda one: one.name.count("{")):
        # OTLP's numbers are one more than the API's.
        if one.kind.value + 1 == span.kind:
            pattern = r"[\w./]+".join(re.split(r"\{[^}]*\}", one.name))
            if re.fullmatch(pattern, span.name):
                return one
    return None


def test_every_span_is_declared_with_its_attributes(journey: Journey) -> None:
    for one in (*journey.spans, *journey.indexing):
        keys = {attribute.key for attribute in one.span.attributes}
        if one.service == "argus-edge":
            assert keys <= OF_ENVOY, one.span.name
            continue
        declared = declared_span(one.span)
        assert declared is not None, (one.service, one.span.name)
        assert keys <= set(declared.attributes), one.span.name


def test_every_kind_of_span_is_seen(journey: Journey) -> None:
    seen = {declared_span(one.span) for one in (*journey.spans, *journey.indexing)}
    assert set(contract.SPANS) <= seen


def arrows_of(journey: Journey) -> set[tuple[str, str]]:
    """Who asked whom, as spans say it."""
    found: set[tuple[str, str]] = set()
    known = journey.by_id
    for one in known.values():
        here = one.service.removeprefix("argus-")
        parent = known.get(one.span.parent_span_id)
        if parent is not None and parent.service != one.service:
            found.add((parent.service.removeprefix("argus-"), here))
        if system := one.attributes.get("db.system.name"):
            found.add((here, {"postgresql": "postgres"}.get(system, system)))
        if one.span.name.endswith(" objects"):
            found.add((here, "objects"))
    return found


def test_the_arrows_of_the_picture_are_in_the_traces(journey: Journey) -> None:
    picture = {
        (arrow["from"], arrow["to"])
        for arrow in yaml.safe_load((CHART / "files" / "arrows.yaml").read_text())["arrows"]
        if not {arrow["from"], arrow["to"]} & BESIDE_CALLS
    }
    found = arrows_of(journey)
    assert found <= picture
    assert picture - found <= NOT_SEEN_IN_TRACES.keys()


def test_what_search_does_is_linked_to_the_upload(journey: Journey) -> None:
    [completed, *_] = [
        one for one in journey.spans if one.span.name.endswith("/CompleteUpload")
        and one.service == "argus-storage"
    ]  # fmt: skip
    known = {one.span.span_id: one for one in journey.spans}
    processed = [one for one in journey.indexing if one.span.name == contract.INDEX_IMAGE.name]
    assert {one.service for one in processed} == {"argus-search"}
    for one in processed:
        [link] = one.span.links
        cause = known[link.span_id]
        assert cause.service == completed.service
        assert one.attributes["argus.outcome"] == "indexed"
        assert one.span.trace_id != link.trace_id, "an index may come hours later"


def test_every_log_has_lines_of_the_trace(mesh: Mesh, journey: Journey) -> None:
    for part in (*SERVICES, "edge"):
        lines = (mesh.layout.logs / f"{part}.log").read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        of_it = [line for line in said if line.get("trace_id") == journey.trace_id]
        assert of_it, part
        spans = {one.span.span_id.hex() for one in journey.spans}
        if part != "edge":
            # Not all that were logged have come, as those of calls that are still under way.
            assert {line["span_id"] for line in of_it} & spans, part
