"""Whom a set is shared with, in person or through a group: when, and what of its owner they see."""

import io
from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.auth.v1 import (
    group_pb2,
    group_pb2_grpc,
    membership_pb2,
    membership_pb2_grpc,
)
from argus.inspection.v1 import inspection_pb2 as pb
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from google.protobuf.message import Message
from PIL import Image
from pydantic import SecretStr

from services.inspection.peers.grpc_memberships import GrpcMemberships
from services.inspection.sharing import Account
from services.runtime.memberships import REMEMBERED_S, MembershipMarks
from services.runtime.outgoing import ServiceToken
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, sign_up
from tests.support.services import SERVICE_SECRET, error_info
from tests.support.world import World
from tests.wire.inspection.test_sharing import CHANGING, INSPECTING, LOOKING, answer_to


async def of_groups(who: Inspecting, method: str, **fields: Any) -> Any:
    """Calls a method of GroupService."""
    stub = group_pb2_grpc.GroupServiceStub(who.world.auth_channel)
    request = getattr(group_pb2, f"{method}Request")(**fields)
    return await getattr(stub, method)(request, metadata=who.token, timeout=20)


async def group_of(owner: Inspecting, *members: Inspecting) -> str:
    """A group of the owner's that the others joined; its id."""
    group_id = str((await of_groups(owner, "CreateGroup", display_name="line 3")).group_id)
    for member in members:
        invited = await of_groups(owner, "InviteToGroup", group_id=group_id, email=member.email)
        await of_groups(member, "AcceptGroupInvitation", invitation_id=invited.invitation_id)
    return group_id


@pytest.fixture
async def eve(world: World) -> Inspecting:
    return await sign_up(world)


@pytest.fixture
async def set_id(ada: Inspecting) -> str:
    """A calibrated set of three images that is Ada's."""
    return await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)


async def is_nothing_to(who: Inspecting, set_id: str) -> None:
    """Every method answers somebody as if there were no such set."""
    for method, fields in (LOOKING | CHANGING | INSPECTING | {"LeaveReferenceSet": {}}).items():
        theirs = await answer_to(who, method, {"reference_set_id": set_id} | fields)
        none = await answer_to(
            who, method, {"reference_set_id": (nothing := str(uuid4()))} | fields
        )
        assert theirs.startswith("NOT_FOUND REFERENCE_SET_NOT_FOUND "), method
        assert theirs == none.replace(nothing, set_id), method
    listed = (await who.call("ListReferenceSets")).reference_sets
    assert set_id not in {one.reference_set_id for one in listed}


async def may_look(who: Inspecting, set_id: str, *, inspecting: bool) -> None:
    """Somebody may look at a set, and inspect with it or not, and change nothing."""
    for method, fields in LOOKING.items():
        answer = await answer_to(who, method, {"reference_set_id": set_id} | fields)
        assert "REFERENCE_SET" not in answer, method
    for method, fields in CHANGING.items():
        answer = await answer_to(who, method, {"reference_set_id": set_id} | fields)
        assert answer.startswith("PERMISSION_DENIED REFERENCE_SET_READ_ONLY "), method
    for method, fields in INSPECTING.items():
        answer = await answer_to(who, method, {"reference_set_id": set_id} | fields)
        assert ("REFERENCE_SET_READ_ONLY" in answer) is not inspecting, method
    listed = (await who.call("ListReferenceSets")).reference_sets
    assert [one.reference_set_id for one in listed].count(set_id) == 1
    seen = await who.see(set_id)
    assert [*seen.members, *seen.groups, *seen.invitations] == [], "the owner's to see"


