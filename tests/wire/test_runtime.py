"""What the runtime promises of every service, shown on a small one over a real socket."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, cast

import grpc
import pytest
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.auth.signing import KeyRing, SigningKey
from services.runtime import errors
from services.runtime.health import LIVE, Dependency
from services.runtime.identity import TokenVerifier
from services.runtime.logs import JsonFormatter
from services.runtime.outgoing import outgoing
from services.runtime.policy import MethodPolicy, PolicyError, policies_of_service
from services.runtime.redis import REDIS_ERRORS
from services.runtime.request import remaining_s
from services.runtime.server import RunningServer, serving
from services.runtime.settings import RuntimeSettings, load
from services.runtime.status import CODES
from services.runtime.telemetry import Providers
from tests.support.services import COMMON
from tests.support.spans import Spans

SERVICE = "argus.auth.v1.AuthService"
GET_JWKS = f"/{SERVICE}/GetJwks"
POLICY = policies_of_service(SERVICE)[GET_JWKS]


class Sessions:
    async def is_closed(self, session_id: str) -> bool:
        return False

    async def closed_among(self, session_ids: Collection[str]) -> set[str]:
        return set()


class Servicer(auth_pb2_grpc.AuthServiceServicer):
    """One method of a service: raises what it is told to; waits while it is told to."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.hold: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def GetJwks(
        self, request: auth_pb2.GetJwksRequest, context: Any
    ) -> auth_pb2.GetJwksResponse:
        self.entered.set()
        if self.failure:
            raise self.failure
        if self.hold:
            await self.hold.wait()
        return auth_pb2.GetJwksResponse(keys=[auth_pb2.Jwk(kid=f"{remaining_s(1e6):.3f}")])


def make_servicer() -> Servicer:
    return Servicer()  # type: ignore[abstract] # its other methods are not called


@asynccontextmanager
async def running(
    servicer: Servicer,
    *dependencies: Dependency,
    providers: Providers | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[RunningServer, grpc.aio.Channel]]:
    values = COMMON | {"redis_url": "redis://unused"} | settings
    keys = KeyRing([SigningKey.generate()])
    async with (
        serving(
            RuntimeSettings(**values),
            servicers=[
                partial(auth_pb2_grpc.add_AuthServiceServicer_to_server, cast("Any", servicer))
            ],
            verifier=TokenVerifier(keys, Sessions(), issuer="argus", audience="argus"),
            dependencies=dependencies,
            error_table=REDIS_ERRORS | {LookupError: errors.Unavailable},
            providers=providers,
        ) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        yield server, channel


async def jwks(channel: grpc.aio.Channel, **options: Any) -> auth_pb2.GetJwksResponse:
    return await auth_pb2_grpc.AuthServiceStub(channel).GetJwks(
        auth_pb2.GetJwksRequest(), **options
    )


def details(error: grpc.aio.AioRpcError) -> list[Any]:
    raw = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    assert isinstance(raw, bytes)
    found: list[Any] = []
    for packed in status_pb2.Status.FromString(raw).details:
        for kind in (
            error_details_pb2.ErrorInfo,
            error_details_pb2.BadRequest,
            error_details_pb2.RetryInfo,
        ):
            message = kind()
            if packed.Unpack(message):
                found.append(message)
    return found


@pytest.mark.parametrize(
    ("kind", "code"), [(k, c) for k, c in CODES.items() if k is not errors.ArgusError]
)
async def test_each_kind_of_error_has_its_status(
    kind: type[errors.ArgusError], code: grpc.StatusCode
) -> None:
    servicer = make_servicer()
    servicer.failure = kind(
        "what to do", field="labels", metadata={"limit": "3"}, retry_after_s=1.5
    )
    async with running(servicer) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await jwks(channel)
    assert (caught.value.code(), caught.value.details()) == (code, "what to do")
    info, bad, retry = details(caught.value)
    assert (info.reason, info.domain, dict(info.metadata)) == (
        kind.reason,
        "argus.internal",
        {"limit": "3"},
    )
    assert [violation.field for violation in bad.field_violations] == ["labels"]
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1.5


async def test_what_a_driver_raises_is_unavailable_by_the_services_table() -> None:
    servicer = make_servicer()
    servicer.failure = KeyError("/secret/path")
    async with running(servicer) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await jwks(channel)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", [ZeroDivisionError, TimeoutError, ConnectionError, FileNotFoundError, OSError]
)
async def test_an_unforeseen_exception_leaves_nothing_but_the_request_id(
    kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    servicer = make_servicer()
    servicer.failure = kind("/secret/path")
    async with running(servicer) as (_, channel):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await jwks(channel, metadata=(("x-request-id", "r-17"),))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert caught.value.details() == "internal error; quote request id r-17"
    assert "secret" not in str(caught.value.trailing_metadata())
    assert any(record.exc_info for record in caplog.records)


async def test_each_server_measures_into_its_own_providers() -> None:
    failing = make_servicer()
    failing.failure = errors.NotFound("nothing there")
    measured = []
    for servicer, calls in ((make_servicer(), 2), (failing, 1)):
        reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(spans))
        providers = Providers(tracers, MeterProvider([reader]))
        async with running(servicer, providers=providers) as (_, channel):
            for _ in range(calls):
                with suppress(grpc.aio.AioRpcError):
                    await jwks(channel)
        measured.append((counts(reader), {span.name for span in spans.get_finished_spans()}))
    assert measured == [
        ({(f"{SERVICE}/GetJwks", "OK"): 2}, {f"{SERVICE}/GetJwks"}),
        ({(f"{SERVICE}/GetJwks", "NOT_FOUND"): 1}, {f"{SERVICE}/GetJwks"}),
    ]


