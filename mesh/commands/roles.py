"""`argus user list` and `argus user promote`: who has an account, and what each may do."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2, operator_pb2, user_pb2
from argus.policy.v1 import policy_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import connect
from mesh.client.operator import TIMEOUT_S, operator
from mesh.client.paging import pages
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.up import DataDir
from mesh.commands.whose import user_named
from mesh.commands.words import when
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

PAGE_SIZE = 200


class RoleWord(StrEnum):
    """A role as people write it."""

    VIEWER = "viewer"
    INSPECTOR = "inspector"
    ADMIN = "admin"


def role_word(role: policy_pb2.Role) -> str:
    """A role as people read it."""
    return policy_pb2.Role.Name(role).lower() if role in policy_pb2.Role.values() else "?"


@explained
def list_users(server: Server = DEFAULT_SERVER) -> None:
    """List all accounts, the oldest first; for administrators."""

    async def run() -> list[auth_pb2.User]:
        async with connect(server) as connection:
            request = user_pb2.ListUsersRequest(page_size=PAGE_SIZE)
            found = pages(connection, connection.users.ListUsers, request)
            return [user async for page in found for user in page.users]

    table = Table("email", "name", "role", "since", "user id", box=SIMPLE_HEAD, pad_edge=False)
    for one in asyncio.run(run()):
        table.add_row(
            one.email, one.display_name, role_word(one.role), when(one.create_time), one.user_id
        )
    Terminal(fold=True).print(table)


@explained
def promote(
    email: Annotated[str, typer.Argument(help="Email address of the account.")],
    role: Annotated[RoleWord, typer.Option(help="What they may do.")] = RoleWord.ADMIN,
    local: Annotated[
        bool,
        typer.Option(
            "--local",
            help="As whoever runs the mesh on this machine, who needs no account; see --data-dir.",
        ),
    ] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Give somebody a role, also a lower one; for administrators, or on the machine itself."""

    async def as_operator() -> auth_pb2.User:
        async with operator(Layout.of(data_dir)) as (stub, metadata):
            return await stub.AssignRole(
                operator_pb2.AssignRoleRequest(email=email, role=role.name),
                metadata=metadata,
                timeout=TIMEOUT_S,
            )

    async def as_administrator() -> auth_pb2.User:
        async with connect(server) as connection:
            user = await user_named(connection, email)
            request = user_pb2.SetUserRoleRequest(user_id=user.user_id, role=role.name)
            return await connection.call(connection.users.SetUserRole, request)

    user = asyncio.run(as_operator() if local else as_administrator())
    say(
        f"{user.email} is {role_word(user.role)} now. With a higher role than before it takes "
        "until their next access token, 15 minutes at most; with a lower one they sign in anew."
    )
