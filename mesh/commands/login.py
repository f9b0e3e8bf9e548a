"""`argus login` and `argus user`: accounts on a mesh."""

import asyncio
import os
import sys
import webbrowser
from typing import Annotated
from uuid import uuid4

import grpc
import typer
from argus.auth.v1 import auth_pb2, sign_in_pb2
from argus.policy.v1 import policy_pb2

from mesh.client.connection import connect
from mesh.client.elsewhere import sign_in_elsewhere
from mesh.client.names import printable
from mesh.commands.deletion import show_deletion
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import say
from mesh.commands.words import counted
from mesh.errors import MeshError

UNANSWERED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)

user = typer.Typer(
    no_args_is_help=True, help="Your account on the mesh; for administrators: all accounts."
)

Email = Annotated[str, typer.Option(help="Email address of the account.", prompt=True)]
Password = Annotated[
    str,
    typer.Option(
        envvar="ARGUS_PASSWORD",
        help="Password. Other programs can see it on the command line: better use the prompt or "
        "the variable.",
        prompt=True,
        hide_input=True,
        show_envvar=True,
    ),
]
Name = Annotated[str, typer.Option(help="Your name, as other people see it.")]


@explained
def login(
    provider: Annotated[
        str, typer.Argument(metavar="NAME", help="With --sso: which identity provider.")
    ] = "",
    sso: Annotated[
        bool, typer.Option("--sso", help="Sign in at an identity provider, in a browser.")
    ] = False,
    reauthenticate: Annotated[
        bool, typer.Option("--reauthenticate", help="With --sso: prove anew who you are.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="With --sso: open a browser.")
    ] = True,
    callback_port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="With --sso: port that the browser comes back to."),
    ] = 0,
    email: Annotated[str, typer.Option(help="Email address of the account.")] = "",
    password: Annotated[
        str,
        typer.Option(
            envvar="ARGUS_PASSWORD",
            help="Password. Other programs can see it on the command line: better use the prompt "
            "or the variable.",
            show_envvar=True,
        ),
    ] = "",
    register: Annotated[bool, typer.Option("--register", help="Create a new account.")] = False,
    name: Name = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Sign in, or create an account. The other commands use this session."""
    if provider and not sso:
        raise MeshError(f"`{printable(provider)}` is too much here.", "Did you mean --sso?")
    if not sso:
        email = email or typer.prompt("Email")
        password = password or typer.prompt("Password", hide_input=True)

    def show(url: str, port: int) -> None:
        say("Open this address in a browser on this machine, and sign in there:")
        say(f"  {url}")
        say(f"(The browser comes back to port {port} of this machine.)")
        if browser and has_browser():
            webbrowser.open(url)

    async def run() -> None:
        async with connect(server) as connection:
            if sso:
                account = await sign_in_elsewhere(
                    connection, provider, show, reauthenticate=reauthenticate, port=callback_port
                )
            else:
                account = await connection.sign_in(email, password, name=name if register else None)
        say(f"Signed in at {server} as {printable(account.email)}.")

    asyncio.run(run())


def has_browser() -> bool:
    """Whether a browser would open in a window, and not take this terminal."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@user.command()
@explained
def whoami(server: Server = DEFAULT_SERVER) -> None:
    """Show who is signed in."""

    async def run() -> auth_pb2.User:
        async with connect(server) as connection:
            return await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())

    me = asyncio.run(run())
    role = policy_pb2.Role.Name(me.role).lower()
    say(f"{me.display_name} <{me.email}>, {role}, user id {me.user_id}")


@user.command()
@explained
def register(
    email: Email, password: Password, name: Name = "", server: Server = DEFAULT_SERVER
) -> None:
    """Create an account and sign in."""
    login(email=email, password=password, register=True, name=name, server=server)


@user.command()
@explained
def password(
    old: Annotated[
        str,
        typer.Option(
            "--old-password",
            envvar="ARGUS_PASSWORD",
            prompt="Old password",
            hide_input=True,
            help="The password so far; better use the prompt or the variable.",
        ),
    ],
    new: Annotated[
        str,
        typer.Option(
            "--new-password",
            envvar="ARGUS_NEW_PASSWORD",
            prompt="New password",
            hide_input=True,
            confirmation_prompt=True,
            help="The new one; better use the prompt or the variable.",
        ),
    ],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Change your password, and sign out everywhere else."""

    async def run() -> int:
        async with connect(server) as connection:
            request = auth_pb2.ChangePasswordRequest(old_password=old, new_password=new)
            return (await connection.call(connection.auth.ChangePassword, request)).revoked_count

    closed = asyncio.run(run())
    say(f"The password is changed; {counted(closed, 'other session')} ended.")


@user.command()
@explained
def delete(
    account_password: Annotated[
        str,
        typer.Option(
            "--password",
            envvar="ARGUS_PASSWORD",
            help="Password of the account; better use the prompt or the variable.",
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    status: Annotated[
        str,
        typer.Option(help="Show what became of the deletion with this id; needs no session."),
    ] = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete your account and everything in it, for good."""
    if status:
        show_deletion(asyncio.run(_deletion(server, status)))
        return

    async def run() -> auth_pb2.AccountDeletion:
        async with connect(server) as connection:
            me = await connection.call(connection.auth.GetMe, auth_pb2.GetMeRequest())
            if not yes:
                typer.confirm(
                    f"Delete the account of {printable(me.email)} with all its images, reference "
                    "sets and API keys? Nothing of it can be brought back.",
                    abort=True,
                )
            ways = await connection.call(
                connection.elsewhere.ListIdentities, sign_in_pb2.ListIdentitiesRequest()
            )
            typed = account_password
            if ways.has_password and not typed:
                typed = typer.prompt("Password", hide_input=True)
            drawn = str(uuid4())
            try:
                return await connection.delete_account(typed, drawn)
            except grpc.aio.AioRpcError as error:
                if error.code() not in UNANSWERED:
                    raise
                raise MeshError(
                    "The mesh did not answer, so your account may or may not be deleted.",
                    f"`argus user delete --status {drawn}` finds the deletion if it is.",
                ) from error

    deletion_id = asyncio.run(run()).deletion_id
    say("Your account is deleted; its sessions and API keys have ended.")
    say("What it had is being removed. This shows what was, and nobody else has its id; keep it:")
    say(f"  argus user delete --status {deletion_id}")


async def _deletion(server: str, deletion_id: str) -> auth_pb2.AccountDeletion:
    async with connect(server) as connection:
        return await connection.account_deletion(deletion_id)


@user.command()
@explained
def logout(server: Server = DEFAULT_SERVER) -> None:
    """Sign out, on the mesh and on this machine."""

    async def run() -> None:
        async with connect(server) as connection:
            await connection.sign_out()

    asyncio.run(run())
    say("Signed out.")
