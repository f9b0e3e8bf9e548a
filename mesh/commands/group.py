"""`argus group`: people who work together, with whom sets can be shared."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from argus.auth.v1 import group_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.groups import find_group, find_member, group_invitation, my_groups
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import when

T = TypeVar("T")

group = typer.Typer(
    no_args_is_help=True, help="Groups of people, with whom reference sets can be shared."
)

GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name, or its id.")]
Email = Annotated[str, typer.Argument(help="Email address.")]
InvitationId = Annotated[
    str, typer.Argument(metavar="INVITATION", help="Its id, or the name of the group.")
]


@group.command()
@explained
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")], server: Server = DEFAULT_SERVER
) -> None:
    """Make a group, which you own and are in alone."""
    made = _run(
        server,
        lambda connection: connection.call(
            connection.groups.CreateGroup, group_pb2.CreateGroupRequest(display_name=name)
        ),
    )
    say(f"Made the group {made.display_name}, id {made.group_id}.")


@group.command("list")
@explained
def list_(server: Server = DEFAULT_SERVER) -> None:
    """List the groups that you are in."""
    found = _run(server, my_groups)
    if not found:
        say("You are in none. `argus group create NAME` makes one.")
        return
    table = Table(
        "name", "you are", Column("people", justify="right"), Column("group id", no_wrap=True),
        box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(one.display_name, _role(one.role), str(one.member_count), one.group_id)
    Terminal(fold=True).print(table)


@group.command()
@explained
def show(group_name: GroupName, server: Server = DEFAULT_SERVER) -> None:
    """Show who is in a group, and to its owner who is invited."""
    found = _run(server, lambda connection: find_group(connection, group_name))
    say(f"{found.display_name}, id {found.group_id}")
    table = Table("email", "name", "role", "since", "user id", box=SIMPLE_HEAD, pad_edge=False)
    for one in found.members:
        table.add_row(
            one.email, one.display_name, _role(one.role), when(one.join_time), one.user_id
        )
    for invited in found.invitations:
        table.add_row(invited.email, "", "invited", f"until {when(invited.expire_time)}", "")
    Terminal(fold=True).print(table)


@group.command()
@explained
def rename(
    group_name: GroupName,
    name: Annotated[str, typer.Argument(help="What to call it from now on.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Give a group of yours another name."""

    async def run(connection: Connection) -> group_pb2.Group:
        found = await find_group(connection, group_name)
        return await connection.call(
            connection.groups.RenameGroup,
            group_pb2.RenameGroupRequest(group_id=found.group_id, display_name=name),
        )

    say(f"It is called {_run(server, run).display_name} now.")


@group.command()
@explained
def delete(
    group_name: GroupName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a group of yours; what is shared with it is at once shared no more."""
    found = _run(server, lambda connection: find_group(connection, group_name))
    if not yes:
        typer.confirm(f"Delete the group {found.group_id}?", abort=True, err=True)
    _run(
        server,
        lambda connection: connection.call(
            connection.groups.DeleteGroup, group_pb2.DeleteGroupRequest(group_id=found.group_id)
        ),
    )
    say(f"Deleted {found.display_name}.")


@group.command()
@explained
def invite(group_name: GroupName, email: Email, server: Server = DEFAULT_SERVER) -> None:
    """Invite somebody to a group of yours; whether they have an account is not told."""

    async def run(connection: Connection) -> group_pb2.GroupInvitation:
        found = await find_group(connection, group_name)
        return await connection.call(
            connection.groups.InviteToGroup,
            group_pb2.InviteToGroupRequest(group_id=found.group_id, email=email),
        )

    made = _run(server, run)
    say(f"{made.email} is invited until {when(made.expire_time)} UTC.")
    say("They accept with `argus group accept`, or on their account's page.")


@group.command()
@explained
def remove(
    group_name: GroupName,
    who: Annotated[str, typer.Argument(metavar="EMAIL", help="Email address, or user id.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Remove a member, or take an invitation back."""

    async def run(connection: Connection) -> str:
        found = await find_group(connection, group_name)
        invited = next((one for one in found.invitations if one.email == who.lower()), None)
        if invited is not None:
            await connection.call(
                connection.groups.WithdrawGroupInvitation,
                group_pb2.WithdrawGroupInvitationRequest(
                    group_id=found.group_id, invitation_id=invited.invitation_id
                ),
            )
            return f"{invited.email} is not invited any more."
        member = find_member(found, who)
        await connection.call(
            connection.groups.RemoveGroupMember,
            group_pb2.RemoveGroupMemberRequest(group_id=found.group_id, user_id=member.user_id),
        )
        return f"{member.email} is not in {found.display_name} any more."

    say(_run(server, run))


@group.command()
@explained
def leave(group_name: GroupName, server: Server = DEFAULT_SERVER) -> None:
    """Leave a group; what is shared with it is at once shared with you no more."""

    async def run(connection: Connection) -> group_pb2.Group:
        found = await find_group(connection, group_name)
        await connection.call(
            connection.groups.LeaveGroup, group_pb2.LeaveGroupRequest(group_id=found.group_id)
        )
        return found

    say(f"You have left {_run(server, run).display_name}.")


@group.command()
@explained
def invitations(server: Server = DEFAULT_SERVER) -> None:
    """List groups that you are invited to."""
    found = _run(
        server,
        lambda connection: connection.call(
            connection.groups.ListGroupInvitations, group_pb2.ListGroupInvitationsRequest()
        ),
    ).invitations
    if not found:
        say("There are none.")
        return
    table = Table(
        "group", "invited by", "until", Column("invitation id", no_wrap=True), box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.group_display_name, one.inviter_email, when(one.expire_time), one.invitation_id
        )
    Terminal(fold=True).print(table)


@group.command()
@explained
def accept(invitation: InvitationId, server: Server = DEFAULT_SERVER) -> None:
    """Join a group that you are invited to; its members see your name and address."""

    async def run(connection: Connection) -> group_pb2.Group:
        found = await group_invitation(connection, invitation)
        return await connection.call(
            connection.groups.AcceptGroupInvitation,
            group_pb2.AcceptGroupInvitationRequest(invitation_id=found.invitation_id),
        )

    say(f"You are in {_run(server, run).display_name} now.")


@group.command()
@explained
def decline(invitation: InvitationId, server: Server = DEFAULT_SERVER) -> None:
    """Do not join a group that you are invited to; who invited you is not told."""

    async def run(connection: Connection) -> group_pb2.GroupInvitation:
        found = await group_invitation(connection, invitation)
        await connection.call(
            connection.groups.DeclineGroupInvitation,
            group_pb2.DeclineGroupInvitationRequest(invitation_id=found.invitation_id),
        )
        return found

    say(f"Declined the invitation to {_run(server, run).group_display_name}.")


def _run(server: str, use: Callable[[Connection], Awaitable[T]]) -> T:
    async def run() -> T:
        async with connect(server) as connection:
            return await use(connection)

    return asyncio.run(run())


def _role(role: group_pb2.GroupMember.Role) -> str:
    return "owner" if role == group_pb2.GroupMember.OWNER else "member"
