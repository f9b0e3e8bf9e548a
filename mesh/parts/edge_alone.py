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
from mesh.supervision.probes import admin_client
from services.runtime.edge import edge_key

_POLL_S = 0.1
_ACTIVE = r"^http\.(public|internal)\.downstream_rq_active$"


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
        services={name: address(getattr(settings, f"{name}_url")) for name in SERVICES},
        embedders=[address(settings.embedder_url)],
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

    It says at once that it is not ready, takes connections in for a while, because others learn
    late that it leaves, then has clients go elsewhere, and waits for what is under way.

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
            await admin.post("/drain_listeners", params={"graceful": "", "skip_exit": ""})
            deadline = time.monotonic() + wait_s
            while True:
                left = await _under_way(admin)
                if not left or time.monotonic() > deadline:
                    return left
                await asyncio.sleep(_POLL_S)
    except httpx.HTTPError as error:
        raise MeshError(f"No edge answers at {admin_socket}: {error}") from error


async def _under_way(admin: httpx.AsyncClient) -> int:
    gauges = await admin.get("/stats", params={"filter": _ACTIVE})
    return sum(int(line.rpartition(" ")[2]) for line in gauges.text.splitlines() if line.strip())
