"""Groups as the contract says them."""

from datetime import datetime

from argus.auth.v1 import group_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.auth.group_model import Group, GroupInvitation, GroupMember


def group_message(group: Group) -> group_pb2.Group:
    """A group."""
    return group_pb2.Group(
        group_id=str(group.group_id),
        display_name=group.display_name,
        create_time=_timestamp(group.created_at),
        role=_role(owner=group.owned),
        member_count=group.member_count,
        members=[_member_message(one) for one in group.members],
        invitations=[invitation_message(one) for one in group.invitations],
    )


def invitation_message(invitation: GroupInvitation) -> group_pb2.GroupInvitation:
    """An invitation to a group."""
    return group_pb2.GroupInvitation(
        invitation_id=str(invitation.invitation_id),
        group_id=str(invitation.group_id),
        group_display_name=invitation.group_name,
        email=invitation.email,
        inviter_email=invitation.inviter_email,
        create_time=_timestamp(invitation.created_at),
        expire_time=_timestamp(invitation.expires_at),
    )


def _member_message(member: GroupMember) -> group_pb2.GroupMember:
    return group_pb2.GroupMember(
        user_id=str(member.user_id),
        email=member.email,
        display_name=member.display_name,
        role=_role(owner=member.owner),
        join_time=_timestamp(member.joined_at),
    )


def _role(*, owner: bool) -> group_pb2.GroupMember.Role:
    return group_pb2.GroupMember.OWNER if owner else group_pb2.GroupMember.MEMBER


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message
