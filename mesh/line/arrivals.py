"""Pictures that have arrived in a folder, whole, and were not judged yet.

Looked for again and again, because a share on the network tells nobody of changes that others make.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.client.files import collect
from mesh.line.verdict_files import Mark, is_judged

EMPTY_FOR_S = 10.0
"""A file without a byte is taken for one that is being written for so long."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture that is whole."""

    picture: Path
    mark: Mark
    foreign: bool = False
    """Whether it is in a format that is not taken."""
    first: bool = False
    """Whether it was there before anybody looked."""


@dataclass(slots=True)
class _Seen:
    mark: Mark
    since: float
    taken: bool = False
    first: bool = False


class Arrivals:
    """Looks at a folder and those in it.

    A picture has arrived when its size and time are the same in two looks that are `settle_s` apart
    or more. Each state of a picture is answered once. Hidden files are passed over.

    Args:
        folder: Where pictures appear.
        settle_s: How long a picture must stay as it is.
        clock: Seconds of a clock that only goes forward.
    """

    def __init__(self, folder: Path, *, settle_s: float, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._settle_s = settle_s
        self._clock = clock
        self._seen: dict[Path, _Seen] = {}
        self._again: deque[Path] = deque()
        self._looked = False
        self.unsettled = 0
        """Pictures that may still be written."""
        self.problems: list[tuple[Path, str]] = []
        """Folders that could not be read in the last look, and why."""

    def look(self) -> list[Arrival]:
        """Looks once; what has arrived since, in the order in which it was written."""
        while self._again:
            self._seen.pop(self._again.popleft(), None)
        if not os.path.isdir(self._folder):  # noqa: PTH112 - unlike Path.is_dir it raises nothing
            self.problems = [(self._folder, "there is no such folder now")]
            return []
        found = collect([self._folder])
        self.problems = found.problems
        now, self.unsettled = self._clock(), 0
        arrived = []
        foreign = set(found.foreign)
        here = [*found.files, *found.foreign]
        for picture, seen in self._looked_at(here, now):
            empty = not seen.mark.size_bytes
            if now - seen.since < (max(self._settle_s, EMPTY_FOR_S) if empty else self._settle_s):
                self.unsettled += 1
                continue
            seen.taken = True
            arrived.append(Arrival(picture, seen.mark, picture in foreign, seen.first))
        if not found.problems:
            # What is gone is forgotten, unless it is only out of reach.
            gone = self._seen.keys() - set(here)
            for picture in gone:
                del self._seen[picture]
        self._looked = True
        return sorted(arrived, key=lambda one: (one.mark.modified_ns, one.picture))

    def again(self, arrival: Arrival) -> None:
        """Has a picture arrive once more: it changed while it was looked at."""
        # A look may be under way in another thread.
        self._again.append(arrival.picture)

    def _looked_at(self, pictures: list[Path], now: float) -> Iterator[tuple[Path, _Seen]]:
        """Pictures that are still to be taken, as they are now and since when."""
        for picture in pictures:
            try:
                mark = Mark.of(picture)
            except OSError:
                # Taken away between two looks.
                continue
            seen = self._seen.get(picture)
            if seen is None or seen.mark != mark:
                judged = seen is None and is_judged(picture, mark)
                first = not self._looked if seen is None else False
                seen = self._seen[picture] = _Seen(mark, now, taken=judged, first=first)
            if not seen.taken:
                yield picture, seen
