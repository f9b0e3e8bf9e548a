"""What services build: kept and removed by name, without the store's credentials."""

from uuid import uuid4

import grpc
import pytest
from argus.storage.v1 import artifact_pb2

from tests.support import parts
from tests.support.storage_client import Metadata, Storage, StorageUser, refused


def a_name() -> str:
    return f"reference-sets/{uuid4()}/{uuid4().hex}"


async def links(storage: Storage, token: Metadata, *names: str) -> list[artifact_pb2.ArtifactLinks]:
    answer = await storage.artifacts.ResolveArtifacts(
        artifact_pb2.ResolveArtifactsRequest(names=names), metadata=token
    )
    return list(answer.artifacts)


async def delete(storage: Storage, token: Metadata, *names: str) -> None:
    request = artifact_pb2.DeleteArtifactsRequest(names=names)
    await storage.artifacts.DeleteArtifacts(request, metadata=token)


async def test_an_artifact_is_put_got_and_deleted_by_its_name(
    storage: Storage, service_token: Metadata
) -> None:
    first, second = a_name(), a_name()
    kept, other = await links(storage, service_token, first, second)
    assert (kept.name, other.name) == (first, second)
    assert (await storage.http.get(kept.get_url)).status_code == 404

    for content in (b"what was learnt", b"what was learnt later"):
        assert (await storage.http.put(kept.put_url, content=content)).status_code == 200
        assert (await storage.http.get(kept.get_url)).content == content
    direct = await storage.http.get(storage.link(f"artifacts/{first}"))
    assert direct.content == b"what was learnt later"
    await storage.http.put(other.put_url, content=b"another")

    await delete(storage, service_token, first)
    assert (await storage.http.get(kept.get_url)).status_code == 404
    assert (await storage.http.get(other.get_url)).content == b"another"
    await delete(storage, service_token, first, second, a_name())
    assert (await storage.http.get(other.get_url)).status_code == 404


async def test_artifacts_are_for_services(storage: Storage, user: StorageUser) -> None:
    name = a_name()
    for call in (links(storage, user.token, name), delete(storage, user.token, name)):
        await refused(call, grpc.StatusCode.PERMISSION_DENIED, "SERVICE_ONLY")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "alone",
        "/a/b",
        "a//b",
        "a/b/",
        "a/../b",
        "a/./b",
        "A/b",
        "a/b c",
        "a/b?c",
        "a/-b",
        "a/b-",
        "a/b%2e",
        "ä/b",
        "a/" + "b" * 254,
    ],
)
async def test_names_that_could_mean_something_else_are_refused(
    storage: Storage, service_token: Metadata, name: str
) -> None:
    for call in (links(storage, service_token, name), delete(storage, service_token, name)):
        await refused(call, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


async def test_one_to_a_hundred_at_once(storage: Storage, service_token: Metadata) -> None:
    hundred = [f"many/{number}" for number in range(100)]
    assert [found.name for found in await links(storage, service_token, *hundred)] == hundred
    await delete(storage, service_token, *hundred)
    for names in ([], [*hundred, "many/100"]):
        for call in (links(storage, service_token, *names), delete(storage, service_token, *names)):
            await refused(call, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


async def test_a_dead_object_store_is_said_so_and_keeps_what_it_has(
    storage: Storage, service_token: Metadata, seaweedfs: parts.SeaweedFS
) -> None:
    name = a_name()
    (kept,) = await links(storage, service_token, name)
    await storage.http.put(kept.put_url, content=b"what was learnt")
    seaweedfs.kill()
    try:
        (again,) = await links(storage, service_token, name)
        assert again.name == name
        await refused(
            delete(storage, service_token, name),
            grpc.StatusCode.UNAVAILABLE,
            "OBJECT_STORE_UNAVAILABLE",
        )
    finally:
        # From this thread, with which it is to end.
        seaweedfs.start()
    assert (await storage.http.get(kept.get_url)).content == b"what was learnt"
    await delete(storage, service_token, name)
    assert (await storage.http.get(kept.get_url)).status_code == 404