async def test_a_call_that_leads_to_another_is_one_trace() -> None:
    first, second = Spans(), Spans()

    class Forwarding(Servicer):
        async def GetJwks(
            self, request: auth_pb2.GetJwksRequest, context: Any
        ) -> auth_pb2.GetJwksResponse:
            return await jwks(behind, **outgoing(timeout_s=5, token="none"))

    forwarding = Forwarding()  # type: ignore[abstract] # as above
    async with (
        running(make_servicer(), providers=second.providers) as (_, behind),
        running(forwarding, providers=first.providers) as (_, channel),
    ):
        trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        await jwks(channel, metadata=(("traceparent", f"00-{trace_id}-{span_id}-01"),))
    [outer], [inner] = (spans.named(f"{SERVICE}/GetJwks") for spans in (first, second))
    assert outer.context is not None
    assert inner.context is not None
    assert f"{outer.context.trace_id:032x}" == f"{inner.context.trace_id:032x}" == trace_id
    assert outer.parent is not None
    assert inner.parent is not None
    assert f"{outer.parent.span_id:016x}" == span_id
    assert inner.parent.span_id == outer.context.span_id
    assert dict(inner.attributes or {}) == {
        "rpc.system.name": "grpc",
        "rpc.method": f"{SERVICE}/GetJwks",
        "rpc.response.status_code": "OK",
    }


def counts(reader: InMemoryMetricReader) -> dict[tuple[str, str], int]:
    """Calls measured, by method and status."""
    data: Any = reader.get_metrics_data()
    [metric] = [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "rpc.server.call.duration"
    ]
    return {
        (point.attributes["rpc.method"], point.attributes["rpc.response.status_code"]): point.count
        for point in metric.data.data_points
    }


async def test_the_deadline_reaches_the_code() -> None:
    async with running(make_servicer()) as (_, channel):
        answer = await jwks(channel, timeout=5)
        assert 0 < float(answer.keys[0].kid) < 6, "what the wire rounds up is under a second"
        for timeout in (None, 1e5):
            answer = await jwks(channel, timeout=timeout)
            limit_s = POLICY.deadline_s if timeout is None else POLICY.max_deadline_s
            assert limit_s - 10 < float(answer.keys[0].kid) <= limit_s


async def test_a_call_without_a_deadline_is_ended_by_the_methods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = {GET_JWKS: replace(POLICY, deadline_s=0.2, max_deadline_s=0.4)}
    monkeypatch.setattr("services.runtime.server.policies_of_service", lambda _: short)
    servicer = make_servicer()
    servicer.hold = asyncio.Event()
    async with running(servicer) as (_, channel):
        for timeout, limit in ((None, "0.2"), (60, "0.4")):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await jwks(channel, timeout=timeout)
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            [info] = details(caught.value)
            assert (info.reason, dict(info.metadata)) == (
                "DEADLINE_EXCEEDED",
                {"max_seconds": limit},
            )
        # Nor does it wait for ever for a message that does not come.
        call: Any = channel.stream_unary(GET_JWKS)()
        assert (await call.code()) is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_server_with_a_method_of_no_policy_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(service: str) -> dict[str, MethodPolicy]:
        raise PolicyError([f"/{service}/New has no option (argus.policy.v1.policy)"])

    monkeypatch.setattr("services.runtime.server.policies_of_service", none)
    with pytest.raises(PolicyError, match=r"AuthService/New"):
        async with running(make_servicer()):
            pass


