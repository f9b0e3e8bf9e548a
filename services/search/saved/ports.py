"""What saved searches need of the world.

Every method raises `DatabaseUnavailable` if the records cannot be reached.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.search.v1.search_pb2 import SearchImagesRequest

from services.search.model import Newcomer
from services.search.saved.model import (
    Arrival,
    Changing,
    ComparedSearch,
    ConditionalSearch,
    Finding,
    FoundMatch,
    MatchCounts,
    Problem,
    QueryVector,
    SavedSearch,
    SearchDraft,
)


class SavedSearches(Protocol):
    """Records of saved searches."""

    async def create(
        self, user_id: str, search_id: str, draft: SearchDraft, *, at_most: int
    ) -> SavedSearch:
        """Saves a search; one that has this id already stays as it is.

        Raises:
            TooManySavedSearches: The user has `at_most`.
        """

    async def get(self, user_id: str, search_id: str) -> SavedSearch:
        """A user's saved search, with the pictures of its query.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def list(self, user_id: str) -> Sequence[SavedSearch]:
        """All of a user's, oldest first, without pictures."""

    async def rename(self, user_id: str, search_id: str, display_name: str) -> None:
        """Gives a saved search another name.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def replace(self, user_id: str, search_id: str, draft: SearchDraft) -> None:
        """Gives a saved search another name and query; what it found stays.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def delete(self, user_id: str, search_id: str) -> None:
        """Forgets a saved search, and what it found.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """


class ComparedSearches(Protocol):
    """Saved searches, for those who compare images with them."""

    async def of_user(self, user_id: str, space_name: str) -> Sequence[ComparedSearch]:
        """A user's saved searches, with what they are in a space as far as that is known."""

    async def whole_query(self, search_id: str, revision: int) -> SearchImagesRequest | None:
        """A query with its pictures; None if it was changed or deleted."""

    async def keep_vector(self, search_id: str, revision: int, vector: QueryVector) -> None:
        """Keeps what a query is in a space; nothing if it was changed or deleted meanwhile."""

    async def set_problem(self, search_id: str, revision: int, problem: Problem | None) -> None:
        """Remembers why images cannot be compared with a search; None if they can."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Matches after a position."""

    matches: Sequence[FoundMatch]
    forgotten: int
    """Matches up to this position are not all kept."""


class MatchLog(Protocol):
    """What saved searches have found. Matches of deleted images are left out."""

    async def page(
        self,
        user_id: str,
        search_id: str,
        *,
        before: int | None,
        unseen_after: int | None,
        limit: int,
    ) -> Sequence[FoundMatch]:
        """A saved search's matches, newest first.

        Args:
            user_id: Whose.
            search_id: Of which search.
            before: Only those before this position; all if None.
            unseen_after: Only those after this position; all if None.
            limit: Most matches, at least 1.
        """

    async def counts(self, user_id: str, search_id: str) -> MatchCounts:
        """How many matches a saved search has.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def seen_position(self, user_id: str, search_id: str) -> int:
        """Up to which position matches were seen.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def mark_seen(self, user_id: str, search_id: str, position: int) -> None:
        """Remembers that matches up to a position were seen; never fewer than before.

        Raises:
            SavedSearchNotFound: The user has none of that id.
        """

    async def position(self, user_id: str) -> int:
        """The position of a user's last match; 0 if there was none."""

    async def after(self, user_id: str, search_id: str, position: int, limit: int) -> Heard:
        """A user's matches after a position, oldest first.

        Args:
            user_id: Whose.
            search_id: Only of this search; of all if empty.
            position: The last one that is known.
            limit: Most matches.
        """

    async def record(self, user_id: str, findings: Sequence[Finding]) -> int:
        """Keeps those that were not found before, in the order given; how many.

        Findings of searches whose query was changed or that were deleted are dropped.
        """


class ArrivalLog(Protocol):
    """Images on their way from the index to the comparison."""

    async def conditional(self, user_ids: Collection[str]) -> Sequence[ConditionalSearch]:
        """Saved searches of users that a change of names or labels may bring matches."""

    async def prepare(self, changing: Sequence[Changing]) -> None:
        """Remembers what images were, before the index has what they are.

        What is remembered of an image that has not been compared since stays.
        """

    async def arrived(
        self, newcomers: Sequence[Newcomer], *, there: Collection[str], gone: Collection[str]
    ) -> bool:
        """Says that the index has images, in one step.

        Args:
            newcomers: Are to be compared, if their owners have saved searches.
            there: Images that are there; matches of them are shown, whoever hid them.
            gone: Images that are deleted; their matches are hidden.

        Returns:
            Whether any is to be compared.
        """

    async def due(self, limit: int, lease_s: float) -> Sequence[Arrival]:
        """Arrivals of one user that are to be compared, and not offered again for a while.

        Args:
            limit: Most arrivals.
            lease_s: Seconds for which nobody else is given them.
        """

    async def settle(self, arrivals: Sequence[Arrival]) -> None:
        """Takes off those that were compared, unless something happened to them since."""

    async def postpone(self, arrivals: Sequence[Arrival]) -> None:
        """Has arrivals compared later, at growing intervals."""

    async def waiting(self) -> int:
        """How many arrivals are to be compared."""

    async def tidy(self) -> Mapping[str, int]:
        """Removes matches of images that were deleted long ago, and arrivals that wait for ever."""
