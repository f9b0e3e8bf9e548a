"""Which group, member or invitation a person means."""

from argus.auth.v1 import group_pb2

from mesh.client.connection import Connection
from mesh.client.names import printable
from mesh.errors import MeshError


async def my_groups(connection: Connection) -> list[group_pb2.Group]:
    """The groups that the caller is in, by name."""
    answer = await connection.call(connection.groups.ListGroups, group_pb2.ListGroupsRequest())
    return list(answer.groups)


async def find_group(connection: Connection, name: str) -> group_pb2.Group:
    """The group with an id or a name that the caller is in, whole.

    Raises:
        MeshError: There is none, or more than one.
    """
    found = await group_id_of(connection, name)
    return await connection.call(
        connection.groups.GetGroup, group_pb2.GetGroupRequest(group_id=found)
    )


async def group_id_of(connection: Connection, name: str) -> str:
    """Id of the group with an id or a name that the caller is in.

    Raises:
        MeshError: There is none, or more than one.
    """
    groups = await my_groups(connection)
    named = [one for one in groups if name.lower() == one.group_id] or [
        one for one in groups if one.display_name == name
    ]
    if not named:
        raise MeshError(
            f"You are in no group `{printable(name)}`.", "`argus group list` shows yours."
        )
    if len(named) > 1:
        ids = "\n".join(f"  {one.group_id}  {one.member_count} people" for one in named)
        raise MeshError(
            f"{len(named)} groups are called `{printable(name)}`.", f"Give the id of one:\n{ids}"
        )
    return named[0].group_id


def find_member(group: group_pb2.Group, who: str) -> group_pb2.GroupMember:
    """The member with an email address or an id.

    Raises:
        MeshError: There is none.
    """
    for one in group.members:
        if who.lower() in {one.email, one.user_id}:
            return one
    raise MeshError(
        f"`{printable(who)}` is not in {printable(group.display_name)}.",
        "`argus group show` shows who is.",
    )


async def group_invitation(connection: Connection, which: str) -> group_pb2.GroupInvitation:
    """The invitation to the caller with an id, or to a group of a name.

    Raises:
        MeshError: There is none, or more than one.
    """
    answer = await connection.call(
        connection.groups.ListGroupInvitations, group_pb2.ListGroupInvitationsRequest()
    )
    found = [
        one for one in answer.invitations if which in {one.invitation_id, one.group_display_name}
    ]
    if len(found) != 1:
        raise MeshError(
            f"You have {len(found) or 'no'} invitations that `{printable(which)}` names.",
            "`argus group invitations` shows yours, with ids.",
        )
    return found[0]