async def test_who_is_invited_is_a_stranger_until_they_accept(
    ada: Inspecting, ben: Inspecting, eve: Inspecting, set_id: str
) -> None:
    viewer = pb.Member.VIEWER
    shared = await ada.call(
        "ShareReferenceSet", reference_set_id=set_id, emails=[ben.email.upper()], role=viewer
    )
    (invitation,) = shared.invitations
    await is_nothing_to(ben, set_id)
    (offered,) = (await ben.call("ListShareInvitations")).invitations
    assert (offered, offered.inviter_email) == (invitation, ada.email)
    assert (offered.display_name, offered.role) == ("metal", viewer)
    assert not (await eve.call("ListShareInvitations")).invitations
    for method in ("AcceptShareInvitation", "DeclineShareInvitation"):
        theirs = await answer_to(eve, method, {"invitation_id": offered.invitation_id})
        assert theirs == await answer_to(eve, method, {"invitation_id": str(uuid4())})
        assert theirs.startswith("NOT_FOUND INVITATION_NOT_FOUND "), method
    accepted = await ben.call("AcceptShareInvitation", invitation_id=offered.invitation_id)
    assert accepted.reference_set_id == set_id
    await may_look(ben, set_id, inspecting=False)
    await ada.share(set_id, ben)
    await may_look(ben, set_id, inspecting=True)
    await is_nothing_to(eve, set_id)
    await ben.call("LeaveReferenceSet", reference_set_id=set_id)
    await is_nothing_to(ben, set_id)
    assert not (await ada.see(set_id)).members


async def test_sharing_by_id_asks_too_and_nobody_learns_who_has_an_account(
    ada: Inspecting, ben: Inspecting, set_id: str
) -> None:
    nobody = [str(uuid4()), f"{uuid4().hex}@example.org"]
    shared = await ada.call(
        "ShareReferenceSet",
        reference_set_id=set_id,
        user_ids=[ben.user_id, nobody[0], ada.user_id],
        emails=[ben.email, nobody[1], ada.email],
    )
    told = [(one.user_id or one.email) for one in shared.invitations]
    assert sorted(told) == sorted([ben.user_id, ben.email, *nobody])
    for offered in (await ben.call("ListShareInvitations")).invitations:
        await ben.call("DeclineShareInvitation", invitation_id=offered.invitation_id)
    await is_nothing_to(ben, set_id)
    assert (await ada.see(set_id)).invitations == shared.invitations, "one is not told"
    assert not (await ben.call("ListShareInvitations")).invitations


async def test_members_of_a_group_see_a_set_at_once_and_former_ones_do_not(
    ada: Inspecting, ben: Inspecting, eve: Inspecting, set_id: str
) -> None:
    group_id = await group_of(ada, ben, eve)
    shared = await ada.call("ShareReferenceSet", reference_set_id=set_id, group_ids=[group_id])
    assert list(shared.groups) == [pb.GroupShare(group_id=group_id, role=pb.Member.INSPECTOR)]
    stream = ben.world.inspection.InspectImages(metadata=ben.token, timeout=20)
    request = pb.InspectRequest(reference_set_id=set_id, image=part(52))

    async def inspected() -> pb.InspectImagesResponse:
        await stream.write(pb.InspectImagesRequest(item_id="part", request=request))
        answer = await stream.read()
        assert isinstance(answer, pb.InspectImagesResponse)
        return answer

    for who in (ben, eve):
        await may_look(who, set_id, inspecting=True)
    assert (await inspected()).HasField("inspection")

    await of_groups(ada, "RemoveGroupMember", group_id=group_id, user_id=ben.user_id)
    assert (await inspected()).error.code == grpc.StatusCode.NOT_FOUND.value[0]
    stream.cancel()
    await is_nothing_to(ben, set_id)
    await of_groups(eve, "LeaveGroup", group_id=group_id)
    await is_nothing_to(eve, set_id)


@pytest.mark.parametrize("ended", ["unshared", "the group is deleted", "the owner leaves"])
async def test_a_group_sees_no_more_when_sharing_ends(
    ada: Inspecting, ben: Inspecting, set_id: str, ended: str
) -> None:
    group_id = await group_of(ada, ben)
    await ada.call("ShareReferenceSet", reference_set_id=set_id, group_ids=[group_id])
    assert (await ben.see(set_id)).reference_set_id == set_id
    if ended == "unshared":
        await ada.call("UnshareReferenceSet", reference_set_id=set_id, group_ids=[group_id])
    elif ended == "the group is deleted":
        await of_groups(ada, "DeleteGroup", group_id=group_id)
    else:
        await of_groups(ada, "LeaveGroup", group_id=group_id)
    assert await ben.refused("GetReferenceSet", reference_set_id=set_id) == (
        "REFERENCE_SET_NOT_FOUND"
    )


async def test_a_set_is_shared_only_with_groups_that_its_owner_is_in(
    ada: Inspecting, ben: Inspecting, set_id: str
) -> None:
    bens = await group_of(ben)
    for group_id in (bens, str(uuid4())):
        reason = await ada.refused(
            "ShareReferenceSet", reference_set_id=set_id, group_ids=[group_id], emails=[ben.email]
        )
        assert reason == "GROUP_NOT_FOUND"
    assert not (await ada.see(set_id)).invitations, "all is shared or nothing"


