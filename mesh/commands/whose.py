"""Whose sessions and API keys a command is about: one's own, or, for administrators, another's."""

from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2, user_pb2

from mesh.client.connection import Connection
from mesh.errors import MeshError

Whose = Annotated[
    str,
    typer.Option("--user", metavar="EMAIL", help="Of this account; for administrators."),
]


async def user_named(connection: Connection, email: str) -> auth_pb2.User:
    """The account with an email address; for administrators.

    Raises:
        MeshError: Nobody has one.
    """
    asked = user_pb2.ListUsersRequest(email=email)
    found = await connection.call(connection.users.ListUsers, asked)
    if not email.strip() or not found.users:
        raise MeshError(f"Nobody has an account with {email}.", "See `argus user list`.")
    return found.users[0]
