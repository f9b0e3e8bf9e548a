"""A container's own question for its health."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.runtime.ask_health import ask


@pytest.fixture
def service() -> Iterator[str]:
    """One that is SERVING, with a store that is not."""
    server = grpc.server(ThreadPoolExecutor(1))
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    servicer.set("postgres", health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"0.0.0.0:{port}"
    server.stop(None)


def command(listen: str, *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "services.runtime.ask_health", *names),
        env={**os.environ, "ARGUS_LISTEN": listen},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_serving_is_success_and_nothing_else(service: str) -> None:
    whole = command(service)
    assert (whole.returncode, whole.stdout) == (0, "SERVING\n")
    part = command(service, "postgres")
    assert (part.returncode, part.stdout) == (1, "NOT_SERVING\n")


def test_what_is_not_there_is_named(service: str) -> None:
    assert ask(service, "nothing").startswith("NOT_FOUND")


def test_nobody_listens() -> None:
    assert ask("127.0.0.1:1", "").startswith("UNAVAILABLE")


def test_where_to_ask_must_be_said() -> None:
    said = command("")
    assert said.returncode == 2
    assert "ARGUS_LISTEN" in said.stderr
