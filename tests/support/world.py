"""Search and inspection with everything that they need, and people who use them.

Real auth, storage, PostgreSQL, Redis, SeaweedFS and Qdrant Edge; the embedder is
the one of `tests/support/colours.py`, which can be made to fail.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
import redis.asyncio
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.inspection.v1 import inspection_pb2_grpc
from argus.installation.v1 import installation_pb2_grpc
from argus.search.v1 import saved_pb2_grpc, search_pb2, search_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.inspection.settings import InspectionSettings
from services.inspection.wiring import build as build_inspection
from services.runtime.server import RunningServer
from services.search.settings import SearchSettings
from services.search.wiring import build as build_search
from services.storage.settings import StorageSettings
from services.storage.wiring import build as build_storage
from tests.support import parts
from tests.support.colours import ColourEmbedder, running_colours
from tests.support.eventually import eventually
from tests.support.services import COMMON, running_auth
from tests.support.user import User, register

if TYPE_CHECKING:
    AuthStub = auth_pb2_grpc.AuthServiceAsyncStub
    ImageStub = image_pb2_grpc.ImageServiceAsyncStub
    SearchStub = search_pb2_grpc.SearchServiceAsyncStub
    SavedStub = saved_pb2_grpc.SavedSearchServiceAsyncStub
    InspectionStub = inspection_pb2_grpc.InspectionServiceAsyncStub
    InstallationStub = installation_pb2_grpc.InstallationServiceAsyncStub


class World:
    """Everything that search needs, and search itself; most can be stopped and started.

    Args:
        urls: Where the parts are, as settings name them.
        folder: Where search keeps its vectors.
        embedder: What sees images.
        inspection: Settings of inspection alone; None if it is not needed.
    """

    def __init__(
        self,
        urls: dict[str, Any],
        folder: Path,
        embedder: ColourEmbedder,
        *,
        inspection: dict[str, Any] | None = None,
    ) -> None:
        self.embedder = embedder
        self.folder = folder
        self.http = httpx.AsyncClient()
        self._urls = urls
        self._inspection_settings = inspection
        self._stack = AsyncExitStack()
        self._storage_stack = AsyncExitStack()
        self._embedder_stack = AsyncExitStack()
        self._search_stack = AsyncExitStack()
        self._inspection_stack = AsyncExitStack()
        self._running: dict[str, RunningServer] = {}
        self.auth_channel: grpc.aio.Channel
        self.storage_channel: grpc.aio.Channel
        self.search: SearchStub
        self.saved: SavedStub
        self.inspection: InspectionStub
        self.installation: InstallationStub
        self.health: health_pb2_grpc.HealthStub
        self.inspection_health: health_pb2_grpc.HealthStub
        self.images: ImageStub
        self.auth: AuthStub
        self.redis: redis.asyncio.Redis

    async def start(self) -> None:
        urls = self._urls
        enter = self._stack.enter_async_context
        auth = await enter(running_auth(urls["postgres_url"], urls["redis_url"]))
        urls["auth_url"] = auth.address
        await self.start_storage()
        self.auth_channel = await self._channel(auth.address)
        self.auth = auth_pb2_grpc.AuthServiceStub(self.auth_channel)
        self.storage_channel = await self._channel(urls["storage_url"])
        self.images = image_pb2_grpc.ImageServiceStub(self.storage_channel)
        self.redis = await enter(redis.asyncio.from_url(urls["redis_url"], decode_responses=True))
        await self.start_embedder()
        await self.start_search()
        if self._inspection_settings is not None:
            await self.start_inspection()

    def change(self, **settings: Any) -> None:
        """Settings of what is started from now on."""
        self._urls |= settings

    def address(self, service: str) -> str:
        """Where a service answers that was started."""
        address: str = self._urls[f"{service}_url"]
        return address

    async def start_storage(self) -> None:
        listen = {"listen": self._urls.get("storage_url", "127.0.0.1:0")}
        server = await self._storage_stack.enter_async_context(
            build_storage(StorageSettings(**(COMMON | self._urls | listen)))
        )
        self._urls["storage_url"] = server.address
        await self._reached("storage")

    async def stop_storage(self) -> None:
        await self._storage_stack.aclose()

    async def start_embedder(self) -> None:
        server = await self._embedder_stack.enter_async_context(
            running_colours(
                self.embedder,
                auth_url=self._urls["auth_url"],
                redis_url=self._urls["redis_url"],
                listen=self._urls.get("embedder_url", "127.0.0.1:0"),
            )
        )
        self._urls["embedder_url"] = server.address
        await self._reached("embedder")

    async def stop_embedder(self) -> None:
        await self._embedder_stack.aclose()

    async def start_search(self) -> None:
        listen = {"listen": self._urls.get("search_url", "127.0.0.1:0")}
        settings = SearchSettings(**(COMMON | self._urls | {"vector_dir": self.folder} | listen))
        server = await self._search_stack.enter_async_context(build_search(settings))
        self._urls["search_url"] = server.address
        self._running["search"] = server
        channel = await self._search_stack.enter_async_context(
            grpc.aio.insecure_channel(server.address)
        )
        self.search = search_pb2_grpc.SearchServiceStub(channel)
        self.saved = saved_pb2_grpc.SavedSearchServiceStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)
        await self._reached("search")

    async def stop_search(self) -> None:
        self._running.pop("search", None)
        await self._search_stack.aclose()

    async def start_inspection(self) -> None:
        settings = InspectionSettings(**(COMMON | self._urls | (self._inspection_settings or {})))
        enter = self._inspection_stack.enter_async_context
        server = await enter(build_inspection(settings))
        self._urls["inspection_url"] = server.address
        self._running["inspection"] = server
        channel = await enter(grpc.aio.insecure_channel(server.address))
        self.inspection = inspection_pb2_grpc.InspectionServiceStub(channel)
        self.installation = installation_pb2_grpc.InstallationServiceStub(channel)
        self.inspection_health = health_pb2_grpc.HealthStub(channel)

    async def stop_inspection(self) -> None:
        self._running.pop("inspection", None)
        await self._inspection_stack.aclose()

    async def stop(self) -> None:
        self.embedder.answers.set()
        self.embedder.bulk_answers.set()
        await self.stop_inspection()
        await self.stop_search()
        await self.stop_embedder()
        await self.stop_storage()
        await self._stack.aclose()
        await self.http.aclose()

    async def serving(self, service: str = "") -> bool:
        try:
            answer = await self.health.Check(health_pb2.HealthCheckRequest(service=service))  # type: ignore[attr-defined] # the stub package has no stubs of stubs
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _reached(self, part: str) -> None:
        """Returns once what runs reaches a part again, so that the next call finds it."""
        request = health_pb2.HealthCheckRequest(service=part)
        for name, server in self._running.items():
            health: Any = self.inspection_health if name == "inspection" else self.health

            async def reaches(server: RunningServer = server, health: Any = health) -> bool:
                await server.readiness.probe_once()
                answer = await health.Check(request)
                return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

            if name != part:
                await eventually(reaches, f"{name} reaches {part}")

    async def _channel(self, address: str) -> grpc.aio.Channel:
        return await self._stack.enter_async_context(grpc.aio.insecure_channel(address))


class WorldUser(User):
    """Somebody who signed up, and what they do with search."""

    def __init__(self, world: World, session: auth_pb2.Session) -> None:
        super().__init__(world.images, world.http, session)
        self.world = world

    async def settled(self, *image_ids: str) -> list[image_pb2.Image]:
        """The images, once each is INDEXED or FAILED."""
        images: list[image_pb2.Image] = []

        async def all_settled() -> bool:
            images[:] = [await self.image(image_id) for image_id in image_ids]
            return all(
                one.state in (image_pb2.Image.INDEXED, image_pb2.Image.FAILED) for one in images
            )

        await eventually(all_settled, "every image is indexed or failed")
        return images

    async def indexed(self, content: bytes, **fields: Any) -> str:
        image_id = await self.upload(content, **fields)
        (image,) = await self.settled(image_id)
        assert image.state == image_pb2.Image.INDEXED, image.failure
        return image_id

    async def search(self, **fields: Any) -> search_pb2.SearchImagesResponse:
        return await self.world.search.SearchImages(
            search_pb2.SearchImagesRequest(**fields), metadata=self.token, timeout=10
        )

    async def found(self, **fields: Any) -> list[str]:
        return [match.image.image_id for match in (await self.search(**fields)).matches]

    async def refusal(self, **fields: Any) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.search(**fields)
        return caught.value


def urls_of(postgres_url: str, redis_url: str, s3: parts.S3) -> dict[str, Any]:
    """Where the parts are, as settings name them."""
    return {
        "postgres_url": postgres_url,
        "redis_url": redis_url,
        "s3_url": s3.url,
        "s3_public_url": s3.url,
        "s3_access_key": s3.access_key,
        "s3_secret_key": s3.secret_key,
    }


@asynccontextmanager
async def running_world(
    urls: dict[str, Any], folder: Path, *, inspection: dict[str, Any] | None = None
) -> AsyncIterator[World]:
    """A world that was started, with an embedder that sees colours; see `World`."""
    world = World(urls, folder, ColourEmbedder(), inspection=inspection)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()


async def sign_up(world: World) -> WorldUser:
    """Somebody new."""
    return WorldUser(world, await register(world.auth))
