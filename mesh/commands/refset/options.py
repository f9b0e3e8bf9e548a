"""What the commands of `argus refset` share."""

from typing import Annotated

import typer

SetName = Annotated[str, typer.Argument(metavar="SET", help="Name or id of the reference set.")]
