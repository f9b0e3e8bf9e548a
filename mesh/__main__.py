"""`argus`, and `python -m mesh`."""

import io
import os
import sys

# Before gRPC is loaded, which otherwise writes lines of its own to the terminal.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

from mesh.cli import app
from mesh.commands.terminal import tell_error
from mesh.errors import MeshError


def main() -> None:
    """Runs the command line; what a person can act on is told without a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows a question mark.
            stream.reconfigure(errors="replace")
    try:
        app()
    except MeshError as error:
        tell_error(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
