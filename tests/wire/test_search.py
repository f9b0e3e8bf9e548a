"""Search over a real socket, with real auth, storage, PostgreSQL, Redis, SeaweedFS and Qdrant Edge.

The embedder is the one of `tests/colours.py`, which can be made to fail.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import httpx
import pytest
import redis.asyncio
from argus.auth.v1 import auth_pb2, auth_pb2_grpc
from argus.embedder.v1 import embedder_pb2
from argus.search.v1 import search_pb2, search_pb2_grpc
from argus.storage.v1 import image_pb2, image_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.search.redis_events import IMAGES
from services.search.settings import SearchSettings
from services.search.wiring import build as build_search
from services.storage.settings import StorageSettings
from services.storage.wiring import build as build_storage
from tests import parts
from tests.colours import MODEL, ColourEmbedder, picture, running_colours
from tests.services import COMMON, bad_request, bearer, error_info, running_auth

if TYPE_CHECKING:
    AuthStub = auth_pb2_grpc.AuthServiceAsyncStub
    ImageStub = image_pb2_grpc.ImageServiceAsyncStub
    SearchStub = search_pb2_grpc.SearchServiceAsyncStub

DEADLINE_S = 20.0


async def eventually(done: Callable[[], Awaitable[bool]], what: str) -> None:
    """Polls until it is so."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await done():  # noqa: ASYNC110 - what is waited for happens in other processes
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {DEADLINE_S} s: {what}") from None


class World:
    """Everything that search needs, and search itself, which can be stopped and started."""

    def __init__(self, urls: dict[str, Any], folder: Path, embedder: ColourEmbedder) -> None:
        self.embedder = embedder
        self.folder = folder
        self.http = httpx.AsyncClient()
        self._urls = urls
        self._stack = AsyncExitStack()
        self._embedder_stack = AsyncExitStack()
        self._search_stack = AsyncExitStack()
        self.search: SearchStub
        self.health: health_pb2_grpc.HealthStub
        self.images: ImageStub
        self.auth: AuthStub
        self.redis: redis.asyncio.Redis

    async def start(self) -> None:
        urls = self._urls
        enter = self._stack.enter_async_context
        auth = await enter(running_auth(urls["postgres_url"], urls["redis_url"]))
        urls["auth_url"] = auth.address
        storage = await enter(build_storage(StorageSettings(**(COMMON | urls))))
        urls["storage_url"] = storage.address
        self.auth = auth_pb2_grpc.AuthServiceStub(await self._channel(auth.address))
        self.images = image_pb2_grpc.ImageServiceStub(await self._channel(storage.address))
        self.redis = await enter(redis.asyncio.from_url(urls["redis_url"], decode_responses=True))
        await self.start_embedder()
        await self.start_search()

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

    async def stop_embedder(self) -> None:
        await self._embedder_stack.aclose()

    async def start_search(self) -> None:
        settings = SearchSettings(**(COMMON | self._urls | {"vector_dir": self.folder}))
        server = await self._search_stack.enter_async_context(build_search(settings))
        channel = await self._search_stack.enter_async_context(
            grpc.aio.insecure_channel(server.address)
        )
        self.search = search_pb2_grpc.SearchServiceStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)

    async def stop_search(self) -> None:
        await self._search_stack.aclose()

    async def stop(self) -> None:
        self.embedder.answers.set()
        await self.stop_search()
        await self.stop_embedder()
        await self._stack.aclose()
        await self.http.aclose()

    async def serving(self, service: str = "") -> bool:
        try:
            answer = await self.health.Check(health_pb2.HealthCheckRequest(service=service))  # type: ignore[attr-defined] # the stub package has no stubs of stubs
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _channel(self, address: str) -> grpc.aio.Channel:
        return await self._stack.enter_async_context(grpc.aio.insecure_channel(address))


