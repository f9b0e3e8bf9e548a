"""Where auth finds the identity providers that the operator named."""

import os
from collections.abc import Mapping
from pathlib import Path

from mesh.errors import MeshError
from mesh.layout import Layout
from services.auth.sso.configuration import ConfigurationError, load_configuration

VARIABLE = "ARGUS_OIDC_FILE"


def identity_providers(layout: Layout) -> Mapping[str, str]:
    """Auth's variable for the file; empty if there is none.

    Args:
        layout: The mesh whose folder may have the file.

    Raises:
        MeshError: It cannot be used; says which entry is wrong.
    """
    named = os.environ.get(VARIABLE)
    file = Path(named).resolve() if named else layout.oidc_file
    if not named and not file.exists():
        return {}
    try:
        load_configuration(file)
    except ConfigurationError as error:
        raise MeshError(str(error), "docs/single-sign-on.md has every entry.") from error
    return {VARIABLE: str(file)}
