"""Full disks of the stores: refused with a reason, nothing lost, no restart afterwards."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import asyncpg
import grpc
import numpy as np
import pytest
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from argus.type.v1.finding_pb2 import Finding
from google.protobuf.field_mask_pb2 import FieldMask
from PIL import Image as Pillow

from argus_client import CallFailed
from argus_client.description import Description
from argus_client.imports import Importer
from argus_client.uploads import Source
from mesh.client.account import AccountFile
from mesh.client.checks import checks
from mesh.client.connection import Connection, connect
from mesh.parts.postgres import make_reachable, postgres_part, postgres_url
from tests.support.disks import Disk, disk, why_no_disks
from tests.support.eventually import eventually
from tests.support.mesh import Mesh, mesh_folder
from tests.support.person import PASSWORD

pytestmark = pytest.mark.skipif(bool(why_no_disks()), reason=why_no_disks())

STORES = ("objects", "postgres", "vectors")
LITTLE_BYTES = 200_000
"""Room for less than one of the pictures."""
BELOW_THE_INDEX_BYTES = 64 * 2**20
"""Less than search leaves free on the disk of its vectors."""
UPDATES = 400
RECOVERS_WITHIN_S = 120.0
"""SeaweedFS looks once a minute whether its disk has room again."""


@dataclass(frozen=True)
class Full:
    """A mesh whose stores have disks of their own, and somebody who is signed in."""

    mesh: Mesh
    disks: dict[str, Disk]
    connection: Connection

    async def upload(self, number: int, *, patience_s: float = 1.0) -> image_pb2.Image:
        """Uploads a picture of about half a megabyte, of which none is like another."""
        pixels = np.random.default_rng(number).integers(0, 256, (400, 450, 3), dtype=np.uint8)
        file = io.BytesIO()
        Pillow.fromarray(pixels).save(file, "PNG")
        source = Source.of_bytes(file.getvalue(), f"{number}.png")
        async with Importer(self.connection.client, window=1, patience_s=patience_s) as importer:
            return (await importer.upload(source, Description())).image

    async def image(self, image_id: str) -> image_pb2.Image:
        request = image_pb2.GetImageRequest(image_id=image_id)
        return cast(
            "image_pb2.Image", await self.connection.call(self.connection.images.GetImage, request)
        )

    async def indexed(self, image_id: str) -> None:
        async def is_indexed() -> bool:
            return (await self.image(image_id)).state == image_pb2.Image.INDEXED

        await eventually(is_indexed, "search finds the image", within_s=RECOVERS_WITHIN_S)

    async def all_there(self, image_ids: Sequence[str]) -> None:
        """The images are found, and their bytes and thumbnails can be read."""
        request = search_pb2.SearchImagesRequest(text="noise", limit=200)
        answer = await self.connection.call(self.connection.search.SearchImages, request)
        assert {match.image.image_id for match in answer.matches} == set(image_ids)
        async with self.connection.http(timeout_s=30) as http:
            for match in answer.matches:
                content = await http.get(match.image.content_url)
                assert len(content.content) == match.image.size_bytes
                assert (await http.get(match.image.thumbnail_url)).status_code == 200

    def restarts(self) -> dict[str, int]:
        return {part.name: part.restarts for part in self.mesh.state().parts}


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Mesh, dict[str, Disk]]]:
    with ExitStack() as mounted, mesh_folder() as mesh:
        mesh.data_dir.mkdir()
        # What is left where disks were: their folders can be removed once they are gone.
        mounted.callback(shutil.rmtree, mesh.data_dir.parent, ignore_errors=True)
        layout = mesh.layout
        layout.make()
        # A disk cannot take the place of a folder that is moved there, so that comes first.
        make_reachable(layout)
        postgres_part(layout).prepare()
        made = mesh.data_dir / "postgres"
        aside = made.with_name("aside")
        made.rename(aside)
        disks = {name: mounted.enter_context(disk(mesh.data_dir / name)) for name in STORES}
        shutil.copytree(aside, made, dirs_exist_ok=True)
        shutil.rmtree(aside)
        mesh.up()
        yield mesh, disks


@pytest.fixture
async def full(filled: tuple[Mesh, dict[str, Disk]], tmp_path: Path) -> AsyncIterator[Full]:
    mesh, disks = filled
    async with connect(mesh.edge_target, AccountFile(tmp_path)) as connection:
        await connection.sign_in(f"{uuid4()}@example.org", PASSWORD, name="")
        try:
            yield Full(mesh, disks, connection)
        finally:
            for one in disks.values():
                one.make_roomy()


async def refusal(call: "asyncio.Future[image_pb2.Image]") -> CallFailed:
    with pytest.raises(CallFailed) as refused:
        await call
    return refused.value


async def test_a_full_object_store_keeps_what_it_has_and_takes_more_when_there_is_room(
    full: Full,
) -> None:
    before = full.restarts()
    kept = await full.upload(1)
    await full.indexed(kept.image_id)
    full.disks["objects"].leave(LITTLE_BYTES)

    refused = await refusal(asyncio.ensure_future(full.upload(2)))
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.UNAVAILABLE,
        "OBJECT_STORE_REFUSES",
    ), full.mesh.logs()
    await full.all_there([kept.image_id])

    full.disks["objects"].make_roomy()
    later = await full.upload(2, patience_s=RECOVERS_WITHIN_S)
    await full.indexed(later.image_id)
    await full.all_there([kept.image_id, later.image_id])
    assert full.restarts() == before
    await nothing_is_left(full)


async def test_a_full_database_keeps_what_it_has_and_takes_more_when_there_is_room(
    full: Full,
) -> None:
    before = full.restarts()
    kept = await full.upload(11)
    await full.indexed(kept.image_id)
    await next_segment(full, begun=True)
    full.disks["postgres"].leave(0)

    noted, _, refused = await notes_until_refused(full, kept.image_id)
    assert (refused.code(), refused.details()) == (
        grpc.StatusCode.UNAVAILABLE,
        "the database's disk is full; nothing was changed",
    ), full.mesh.logs()
    assert (await full.image(kept.image_id)).note == noted
    await full.all_there([kept.image_id])

    full.disks["postgres"].make_roomy()
    later = await full.upload(12, patience_s=RECOVERS_WITHIN_S)
    await full.indexed(later.image_id)
    await full.all_there([kept.image_id, later.image_id])
    assert full.restarts() == before
    await nothing_is_left(full)


async def test_a_database_without_room_for_its_log_loses_nothing_and_comes_back_by_itself(
    full: Full,
) -> None:
    kept = await full.upload(31)
    await full.indexed(kept.image_id)
    await next_segment(full, begun=False)
    full.disks["postgres"].leave(0)

    noted, tried, refused = await notes_until_refused(full, kept.image_id)
    assert refused.code() is grpc.StatusCode.UNAVAILABLE, full.mesh.logs()

    full.disks["postgres"].make_roomy()
    later = await full.upload(32, patience_s=RECOVERS_WITHIN_S)
    await full.indexed(later.image_id)
    # Whether a change was committed whose answer was lost nobody can say; nothing else was.
    assert (await full.image(kept.image_id)).note in {noted, tried}
    await full.all_there([kept.image_id, later.image_id])
    await nothing_is_left(full)


async def test_with_a_full_index_images_are_kept_and_wait_to_be_indexed(full: Full) -> None:
    before = full.restarts()
    kept = await full.upload(21)
    await full.indexed(kept.image_id)
    full.disks["vectors"].leave(BELOW_THE_INDEX_BYTES)

    waits = await full.upload(22)
    log = full.mesh.layout.log("search")
    await eventually(
        lambda: "disk of the vector index is full" in log.read_text(),
        "search says why it waits",
        within_s=60,
    )
    assert (await full.image(waits.image_id)).state == image_pb2.Image.UPLOADED
    await full.all_there([kept.image_id])

    full.disks["vectors"].make_roomy()
    await full.indexed(waits.image_id)
    await full.all_there([kept.image_id, waits.image_id])
    assert full.restarts() == before
    await nothing_is_left(full)


async def next_segment(full: Full, *, begun: bool) -> None:
    """Ends the segment of PostgreSQL's log that is written to; the next takes 16 MiB when begun."""
    database = await asyncpg.connect(postgres_url(full.mesh.layout))
    try:
        await database.execute("SELECT pg_switch_wal()")
        if begun:
            await database.execute("SELECT pg_logical_emit_message(true, 'test', 'begun')")
    finally:
        await database.close()


