"""Two replicas of search over one Qdrant server: neither answers as of before a write."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from argus.search.v1 import search_pb2, search_pb2_grpc
from argus.storage.v1 import image_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.search.settings import SearchSettings
from services.search.wiring import build as build_search
from tests.support import parts
from tests.support.colours import picture
from tests.support.eventually import eventually
from tests.support.qdrant import stand_in
from tests.support.services import COMMON
from tests.support.world import World, WorldUser, running_world, sign_up, urls_of

if TYPE_CHECKING:
    SearchStub = search_pb2_grpc.SearchServiceAsyncStub

OF_LINE = {"text": "red", "filter": "labels.line = '7'"}


@dataclass(frozen=True)
class Replicas:
    """Somebody who asks each of two replicas."""

    user: WorldUser
    stubs: "list[SearchStub]"

    async def one(self, replica: int, **fields: Any) -> set[str]:
        """What a replica finds."""
        answer = await self.stubs[replica].SearchImages(
            search_pb2.SearchImagesRequest(**fields), metadata=self.user.token, timeout=30
        )
        return {match.image.image_id for match in answer.matches}

    async def both(self, **fields: Any) -> set[str]:
        """What both find, also when they are asked again."""
        found = [await self.one(number % 2, **fields) for number in range(4)]
        assert all(one == found[0] for one in found), found
        return found[0]


@pytest.fixture(scope="module")
async def world_and_second(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[World, "SearchStub"]]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        urls = urls_of(fresh_postgres_url, fresh_redis_url, s3)
        urls["qdrant_url"] = await enter(stand_in())
        world = await enter(running_world(urls, tmp_path_factory.mktemp("first")))
        of_second = {
            "listen": "127.0.0.1:0",
            "replica": "second",
            "vector_dir": tmp_path_factory.mktemp("second"),
        }
        server = await enter(build_search(SearchSettings(**(COMMON | urls | of_second))))
        channel = await enter(grpc.aio.insecure_channel(server.address))
        yield world, search_pb2_grpc.SearchServiceStub(channel)


@pytest.fixture
async def ada(world_and_second: tuple[World, "SearchStub"]) -> Replicas:
    world, second = world_and_second
    return Replicas(await sign_up(world), [world.search, second])


async def test_what_one_replica_writes_the_other_shows_at_once(ada: Replicas) -> None:
    red = await ada.user.indexed(picture("red"))
    assert await ada.both(text="red") == {red}
    blue = await ada.user.indexed(picture("blue"))
    assert await ada.both(text="red") == {red, blue}
    assert await ada.both(image_id=red) == {red, blue}
    lime = await ada.user.indexed(picture("lime"))
    assert await ada.both(text="red") == {red, blue, lime}
    assert await ada.both(image_id=red) == {red, blue, lime}


async def test_a_changed_label_is_found_by_both_or_none(ada: Replicas) -> None:
    red = await ada.user.indexed(picture("red"))
    assert await ada.both(**OF_LINE) == set()
    request = image_pb2.UpdateImageRequest(
        image=image_pb2.Image(image_id=red, labels={"line": "7"}),
        update_mask=FieldMask(paths=["labels"]),
    )
    await ada.user.images.UpdateImage(request, metadata=ada.user.token)

    async def is_found() -> bool:
        return await ada.one(0, **OF_LINE) == {red}

    await eventually(is_found, "the label is found")
    assert await ada.both(**OF_LINE) == {red}


async def test_what_is_deleted_is_gone_from_both_and_comes_back_to_both(ada: Replicas) -> None:
    red = await ada.user.indexed(picture("red"))
    blue = await ada.user.indexed(picture("blue"))
    assert await ada.both(text="red") == {red, blue}
    assert await ada.both(text="red", limit=1) == {red}
    await ada.user.delete(red)
    assert await ada.both(text="red") == {blue}
    assert await ada.both(text="red", limit=1) == {blue}
    undelete = image_pb2.UndeleteImageRequest(image_id=red)
    await ada.user.images.UndeleteImage(undelete, metadata=ada.user.token)

    async def is_back() -> bool:
        return await ada.one(1, text="red") == {red, blue}

    await eventually(is_back, "the image is found again")
    await ada.user.settled(red)
    await eventually(is_back, "the image is indexed again")
    assert await ada.both(text="red") == {red, blue}
    deletion = image_pb2.DeleteImageRequest(image_id=red, permanently=True)
    await ada.user.images.DeleteImage(deletion, metadata=ada.user.token)
    assert await ada.both(text="red") == {blue}
