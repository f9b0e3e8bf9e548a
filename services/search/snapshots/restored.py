"""Snapshots that a restore has put beside the index, taken in when search starts."""

import asyncio
import logging
from functools import partial
from pathlib import Path

from services.clients.model import Space
from services.clients.patience import patiently
from services.clients.ports import Contents
from services.runtime.errors import InvalidInput
from services.search.errors import SnapshotDamaged, SpaceGone
from services.search.ports import VectorIndex
from services.search.snapshots.files import SUFFIX, read_snapshot
from services.search.snapshots.importing import Imported, VectorImport
from services.search.snapshots.parts import space_of

RESTORED = "restored"
"""Folder beside the shards where they lie."""
DAMAGED = ".damaged"
_log = logging.getLogger(__name__)


class RestoredVectors:
    """Takes snapshots in, each once; one that is of another model stays for its time.

    Args:
        folder: Where they lie.
        index: Gets them.
        contents: Storage's images.
    """

    def __init__(self, folder: Path, index: VectorIndex, contents: Contents) -> None:
        self._folder = folder
        self._index = index
        self._contents = contents

    async def bring(self, space: Space) -> None:
        """Takes in what is of an open space. Ended before, it goes on the next time.

        Raises:
            SpaceGone: The index lost the space.
        """
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            try:
                imported = await self._bring(path, space)
            except (InvalidInput, OSError) as error:
                # Its images are embedded again.
                _log.error("%s cannot be used: %s", path, error)
                path.rename(path.with_suffix(SUFFIX + DAMAGED))
                continue
            if imported is not None:
                path.unlink()
                _log.info("took %d images' vectors from %s", imported.taken, path)

    async def _bring(self, path: Path, space: Space) -> Imported | None:
        """None if it is of another space."""
        parts = read_snapshot(path)
        first = await asyncio.to_thread(next, parts, None)
        if first is None:
            raise SnapshotDamaged("it was cut off")
        if space_of(first) != space:
            return None
        importing = VectorImport(self._index, self._contents, space)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            await patiently(partial(importing.take, part), unless=SpaceGone)
        return importing.finish()
