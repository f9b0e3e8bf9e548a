"""What the supervisor must know of a part to run it."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from mesh.supervision.listener import Listener

Probe = Callable[[], Awaitable[None]]
"""Returns when a part works; raises, with a message for people, when it does not."""


class Stage(IntEnum):
    """Parts of a later stage stop first; parts of one stage stop together."""

    STORE = 0
    ARCHIVE = 1
    SERVICE = 2
    EDGE = 3


@dataclass(frozen=True)
class User:
    """An account that a part runs as."""

    name: str
    uid: int
    gid: int


def _nothing() -> None:
    """Prepares nothing."""


async def _nothing_async() -> None:
    """Does nothing."""


@dataclass(frozen=True)
class Part:
    """One program of the mesh."""

    name: str
    """Short name, as in `argus status` and in the log's file name."""

    stage: Stage

    ready: Probe
    """Tells whether the part does its work."""

    command: tuple[str, ...] = ()
    """Program and arguments; empty: the part runs elsewhere and is only watched."""

    needs: tuple[str, ...] = ()
    """Parts that must have been ready once before this one starts."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of its own. Of the supervisor's it gets what `inherits` names, and no others."""

    inherits: tuple[str, ...] = ()
    """Names, or patterns of names, of variables that it gets from the supervisor if they are set,
    beside those that every program may expect (`environment.EVERYWHERE`)."""

    listeners: tuple[Listener, ...] = ()
    """Every socket that it takes connections at."""

    optional: bool = False
    """True if the mesh does its work without it: it is ready, and starts, also if this is not."""

    niceness: int = 0
    """How far it gives way to the other parts where processors are short, 0 to 19."""

    cwd: Path | None = None

    user: User | None = None
    """Account to run as; None: the supervisor's."""

    prepare: Callable[[], None] = _nothing
    """Blocking work before each start: folders, configuration, what a crash left."""

    provision: Probe = _nothing_async
    """Work after each start, as soon as `ready` returned and before dependents start."""

    drain: Probe = _nothing_async
    """Work before the stop signal."""

    clean: Callable[[], None] = _nothing
    """Removes what the program leaves behind outside of its folder."""

    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 10.0
    """After that long the part is killed."""

    hurry_signal: signal.Signals = signal.SIGKILL
    """What ends it at once when nobody wants to wait."""

    advice: str = ""
    """What a person should look at when it does not start."""
