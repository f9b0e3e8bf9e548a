"""The part of `argus up --observe`: takes traces, metrics and logs in, and shows them on a page."""

import secrets
import sys
from collections.abc import Mapping

import httpx

from mesh.credentials import write_private
from mesh.errors import NotReadyError
from mesh.layout import Layout
from mesh.options import LOOPBACK
from mesh.supervision.listener import Guard, Listener, tcp
from mesh.supervision.part import Part, Stage
from mesh.supervision.ports import Ports
from mesh.supervision.probes import TIMEOUT_S

USERS = "whoever runs this installation"


def make_observe_key(layout: Layout) -> None:
    """Makes the key with which one may look, at the first start."""
    if not observe_key(layout):
        write_private(layout.observe_key_file, secrets.token_urlsafe(24))


def observe_key(layout: Layout) -> str:
    """The key; empty if none was made."""
    try:
        return layout.observe_key_file.read_text().strip()
    except OSError:
        return ""


def page_url(layout: Layout, ports: Ports) -> str:
    """Address of the page, with the key."""
    return f"http://{LOOPBACK}:{ports.observe}/?key={observe_key(layout)}"


def otlp_url(layout: Layout) -> str:
    """Where the other parts send their telemetry."""
    return f"unix://{layout.otlp_socket}"


def telemetry_variables(layout: Layout) -> Mapping[str, str]:
    """Variables of services that send their telemetry there, soon enough for who looks on."""
    return {
        "ARGUS_OTLP_URL": otlp_url(layout),
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
        "OTEL_METRIC_EXPORT_INTERVAL": "10000",
    }


def observe_part(layout: Layout, ports: Ports) -> Part:
    """The part. It begins first and ends last, so that it hears what the others say at their end.

    Args:
        layout: Where what it keeps is, and the logs that it reads.
        ports: That of its page.
    """
    listen = tcp(LOOPBACK, ports.observe)
    return Part(
        name="observe",
        stage=Stage.STORE,
        ready=lambda: check_page(f"http://{listen}/ready"),
        command=(sys.executable, "-m", "mesh.observe"),
        env={
            "ARGUS_OBSERVE_LISTEN": listen,
            # With three slashes gRPC binds a path of three slashes.
            "ARGUS_OBSERVE_OTLP_LISTEN": f"unix:{layout.otlp_socket}",
            "ARGUS_OBSERVE_FOLDER": str(layout.observe),
            "ARGUS_OBSERVE_LOGS": str(layout.logs),
            "ARGUS_OBSERVE_KEY": observe_key(layout),
            "MALLOC_ARENA_MAX": "2",
        },
        inherits=(
            "PYTHON*", "VIRTUAL_ENV", "ARGUS_OBSERVE_BYTES", "ARGUS_OBSERVE_HOURS",
            # A collector elsewhere, to which everything is sent on.
            "ARGUS_OTLP_URL",
        ),
        listeners=(
            Listener(
                "page",
                listen,
                "page of traces, metrics and logs",
                USERS,
                Guard.KEY,
                "`/ready`, style and script of the page",
            ),
            Listener(
                "otlp",
                str(layout.otlp_socket),
                "OpenTelemetry's collector",
                "the services and the edge",
                Guard.OWNER,
            ),
        ),
        optional=True,
        niceness=10,
        cwd=layout.data_dir,
        advice=f"Is the disk full? What it keeps is in {layout.observe}, and can be removed.",
    )  # fmt: skip


async def check_page(url: str) -> None:
    """Asks whether somebody answers there.

    Raises:
        NotReadyError: Nobody does.
    """
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        try:
            (await client.get(url)).raise_for_status()
        except httpx.HTTPError as error:
            raise NotReadyError("the page does not answer") from error
