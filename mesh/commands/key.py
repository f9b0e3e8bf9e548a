"""`argus key`: the keys that sign access tokens, for whoever runs the mesh or administers it."""

import asyncio

import typer
from argus.auth.v1 import operator_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client.connection import connect
from mesh.client.operator import TIMEOUT_S, operator
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, AsAdmin, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.up import DataDir
from mesh.commands.words import when
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

key = typer.Typer(
    no_args_is_help=True,
    help="Keys that sign access tokens; for whoever runs the mesh.",
)

_STATES = {
    operator_pb2.SigningKey.NEXT: "next",
    operator_pb2.SigningKey.SIGNING: "signing",
    operator_pb2.SigningKey.RETIRED: "retired",
}


@key.command()
@explained
def rotate(
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Make a new signing key. Nobody is signed out, and nothing restarts."""
    request = operator_pb2.RotateSigningKeyRequest()

    async def run() -> operator_pb2.SigningKey:
        if as_admin:
            async with connect(server) as connection:
                answer = await connection.call(connection.operator.RotateSigningKey, request)
                return answer.key
        async with operator(Layout.of(data_dir)) as (stub, metadata):
            made = await stub.RotateSigningKey(request, metadata=metadata, timeout=TIMEOUT_S)
            return made.key

    made = asyncio.run(run())
    say(f"Key {made.kid} is published, and signs from {when(made.sign_time)} UTC on.")
    say("The key before it goes when its last access token has expired; see `argus key list`.")


@key.command("list")
@explained
def list_(
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List the keys that are published, and what each does."""
    request = operator_pb2.ListSigningKeysRequest()

    async def run() -> list[operator_pb2.SigningKey]:
        if as_admin:
            async with connect(server) as connection:
                answer = await connection.call(connection.operator.ListSigningKeys, request)
                return list(answer.keys)
        async with operator(Layout.of(data_dir)) as (stub, metadata):
            found = await stub.ListSigningKeys(request, metadata=metadata, timeout=TIMEOUT_S)
            return list(found.keys)

    table = Table("key", "state", "made", "signs from", "goes", box=SIMPLE_HEAD, pad_edge=False)
    for one in asyncio.run(run()):
        goes = when(one.remove_time) if one.HasField("remove_time") else "–"
        table.add_row(
            one.kid, _STATES.get(one.state, "?"), when(one.create_time), when(one.sign_time), goes
        )
    Terminal(fold=True).print(table)
