"""What the edge counts of calls, and how they ended."""

from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import httpx
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from mesh.parts.edge import limits_template, render
from mesh.parts.edge_limits import load_limits
from mesh.parts.edge_places import of_machine
from mesh.parts.edge_store import Store
from mesh.supervision.ports import Ports
from scripts.monitoring.edge_metrics import ANSWERS, CALLS
from tests.support.envoy import running_envoy
from tests.support.eventually import eventually
from tests.support.parts import free_port
from tests.support.prometheus_text import samples

NAMES = {CALLS.name, ANSWERS.name}


class Refusing(auth_pb2_grpc.AuthServiceServicer):
    """Auth, which knows nobody."""

    async def Login(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")

    async def GetJwks(self, request: Any, context: Any) -> Any:
        return auth_pb2.GetJwksResponse()


class Well(health_pb2_grpc.HealthServicer):
    """Health, which is fine."""

    async def Check(self, request: Any, context: Any) -> Any:
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


async def test_how_calls_ended_is_counted_for_grpc_and_rest(tmp_path: Path) -> None:
    names = (name for name in Ports.model_fields if not name.startswith("more_"))
    ports = {name: free_port() for name in names}
    server = grpc.aio.server()
    add: Any = auth_pb2_grpc.add_AuthServiceServicer_to_server
    refusing: Any = Refusing
    add(refusing(), server)
    health_pb2_grpc.add_HealthServicer_to_server(Well(), server)
    ports["auth"] = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    store = f"http://127.0.0.1:{free_port()}"
    config = render(
        of_machine(Ports(**ports), "127.0.0.1"),
        Store(store, store, "images"),
        None,
        limits=load_limits(limits_template(), None),
        admin_socket=tmp_path / "admin",
    )
    edge = f"127.0.0.1:{ports['edge']}"

    async def over_grpc() -> str:
        async with grpc.aio.insecure_channel(edge) as channel:
            return await _code(auth_pb2_grpc.AuthServiceStub(channel))

    async def over_rest() -> int:
        async with httpx.AsyncClient(trust_env=False, base_url=f"http://{edge}") as client:
            return (await client.post("/api/auth/login", json={"email": "a@b.org"})).status_code

    async def counted() -> Counter[str]:
        async with httpx.AsyncClient(trust_env=False) as client:
            page = await client.get(f"http://127.0.0.1:{ports['admin']}/stats/prometheus")
        found: Counter[str] = Counter()
        for one in samples(page.text):
            if one.labels.get("envoy_cluster_name") == "auth" and one.name in NAMES:
                status = one.labels.get("envoy_grpc_status", "")
                found[status or one.labels["envoy_response_code_class"]] += int(one.value)
        return found

    async def refused() -> bool:
        return await over_grpc() == "UNAUTHENTICATED"

    with running_envoy(tmp_path / "envoy.yaml", config):
        await eventually(refused, "the edge finds auth well")
        before = await counted()
        assert await over_grpc() == "UNAUTHENTICATED"
        assert await over_rest() == 401
        well = await counted()
        await server.stop(None)
        # Nobody is there any more.
        assert await over_rest() == 503
        alone = await counted()
        assert await over_grpc() == "UNAVAILABLE"
        at_last = await counted()
    # The edge's own calls, for auth's keys, are among the codes.
    of_calls = ("14", "16")
    assert _only(well - before, *of_calls) == {"16": 2}
    assert _only(alone - well, *of_calls) == {}
    assert (alone - well)["5"] >= 1
    # A native call that the edge has to answer is in both counters.
    assert _only(at_last - alone, *of_calls) == {"14": 1}
    assert (at_last - alone)["5"] >= 1


def _only(counts: Counter[str], *names: str) -> dict[str, int]:
    return {name: counts[name] for name in names if counts[name]}


async def _code(auth: Any) -> str:
    try:
        await auth.Login(auth_pb2.LoginRequest(), timeout=30)
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "OK"
