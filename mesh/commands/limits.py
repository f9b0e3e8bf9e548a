"""`argus limits`: what callers of a mesh may, for whoever runs it."""

import os

import typer

from mesh.commands.failures import explained
from mesh.commands.terminal import say
from mesh.commands.up import DataDir
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.limits_file import in_force, lines, reload
from mesh.options import DEFAULT_DATA_DIR
from mesh.parts.edge_limits import VARIABLE
from mesh.supervision.state import read_state

limits = typer.Typer(
    invoke_without_command=True, help="What callers may; for whoever runs the mesh."
)


@limits.callback()
@explained
def show(context: typer.Context, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Show the limits in force, as the file has them in which you change some."""
    if context.invoked_subcommand is not None:
        return
    layout = Layout.of(data_dir)
    found = in_force(layout)
    if found is None:
        raise MeshError(f"No mesh ever ran on {layout.data_dir}.", "Start one with `argus up`.")
    for line in lines(found):
        say(line)


@limits.command("reload")
@explained
def reload_(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Put the limits of the operator's file in force; a mesh that runs does so by itself, too."""
    layout = Layout.of(data_dir)
    state = read_state(layout)
    if state is None or not state.alive:
        raise MeshError(
            f"Nothing runs on {layout.data_dir}.", "The next start takes the limits of the file."
        )
    # Whoever started the mesh may have named another file than this shell does, or none.
    os.environ.pop(VARIABLE, None)
    changes = reload(layout, state.options.limits_file)
    for change in changes:
        say(f"{change}.")
    if not changes:
        say("The limits of the file are in force already.")
