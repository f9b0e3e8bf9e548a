"""GroupService and MembershipService: translate, call, translate."""

from typing import Any
from uuid import UUID

import grpc
from argus.auth.v1 import group_pb2, group_pb2_grpc, membership_pb2, membership_pb2_grpc

from services.auth.groups import Groups
from services.auth.translate_groups import group_message, invitation_message
from services.runtime.identity import require_user

Context = grpc.aio.ServicerContext[Any, Any]


class GroupServicer(group_pb2_grpc.GroupServiceServicer):
    """The RPC methods for people; the contract documents them.

    Args:
        groups: All groups.
    """

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    async def CreateGroup(
        self, request: group_pb2.CreateGroupRequest, context: Context
    ) -> group_pb2.Group:
        return group_message(
            await self._groups.create(require_user(), request.display_name, request.request_id)
        )

    async def ListGroups(
        self, request: group_pb2.ListGroupsRequest, context: Context
    ) -> group_pb2.ListGroupsResponse:
        found = await self._groups.list_of(require_user())
        return group_pb2.ListGroupsResponse(groups=[group_message(one) for one in found])

    async def GetGroup(
        self, request: group_pb2.GetGroupRequest, context: Context
    ) -> group_pb2.Group:
        return group_message(await self._groups.get(require_user(), UUID(request.group_id)))

    async def RenameGroup(
        self, request: group_pb2.RenameGroupRequest, context: Context
    ) -> group_pb2.Group:
        return group_message(
            await self._groups.rename(require_user(), UUID(request.group_id), request.display_name)
        )

    async def DeleteGroup(
        self, request: group_pb2.DeleteGroupRequest, context: Context
    ) -> group_pb2.DeleteGroupResponse:
        await self._groups.delete(require_user(), UUID(request.group_id))
        return group_pb2.DeleteGroupResponse()

    async def InviteToGroup(
        self, request: group_pb2.InviteToGroupRequest, context: Context
    ) -> group_pb2.GroupInvitation:
        return invitation_message(
            await self._groups.invite(require_user(), UUID(request.group_id), request.email)
        )

    async def WithdrawGroupInvitation(
        self, request: group_pb2.WithdrawGroupInvitationRequest, context: Context
    ) -> group_pb2.WithdrawGroupInvitationResponse:
        await self._groups.withdraw(
            require_user(), UUID(request.group_id), UUID(request.invitation_id)
        )
        return group_pb2.WithdrawGroupInvitationResponse()

    async def ListGroupInvitations(
        self, request: group_pb2.ListGroupInvitationsRequest, context: Context
    ) -> group_pb2.ListGroupInvitationsResponse:
        found = await self._groups.invitations_to(require_user())
        return group_pb2.ListGroupInvitationsResponse(
            invitations=[invitation_message(one) for one in found]
        )

    async def AcceptGroupInvitation(
        self, request: group_pb2.AcceptGroupInvitationRequest, context: Context
    ) -> group_pb2.Group:
        return group_message(await self._groups.accept(require_user(), UUID(request.invitation_id)))

    async def DeclineGroupInvitation(
        self, request: group_pb2.DeclineGroupInvitationRequest, context: Context
    ) -> group_pb2.DeclineGroupInvitationResponse:
        await self._groups.decline(require_user(), UUID(request.invitation_id))
        return group_pb2.DeclineGroupInvitationResponse()

    async def LeaveGroup(
        self, request: group_pb2.LeaveGroupRequest, context: Context
    ) -> group_pb2.LeaveGroupResponse:
        await self._groups.leave(require_user(), UUID(request.group_id))
        return group_pb2.LeaveGroupResponse()

    async def RemoveGroupMember(
        self, request: group_pb2.RemoveGroupMemberRequest, context: Context
    ) -> group_pb2.Group:
        return group_message(
            await self._groups.remove(require_user(), UUID(request.group_id), UUID(request.user_id))
        )


class MembershipServicer(membership_pb2_grpc.MembershipServiceServicer):
    """The RPC methods for services; the contract documents them.

    Args:
        groups: All groups.
    """

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    async def GetMemberships(
        self, request: membership_pb2.GetMembershipsRequest, context: Context
    ) -> membership_pb2.GetMembershipsResponse:
        found = await self._groups.memberships(UUID(request.user_id))
        return membership_pb2.GetMembershipsResponse(
            email=found.email, group_ids=[str(one) for one in found.group_ids]
        )

    async def CheckMemberships(
        self, request: membership_pb2.CheckMembershipsRequest, context: Context
    ) -> membership_pb2.CheckMembershipsResponse:
        found = await self._groups.check(
            [(UUID(one.group_id), UUID(one.user_id)) for one in request.memberships]
        )
        return membership_pb2.CheckMembershipsResponse(
            memberships=[
                membership_pb2.Membership(group_id=str(group_id), user_id=str(user_id))
                for group_id, user_id in found
            ]
        )
