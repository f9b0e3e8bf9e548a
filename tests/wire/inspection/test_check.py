"""Checks of the index and of what inspection remembers: orphans are made, found and mended."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import httpx
import pytest
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import operator_pb2 as inspection_pb2
from argus.inspection.v1 import operator_pb2_grpc as inspection_pb2_grpc
from argus.search.v1 import operator_pb2 as search_pb2
from argus.search.v1 import operator_pb2_grpc as search_pb2_grpc
from argus.type.v1.finding_pb2 import Finding
from google.protobuf.duration_pb2 import Duration
from pydantic import SecretStr

from services.inspection.peers.stored_artifacts import StoredArtifacts
from services.runtime.outgoing import ServiceToken
from services.search.index.qdrant_edge import EdgeIndex
from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.services import SERVICE_SECRET, bearer, error_info
from tests.support.world import World

AT_ONCE = {"grace": Duration(), "settle": Duration()}


async def operator(world: World) -> Any:
    issued = await world.auth.IssueServiceToken(
        auth_pb2.IssueServiceTokenRequest(service="operator", secret=SERVICE_SECRET)
    )
    return bearer(issued.access_token)


async def check_index(world: World, *, repair: bool = False, token: Any = None) -> list[Finding]:
    async with grpc.aio.insecure_channel(world.address("search")) as channel:
        call = search_pb2_grpc.SearchOperatorServiceStub(channel).CheckIndex(
            search_pb2.CheckIndexRequest(repair=repair, **AT_ONCE),
            metadata=token or await operator(world),
        )
        return [told.finding async for told in call if told.HasField("finding")]


async def check_references(
    world: World, *, repair: bool = False, token: Any = None
) -> list[Finding]:
    async with grpc.aio.insecure_channel(world.address("inspection")) as channel:
        call = inspection_pb2_grpc.InspectionOperatorServiceStub(channel).CheckReferences(
            inspection_pb2.CheckReferencesRequest(repair=repair, **AT_ONCE),
            metadata=token or await operator(world),
        )
        return [told.finding async for told in call if told.HasField("finding")]


def about(findings: Sequence[Finding], subject: str) -> list[tuple[str, str]]:
    return [
        (Finding.Kind.Name(one.kind), Finding.Repair.Name(one.repair))
        for one in findings
        if one.subject == subject
    ]


async def forgotten_by_storage(url: str, image_id: str) -> None:
    """Storage's record is gone and nobody was told, as after an older database was restored."""
    connection = await asyncpg.connect(url)
    await connection.execute("DELETE FROM storage.image_uploads WHERE image_id = $1", image_id)
    await connection.close()


async def test_a_vector_whose_image_is_gone_is_found_and_removed(
    world: World, ada: Inspecting, database_url: str
) -> None:
    stays, goes = await ada.uploaded([part(801), part(802)])
    await ada.settled(stays, goes)
    assert about(await check_index(world), goes) == []
    await forgotten_by_storage(database_url, goes)
    found = await check_index(world)
    assert about(found, goes) == [("VECTOR_WITHOUT_IMAGE", "POSSIBLE")]
    assert about(found, stays) == []
    await check_index(world, repair=True)

    async def removed() -> bool:
        return about(await check_index(world), goes) == []

    await eventually(removed, "its vector is gone")


async def test_an_indexed_image_without_a_vector_is_found_and_indexed_again(
    world: World, ada: Inspecting
) -> None:
    stays, lost = await ada.uploaded([part(811), part(812)])
    await ada.settled(stays, lost)
    await world.stop_search()
    async with aclosing(_Opened(world)) as index:
        await index.edge.delete([lost])
    await world.start_search()
    found = await check_index(world)
    assert about(found, lost) == [("VECTOR_MISSING", "POSSIBLE")]
    assert about(found, stays) == []
    assert {one.user_id for one in found} == {ada.user_id}
    assert about(await check_index(world, repair=True), lost) == [("VECTOR_MISSING", "MENDED")]
    await ada.settled(lost)
    assert about(await check_index(world), lost) == []
    assert lost in await ada.found(image_id=lost)


class _Opened:
    """The index on the disk, while search is not there."""

    def __init__(self, world: World) -> None:
        self.edge = EdgeIndex(world.folder)

    async def aclose(self) -> None:
        await self.edge.close()


async def test_an_image_that_is_gone_is_found_in_sets_and_forgotten(
    world: World, ada: Inspecting, database_url: str
) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(820, 824))
    set_id = await ada.ready_set(image_ids)
    trashed, gone = image_ids[:2]
    await ada.delete(trashed)
    assert about(await check_references(world), trashed) == []
    await forgotten_by_storage(database_url, gone)
    told = await check_references(world)
    assert about(told, gone) == [("PURGED_IMAGE_REFERENCED", "POSSIBLE")]
    mended = await check_references(world, repair=True)
    assert about(mended, gone) == [("PURGED_IMAGE_REFERENCED", "MENDED")]
    assert about(await check_references(world), gone) == []
    listed = await ada.call("ListReferenceImages", reference_set_id=set_id)
    assert gone not in str(listed)
    assert image_ids[2] in str(listed)


async def test_what_versions_learnt_is_compared_with_what_is_kept(
    world: World, ada: Inspecting, database_url: str
) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(830, 834))
    set_id = await ada.ready_set(image_ids)
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval(
        "SELECT artifact_name FROM inspection.versions WHERE set_id = $1", set_id
    )
    token = ServiceToken(world.auth_channel, service="search", secret=SecretStr(SERVICE_SECRET))
    orphan = f"reference-sets/{uuid4()}/{'0' * 64}"
    async with httpx.AsyncClient() as http:
        artifacts = StoredArtifacts(world.storage_channel, token, http)
        await artifacts.put(orphan, b"of nobody")
        told = await check_references(world)
        assert about(told, orphan) == [("ARTIFACT_WITHOUT_VERSION", "POSSIBLE")]
        assert about(told, name) == []
        mended = await check_references(world, repair=True)
        assert about(mended, orphan) == [("ARTIFACT_WITHOUT_VERSION", "MENDED")]
        due = await connection.fetchval(
            "SELECT due_at <= now() FROM inspection.artifact_purges WHERE name = $1", orphan
        )
        assert due
        # It is to be removed, so nothing is wrong any more.
        assert about(await check_references(world), orphan) == []

        await artifacts.remove([name])
    await connection.close()
    (missing,) = [one for one in await check_references(world, repair=True) if one.subject == name]
    assert Finding.Kind.Name(missing.kind) == "ARTIFACT_MISSING"
    assert Finding.Repair.Name(missing.repair) == "BY_HAND"
    assert missing.user_id == ada.user_id


async def test_checks_are_for_administrators(world: World, ada: Inspecting) -> None:
    for check in (check_index, check_references):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await check(world, token=ada.token)
        assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
        assert error_info(caught.value).reason == "ROLE_REQUIRED"
