"""The command line, put together: a command is loaded when it is called."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from mesh.commands.trusting import trusting

COMMANDS: Mapping[str, str] = {
    # The mesh itself.
    "up": "up:up",
    "down": "down:down",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "capacity": "capacity:capacity",
    "check": "check:check",
    "events": "events:events",
    "backup": "backup:backup",
    "vectors": "vectors:vectors",
    "models": "models:models",
    "edge": "edge:edge",
    "key": "key:key",
    "limits": "limits:limits",
    # What clients do with a mesh that runs.
    "login": "login:login",
    "user": "user:user",
    "audit": "audit:audit",
    "session": "session:session",
    "apikey": "apikey:apikey",
    "group": "group:group",
    "info": "info:info",
    "usage": "usage:usage",
    "import": "import_:import_",
    "search": "search:search",
    "saved": "saved:saved",
    "duplicates": "duplicates:duplicates",
    "map": "map_:map_",
    "reindex": "reindex:reindex",
    "images": "images.app:images",
    "video": "video:video",
    "retention": "retention:retention",
    # Inspection.
    "refset": "refset.app:refset",
    "inspect": "inspect_:inspect",
    "inspections": "inspections:inspections",
    "feedback": "review:feedback",
    "queue": "queue:queue",
    "stats": "review:stats",
}
"""Module of `mesh.commands`, and what is in it: a function, or a Typer of more commands."""


class Commands(TyperGroup):
    """Loads one command to run it, and all only to list them: together they take seconds."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Typer's
        super().__init__(**options)
        # Whose names are suggested for one that there is not.
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer's own click
        """All names, in their order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - likewise
        """A command by its name; None if there is none."""
        del ctx
        return _loaded(cmd_name) if cmd_name in COMMANDS else None


@cache
def _loaded(name: str) -> Any:  # noqa: ANN401 - likewise
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"mesh.commands.{module}"), attribute)
    alone = typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    trusting(alone)
    return typer.main.get_group(alone).commands[name]


app = typer.Typer(
    name="argus",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def argus() -> None:
    """Visual search and anomaly detection on your own machine."""
