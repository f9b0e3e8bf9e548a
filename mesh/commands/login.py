"""`argus login` and `argus user`: who one is on a mesh."""

import asyncio
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2
from rich.console import Console

from mesh.client.connection import connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server

user = typer.Typer(no_args_is_help=True, help="The signed-in person.")

Email = Annotated[str, typer.Option(help="Email address of the account.", prompt=True)]
Password = Annotated[
    str,
    typer.Option(
        envvar="ARGUS_PASSWORD",
        help="Password; asked for if not given. Prefer the prompt or the variable.",
        prompt=True,
        hide_input=True,
        show_envvar=True,
    ),
]
Name = Annotated[str, typer.Option(help="How you are called on screen.")]


@explained
def login(
    email: Email,
    password: Password,
    register: Annotated[bool, typer.Option("--register", help="Make a new account.")] = False,
    name: Name = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Sign in, or make an account; the session is kept for the other commands."""

    async def run() -> None:
        async with connect(server) as connection:
            account = await connection.sign_in(email, password, name=name if register else None)
        Console().print(f"Signed in at {server} as [bold]{account.email}[/bold].")

    asyncio.run(run())


@user.command()
@explained
def whoami(server: Server = DEFAULT_SERVER) -> None:
    """Tell who is signed in."""

    async def run() -> auth_pb2.User:
        async with connect(server) as connection:
            return await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())

    me = asyncio.run(run())
    Console().print(f"{me.display_name} <{me.email}>, user id {me.user_id}")


@user.command()
@explained
def register(
    email: Email, password: Password, name: Name = "", server: Server = DEFAULT_SERVER
) -> None:
    """Make an account and sign in."""
    login(email, password, register=True, name=name, server=server)


@user.command()
@explained
def logout(server: Server = DEFAULT_SERVER) -> None:
    """Close the session, on the mesh and here."""

    async def run() -> None:
        async with connect(server) as connection:
            await connection.sign_out()

    asyncio.run(run())
    Console().print("Signed out.")