async def notes_until_refused(full: Full, image_id: str) -> tuple[str, str, grpc.aio.AioRpcError]:
    """Changes an image's note until that is refused: the last one kept, the refused one, the error.

    An answer that comes too late is no refusal: it would be DEADLINE_EXCEEDED.
    """
    noted = ""
    letters = np.random.default_rng(0)
    for _ in range(UPDATES):
        # Nothing that PostgreSQL could make smaller.
        note = "".join(map(chr, letters.integers(0x4E00, 0x9FA5, 3999)))
        request = image_pb2.UpdateImageRequest(
            image=image_pb2.Image(image_id=image_id, note=note),
            update_mask=FieldMask(paths=["note"]),
        )
        try:
            await full.connection.call(full.connection.images.UpdateImage, request, timeout_s=30)
        except grpc.aio.AioRpcError as error:
            return noted, note, error
        noted = note
    raise AssertionError(f"{UPDATES} changes were kept on a full disk")


async def nothing_is_left(full: Full) -> None:
    """`argus check` finds nothing, however young, once what follows the events is done."""

    async def found() -> list[str]:
        async with checks(full.mesh.layout, "", as_admin=False) as asked:
            told = asked.told(repair=False, grace=timedelta(), settle=timedelta(seconds=1))
            return [f"{one.kind} {one.subject}" async for one in told if isinstance(one, Finding)]

    assert await found() == []
