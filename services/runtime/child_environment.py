"""What processes get that compute for a service: its environment without settings and secrets."""

import os

MESH_MARK = "ARGUS_MESH_DIR"
"""Marks the processes of a mesh with its folder, so that none is left behind."""


def without_settings() -> dict[str, str]:
    """This process's environment, but for Argus's variables and those of database drivers.

    Who decodes strangers' bytes, or runs a library for hours, knows no secret of the service.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name == MESH_MARK or not name.startswith(("ARGUS_", "PG"))
    }