class User:
    """Somebody who signed up, and what they do."""

    def __init__(self, world: World, tokens: auth_pb2.RegisterResponse) -> None:
        self.world = world
        self.token = bearer(tokens.access_token)

    async def reserve(self, content: bytes, **fields: Any) -> image_pb2.CreateUploadResponse:
        values: dict[str, Any] = {
            "filename": "a.png",
            "content_type": "image/png",
            "size_bytes": len(content),
        }
        request = image_pb2.CreateUploadRequest(**(values | fields))
        return await self.world.images.CreateUpload(request, metadata=self.token)

    async def upload(self, content: bytes, **fields: Any) -> str:
        created = await self.reserve(content, **fields)
        (await self.world.http.put(created.upload.url, content=content)).raise_for_status()
        image_id = created.image.image_id
        await self.world.images.CompleteUpload(
            image_pb2.CompleteUploadRequest(image_id=image_id), metadata=self.token
        )
        return image_id

    async def image(self, image_id: str) -> image_pb2.Image:
        return await self.world.images.GetImage(
            image_pb2.GetImageRequest(image_id=image_id), metadata=self.token
        )

    async def delete(self, image_id: str) -> None:
        await self.world.images.DeleteImage(
            image_pb2.DeleteImageRequest(image_id=image_id), metadata=self.token
        )

    async def settled(self, *image_ids: str) -> list[image_pb2.Image]:
        """The images, once each is INDEXED or FAILED."""
        images: list[image_pb2.Image] = []

        async def all_settled() -> bool:
            images[:] = [await self.image(image_id) for image_id in image_ids]
            return all(one.state in (image_pb2.INDEXED, image_pb2.FAILED) for one in images)

        await eventually(all_settled, "every image is indexed or failed")
        return images

    async def indexed(self, content: bytes, **fields: Any) -> str:
        image_id = await self.upload(content, **fields)
        (image,) = await self.settled(image_id)
        assert image.state == image_pb2.INDEXED, image.failure
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


@pytest.fixture(scope="module")
async def world(
    fresh_postgres_url: str,
    fresh_redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    urls = {
        "postgres_url": fresh_postgres_url,
        "redis_url": fresh_redis_url,
        "s3_url": s3.url,
        "s3_public_url": s3.url,
        "s3_access_key": s3.access_key,
        "s3_secret_key": s3.secret_key,
    }
    made = World(urls, tmp_path_factory.mktemp("vectors"), ColourEmbedder())
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def sign_up(world: World) -> User:
    request = auth_pb2.RegisterRequest(
        email=f"{uuid4().hex}@example.org", password="correct horse battery staple"
    )
    return User(world, await world.auth.Register(request))


@pytest.fixture
async def ada(world: World) -> User:
    return await sign_up(world)


@pytest.fixture
async def ben(world: World) -> User:
    return await sign_up(world)


async def test_finds_by_text_with_records_and_links(ada: User) -> None:
    ids = {
        colour: await ada.upload(picture(colour), filename=f"{colour}.png")
        for colour in ("red", "lime", "blue")
    }
    await ada.settled(*ids.values())
    answer = await ada.search(text="something red")
    assert answer.matches[0].image.image_id == ids["red"]
    assert {match.image.image_id for match in answer.matches} == set(ids.values())
    scores = [match.score for match in answer.matches]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)
    first = answer.matches[0].image
    assert (first.filename, first.width, first.content_type) == ("red.png", 32, "image/png")
    assert (await ada.world.http.get(first.thumbnail_url)).status_code == 200
    assert (answer.model, answer.text_truncated, answer.next_page_token) == (MODEL, False, "")


async def test_finds_by_image_bytes(ada: User) -> None:
    red, blue = await ada.indexed(picture("red")), await ada.indexed(picture("blue"))
    assert await ada.found(image=picture("navy", side=90)) == [blue, red]


