"""Options that several commands share."""

from typing import Annotated

import typer

from mesh.options import DEFAULT_PORT, LOOPBACK

Server = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="ARGUS_SERVER",
        help="Address of the mesh: host:port, or https://host:port for TLS.",
        show_default=True,
    ),
]
DEFAULT_SERVER = f"{LOOPBACK}:{DEFAULT_PORT}"

AsAdmin = Annotated[
    bool,
    typer.Option(
        "--as-admin",
        help="As an administrator who is signed in, at --server; else as whoever runs the mesh on "
        "this machine, who needs no account.",
    ),
]
