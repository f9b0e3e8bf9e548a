"""What the commands of `argus refset` share."""

from typing import Annotated

import typer
from rich.console import Console

SetName = Annotated[str, typer.Argument(metavar="SET", help="Name or id of the reference set.")]


def plain_console(*, stderr: bool = False) -> Console:
    """A console for sentences: no wrapping, no colours that nobody asked for."""
    return Console(stderr=stderr, soft_wrap=True, highlight=False)