async def test_queries_are_urgent_and_indexing_is_not(ada: User) -> None:
    kept, asked = picture("olive", side=40), picture("olive", side=41)
    await ada.indexed(kept)
    await ada.found(text="olive")
    await ada.found(image=asked)
    priorities = ada.world.embedder.priorities
    assert priorities[kept] == embedder_pb2.PRIORITY_BULK
    assert priorities["olive"] == embedder_pb2.PRIORITY_INTERACTIVE
    assert priorities[asked] == embedder_pb2.PRIORITY_INTERACTIVE


async def test_a_stored_image_finds_itself_first_also_among_copies(ada: User) -> None:
    copies = [await ada.upload(picture("teal")) for _ in range(4)]
    other = await ada.upload(picture("yellow"))
    await ada.settled(*copies, other)
    for image_id in [*copies, other]:
        answer = await ada.search(image_id=image_id, limit=2)
        assert answer.matches[0].image.image_id == image_id
        assert answer.matches[0].score == pytest.approx(1.0, abs=1e-4)
        following = await ada.found(image_id=image_id, page_token=answer.next_page_token)
        seen = [match.image.image_id for match in answer.matches] + following
        assert sorted(seen) == sorted([*copies, other])
    assert await ada.found(image_id=copies[0].upper(), limit=1) == [copies[0]]


async def test_a_filter_can_leave_the_stored_image_itself_out(ada: User) -> None:
    one = await ada.indexed(picture("teal"), labels={"line": "1"})
    two = await ada.indexed(picture("navy"), labels={"line": "2"})
    assert await ada.found(image_id=one, filter="labels.line = 2") == [two]
    assert await ada.found(image_id=one, filter="labels:line") == [one, two]


async def test_filters_by_labels_name_and_type(ada: User) -> None:
    one = await ada.indexed(picture("red"), labels={"line": "1"}, filename="one.png")
    two = await ada.indexed(picture("blue"), labels={"line": "2", "ok": "yes"})
    for text, expected in {
        "labels.line = 1": {one},
        "NOT labels:ok": {one},
        'labels.line = "2" OR filename = one.png': {one, two},
        "content_type != image/png": set(),
    }.items():
        assert set(await ada.found(text="red", filter=text)) == expected


async def test_nobody_sees_anybody_elses(ada: User, ben: User) -> None:
    hers, his = await ada.indexed(picture("red")), await ben.indexed(picture("red"))
    assert await ada.found(text="red") == [hers]
    assert await ben.found(image=picture("red")) == [his]
    for image_id in (hers, str(uuid4())):
        error = await ben.refusal(image_id=image_id)
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert error_info(error).reason == "IMAGE_NOT_FOUND"
        assert error.details() == "there is no such image"


async def test_pages_neither_repeat_nor_skip(ada: User) -> None:
    ids = [await ada.upload(picture(f"hsl({hue * 24}, 80%, 50%)")) for hue in range(14)]
    ids += [await ada.upload(picture("red")) for _ in range(4)]
    await ada.settled(*ids)
    token, seen = "", []
    while True:
        answer = await ada.search(text="red", limit=5, page_token=token)
        seen += [match.image.image_id for match in answer.matches]
        token = answer.next_page_token
        if not token:
            break
        assert len(answer.matches) == 5
    assert len(seen) == len(set(seen))
    assert set(seen) == set(ids)


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"text": "  \n "}, "QUERY_EMPTY", "text"),
        ({}, "INVALID_REQUEST", ""),
        ({"text": "red", "image_id": str(uuid4())}, "INVALID_REQUEST", ""),
        ({"image_id": "no uuid"}, "INVALID_REQUEST", "image_id"),
        ({"text": "red", "limit": 201}, "INVALID_REQUEST", "limit"),
        ({"text": "red", "filter": "size > 3"}, "INVALID_FILTER", "filter"),
        ({"text": "red", "filter": "state = INDEXED"}, "INVALID_FILTER", "filter"),
        ({"text": "red", "page_token": "x"}, "INVALID_PAGE_TOKEN", "page_token"),
        ({"image": b"no image"}, "IMAGE_UNREADABLE", None),
    ],
)
async def test_refuses_bad_queries_with_a_reason(
    ada: User, fields: dict[str, Any], reason: str, field: str | None
) -> None:
    error = await ada.refusal(**fields)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error_info(error).reason == reason
    if field is not None:
        assert bad_request(error).field_violations[0].field == field


