"""Which of the supervisor's own variables a part gets: none but those that it names.

Whoever starts a mesh may have anything in their environment: keys of clouds, tokens of registries,
passwords of databases. A part that is taken over must not know them.
"""

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

EVERYWHERE = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR",
    "LANG", "LANGUAGE", "LC_*", "TZ",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
)  # fmt: skip
"""What every program of a system may expect; no secret belongs there."""


def inherited(names: Sequence[str]) -> dict[str, str]:
    """The supervisor's variables that match one of the names, or belong everywhere.

    Args:
        names: Names, or patterns of names as in `HF_*`.
    """
    wanted = (*EVERYWHERE, *names)
    return {
        name: value
        for name, value in os.environ.items()
        if any(fnmatchcase(name, pattern) for pattern in wanted)
    }


def part_environment(names: Sequence[str], own: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a part: what it inherits by name, and what is its own."""
    return {**inherited(names), **own}
