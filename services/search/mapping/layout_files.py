"""Maps that were made, in files: found again after a restart, and given up when they are many."""

import asyncio
import hashlib
import logging
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from services.clients.model import Space
from services.search.mapping.layout import Layout

IN_MEMORY = 16
"""Maps that are kept in memory without their landmarks, 2.4 MB each for 100,000 images."""
UNUSED_DAYS = 30
"""Days after which a map that nobody looked at goes."""
_USED_EVERY_S = 3600.0
"""How exactly a file's time says when its map was used."""
_SUFFIX = ".npz"

_log = logging.getLogger(__name__)
_Stamp = tuple[int, int]


class LayoutFiles:
    """One file for each user and space.

    Several replicas may share the folder; each sees what another has written.

    Args:
        folder: Where they are; made if it is missing.
        most_bytes: What all of them may take together; the longest unused go first.
        clock: Seconds since 1970.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._clock = clock
        self._recent: OrderedDict[Path, tuple[_Stamp, Layout]] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("making-*"):
            # Left by a process that was killed; nobody works on it for so long.
            if path.stat().st_mtime < clock() - _USED_EVERY_S:
                shutil.rmtree(path, ignore_errors=True)

    async def shown(self, user_id: str, space: Space) -> Layout | None:
        """A map without its landmarks; None if there is none."""
        return await asyncio.to_thread(self._shown, self._path(user_id, space))

    async def whole(self, user_id: str, space: Space) -> Layout | None:
        """A map with all that images are placed by; None if there is none."""
        return await asyncio.to_thread(_load, self._path(user_id, space), with_landmarks=True)

    async def keep(self, user_id: str, space: Space, layout: Layout) -> None:
        """Keeps a map in place of the user's former one, also of another space.

        Raises:
            OSError: it cannot be written.
        """
        await asyncio.to_thread(self._keep, self._path(user_id, space), layout)

    async def forget(self, user_id: str) -> int:
        """Removes a user's maps, of whatever space; how many there were."""
        return await asyncio.to_thread(self._forget, _stem(user_id))

    def _path(self, user_id: str, space: Space) -> Path:
        return self.folder / f"{_stem(user_id)}-{space.name}{_SUFFIX}"

    def _shown(self, path: Path) -> Layout | None:
        try:
            if path.stat().st_mtime < self._clock() - _USED_EVERY_S:
                os.utime(path)
            found = path.stat()
        except OSError:
            self._recent.pop(path, None)
            return None
        stamp = (found.st_ino, found.st_mtime_ns)
        known = self._recent.get(path)
        if known is not None and known[0] == stamp:
            self._recent.move_to_end(path)
            return known[1]
        layout = _load(path, with_landmarks=False)
        if layout is not None:
            self._recent[path] = (stamp, layout)
            while len(self._recent) > IN_MEMORY:
                self._recent.popitem(last=False)
        return layout

    def _keep(self, path: Path, layout: Layout) -> None:
        layout.save(path)
        user = path.name.partition("-")[0]
        for other in self.folder.glob(f"{user}-*{_SUFFIX}"):
            if other != path:
                other.unlink(missing_ok=True)
        self._give_up(path)

    def _forget(self, user: str) -> int:
        paths = list(self.folder.glob(f"{user}-*{_SUFFIX}"))
        for path in paths:
            path.unlink(missing_ok=True)
            self._recent.pop(path, None)
        return len(paths)

    def _give_up(self, latest: Path) -> None:
        """Removes what is too old or too much; never the latest."""
        files = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            try:
                found = path.stat()
            except OSError:
                continue  # another replica was faster
            files.append((found.st_mtime, found.st_size, path))
        oldest = self._clock() - UNUSED_DAYS * 86_400
        taken = 0
        for used_at, size, path in sorted(files, reverse=True):
            taken += size
            if path != latest and (taken > self._most_bytes or used_at < oldest):
                path.unlink(missing_ok=True)


def _stem(user_id: str) -> str:
    """What the names of a user's files begin with."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:32]


def _load(path: Path, *, with_landmarks: bool) -> Layout | None:
    try:
        return Layout.load(path, with_landmarks=with_landmarks)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        # It can be made again.
        _log.warning("a map cannot be read: %s", error)
        return None