async def test_a_page_token_belongs_to_its_query(ada: User) -> None:
    for colour in ("red", "blue"):
        await ada.indexed(picture(colour))
    token = (await ada.search(text="red", limit=1)).next_page_token
    assert len(await ada.found(text="red", page_token=token)) == 1
    error = await ada.refusal(text="blue", page_token=token)
    assert error_info(error).reason == "INVALID_PAGE_TOKEN"


async def test_an_image_that_waits_to_be_indexed_says_so(ada: User) -> None:
    reserved = await ada.reserve(picture("red"))
    error = await ada.refusal(image_id=reserved.image.image_id)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error_info(error).reason == "IMAGE_NOT_INDEXED"


async def test_long_text_is_cut_and_says_so(ada: User) -> None:
    red = await ada.indexed(picture("red"))
    answer = await ada.search(text="red " * 10_000)
    assert answer.text_truncated
    assert answer.matches[0].image.image_id == red


async def test_needs_a_token(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.search.SearchImages(search_pb2.SearchImagesRequest(text="red"))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_deleted_image_is_not_found_again(ada: User, world: World) -> None:
    gone, kept = await ada.indexed(picture("red")), await ada.indexed(picture("orange"))
    await ada.delete(gone)
    assert await ada.found(text="red", limit=1) == [kept]
    assert error_info(await ada.refusal(image_id=gone)).reason == "IMAGE_NOT_FOUND"
    await eventually(lambda: drained(world), "the deletion is dealt with")
    assert await ada.found(text="red") == [kept]


async def drained(world: World) -> bool:
    return int(await world.redis.xlen(IMAGES)) == 0


async def test_health_follows_the_parts_and_names_the_peers(world: World) -> None:
    names = (
        "", "redis", "index", "argus.search.v1.SearchService", "argus.auth.v1.AuthService",
        "argus.storage.v1.ImageService", "argus.embedder.v1.EmbedderService",
    )  # fmt: skip
    for name in names:
        await eventually(lambda name=name: world.serving(name), f"{name} is SERVING")  # type: ignore[misc] # mypy cannot infer a lambda with a default
    await world.stop_embedder()

    async def down() -> bool:
        return not await world.serving() and await world.serving("argus.storage.v1.ImageService")

    await eventually(down, "search is not ready without the embedder")
    assert not await world.serving("argus.embedder.v1.EmbedderService")
    await world.start_embedder()
    await eventually(world.serving, "search is ready again")


async def test_while_the_embedder_is_down_images_wait_and_are_not_failed(
    ada: User, world: World
) -> None:
    before = await ada.indexed(picture("red"))
    await world.stop_embedder()
    waiting = [await ada.upload(picture("red", side=side)) for side in range(20, 26)]
    error = await ada.refusal(text="red")
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error_info(error).reason == "EMBEDDER_UNAVAILABLE"
    assert "127.0.0.1" not in str(error.details())
    assert await ada.found(image_id=before) == [before]
    await world.start_embedder()
    images = await ada.settled(*waiting)
    assert [image.state for image in images] == [image_pb2.INDEXED] * len(waiting)


async def test_an_image_that_ends_the_embedder_fails_alone(ada: User, world: World) -> None:
    poison = picture("red", side=50)
    world.embedder.poison.add(poison)
    before = [await ada.upload(picture("lime", side=side)) for side in range(20, 26)]
    bad = await ada.upload(poison)
    after = [await ada.upload(picture("blue", side=side)) for side in range(20, 26)]
    (failed,) = await ada.settled(bad)
    assert failed.state == image_pb2.FAILED
    assert failed.failure.reason == "INDEXING_FAILED"
    images = await ada.settled(*before, *after)
    assert [image.state for image in images] == [image_pb2.INDEXED] * 12
    assert await world.redis.hlen("argus:search:alone") == 0
    world.embedder.poison.clear()


async def test_images_under_way_when_search_ends_are_indexed_when_it_is_back(
    ada: User, world: World
) -> None:
    world.embedder.answers.clear()
    under_way = [await ada.upload(picture("red", side=side)) for side in range(20, 30)]

    async def taken() -> bool:
        return int((await world.redis.xpending(IMAGES, "search"))["pending"]) >= 10

    await eventually(taken, "search has taken the events")
    await world.stop_search()
    world.embedder.answers.set()
    await world.start_search()
    images = await ada.settled(*under_way)
    assert [image.state for image in images] == [image_pb2.INDEXED] * 10
    assert set(await ada.found(text="red")) == set(under_way)
    await eventually(lambda: drained(world), "no event is left")


async def test_search_ended_at_any_moment_ends_and_loses_nothing(ada: User, world: World) -> None:
    ids: list[str] = []
    for sides in range(20, 44, 6):
        ids += await asyncio.gather(
            *(ada.upload(picture("red", side=side)) for side in range(sides, sides + 6))
        )
        async with asyncio.timeout(DEADLINE_S):
            await world.stop_search()
        await world.start_search()
    images = await ada.settled(*ids)
    assert {image.state for image in images} == {image_pb2.INDEXED}
    assert set(await ada.found(text="red", limit=200)) == set(ids)


async def test_senseless_events_are_dropped(ada: User, world: World) -> None:
    for event in (
        {"event": "{"},
        {"event": "[]"},
        {"other": "x"},
        {"event": '{"type": "uploaded", "image_id": "no uuid"}'},
        {"event": f'{{"type": "painted", "image_id": "{uuid4()}"}}'},
        {"event": f'{{"type": "uploaded", "image_id": "{uuid4()}"}}'},
    ):
        await world.redis.xadd(IMAGES, event)  # type: ignore[arg-type] # the client's mapping type is invariant
    await ada.indexed(picture("red"))
    await eventually(lambda: drained(world), "no event is left")


async def test_an_image_announced_again_is_not_embedded_again(ada: User, world: World) -> None:
    image_id = await ada.indexed(picture("red"))
    before = world.embedder.embedded
    await world.redis.xadd(IMAGES, {"event": f'{{"type":"uploaded","image_id":"{image_id}"}}'})
    await eventually(lambda: drained(world), "the event is dealt with")
    assert await ada.found(text="red") == [image_id]
    assert world.embedder.embedded == before


async def test_a_lost_index_is_filled_again(ada: User, world: World) -> None:
    ids = {await ada.indexed(picture(colour)) for colour in ("red", "blue")}
    await world.stop_search()
    await asyncio.to_thread(shutil.rmtree, world.folder)
    await world.start_search()

    async def all_found() -> bool:
        return set(await ada.found(text="red")) == ids

    await eventually(all_found, "all images are found again")


async def test_a_new_model_gets_vectors_of_its_own(ada: User, world: World) -> None:
    ids = {await ada.indexed(picture(colour)) for colour in ("red", "blue")}
    await world.stop_embedder()
    world.embedder.version = "v2"
    await world.start_embedder()

    async def indexed_anew() -> bool:
        # Right after its start the embedder may not be connected to yet.
        with contextlib.suppress(grpc.aio.AioRpcError):
            return set(await ada.found(text="red")) == ids
        return False

    await eventually(indexed_anew, "all images are found in the new model's space")


async def test_events_lost_with_redis_are_announced_anew(ada: User, world: World) -> None:
    ids = {await ada.indexed(picture("red"))}
    await world.redis.delete(IMAGES, "argus:search:replayed-for")
    ids.add(await ada.indexed(picture("blue")))
    assert set(await ada.found(text="red")) == ids
