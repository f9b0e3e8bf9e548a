"""A service's server: interceptor, reflection, health, and a drain that loses nothing."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import grpc
import uvloop
from argus.auth.v1 import (
    audit_pb2,
    auth_pb2,
    email_pb2,
    group_pb2,
    operator_pb2,
    sign_in_pb2,
    user_pb2,
)
from argus.embedder.v1 import embedder_pb2
from argus.inspection.v1 import inspection_pb2
from argus.inspection.v1 import operator_pb2 as inspection_operator_pb2
from argus.installation.v1 import installation_pb2
from argus.search.v1 import operator_pb2 as search_operator_pb2
from argus.search.v1 import reindex_pb2, saved_pb2, search_pb2
from argus.storage.v1 import image_pb2, retention_pb2, video_pb2
from argus.storage.v1 import operator_pb2 as storage_operator_pb2
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.runtime.audit import AuditSink, AuditTrail
from services.runtime.edge import edge_key
from services.runtime.errors import ArgusError
from services.runtime.health import Dependency, Readiness
from services.runtime.identity import TokenVerifier
from services.runtime.interceptor import CallInterceptor
from services.runtime.logs import configure_logging
from services.runtime.message_limits import MessagePace
from services.runtime.mutual_tls import mutual_tls
from services.runtime.open_streams import OpenStreams
from services.runtime.policy import FOREIGN, policies_of_service
from services.runtime.settings import RuntimeSettings, load
from services.runtime.stream_limits import StreamLimits
from services.runtime.telemetry import Providers, telemetry

# Every service reflects the whole public contract, so that the edge may ask any of them.
PUBLIC_SERVICES = tuple(
    service.full_name
    for file in (
        auth_pb2,
        email_pb2,
        sign_in_pb2,
        user_pb2,
        group_pb2,
        audit_pb2,
        operator_pb2,
        image_pb2,
        video_pb2,
        retention_pb2,
        storage_operator_pb2,
        embedder_pb2,
        search_pb2,
        saved_pb2,
        search_operator_pb2,
        reindex_pb2,
        inspection_pb2,
        inspection_operator_pb2,
        installation_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
)


def public_services(part: str) -> list[str]:
    """Those of the public contract that a process answers, by its name."""
    return [name for name in PUBLIC_SERVICES if name.startswith(f"argus.{part}.")]


STREAM_WINDOW_BYTES = 512 * 2**10
"""What a client may send on a new stream before it is read."""

_log = logging.getLogger(__name__)
S = TypeVar("S", bound=RuntimeSettings)


@dataclass(frozen=True)
class RunningServer:
    """A server that answers."""

    address: str
    """`host:port` it listens on, the port resolved."""

    readiness: Readiness


@asynccontextmanager
async def serving(
    settings: RuntimeSettings,
    *,
    servicers: Sequence[Callable[[grpc.aio.Server], None]],
    verifier: TokenVerifier,
    dependencies: Sequence[Dependency],
    audit: AuditSink | None = None,
    error_table: Mapping[type[Exception], type[ArgusError]] | None = None,
    providers: Providers | None = None,
) -> AsyncIterator[RunningServer]:
    """Serves until the context ends, then drains.

    What each method takes, and from whom, is its policy in the contract.

    Args:
        settings: Where to listen, how large messages may be, how to drain.
        servicers: Each adds a gRPC service, as `partial(add_XServicer_to_server, servicer)` does.
        verifier: Checks access tokens.
        dependencies: Parts without which it is not ready.
        audit: Where it is noted what became of calls; None: nowhere.
        error_table: Exceptions of drivers and the kind each stands for.
        providers: Where spans and measurements go; those of the process if None.

    Raises:
        PolicyError: a method has no policy.
    """
    added = _Added()
    for add in servicers:
        add(cast("grpc.aio.Server", added))
    policies = {
        method: policy
        for service in added.services
        for method, policy in policies_of_service(service).items()
    }
    streams = OpenStreams(
        verifier.sessions,
        limits=StreamLimits(watches=settings.max_watches, transfers=settings.max_streams),
        clock=verifier.clock,
    )
    limits_file = settings.message_limits_file
    tls = mutual_tls(settings)
    telling = providers or Providers.installed()
    trail = None if audit is None else AuditTrail(audit, telling.meters)
    server = grpc.aio.server(
        interceptors=[
            CallInterceptor(
                verifier,
                streams,
                policies=policies,
                certified=tls is not None,
                pace=MessagePace(Path(limits_file) if limits_file else None),
                trail=trail,
                edge_key=edge_key(settings.service_secret.get_secret_value()),
                max_message_bytes=settings.max_message_bytes,
                error_table=error_table or {},
                providers=telling,
            )
        ],
        options=(
            # Nothing larger than the largest message of any method is read, or unpacked.
            (
                "grpc.max_receive_message_length",
                max(
                    policy.request_limit(settings.max_message_bytes)
                    for policy in (*policies.values(), *FOREIGN.values())
                ),
            ),
            ("grpc.max_send_message_length", settings.max_message_bytes),
            ("grpc.max_metadata_size", 64 * 1024),
            # A photograph is sent whole, without asking for room on the way.
            ("grpc.http2.lookahead_bytes", STREAM_WINDOW_BYTES),
            # The edge keeps connections for long and pings them.
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.so_reuseport", 0),
            *(
                [("grpc.max_connection_age_ms", settings.connection_age_s * 1000)]
                if settings.connection_age_s
                else []
            ),
        ),
    )
    added.register(server)
    readiness = Readiness(added.services, dependencies)
    health_pb2_grpc.add_HealthServicer_to_server(readiness.servicer, server)
    reflection.enable_server_reflection(
        (*PUBLIC_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server
    )
    port = (
        server.add_secure_port(settings.listen, tls.server_credentials())
        if tls
        else server.add_insecure_port(settings.listen)
    )
    await readiness.probe_once()
    await server.start()
    host = settings.listen.rpartition(":")[0]
    _log.info("listening on %s:%d", host, port)
    readiness_watch = asyncio.create_task(readiness.watch())
    streams_watch = asyncio.create_task(streams.run())
    async with AsyncExitStack() as stack:
        stack.callback(_log.info, "stopped")
        if trail is not None:
            await stack.enter_async_context(trail.sending())
        try:
            yield RunningServer(f"{host}:{port}", readiness)
        finally:
            readiness_watch.cancel()
            await readiness.drain()
            await asyncio.sleep(settings.drain_notice_s)
            await server.stop(settings.drain_grace_s)
            streams_watch.cancel()


class _Added:
    """Stands for a server while servicers are added, before it is known what it must take in."""

    def __init__(self) -> None:
        self.services: list[str] = []
        """Full names of the services, as the servicers register them."""
        self._generic: list[Sequence[grpc.ServiceRpcHandler]] = []
        self._registered: list[tuple[str, Mapping[str, object]]] = []

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.ServiceRpcHandler]) -> None:
        self.services += [handler.service_name() for handler in handlers]
        self._generic.append(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, object]) -> None:
        self._registered.append((service, handlers))

    def register(self, server: grpc.aio.Server) -> None:
        """Adds them to the server."""
        for generic in self._generic:
            server.add_generic_rpc_handlers(generic)
        for service, handlers in self._registered:
            # Missing in the stubs.
            cast("Any", server).add_registered_method_handlers(service, handlers)


def run(
    name: str,
    settings_type: type[S],
    build: Callable[[S], AbstractAsyncContextManager[RunningServer]],
) -> int:
    """Runs a service until SIGTERM or SIGINT; the process's exit code."""
    settings = load(settings_type)
    configure_logging(name, settings.log_level)

    async def main() -> None:
        stop = asyncio.Event()
        starting = asyncio.current_task()

        def end() -> None:
            stop.set()
            if starting:
                starting.cancel()

        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, end)
        try:
            async with build(settings):
                starting = None
                await stop.wait()
                _log.info("draining")
        except asyncio.CancelledError:
            if not stop.is_set():
                raise
            _log.info("stopped before it was ready")

    try:
        with telemetry(
            name,
            replica=settings.replica,
            otlp_url=settings.otlp_url,
            metrics_listen=settings.metrics_listen,
        ):
            uvloop.run(main())
    except Exception:  # noqa: BLE001 - whatever stops the start is logged and ends the process
        _log.exception("could not start")
        return 1
    return 0
