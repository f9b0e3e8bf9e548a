"""What inspection asks of storage, through its own adapters."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import image_pb2

from services.clients.catalog import GrpcCatalog
from services.clients.contents import StoredContents, open_http
from services.clients.errors import (
    ContentsUnavailable,
    ContentWrong,
    ImageNotFound,
    StorageUnavailable,
)
from services.inspection.errors import ArtifactWrong
from services.inspection.peers.grpc_contents import GrpcContents
from services.inspection.peers.stored_artifacts import StoredArtifacts
from services.runtime.errors import Unavailable
from services.runtime.identity import Identity, enter_identity
from tests.support import parts
from tests.support.storage_client import Storage, StorageUser, sign_up


@pytest.fixture
async def artifacts(storage: Storage) -> AsyncIterator[StoredArtifacts]:
    async with open_http(4) as http:
        yield StoredArtifacts(storage.channel, storage.search_token(), http)


@pytest.fixture
async def contents(storage: Storage) -> AsyncIterator[GrpcContents]:
    async with open_http(4) as http:
        yield GrpcContents(
            GrpcCatalog(storage.channel),
            StoredContents(storage.channel, storage.search_token(), http),
        )


def sign_in(user: StorageUser) -> None:
    token = user.token[0][1].removeprefix("Bearer ")
    enter_identity(Identity(user.user_id, "", "", token))


def named(content: bytes) -> tuple[str, str]:
    """A name that nobody has, and the digest."""
    digest = hashlib.sha256(content).hexdigest()
    return f"reference-sets/{uuid4()}/{digest}", digest


async def test_an_artifact_comes_back_as_it_was_kept(artifacts: StoredArtifacts) -> None:
    for content in (b"", b"what was learnt", os.urandom(5 * 2**20)):
        name, digest = named(content)
        await artifacts.put(name, content)
        await artifacts.put(name, content)
        assert await artifacts.get(name, digest) == content


async def test_an_artifact_that_is_gone_or_changed_is_not_used(artifacts: StoredArtifacts) -> None:
    name, digest = named(b"what was learnt")
    with pytest.raises(ArtifactWrong, match="gone"):
        await artifacts.get(name, digest)
    await artifacts.put(name, b"something else")
    with pytest.raises(ArtifactWrong, match="changed"):
        await artifacts.get(name, digest)
    others = [named(bytes([number]))[0] for number in range(101)]
    await artifacts.put(others[100], b"the last of many")
    await artifacts.remove([name, *others])
    await artifacts.remove([name])
    await artifacts.remove([])
    for gone in (name, others[100]):
        with pytest.raises(ArtifactWrong, match="gone"):
            await artifacts.get(gone, digest)


async def test_a_dead_object_store_takes_and_gives_no_artifact(
    artifacts: StoredArtifacts, seaweedfs: parts.SeaweedFS
) -> None:
    name, digest = named(b"what was learnt")
    await artifacts.put(name, b"what was learnt")
    seaweedfs.kill()
    try:
        with pytest.raises(ContentsUnavailable) as caught:
            await artifacts.put(name, b"what was learnt")
        assert "127.0.0.1" not in caught.value.message
        with pytest.raises(ContentsUnavailable):
            await artifacts.get(name, digest)
        with pytest.raises(Unavailable) as refused:
            await artifacts.remove([name])
        assert refused.value.reason == ContentsUnavailable.reason
    finally:
        # From this thread, with which it is to end.
        seaweedfs.start()
    assert await artifacts.get(name, digest) == b"what was learnt"


async def test_storage_that_is_not_there_is_unavailable(
    storage: Storage, user: StorageUser
) -> None:
    sign_in(user)
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel, open_http(1) as http:
        token = storage.search_token()
        artifacts = StoredArtifacts(channel, token, http)
        contents = GrpcContents(GrpcCatalog(channel), StoredContents(channel, token, http))
        for call in (
            artifacts.put("a/b", b""),
            artifacts.get("a/b", ""),
            artifacts.remove(["a/b"]),
            contents.check([str(uuid4())]),
            contents.fetch(str(uuid4()), user.user_id),
        ):
            with pytest.raises(StorageUnavailable):
                await call


async def test_only_the_callers_own_verified_images_can_be_references(
    storage: Storage, contents: GrpcContents, user: StorageUser, cat: bytes
) -> None:
    other = await sign_up(storage)
    mine, second, theirs = [(await whose.store(cat)).image_id for whose in (user, user, other)]
    pending = (await user.reserve(cat)).image.image_id
    broken = await user.reserve(b"no image")
    await user.put(broken, b"no image")
    with pytest.raises(grpc.aio.AioRpcError):
        await user.complete(broken.image.image_id)
    deleted = (await user.store(cat)).image_id
    await user.delete(deleted)
    asked = [second, theirs, pending, broken.image.image_id, deleted, str(uuid4()), mine]

    sign_in(user)
    assert await contents.check(asked) == [second, mine]
    assert await contents.check([mine.upper()]) == [mine.upper()]
    assert await contents.check([*(str(uuid4()) for _ in range(600)), mine]) == [mine]
    assert await contents.check([]) == []
    sign_in(other)
    assert await contents.check(asked) == [theirs]


async def test_a_reference_is_fetched_for_its_owner_only_and_with_no_caller(
    storage: Storage, contents: GrpcContents, user: StorageUser, cat: bytes
) -> None:
    other = await sign_up(storage)
    image = await user.store(cat)
    assert await contents.fetch(image.image_id, user.user_id) == cat
    pending = (await user.reserve(cat)).image.image_id
    for image_id, user_id in (
        (image.image_id, other.user_id),
        (pending, user.user_id),
        (str(uuid4()), user.user_id),
    ):
        with pytest.raises(ImageNotFound):
            await contents.fetch(image_id, user_id)
    await user.delete(image.image_id)
    with pytest.raises(ImageNotFound):
        await contents.fetch(image.image_id, user.user_id)


async def test_a_reference_whose_bytes_are_lost_is_wrong_while_its_record_stays(
    storage: Storage, contents: GrpcContents, user: StorageUser, cat: bytes
) -> None:
    image = await user.store(cat)
    key = f"images/{user.user_id}/{image.image_id}"
    link = storage.links().put(key, timedelta(minutes=1))
    assert (await storage.http.put(link, content=b"something else")).status_code == 200
    with pytest.raises(ContentWrong):
        await contents.fetch(image.image_id, user.user_id)
    assert (await user.image(image.image_id)).state == image_pb2.Image.UPLOADED
