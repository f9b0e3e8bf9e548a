"""`argus`, and `python -m mesh`."""

import sys

from rich.console import Console
from rich.text import Text

from mesh.cli import app
from mesh.errors import MeshError


def main() -> None:
    """Runs the command line; what a person can act on is told without a stack trace."""
    try:
        app()
    except MeshError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(Text(str(error), style="red"))
        if error.advice:
            console.print(Text(error.advice))
        sys.exit(1)


if __name__ == "__main__":
    main()
