"""An account that is deleted leaves nothing behind, in no store of no service."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from argus.auth.v1 import auth_pb2, group_pb2, group_pb2_grpc
from argus.search.v1 import search_pb2

from tests.support import parts
from tests.support.colours import picture
from tests.support.eventually import eventually
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.services import error_info
from tests.support.traces import keys_with, objects_with, rows_with
from tests.support.user import PASSWORD
from tests.support.world import World, running_world, urls_of

Deletion = auth_pb2.AccountDeletion
KEPT = {"auth.account_deletions", "auth.audit_events"}
"""The first until every service has looked once more, the second for good (decision 23)."""


@pytest.fixture
async def world(
    fresh_postgres_url: str, fresh_redis_url: str, s3: parts.S3, tmp_path: Path
) -> AsyncIterator[World]:
    urls = urls_of(fresh_postgres_url, fresh_redis_url, s3)
    async with running_world(urls, tmp_path, inspection={}) as made:
        yield made


class Somebody(Inspecting):
    """Somebody with an email address that the test knows."""

    email = ""

    @classmethod
    async def new(cls, world: World, email: str = "") -> "Somebody":
        email = email or f"{uuid4().hex}@example.org"
        made = cls(
            world,
            await world.auth.Register(auth_pb2.RegisterRequest(email=email, password=PASSWORD)),
        )
        made.email = email
        return made

    async def leave(self, password: str = PASSWORD) -> Deletion:
        answer = await self.world.auth.DeleteAccount(
            auth_pb2.DeleteAccountRequest(password=password), metadata=self.token
        )
        return answer.deletion


async def became(world: World, deletion_id: str) -> Deletion:
    """What anybody who has the id is told."""
    return await world.auth.GetAccountDeletion(
        auth_pb2.GetAccountDeletionRequest(deletion_id=deletion_id)
    )


async def removed(world: World, deletion_id: str) -> Mapping[str, Mapping[str, int]]:
    """What each service says that it removed, once all have."""

    async def all_have() -> bool:
        return (await became(world, deletion_id)).state >= Deletion.REMOVED

    await eventually(all_have, "every service has removed what it had")
    return {one.service: one.removed for one in (await became(world, deletion_id)).reports}


def objects_of(s3: parts.S3, user_id: str) -> list[str]:
    return objects_with(s3.url, s3.access_key, s3.secret_key, user_id)


async def invited_by_each_other(ada: Somebody, ben: Somebody) -> str:
    """Ada has a group, to which Ben is invited; the id of a set of Ben's, to which Ada is."""
    groups = group_pb2_grpc.GroupServiceStub(ada.world.auth_channel)
    group = await groups.CreateGroup(
        group_pb2.CreateGroupRequest(display_name="line 3"), metadata=ada.token
    )
    await groups.InviteToGroup(
        group_pb2.InviteToGroupRequest(group_id=group.group_id, email=ben.email),
        metadata=ada.token,
    )
    set_id = await ben.new_set()
    await ben.call("ShareReferenceSet", reference_set_id=set_id, emails=[ada.email])
    return set_id


