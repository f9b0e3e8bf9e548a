"""The option `--ca`, of every command that calls a mesh."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from mesh.client.trust import VARIABLE, chosen

_Ca = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        envvar=VARIABLE,
        help="PEM file of the authority to trust, for https (default: the system's and, on its own "
        "machine, the mesh's).",
    ),
]


def trusting(app: typer.Typer) -> None:
    """Gives `--ca FILE` to every command of an app that takes `--server`."""
    for command in app.registered_commands:
        if command.callback and "server" in inspect.signature(command.callback).parameters:
            command.callback = _trusting(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            trusting(group.typer_instance)


def _trusting(command: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(command)
    def run(*args: object, ca: Path | None = None, **kwargs: object) -> object:
        token = chosen.set(str(ca.absolute()) if ca else "")
        try:
            return command(*args, **kwargs)
        finally:
            chosen.reset(token)

    # What Typer makes options of.
    own = inspect.signature(command)
    option = inspect.Parameter("ca", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_Ca)
    run.__signature__ = own.replace(  # type: ignore[attr-defined] # PEP 362 has it
        parameters=[*own.parameters.values(), option]
    )
    run.__annotations__ = {**command.__annotations__, "ca": _Ca}
    return run
