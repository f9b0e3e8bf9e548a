"""A backup of an older Argus's data folder, restored into stores elsewhere and read by today's."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from argus.auth.v1 import auth_pb2
from argus.inspection.v1 import inspection_pb2
from argus.storage.v1 import image_pb2
from rich.console import Console

from mesh.backup.progress import Steps
from mesh.backup.repository import Repository
from mesh.backup.restore import restore
from mesh.backup.verify import verify
from mesh.errors import MeshError
from mesh.layout import Layout
from tests.support import parts
from tests.support.databases import emptied_redis, new_database
from tests.support.world import World, WorldUser, running_world, urls_of

YESTERDAY = Path(__file__).parents[1] / "fixtures" / "backup_2026_11_28"
BUCKET = "restored"
PASSWORD = "correct horse battery staple"
BRICKS = 8


STEPS = Steps(Console(quiet=True))


@pytest.fixture(scope="module")
async def world(
    postgres_url: str,
    redis_url: str,
    s3: parts.S3,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    """Today's services on what was restored."""
    folder = tmp_path_factory.mktemp("restored")
    repository = Repository.opened(YESTERDAY)
    async with new_database(postgres_url) as database:
        elsewhere = {
            "ARGUS_POSTGRES_URL": database,
            "ARGUS_S3_URL": s3.url,
            "ARGUS_S3_ACCESS_KEY": s3.access_key,
            "ARGUS_S3_SECRET_KEY": s3.secret_key,
            "ARGUS_S3_BUCKET": BUCKET,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in elsewhere.items():
                patch.setenv(name, value)
            chosen = repository.chosen("")
            await restore(repository, chosen, Layout(folder / "data"), STEPS)
            with pytest.raises(MeshError, match="has a mesh's tables already"):
                await restore(repository, chosen, Layout(folder / "again"), STEPS)
        urls = urls_of(database, await emptied_redis(redis_url, 3), s3) | {"s3_bucket": BUCKET}
        async with running_world(urls, folder / "vectors", inspection={}) as made:
            yield made


async def test_yesterdays_backup_is_whole() -> None:
    repository = Repository.opened(YESTERDAY)
    manifest, problems = await verify(repository, repository.chosen(""), STEPS)
    assert problems == []
    assert manifest.users == 2


async def signed_in(world: World, email: str) -> WorldUser:
    request = auth_pb2.LoginRequest(email=email, password=PASSWORD)
    return WorldUser(world, await world.auth.Login(request))


async def listed(user: WorldUser) -> list[image_pb2.Image]:
    """What is not in the trash; what was there yesterday has been purged since, or will be."""
    request = image_pb2.ListImagesRequest(page_size=100)
    answer = await user.world.images.ListImages(request, metadata=user.token)
    return list(answer.images)


async def test_people_sign_in_and_find_their_images_byte_for_byte(world: World) -> None:
    ada, bob = await signed_in(world, "ada@example.org"), await signed_in(world, "bob@example.org")
    images = await listed(ada)
    assert {one.filename for one in images} == {f"brick-{n}.jpg" for n in range(BRICKS)}
    assert {one.labels["line"] for one in images} == {"0", "1"}
    async with httpx.AsyncClient(trust_env=False) as http:
        for one in images:
            content = (await http.get(one.content_url)).raise_for_status().content
            assert hashlib.sha256(content).hexdigest() == one.sha256
            (await http.get(one.thumbnail_url)).raise_for_status()
    assert [one.filename for one in await listed(bob)] == ["bob.jpg"]


async def test_search_has_them_again_by_itself(world: World) -> None:
    ada = await signed_in(world, "ada@example.org")
    images = await ada.settled(*(one.image_id for one in await listed(ada)))
    assert {one.state for one in images} == {image_pb2.Image.INDEXED}
    found = await ada.found(image_id=images[0].image_id, limit=1)
    assert found == [images[0].image_id]


async def test_reference_sets_versions_and_feedback_are_there(world: World) -> None:
    ada = await signed_in(world, "ada@example.org")
    asked = inspection_pb2.ListReferenceSetsRequest()
    [bricks] = (await world.inspection.ListReferenceSets(asked, metadata=ada.token)).reference_sets
    assert (bricks.display_name, bricks.image_count) == ("bricks", BRICKS)
    assert bricks.current_version == 1
    [said] = (
        await world.inspection.ListFeedback(
            inspection_pb2.ListFeedbackRequest(), metadata=ada.token
        )
    ).feedback
    assert said.note == "as it should be"


async def test_what_is_made_today_stands_beside_it(world: World) -> None:
    ada = await signed_in(world, "ada@example.org")
    image_id = (await listed(ada))[0].image_id
    await world.images.DeleteImage(
        image_pb2.DeleteImageRequest(image_id=image_id), metadata=ada.token
    )
    restored = await world.images.UndeleteImage(
        image_pb2.UndeleteImageRequest(image_id=image_id), metadata=ada.token
    )
    assert restored.image_id == image_id