async def test_a_guest_sees_thumbnails_and_nothing_else_of_the_owners(
    ready: Ready, ben: Inspecting, world: World
) -> None:
    ada, set_id = ready.owner, ready.set_id
    large = await ada.upload(part(990, size=(700, 350)), filename="secret name.png")
    held = await ada.ready_set([*ready.image_ids[:2], large], target=0.3)
    await ada.share(held, ben)
    shown = {
        one.image_id: one
        for one in (await ben.call("ListReferenceImages", reference_set_id=held)).previews
    }
    assert set(shown) == {*ready.image_ids[:2], large}
    preview = shown[large]
    assert (preview.filename, preview.width, preview.height) == ("", 256, 128)
    assert {preview.preview_url, preview.display_url} == {preview.thumbnail_url}
    picture = await world.http.get(preview.thumbnail_url)
    assert Image.open(io.BytesIO(picture.content)).size == (256, 128)
    (own,) = (
        one
        for one in (await ada.call("ListReferenceImages", reference_set_id=held)).previews
        if one.image_id == large
    )
    assert (own.filename, own.width) == ("secret name.png", 700)
    assert own.display_url != own.thumbnail_url

    images = world.images
    asked: list[tuple[Any, Message]] = [
        (images.GetImage, image_pb2.GetImageRequest(image_id=large)),
        (images.GetThumbnail, image_pb2.GetThumbnailRequest(image_id=large)),
        (images.DownloadImage, image_pb2.DownloadImageRequest(image_id=large)),
        (images.DeleteImage, image_pb2.DeleteImageRequest(image_id=large)),
        (world.search.SearchImages, search_pb2.SearchImagesRequest(image_id=large)),
    ]
    for method, request in asked:
        call = method(request, metadata=ben.token, timeout=20)
        answer = call.read() if method is images.DownloadImage else call
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await answer
        assert error_info(caught.value).reason == "IMAGE_NOT_FOUND"
    listed = await images.ListImages(image_pb2.ListImagesRequest(), metadata=ben.token)
    assert not listed.images
    assert await ben.refused("GetReferenceSet", reference_set_id=set_id) == (
        "REFERENCE_SET_NOT_FOUND"
    ), "another set of the same owner"


class Marks(MembershipMarks):
    """The real marks; new ones can be lost."""

    stuck: str | None = None

    async def of(self, user_id: str) -> str:
        return await super().of(user_id) if self.stuck is None else self.stuck


async def test_groups_are_remembered_until_their_mark_changes(
    world: World, ada: Inspecting, ben: Inspecting
) -> None:
    group_id = await group_of(ada, ben)
    token = ServiceToken(world.auth_channel, service="inspection", secret=SecretStr(SERVICE_SECRET))
    now, marks = 0.0, Marks(world.redis)
    memberships = GrpcMemberships(world.auth_channel, token, marks, clock=lambda: now)
    assert await memberships.groups_of(ben.user_id) == {group_id}
    account = await memberships.account(ben.user_id)
    assert account == Account(ben.email, frozenset({group_id}))
    # A change whose mark was lost acts when what is remembered is too old.
    marks.stuck = await marks.of(ben.user_id)
    await of_groups(ben, "LeaveGroup", group_id=group_id)
    assert await memberships.groups_of(ben.user_id) == {group_id}
    now = REMEMBERED_S
    assert await memberships.groups_of(ben.user_id) == frozenset()
    # One whose mark is there acts at once.
    marks.stuck = None
    again = await group_of(ada, ben)
    assert await memberships.groups_of(ben.user_id) == {again}
    pairs = [(again, ben.user_id), (group_id, ben.user_id)]
    assert list(await memberships.holding(pairs)) == pairs[:1]


async def test_only_services_are_told_who_is_in_which_group(world: World, ada: Inspecting) -> None:
    stub = membership_pb2_grpc.MembershipServiceStub(world.auth_channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetMemberships(
            membership_pb2.GetMembershipsRequest(user_id=ada.user_id), metadata=ada.token
        )
    assert error_info(caught.value).reason == "SERVICE_ONLY"
