"""`argus apikey`: keys with which machines act for an account."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer
from argus.auth.v1 import auth_pb2, user_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import Connection, connect
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.whose import Whose, user_named
from mesh.commands.words import when
from mesh.errors import MeshError

apikey = typer.Typer(
    no_args_is_help=True,
    help="Keys with which machines act for an account.",
)


class Scope(StrEnum):
    """What a key allows."""

    READ = "read"
    WRITE = "write"
    INSPECT = "inspect"
    EMBED = "embed"


_SCOPES = {
    Scope.READ: auth_pb2.ApiKey.READ,
    Scope.WRITE: auth_pb2.ApiKey.WRITE,
    Scope.INSPECT: auth_pb2.ApiKey.INSPECT,
    Scope.EMBED: auth_pb2.ApiKey.EMBED,
}


@apikey.command()
@explained
def create(
    name: Annotated[str, typer.Argument(help="What to call it, such as the machine's name.")],
    scope: Annotated[
        list[Scope], typer.Option("--scope", help="What it allows; give it several times.")
    ],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 90,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make an API key and print its secret, which is not shown again.

    The secret goes to standard output, everything else to standard error.
    """

    async def run() -> auth_pb2.CreateApiKeyResponse:
        async with connect(server) as connection:
            return await connection.call(
                connection.auth.CreateApiKey,
                auth_pb2.CreateApiKeyRequest(
                    display_name=name,
                    scopes=[_SCOPES[one] for one in dict.fromkeys(scope)],
                    valid_days=days,
                ),
            )

    made = asyncio.run(run())
    say(
        f"Made the key {made.api_key.display_name}, good until {when(made.api_key.expire_time)} "
        "UTC. Keep its secret now; set it as ARGUS_API_KEY where `argus` is to use it.",
        stderr=True,
    )
    say(made.secret)


@apikey.command("list")
@explained
def list_(user: Whose = "", server: Server = DEFAULT_SERVER) -> None:
    """List API keys, the newest first."""

    async def run() -> list[auth_pb2.ApiKey]:
        async with connect(server) as connection:
            if user:
                return await _keys_of(connection, await user_named(connection, user))
            return await _keys(connection)

    found = asyncio.run(run())
    if not found:
        say("There are none.")
        return
    table = Table(
        "id", "name", "begins with", "allows", "made", "last used", "expires", box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.api_key_id,
            one.display_name,
            f"{one.prefix}…",
            ", ".join(auth_pb2.ApiKey.Scope.Name(scope).lower() for scope in one.scopes),
            when(one.create_time),
            when(one.last_use_time) if one.HasField("last_use_time") else "never",
            when(one.expire_time),
        )
    Terminal(fold=True).print(table)


@apikey.command()
@explained
def revoke(
    key: Annotated[str, typer.Argument(help="The key's name, or its id.")],
    user: Whose = "",
    server: Server = DEFAULT_SERVER,
) -> None:
    """Revoke an API key; what uses it is refused at once."""

    async def run() -> auth_pb2.ApiKey:
        async with connect(server) as connection:
            if user:
                return await _revoke_of(connection, user, key)
            one = _named(await _keys(connection), key)
            await connection.call(
                connection.auth.RevokeApiKey,
                auth_pb2.RevokeApiKeyRequest(api_key_id=one.api_key_id),
            )
            return one

    say(f"Revoked the key {asyncio.run(run()).display_name}.")


async def _revoke_of(connection: Connection, email: str, key: str) -> auth_pb2.ApiKey:
    owner = await user_named(connection, email)
    one = _named(await _keys_of(connection, owner), key)
    await connection.call(
        connection.users.RevokeUserApiKey,
        user_pb2.RevokeUserApiKeyRequest(user_id=owner.user_id, api_key_id=one.api_key_id),
    )
    return one


async def _keys_of(connection: Connection, owner: auth_pb2.User) -> list[auth_pb2.ApiKey]:
    request = user_pb2.ListUserApiKeysRequest(user_id=owner.user_id)
    answer = await connection.call(connection.users.ListUserApiKeys, request)
    return list(answer.api_keys)


async def _keys(connection: Connection) -> list[auth_pb2.ApiKey]:
    answer = await connection.call(connection.auth.ListApiKeys, auth_pb2.ListApiKeysRequest())
    return list(answer.api_keys)


def _named(keys: list[auth_pb2.ApiKey], name: str) -> auth_pb2.ApiKey:
    """The key of a name or an id.

    Raises:
        MeshError: There is none, or several have the name.
    """
    found = [one for one in keys if name in {one.display_name, one.api_key_id}]
    if len(found) != 1:
        many = f"Several keys are called `{name}`" if found else f"No key is `{name}`"
        raise MeshError(f"{many}.", "`argus apikey list` shows them; name one by its id.")
    return found[0]
