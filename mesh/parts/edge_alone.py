"""The edge without a mesh around it: its configuration of variables, and how it leaves."""

import asyncio
import json
import time
from pathlib import Path

import httpx
import yaml

from mesh.edge_settings import EdgeSettings, address
from mesh.errors import MeshError
from mesh.parts.edge import limits_template, page_folder, render
from mesh.parts.edge_connections import TlsListener
from mesh.parts.edge_limits import load_limits
from mesh.parts.edge_places import SERVICES, Places
from mesh.parts.edge_store import Store
from mesh.parts.edge_tracing import Traces
from mesh.supervision.probes import admin_client
from services.runtime.edge import edge_key

_POLL_S = 0.1
_ACTIVE = r"^http\.(public|internal)\.downstream_(rq|cx)_active$"

SILENT_S = 6.0
"""Seconds without a request after which connections that are left count as idle: longer than an
answered connection is kept to let requests in that crossed the word to go."""


def configuration(settings: EdgeSettings) -> str:
    """Envoy's configuration, as JSON: made of the same template as on one machine.

    Raises:
        MeshError: The settings do not fit together.
    """
    places = Places(
        public=address(settings.listen),
        internal=address(settings.edge_internal_listen),
        admin=address(settings.edge_admin_listen),
        jwks_port=settings.edge_jwks_port,
        services={name: [address(getattr(settings, f"{name}_url"))] for name in SERVICES},
        # Whoever measures and probes names an address of the pod's.
        admin_names=(f"*:{address(settings.edge_admin_listen)[1]}",),
    )
    text = render(
        places,
        Store(settings.s3_url, settings.s3_public_url, settings.s3_bucket),
        page_folder(),
        limits=load_limits(limits_template(), None),
        admin_socket=settings.edge_admin_socket,
        tls=_tls(settings),
        hsts=True,
        proof=edge_key(settings.service_secret.get_secret_value()),
        traces=Traces(settings.otlp_url, settings.trace_percent, settings.replica),
    )
    return json.dumps(yaml.load(text, yaml.CSafeLoader), indent=1)


def _tls(settings: EdgeSettings) -> TlsListener | None:
    if not settings.edge_tls_listen:
        return None
    if settings.tls_certificate is None or settings.tls_key is None:
        raise MeshError(
            "ARGUS_EDGE_TLS_LISTEN is set, but there is nothing to show over TLS.",
            "Set ARGUS_TLS_CERTIFICATE and ARGUS_TLS_KEY, both PEM files.",
        )
    host, port = address(settings.edge_tls_listen)
    return TlsListener(host, port, settings.tls_certificate, settings.tls_key)


async def drain(admin_socket: Path, *, notice_s: float, wait_s: float) -> int:
    """Makes an edge fit to be stopped.

    It says at once that it is not ready, and with each answer tells the client to go elsewhere;
    takes connections in for a while, because others learn late that it leaves; then takes none,
    and waits until clients are gone, or silent. That nothing is under way for a moment is not
    enough: who has not gone yet may be about to ask.

    Args:
        admin_socket: Where its admin listens.
        notice_s: Seconds for balancers to hear that it is not ready.
        wait_s: Seconds after that, at most, in which requests under way may end.

    Returns:
        How many requests are still under way.

    Raises:
        MeshError: No edge answers there.
    """
    try:
        async with admin_client(admin_socket) as admin:
            await admin.post("/healthcheck/fail")
            await asyncio.sleep(notice_s)
            await admin.post("/drain_listeners", params={"inboundonly": ""})
            busy = time.monotonic()
            deadline = busy + wait_s
            while True:
                requests, connections = await _under_way(admin)
                now = time.monotonic()
                busy = now if requests else busy
                if not connections or now - busy > SILENT_S or now > deadline:
                    return requests
                await asyncio.sleep(_POLL_S)
    except httpx.HTTPError as error:
        raise MeshError(f"No edge answers at {admin_socket}: {error}") from error


async def _under_way(admin: httpx.AsyncClient) -> tuple[int, int]:
    """Requests, and connections of clients."""
    gauges = await admin.get("/stats", params={"filter": _ACTIVE})
    found = {"rq": 0, "cx": 0}
    for line in gauges.text.splitlines():
        name, _, value = line.partition(": ")
        found[name[-9:-7]] += int(value)
    return found["rq"], found["cx"]
