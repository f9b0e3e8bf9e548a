"""`argus refset share|unshare|invitations|accept|decline|leave`: who sees a set."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.groups import group_id_of, my_groups
from mesh.client.names import printable
from mesh.client.reference_sets import find_set, is_uuid
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import when
from mesh.errors import MeshError

UserIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="[USER_ID]…", help="Ids of users, in place of email addresses."),
]
Emails = Annotated[
    list[str] | None, typer.Option("--email", help="Email address; give it several times.")
]
Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help="Name or id of a group that you are in; give it several times."),
]
Invitation = Annotated[
    str, typer.Argument(metavar="INVITATION", help="Its id, or the name of the set.")
]


@explained
def share(
    set_name: SetName,
    user_ids: UserIds = None,
    email: Emails = None,
    group: Groups = None,
    role: Annotated[
        Literal["viewer", "inspector"],
        typer.Option(help="A viewer may only look; an inspector also inspects and judges."),
    ] = "inspector",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Let others see a set or, as inspectors, inspect with it and give feedback.

    People are invited, and see the set when they have accepted. Members of a group see it at once.
    """
    _share(set_name, user_ids, email, group, server, role=role)


@explained
def unshare(
    set_name: SetName,
    user_ids: UserIds = None,
    email: Emails = None,
    group: Groups = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Stop sharing a set, and take invitations back."""
    _share(set_name, user_ids, email, group, server, role=None)


@explained
def invitations(server: Server = DEFAULT_SERVER) -> None:
    """List sets of others that you are invited to see."""

    async def run() -> list[inspection_pb2.ShareInvitation]:
        async with connect(server) as connection:
            return await _invitations(connection)

    found = asyncio.run(run())
    if not found:
        say("There are none.")
        return
    table = Table(
        "set", "invited by", "as", "until", Column("invitation id", no_wrap=True), box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for one in found:
        until = when(one.expire_time)
        table.add_row(
            one.display_name, one.inviter_email, _role(one.role), until, one.invitation_id
        )
    Terminal(fold=True).print(table)


@explained
def accept(invitation: Invitation, server: Server = DEFAULT_SERVER) -> None:
    """Accept to see a set of somebody else's."""

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            found = await _invitation(connection, invitation)
            return await connection.call(
                connection.inspection.AcceptShareInvitation,
                inspection_pb2.AcceptShareInvitationRequest(invitation_id=found.invitation_id),
            )

    say(f"You see {asyncio.run(run()).display_name} now; `argus refset leave` gives it up.")


@explained
def decline(invitation: Invitation, server: Server = DEFAULT_SERVER) -> None:
    """Decline to see a set; who invited you is not told."""

    async def run() -> inspection_pb2.ShareInvitation:
        async with connect(server) as connection:
            found = await _invitation(connection, invitation)
            await connection.call(
                connection.inspection.DeclineShareInvitation,
                inspection_pb2.DeclineShareInvitationRequest(invitation_id=found.invitation_id),
            )
            return found

    say(f"Declined the invitation to {asyncio.run(run()).display_name}.")


@explained
def leave(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """Give up a set that is shared with you."""

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            await connection.call(
                connection.inspection.LeaveReferenceSet,
                inspection_pb2.LeaveReferenceSetRequest(reference_set_id=found.reference_set_id),
            )
            return found

    say(f"{asyncio.run(run()).display_name} is not shared with you in person any more.")


def shared_with(found: inspection_pb2.ReferenceSet, names: Mapping[str, str]) -> list[str]:
    """Whom a set is shared with and who is invited, in words; groups by their names."""
    people = [f"{one.email or one.user_id} ({_role(one.role)})" for one in found.members]
    groups = [
        f"the group {names.get(one.group_id, one.group_id)} ({_role(one.role)})"
        for one in found.groups
    ]
    invited = [
        f"{one.email or one.user_id} ({_role(one.role)}, invited)" for one in found.invitations
    ]
    return people + groups + invited


async def group_names(connection: Connection, found: inspection_pb2.ReferenceSet) -> dict[str, str]:
    """Names of the groups that a set is shared with."""
    if not found.groups:
        return {}
    return {one.group_id: one.display_name for one in await my_groups(connection)}


def _share(
    set_name: str,
    user_ids: list[str] | None,
    emails: list[str] | None,
    groups: list[str] | None,
    server: str,
    *,
    role: str | None,
) -> None:
    """Shares a set as `role`; no longer if None."""
    for one in user_ids or ():
        if not is_uuid(one):
            raise MeshError(
                f"`{printable(one)}` is not a user id.",
                "Name people by their email addresses: --email ADDRESS.",
            )
    if not (user_ids or emails or groups):
        raise MeshError("With whom?", "Name people with --email ADDRESS, groups with --group NAME.")

    async def run() -> tuple[inspection_pb2.ReferenceSet, dict[str, str]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            group_ids = [
                # What one has left can still be named by its id.
                one.lower() if role is None and is_uuid(one) else await group_id_of(connection, one)
                for one in groups or ()
            ]
            if role is None:
                found = await connection.call(
                    connection.inspection.UnshareReferenceSet,
                    inspection_pb2.UnshareReferenceSetRequest(
                        reference_set_id=found.reference_set_id,
                        user_ids=user_ids,
                        emails=emails,
                        group_ids=group_ids,
                    ),
                )
            else:
                found = await connection.call(
                    connection.inspection.ShareReferenceSet,
                    inspection_pb2.ShareReferenceSetRequest(
                        reference_set_id=found.reference_set_id,
                        user_ids=user_ids,
                        emails=emails,
                        group_ids=group_ids,
                        role=role.upper(),
                    ),
                )
            return found, await group_names(connection, found)

    found, names = asyncio.run(run())
    say(f"{found.display_name} is shared with {', '.join(shared_with(found, names)) or 'nobody'}.")
    if found.invitations and role is not None:
        say("Who is invited accepts with `argus refset accept`, or on the page of sets.")


async def _invitations(connection: Connection) -> list[inspection_pb2.ShareInvitation]:
    answer = await connection.call(
        connection.inspection.ListShareInvitations, inspection_pb2.ListShareInvitationsRequest()
    )
    return list(answer.invitations)


async def _invitation(connection: Connection, which: str) -> inspection_pb2.ShareInvitation:
    found = [
        one
        for one in await _invitations(connection)
        if which in {one.invitation_id, one.display_name, one.reference_set_id}
    ]
    if len(found) != 1:
        raise MeshError(
            f"You have {len(found) or 'no'} invitations that `{printable(which)}` names.",
            "`argus refset invitations` shows yours, with ids.",
        )
    return found[0]


def _role(role: inspection_pb2.Member.Role) -> str:
    return inspection_pb2.Member.Role.Name(role).lower()
