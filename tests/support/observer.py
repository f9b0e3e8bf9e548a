"""What `argus up --observe` runs, by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.support.eventually import wait_until
from tests.support.parts import free_port

KEY = "a-key-of-this-test-alone"


class Observed:
    """A running observer."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.otlp = f"unix://{folder / 'otlp.sock'}"
        self.log = folder / "logs" / "storage.log"
        self.process = process

    def resource(self, service: str) -> Resource:
        """How a process names itself."""
        return Resource({"service.name": f"argus-{service}", "service.instance.id": "one"})

    def tracers(self, service: str) -> TracerProvider:
        """Those of a process, which sends each span as it ends."""
        provider = TracerProvider(resource=self.resource(service), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=self.otlp, insecure=True)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return provider

    def meters(self, service: str) -> MeterProvider:
        """Those of a process, sent when it ends."""
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(endpoint=self.otlp, insecure=True), export_interval_millis=3_600_000
        )
        return MeterProvider([reader], resource=self.resource(service), shutdown_on_exit=False)


@contextmanager
def running_observer(folder: Path, *, forward_url: str = "") -> Iterator[Observed]:
    """Runs one on an empty folder of a short name, and stops it as its supervisor does.

    Args:
        folder: Where what it keeps goes.
        forward_url: Collector to which it sends everything on.
    """
    (folder / "logs").mkdir()
    port = free_port()
    variables = {
        "LISTEN": f"127.0.0.1:{port}",
        "OTLP_LISTEN": f"unix:{folder / 'otlp.sock'}",
        "FOLDER": str(folder / "kept"),
        "LOGS": str(folder / "logs"),
        "KEY": KEY,
    }
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mesh.observe"],
            env=os.environ
            | {"ARGUS_OTLP_URL": forward_url}
            | {f"ARGUS_OBSERVE_{name}": value for name, value in variables.items()},
            stderr=errors,
        )

    def ready() -> bool:
        assert process.poll() is None, (folder / "stderr").read_text()
        try:
            return httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    wait_until(ready, "the observer answers")
    try:
        yield Observed(folder, process, port)
        # It ends when it is told to, also while somebody is connected.
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0, (folder / "stderr").read_text()
    finally:
        process.kill()
        process.wait()
