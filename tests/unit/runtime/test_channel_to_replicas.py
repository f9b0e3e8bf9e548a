from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from argus.storage.v1 import image_pb2, image_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.runtime.channel import may_be_several, open_channel
from services.runtime.health import NOT_SERVING, SERVING, check_peer
from tests.support.eventually import eventually


class Replica:
    """One of storage's, which answers with its own name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = 0
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        handler = grpc.unary_unary_rpc_method_handler(
            self._get, image_pb2.GetImageRequest.FromString, image_pb2.Image.SerializeToString
        )
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    "argus.storage.v1.ImageService", {"GetImage": handler}
                )
            ]
        )
        self.works = True

    async def start(self) -> None:
        await self.say(works=True)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()

    async def say(self, *, works: bool) -> None:
        """Has its health say so; calls go by the same."""
        self.works = works
        await self._health.set("", SERVING if works else NOT_SERVING)

    async def stop(self) -> None:
        await self._server.stop(None)

    async def _get(self, _: Any, context: Any) -> image_pb2.Image:
        if not self.works:
            await context.abort(grpc.StatusCode.UNAVAILABLE, f"{self.name} lacks its database")
        return image_pb2.Image(image_id=self.name)


@pytest.fixture
async def replicas() -> AsyncIterator[tuple[Replica, Replica]]:
    first, second = Replica("first"), Replica("second")
    for replica in (first, second):
        await replica.start()
    yield first, second
    for replica in (first, second):
        await replica.stop()


@pytest.fixture
async def channel(replicas: tuple[Replica, Replica]) -> AsyncIterator[grpc.aio.Channel]:
    target = f"ipv4:{','.join(f'127.0.0.1:{replica.port}' for replica in replicas)}"
    async with open_channel(target, max_message_bytes=2**20) as channel:
        yield channel


async def asked(channel: grpc.aio.Channel) -> set[str]:
    """Who answers some calls; how they failed that did."""
    stub: Any = image_pb2_grpc.ImageServiceStub(channel)
    found = set()
    for _ in range(4):
        try:
            found.add((await stub.GetImage(image_pb2.GetImageRequest(), timeout=20)).image_id)
        except grpc.aio.AioRpcError as error:
            found.add(str(error.details()))
    return found


async def until_asked(channel: grpc.aio.Channel, *names: str) -> None:
    async def are_asked() -> bool:
        return await asked(channel) == {*names}

    await eventually(are_asked, f"{names} answer")


async def test_calls_go_to_the_replica_that_is_there(
    replicas: tuple[Replica, Replica], channel: grpc.aio.Channel
) -> None:
    await until_asked(channel, "first", "second")
    await replicas[0].stop()
    await until_asked(channel, "second")


async def test_calls_go_to_replicas_that_are_serving(
    replicas: tuple[Replica, Replica], channel: grpc.aio.Channel
) -> None:
    first, _ = replicas
    await until_asked(channel, "first", "second")
    await first.say(works=False)
    await until_asked(channel, "second")
    # A service needs a peer, not each of its replicas.
    for _ in range(4):
        await check_peer(channel)
    await first.say(works=True)
    await until_asked(channel, "first", "second")


async def test_where_none_is_serving_they_say_why_themselves(
    replicas: tuple[Replica, Replica], channel: grpc.aio.Channel
) -> None:
    lacking = [f"{replica.name} lacks its database" for replica in replicas]
    await until_asked(channel, "first", "second")
    for replica in replicas:
        await replica.say(works=False)
    await until_asked(channel, *lacking)
    await replicas[1].say(works=True)
    await until_asked(channel, "second")


@pytest.mark.parametrize("balanced", [False, True], ids=["one address", "behind the edge"])
async def test_a_single_address_is_asked_however_it_is(
    replicas: tuple[Replica, Replica], balanced: bool
) -> None:
    port = replicas[0].port
    target = f"localhost:{port}" if balanced else f"127.0.0.1:{port}"
    async with open_channel(target, max_message_bytes=2**20, balanced=balanced) as channel:
        await until_asked(channel, "first")
        await replicas[0].say(works=False)
        assert await asked(channel) == {"first lacks its database"}


async def test_a_stream_under_way_goes_on_at_a_replica_that_is_no_longer_serving(
    replicas: tuple[Replica, Replica], channel: grpc.aio.Channel
) -> None:
    await until_asked(channel, "first", "second")
    stub: Any = health_pb2_grpc.HealthStub(channel)
    # Calls take turns, so that each replica has one.
    watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in replicas]
    for watch in watches:
        assert (await watch.read()).status == SERVING
    for works in (False, True):
        for replica in replicas:
            await replica.say(works=works)
        for watch in watches:
            assert (await watch.read()).status == (SERVING if works else NOT_SERVING)


@pytest.mark.parametrize(
    ("target", "several"),
    [
        ("127.0.0.1:50052", False),
        ("[::1]:50052", False),
        ("unix:/run/storage.sock", False),
        ("ipv4:127.0.0.1:50052,127.0.0.1:50053", True),
        ("storage:50052", True),
        ("dns:///storage:50052", True),
    ],
)
def test_names_and_lists_may_be_several(target: str, several: bool) -> None:
    assert may_be_several(target) is several
