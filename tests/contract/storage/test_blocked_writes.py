"""Writes that the object store holds up, on a real one and a real PostgreSQL."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from PIL import Image as Picture

from services.imaging.decode import ImageLimits
from services.storage.allowance import Allowance, Usage
from services.storage.at_hand import AtHand
from services.storage.budget import Budget
from services.storage.declaring import Declaring
from services.storage.deletion import Deletion
from services.storage.errors import ImageInHand
from services.storage.in_hand import InHand
from services.storage.model import Image, ImageState, UploadRequest
from services.storage.object_keys import content_key, staging_key, thumbnail_key
from services.storage.postgres_catalog import PostgresCatalog
from services.storage.postgres_overview import PostgresOverview
from services.storage.postgres_purges import PUT_GRACE
from services.storage.postgres_reservations import PostgresReservations
from services.storage.postgres_trash import PostgresTrash
from services.storage.postgres_upkeep import PostgresUpkeep
from services.storage.s3 import S3ObjectStore
from services.storage.s3_links import S3Links, utc_now
from services.storage.uploads import Uploads
from services.storage.verifier import VerifierThreads
from tests.contract.storage.gate import Gate, gate_before
from tests.support import parts
from tests.support.pictures import encoded

LIMITS = ImageLimits(max_bytes=2**20, max_pixels=10**6, min_side=8)
A_WHILE_S = 0.3
"""What should not happen at all has not happened by then."""


def _store(s3: parts.S3) -> S3ObjectStore:
    return S3ObjectStore(
        s3.url,
        bucket=s3.bucket,
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        region=s3.region,
    )


def _picture(colour: str) -> bytes:
    return encoded(Picture.new("RGB", (32, 32), colour), "BMP")


@dataclass
class Replica:
    """What one process of storage is made of, behind a gate."""

    gate: Gate
    store: S3ObjectStore
    uploads: Uploads
    deletion: Deletion
    upkeep: PostgresUpkeep
    user_id: UUID

    async def staged(self, content: bytes) -> Image:
        """An upload whose bytes have been put."""
        request = UploadRequest(
            filename="a.bmp",
            content_type="image/bmp",
            size_bytes=len(content),
            sha256="",
            labels={},
            skip_existing=False,
            request_id=None,
        )
        image, _ = await self.uploads.create(self.user_id, request)
        await self.store.put(staging_key(self.user_id, image.image_id), content, "image/bmp")
        return image

    def complete(self, image: Image) -> "asyncio.Task[Image]":
        return asyncio.create_task(self.uploads.complete(self.user_id, image.image_id))

    async def read(self, key: str) -> bytes | None:
        async with self.store.open(key) as found:
            return None if found is None else await found.read()


@pytest.fixture
async def replica(migrated: asyncpg.Pool, s3: parts.S3) -> AsyncIterator[Replica]:
    async with (
        gate_before(s3) as (gate, through),
        _store(through) as store,
        VerifierThreads(1, LIMITS) as verifier,
    ):
        catalog = PostgresCatalog(migrated)
        in_hand = InHand()
        uploads = Uploads(
            catalog,
            PostgresReservations(migrated, Allowance(Usage(0, 0), Usage(0, 0))),
            store,
            S3Links(
                s3.url,
                bucket=s3.bucket,
                access_key=s3.access_key,
                secret_key=s3.secret_key,
                region=s3.region,
                clock=utc_now,
            ),
            verifier.verify,
            limits=LIMITS,
            declaring=Declaring(
                LIMITS, put_ttl=timedelta(minutes=15), upload_ttl=timedelta(hours=1)
            ),
            budget=Budget(2**20, least=2**18, max_waiting=8),
            in_hand=in_hand,
            put_ttl=timedelta(minutes=15),
            at_hand=AtHand(0),
            clock=utc_now,
            settled=lambda: None,
        )
        deletion = Deletion(
            PostgresTrash(migrated),
            listed=catalog,
            counted=PostgresOverview(migrated),
            in_hand=in_hand,
            grace=timedelta(),
            clock=utc_now,
            changed=lambda: None,
        )
        yield Replica(gate, store, uploads, deletion, PostgresUpkeep(migrated), uuid4())


async def _purge(replica: Replica, later: timedelta = timedelta()) -> None:
    while await replica.upkeep.purge(replica.store.remove, utc_now() + later, 100):
        pass


async def test_a_write_that_was_given_up_leaves_nothing_behind(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.storage.in_hand.WAIT_S", A_WHILE_S)
    image = await replica.staged(_picture("red"))
    replica.gate.shut()
    completing = replica.complete(image)
    await replica.gate.holds(2)

    completing.cancel()
    # The image is in hand as long as it may be written; nobody deletes it under the writer.
    with pytest.raises(ImageInHand):
        await replica.deletion.delete(replica.user_id, image.image_id, permanently=True)
    assert not completing.done()
    replica.gate.open()
    await asyncio.wait([completing])
    await replica.deletion.delete(replica.user_id, image.image_id, permanently=True)
    await _purge(replica)

    await replica.gate.idle()
    for key in (content_key, thumbnail_key):
        assert await replica.read(key(replica.user_id, image.image_id)) is None


async def test_a_late_write_never_replaces_newer_bytes(replica: Replica) -> None:
    image = await replica.staged(_picture("red"))
    replica.gate.shut()
    first = replica.complete(image)
    await replica.gate.holds(2)
    first.cancel()
    await asyncio.wait([first], timeout=A_WHILE_S)
    replica.gate.let_newcomers_pass()
    second = asyncio.create_task(_put_and_complete(replica, image, _picture("tan")))
    await asyncio.wait([second], timeout=A_WHILE_S)
    replica.gate.open()

    kept = await second

    await asyncio.wait([first])
    await replica.gate.idle()
    content = await replica.read(content_key(replica.user_id, image.image_id))
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == kept.sha256


async def _put_and_complete(replica: Replica, image: Image, content: bytes) -> Image:
    await replica.store.put(staging_key(replica.user_id, image.image_id), content, "image/bmp")
    return await replica.uploads.complete(replica.user_id, image.image_id)


async def test_if_one_write_fails_the_other_is_waited_for(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = await replica.staged(_picture("red"))
    real: Callable[[str, bytes, str], Awaitable[None]] = replica.store.put

    async def put(key: str, content: bytes, content_type: str) -> None:
        if key.startswith("thumbnails/"):
            raise ConnectionError
        await real(key, content, content_type)

    monkeypatch.setattr(replica.store, "put", put)
    replica.gate.shut()
    completing = replica.complete(image)
    await replica.gate.holds(1)

    done, _ = await asyncio.wait([completing], timeout=A_WHILE_S)

    assert not done
    replica.gate.open()
    with pytest.raises(ConnectionError):
        await completing


async def test_a_write_that_lands_after_its_image_was_deleted_is_removed_later(
    replica: Replica,
) -> None:
    image = await replica.staged(_picture("red"))
    kept = await replica.uploads.complete(replica.user_id, image.image_id)
    assert kept.state is ImageState.UPLOADED
    await replica.deletion.delete(replica.user_id, image.image_id, permanently=True)
    await _purge(replica)
    # As of a process that died while the store was at its write.
    key = content_key(replica.user_id, image.image_id)
    await replica.store.put(key, b"late", "image/bmp")

    await _purge(replica, PUT_GRACE)

    assert await replica.read(key) is None


async def test_a_queued_write_that_was_given_up_is_never_sent(s3: parts.S3) -> None:
    async with gate_before(s3) as (gate, through), _store(through) as store:
        gate.shut()
        # One for each thread, so that the next one waits for a thread.
        keys = [f"test/{uuid4()}" for _ in range(33)]
        writes = [asyncio.create_task(store.put(key, b"x", "text/plain")) for key in keys]
        await gate.holds(32)
        for write in writes:
            write.cancel()
        done, held = await asyncio.wait(writes, timeout=A_WHILE_S)
        assert (len(done), len(held)) == (1, 32)
        gate.open()
        await asyncio.wait(writes)
        await gate.idle()

    async with _store(s3) as store, store.open(keys[-1]) as found:
        assert found is None


async def test_a_long_write_that_was_given_up_is_broken_off(s3: parts.S3) -> None:
    key = f"test/{uuid4()}"
    async with gate_before(s3) as (gate, through), _store(through) as store:
        gate.shut()
        # More than the connection takes up on its way.
        writing = asyncio.create_task(store.put(key, bytes(64 * 2**20), "text/plain"))
        await gate.holds(1)
        writing.cancel()
        await asyncio.wait([writing])
        gate.open()
        await gate.idle()

    async with _store(s3) as store, store.open(key) as found:
        assert found is None
