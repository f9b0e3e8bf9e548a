"""What is killed: the mesh's parts, and processes that parts have of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from mesh.supervision.state import MeshState

PARTS = (
    "postgres",
    "redis",
    "objects",
    "auth",
    "storage",
    "embedder",
    "search",
    "inspection",
    "edge",
)
SESSION = "session of PostgreSQL"
MODEL = "process of the model"
BUILDER = "builder of the index"

Chosen = Callable[[str], bool]
"""Whether a process is meant, by its command line."""


@dataclass(frozen=True)
class _Child:
    part: str
    chosen: Chosen


_CHILDREN: Mapping[str, _Child] = {
    SESSION: _Child("postgres", lambda line: "argus argus" in line),
    MODEL: _Child("embedder", lambda line: "services.embedder.worker" in line),
    BUILDER: _Child("search", lambda line: "services.search.index.edge" in line),
}

ALWAYS = (*PARTS, SESSION, MODEL)
"""What is there in every mesh that takes images in."""

TARGETS = (*ALWAYS, BUILDER)
"""With what is there for moments only."""


def found(state: MeshState, target: str) -> int:
    """The process of a part that is ready, or of one of its children; 0 if there is none now."""
    child = _CHILDREN.get(target)
    part = state.part(child.part if child else target)
    if not part.pid or part.status != "ready":
        return 0
    if child is None:
        return part.pid
    try:
        children = psutil.Process(part.pid).children()
        return next((one.pid for one in children if child.chosen(" ".join(one.cmdline()))), 0)
    except psutil.Error:
        return 0  # It has just ended.