async def test_reflection_lists_the_public_contract() -> None:
    async with running(make_servicer()) as (_, channel):
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
        call = stub.ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        )
        names = {
            service.name
            async for answer in call
            for service in answer.list_services_response.service
        }
    assert {
        "argus.auth.v1.AuthService",
        "argus.storage.v1.ImageService",
        "argus.embedder.v1.EmbedderService",
        "argus.search.v1.SearchService",
        "grpc.health.v1.Health",
    } <= names
    assert "argus.storage.v1.IngestService" not in names


async def test_readiness_follows_each_named_dependency() -> None:
    up = {"database": True, "peer": True}

    def part(name: str, *reports: str) -> Dependency:
        async def probe() -> None:
            if not up[name]:
                raise ConnectionError(name)

        return Dependency(name, probe, reports=reports)

    async with running(make_servicer(), part("database"), part("peer", "some.Peer")) as (
        server,
        channel,
    ):
        health: Any = health_pb2_grpc.HealthStub(channel)

        async def status(name: str) -> str:
            answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
            return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

        names = ("", SERVICE, "database", "peer", "some.Peer")
        assert [await status(name) for name in names] == ["SERVING"] * 5
        up["peer"] = False
        await server.readiness.probe_once()
        assert [await status(name) for name in names] == [
            "NOT_SERVING", "NOT_SERVING", "SERVING", "NOT_SERVING", "NOT_SERVING",
        ]  # fmt: skip
        # The process itself has no fault that a restart would mend.
        assert await status(LIVE) == "SERVING"
        up["peer"] = True
        await server.readiness.probe_once()
        assert [await status(name) for name in names] == ["SERVING"] * 5


async def test_draining_lets_calls_under_way_end() -> None:
    servicer = make_servicer()
    servicer.hold = asyncio.Event()
    async with running(servicer, drain_grace_s=5) as (server, channel):
        health: Any = health_pb2_grpc.HealthStub(channel)
        under_way = asyncio.ensure_future(jwks(channel))
        await servicer.entered.wait()
        await server.readiness.drain()
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
        servicer.hold.set()
        assert (await under_way).keys


async def test_callers_are_asked_to_connect_anew_and_calls_under_way_go_on() -> None:
    servicer = make_servicer()
    servicer.hold = asyncio.Event()
    async with running(servicer, connection_age_s=1) as (_, channel):
        under_way = asyncio.ensure_future(jwks(channel, timeout=60))
        await servicer.entered.wait()
        # It leaves the connection, which the call under way keeps.
        async with asyncio.timeout(60):
            await channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
        assert not under_way.done()
        servicer.hold.set()
        assert (await under_way).keys
        assert (await jwks(channel)).keys


def test_bad_settings_stop_the_start_and_name_the_variable_not_the_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARGUS_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("ARGUS_REDIS_URL", "redis://here")
    monkeypatch.setenv("ARGUS_SERVICE_SECRET", "too-short")
    monkeypatch.setenv("ARGUS_DRAIN_GRACE_S", "soon")
    with pytest.raises(SystemExit) as caught:
        load(RuntimeSettings)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "ARGUS_SERVICE_SECRET" in said
    assert "ARGUS_DRAIN_GRACE_S" in said
    assert "too-short" not in said


def test_a_log_line_is_json_with_its_facts() -> None:
    record = logging.LogRecord("a.b", logging.INFO, "file", 1, "said %s", ("this",), None)
    record.facts = {"ms": 3}
    line = json.loads(JsonFormatter("auth").format(record))
    assert (line["service"], line["message"], line["ms"]) == ("auth", "said this", 3)
    assert "\n" not in JsonFormatter("auth").format(record)
    record.facts = {"said": "\x1b[31m\x9b2J\u202e\x7f"}
    shown = JsonFormatter("auth").format(record)
    assert shown.isascii(), "no terminal that shows the log obeys what a caller sent"
    assert json.loads(shown)["said"] == "\x1b[31m\x9b2J\u202e\x7f"


@pytest.mark.parametrize("messages", [[], [b"\xff\xff\xff"], [b'{"json": true}']])
async def test_a_call_without_a_message_or_with_none_of_its_kind_is_the_callers_mistake(
    messages: list[bytes],
) -> None:
    # A call of many messages is a call of one on the wire, if it sends one.
    async with running(make_servicer()) as (_, channel):
        call: Any = channel.stream_unary(GET_JWKS)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(iter(messages))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "that this method takes" in (caught.value.details() or "")
    [info] = details(caught.value)
    assert info.reason == "INVALID_REQUEST"