async def test_nothing_is_left_anywhere(
    world: World, fresh_postgres_url: str, s3: parts.S3
) -> None:
    ben, ada = await Somebody.new(world), await Somebody.new(world)
    image_ids = await ada.uploaded(part(seed) for seed in range(4))
    await ada.settled(*image_ids)
    await ada.reserve(picture("red"))
    set_id = await ada.ready_set(image_ids[:3], target=0.1)
    await ada.share(set_id, ben)
    view_id = await ada.view_of(set_id)
    bens_images = await ben.uploaded(part(seed) for seed in range(20, 24))
    await ben.settled(*bens_images)
    await ben.share(bens := await ben.ready_set(bens_images[:3], target=0.1), ada)
    await ben.inspect(set_id, image_id=bens_images[0])
    await ada.inspect(bens, image_id=image_ids[3])
    await ada.inspect(set_id, image_id=image_ids[3])
    await ada.say("mark_normal", image_ids[3])
    others = await invited_by_each_other(ada, ben)
    await ada.delete(image_ids[0])
    await world.search.GetMap(search_pb2.GetMapRequest(), metadata=ada.token)
    key = await world.auth.CreateApiKey(
        auth_pb2.CreateApiKeyRequest(display_name="camera", scopes=[auth_pb2.ApiKey.READ]),
        metadata=ada.token,
    )
    assert set(await rows_with(fresh_postgres_url, ada.user_id)) >= {
        "auth.users", "auth.sessions", "auth.api_keys", "storage.image_uploads",
        "inspection.reference_sets", "inspection.inspections", "inspection.reference_set_users",
    }  # fmt: skip
    assert objects_of(s3, ada.user_id)

    deletion = await ada.leave()

    assert {one.service: dict(one.removed) for one in deletion.reports} == {
        "auth": {
            "accounts": 1,
            "sessions": 1,
            "api_keys": 1,
            "group_memberships": 1,
            "groups": 1,
            "group_invitations": 1,
        }
    }
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ada.image(image_ids[1])
    assert error_info(caught.value).reason == "SESSION_CLOSED"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.auth.ExchangeApiKey(auth_pb2.ExchangeApiKeyRequest(secret=key.secret))
    assert error_info(caught.value).reason == "API_KEY_INVALID"
    said = await removed(world, deletion.deletion_id)
    kept = said["storage"]
    assert (kept["images"], kept["unfinished_uploads"]) == (4, 1)
    assert said["storage"]["bytes"] > 0
    assert said["inspection"]["reference_sets"] == 2
    what = ("artifacts", "shares", "shares_with_them", "invitations_to_them")
    assert [said["inspection"][one] for one in what] == [1, 1, 1, 1]
    assert not (await ben.see(others)).invitations
    # Of the three, those of stored images may have left with their images before.
    assert set(said) == {"auth", "inspection", "search", "storage"}

    assert set(await rows_with(fresh_postgres_url, ada.user_id)) <= KEPT | {"storage.purges"}
    assert objects_of(s3, ada.user_id) == []

    async def no_keys() -> bool:
        return await keys_with(world.redis, ada.user_id) == []

    await eventually(no_keys, "nothing of the user is in Redis")
    assert await keys_with(world.redis, ada.email) == []
    # What is Ben's is still there; what was shared with him is not.
    assert (await ben.see(bens)).image_count == 3
    for gone in (set_id, view_id):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ben.see(gone)
        assert error_info(caught.value).reason == "REFERENCE_SET_NOT_FOUND"
    assert len(await ben.found(image=part(20))) == 4
    # The same address is somebody else from now on.
    again = await Somebody.new(world, ada.email)
    assert again.user_id != ada.user_id
    assert await again.found(image=part(1)) == []


async def test_services_that_are_down_do_it_when_they_are_back(
    world: World, fresh_postgres_url: str, s3: parts.S3
) -> None:
    ada = await Somebody.new(world)
    image_id = await ada.indexed(part(1))
    await world.stop_inspection()
    await world.stop_search()
    await world.stop_storage()

    deletion = await ada.leave()

    assert (await became(world, deletion.deletion_id)).state == Deletion.REMOVING
    await world.start_storage()
    await world.start_search()
    await world.start_inspection()
    said = await removed(world, deletion.deletion_id)
    assert said["storage"]["images"] == 1
    assert set(await rows_with(fresh_postgres_url, ada.user_id)) <= KEPT | {"storage.purges"}
    assert objects_of(s3, ada.user_id) == []
    assert image_id


async def test_what_redis_lost_is_told_again(world: World) -> None:
    ada = await Somebody.new(world)
    await ada.indexed(part(1))
    await world.stop_storage()
    deletion = await ada.leave()

    async def told() -> bool:
        return bool(await world.redis.xlen("argus:accounts:storage"))

    await eventually(told, "auth has told storage")
    await world.redis.delete("argus:accounts:storage")
    await world.start_storage()
    assert (await removed(world, deletion.deletion_id))["storage"]["images"] == 1


async def test_a_wrong_password_deletes_nothing(world: World) -> None:
    ada = await Somebody.new(world)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ada.leave("not the password")
    assert error_info(caught.value).reason == "PASSWORD_WRONG"
    await world.auth.GetMe(auth_pb2.GetMeRequest(), metadata=ada.token)


async def test_a_client_may_draw_the_id_which_then_is_taken(world: World) -> None:
    ben, ada = await Somebody.new(world), await Somebody.new(world)
    drawn = str(uuid4())
    request = auth_pb2.DeleteAccountRequest(password=PASSWORD, deletion_id=drawn)
    await world.auth.DeleteAccount(request, metadata=ada.token)
    assert (await became(world, drawn)).deletion_id == drawn

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.auth.DeleteAccount(request, metadata=ben.token)

    assert error_info(caught.value).reason == "INVALID_REQUEST"
    await world.auth.GetMe(auth_pb2.GetMeRequest(), metadata=ben.token)


async def test_a_deletion_is_found_by_its_id_alone(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await became(world, str(uuid4()))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert error_info(caught.value).reason == "ACCOUNT_DELETION_NOT_FOUND"
