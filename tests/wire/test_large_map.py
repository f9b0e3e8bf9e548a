"""A map of as many images as there may be passes the edge whole, over gRPC, gRPC-web and REST."""

import base64
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import httpx
import pytest
from argus.auth.v1 import auth_pb2_grpc
from argus.search.v1 import search_pb2, search_pb2_grpc

from mesh.parts.edge import limits_template, render
from mesh.parts.edge_limits import load_limits
from mesh.parts.edge_places import of_machine
from mesh.parts.edge_store import Store
from mesh.supervision.ports import Ports
from services.runtime.channel import open_channel
from services.runtime.identity import TokenVerifier
from services.runtime.keys import PublishedKeys
from services.runtime.redis import ClosedSessions, open_redis
from services.runtime.server import serving
from services.search.mapping.atlas import MOST_IMAGES
from services.search.settings import SearchSettings
from tests.support.envoy import running_envoy
from tests.support.eventually import eventually
from tests.support.parts import free_port, temporary_folder
from tests.support.services import COMMON, running_auth
from tests.support.user import register

IDS, POINTS = secrets.token_bytes(16 * MOST_IMAGES), secrets.token_bytes(8 * MOST_IMAGES)
NO_STORE = Store("http://127.0.0.1:9", "http://127.0.0.1:9", "images")
LIMIT_BYTES = 64 * 2**20


class Maps(search_pb2_grpc.SearchServiceServicer):
    """Answers the largest map."""

    async def GetMap(self, request: Any, context: Any) -> search_pb2.GetMapResponse:
        return search_pb2.GetMapResponse(
            state=search_pb2.GetMapResponse.READY,
            version=request.if_version,
            image_count=MOST_IMAGES,
            image_ids=IDS,
            points=POINTS,
        )


@dataclass(frozen=True)
class Edge:
    """An edge in front of nothing but auth and maps, and a token that it takes."""

    target: str
    token: str

    @property
    def authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
async def edge(
    fresh_postgres_url: str, fresh_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    maps = Maps()  # type: ignore[abstract] # its other method is not called
    async with (
        running_auth(fresh_postgres_url, fresh_redis_url) as auth,
        open_redis(fresh_redis_url) as redis,
        open_channel(auth.address, max_message_bytes=LIMIT_BYTES) as auth_channel,
        serving(
            SearchSettings(
                **(
                    COMMON
                    | {
                        "postgres_url": fresh_postgres_url,
                        "redis_url": fresh_redis_url,
                        "auth_url": auth.address,
                    }
                )
            ),
            servicers=[partial(search_pb2_grpc.add_SearchServiceServicer_to_server, maps)],
            verifier=TokenVerifier(
                PublishedKeys(auth_channel), ClosedSessions(redis), issuer="argus", audience="argus"
            ),
            dependencies=[],
        ) as search,
    ):
        session = await register(auth_pb2_grpc.AuthServiceStub(auth_channel))
        ports = {name: free_port() for name in Ports.model_fields if not name.startswith("more_")}
        ports |= {"auth": port_of(auth.address), "search": port_of(search.address)}
        file = tmp_path_factory.mktemp("edge") / "envoy.yaml"
        with temporary_folder() as sockets:
            config = render(
                of_machine(Ports(**ports), "127.0.0.1"),
                NO_STORE,
                None,
                limits=load_limits(limits_template(), None),
                admin_socket=sockets / "admin.sock",
            )
            with running_envoy(file, config):
                target = f"127.0.0.1:{ports['edge']}"

                async def takes_tokens() -> bool:
                    async with httpx.AsyncClient(trust_env=False) as http:
                        try:
                            answer = await http.get(
                                f"http://{target}/api/auth/me",
                                headers={"authorization": f"Bearer {session.access_token}"},
                            )
                        except httpx.HTTPError:
                            return False
                        return answer.status_code == 200

                await eventually(takes_tokens, "the edge takes tokens")
                yield Edge(target, session.access_token)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


async def test_over_grpc(edge: Edge) -> None:
    # A client's own limit is 4 MiB unless it says otherwise.
    async with grpc.aio.insecure_channel(edge.target) as channel:
        answer = await search_pb2_grpc.SearchServiceStub(channel).GetMap(
            search_pb2.GetMapRequest(if_version="v"),
            metadata=tuple(edge.authorization.items()),
            timeout=20,
        )
    assert (answer.image_ids, answer.points, answer.version) == (IDS, POINTS, "v")


async def test_over_grpc_web(edge: Edge) -> None:
    request = search_pb2.GetMapRequest().SerializeToString()
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        answer = await http.post(
            f"http://{edge.target}/argus.search.v1.SearchService/GetMap",
            headers=edge.authorization | {"content-type": "application/grpc-web+proto"},
            content=b"\0" + len(request).to_bytes(4, "big") + request,
        )
    length = int.from_bytes(answer.content[1:5], "big")
    message = search_pb2.GetMapResponse.FromString(answer.content[5 : 5 + length])
    assert (message.image_ids, message.points) == (IDS, POINTS)


async def test_over_rest(edge: Edge) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        url = f"http://{edge.target}/api/search/map"
        answer = await http.get(url, headers=edge.authorization, params={"ifVersion": "v"})
        nobody = await http.get(url)
        unknown = await http.get(url, headers=edge.authorization, params={"filters": "x"})
    assert answer.status_code == 200, answer.text[:500]
    found = answer.json()
    assert base64.b64decode(found["imageIds"]) == IDS
    assert base64.b64decode(found["points"]) == POINTS
    assert (found["state"], found["imageCount"], found["version"]) == ("READY", MOST_IMAGES, "v")
    assert nobody.status_code == 401
    assert unknown.status_code == 400
