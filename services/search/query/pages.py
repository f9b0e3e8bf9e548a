"""Pages of a ranking as it is."""

from typing import Protocol

from services.search.query.found import Found
from services.search.query.place import read_place, write_place
from services.search.query.ranking import Ranking


class Pages(Protocol):
    """What is shown, from where the page before ended."""

    @property
    def more(self) -> bool:
        """Whether anything may be left."""

    async def take(self, count: int) -> list[Found]:
        """The next images, at most `count`."""

    def token(self) -> str:
        """Page token of what is left; empty if nothing was taken and there was none."""


class RankedPages:
    """Pages that begin after an image, wherever that is now.

    Args:
        ranking: What is shown.
        page_token: Of the page before; empty for the first.
        identity: The query's.

    Raises:
        PageTokenError: the token is none of the query's, or too deep.
    """

    def __init__(self, ranking: Ranking, page_token: str, identity: tuple[str, ...]) -> None:
        self._ranking = ranking
        self._identity = identity
        self._place = read_place(page_token, identity)
        self.more = True

    async def take(self, count: int) -> list[Found]:
        """The next images, at most `count`."""
        hits = await self._ranking.page(self._place, count + 1)
        self.more = len(hits) > count
        before = self._place.depth if self._place else 0
        self._place = self._ranking.behind(self._place, hits[:count])
        return [Found(hit, before + number) for number, hit in enumerate(hits[:count], 1)]

    def token(self) -> str:
        """Page token of what is left."""
        return write_place(self._place, self._identity) if self._place else ""
