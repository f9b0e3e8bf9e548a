"""Images that the index takes, on their way to the comparison with saved searches."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.clients.model import Space
from services.runtime.wakeup import Wakeup
from services.search.model import ImagePoint, Newcomer
from services.search.ports import VectorIndex
from services.search.query.searcher import scope_of
from services.search.query.understanding import understood
from services.search.saved.model import Changing
from services.search.saved.ports import ArrivalLog
from services.search.translate import to_request


class Arrivals:
    """Remembers, as safely as the index itself, which images are to be compared.

    Args:
        log: Remembers.
        index: Says what images were before they changed.
        wakeup: Called when there is something to compare.
    """

    def __init__(self, log: ArrivalLog, index: VectorIndex, wakeup: Wakeup) -> None:
        self._log = log
        self._index = index
        self._wakeup = wakeup

    async def before(self, space: Space, changed: Sequence[ImagePoint]) -> None:
        """Remembers which conditions images keep that are about to get other names or labels.

        Raises:
            DatabaseUnavailable, IndexUnavailable: They do not answer.
            SpaceGone: The index lost the space.
        """
        if not changed:
            return
        owners: dict[str, list[str]] = {}
        for point in changed:
            owners.setdefault(point.user_id, []).append(point.image_id)
        kept: dict[str, list[str]] = {}
        searches = await self._log.conditional(owners)
        for search in searches:
            request = to_request(search.query, search.user_id)
            scope = replace(
                scope_of(request, understood(request, space.model)), within=owners[search.user_id]
            )
            for image_id in await self._index.image_ids(space, scope, limit=len(scope.within)):
                kept.setdefault(image_id, []).append(search.search_id)
        concerned = {search.user_id for search in searches}
        await self._log.prepare(
            [
                Changing(point.image_id, point.user_id, kept.get(point.image_id, []))
                for point in changed
                if point.user_id in concerned
            ]
        )

    async def after(
        self, newcomers: Sequence[Newcomer], *, there: Collection[str], gone: Collection[str]
    ) -> None:
        """Remembers images that the index has now.

        Args:
            newcomers: New, or changed.
            there: All that the index took, new or not.
            gone: Those that it forgot.

        Raises:
            DatabaseUnavailable: They cannot be remembered.
        """
        if (there or gone) and await self._log.arrived(newcomers, there=there, gone=gone):
            self._wakeup.call()
