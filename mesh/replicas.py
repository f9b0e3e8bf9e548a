"""`--replicas`: how many of each service a mesh runs."""

import os
from collections.abc import Mapping

from mesh.errors import MeshError
from mesh.options import MAX_EMBEDDERS, MAX_REPLICAS

_STATELESS = ("auth", "storage", "embedder", "inspection")
_SERVICES = (*_STATELESS, "search")


def replicas(text: str, embedders: int | None) -> Mapping[str, int]:
    """How many of each service were asked for.

    Args:
        text: `2`, of every service that may have several, or `auth=2,storage=3`; may be empty.
        embedders: What `--embedders` says; None: nothing.

    Returns:
        Numbers by service; a service that is not named has one.

    Raises:
        MeshError: It says something else, or of search, whose vectors belong to one process.
    """
    found = _parsed(text.strip())
    if embedders is not None:
        if found.get("embedder", embedders) != embedders and not text.strip().isdecimal():
            raise MeshError(
                f"--embedders {embedders} and --replicas {text} contradict each other.",
                "Leave one of them out.",
            )
        found["embedder"] = embedders
    for service, number in found.items():
        most = MAX_EMBEDDERS if service == "embedder" else MAX_REPLICAS
        if not 1 <= number <= most:
            raise MeshError(f"There can be 1 to {most} of {service}, not {number}.")
    if found.get("search", 1) > 1 and not _with_server():
        raise MeshError(
            "There can be one search only: its vectors are files that belong to one process.",
            "With a Qdrant server there can be several; ARGUS_QDRANT_URL names it.",
        )
    return found


def _parsed(text: str) -> dict[str, int]:
    if not text:
        return {}
    if text.isdecimal():
        several = _SERVICES if _with_server() else _STATELESS
        return dict.fromkeys(several, int(text))
    found: dict[str, int] = {}
    for entry in text.split(","):
        service, _, number = (part.strip() for part in entry.partition("="))
        if service not in _SERVICES or not number.isdecimal() or service in found:
            raise MeshError(
                f"--replicas does not understand {entry.strip()!r}.",
                f"Say a number, or SERVICE=NUMBER,… once each of {', '.join(_SERVICES)}.",
            )
        found[service] = int(number)
    return found


def _with_server() -> bool:
    return bool(os.environ.get("ARGUS_QDRANT_URL"))
