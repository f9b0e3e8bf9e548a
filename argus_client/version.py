"""Which version of the client this is."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    """The version of the package that the client came with, alone or as a part of Argus."""
    for package in ("argus-client", "argus-mesh"):
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "unknown"


VERSION = _installed()
USER_AGENT = f"argus-client/{VERSION}"
