"""`argus edge`: an edge that runs by itself, such as in a cluster."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from mesh.commands.failures import explained
from mesh.commands.terminal import say
from mesh.credentials import write_private
from mesh.edge_settings import load_edge_settings
from mesh.parts.edge_alone import configuration
from mesh.parts.edge_alone import drain as drained

edge = typer.Typer(
    no_args_is_help=True,
    help="An edge that runs by itself, such as in a cluster; `argus up` has its own.",
)


@edge.command()
@explained
def render(
    file: Annotated[Path | None, typer.Argument(help="Where to write it (default: print).")] = None,
) -> None:
    """Make Envoy's configuration from ARGUS_* variables; envoy/README.md lists them.

    It holds a key that the edge proves itself with: keep the file private.
    """
    text = configuration(load_edge_settings())
    if file is None:
        sys.stdout.write(text + "\n")
    else:
        write_private(file, text)


@edge.command()
@explained
def drain(
    *,
    admin_socket: Annotated[
        Path,
        typer.Option(envvar="ARGUS_EDGE_ADMIN_SOCKET", help="Unix socket of Envoy's admin."),
    ] = Path("/run/argus/envoy-admin.sock"),
    notice: Annotated[
        float, typer.Option(min=0, max=300, help="Seconds for balancers to notice.")
    ] = 5.0,
    wait: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds for requests under way.")
    ] = 30.0,
) -> None:
    """Let an edge end what is under way, before it is stopped."""
    left = asyncio.run(drained(admin_socket, notice_s=notice, wait_s=wait))
    say(f"{left} requests are still under way." if left else "Nothing is under way.", stderr=True)
