"""Saved searches that find what a test says, as the command line meets them."""

from collections.abc import Iterator
from typing import Any, NoReturn
from uuid import uuid4

import grpc
from argus.search.v1 import saved_pb2, saved_pb2_grpc
from argus.storage.v1 import image_pb2
from google.protobuf.timestamp_pb2 import Timestamp

PER_PAGE = 2
"""Matches on a page, however many are asked for, so that whoever lists must turn them."""


def _refuse(context: Any, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError


class FakeSaved(saved_pb2_grpc.SavedSearchServiceServicer):
    """Saved searches of one user."""

    def __init__(self) -> None:
        self.searches: list[saved_pb2.SavedSearch] = []
        self.matches: list[saved_pb2.NewMatch] = []
        """Oldest first."""
        self.asked: list[Any] = []
        """Requests that change something."""
        self.watched: list[saved_pb2.WatchMatchesRequest] = []
        self.tells: list[list[saved_pb2.WatchMatchesResponse]] = []
        """What each watch tells before it breaks; the last one ends with the search."""

    def add(self, name: str, **query: Any) -> saved_pb2.SavedSearch:
        """A search that is saved."""
        made = saved_pb2.SavedSearch(
            saved_search_id=str(uuid4()), display_name=name, query=query or {"text": name}
        )
        self.searches.append(made)
        return made

    def find(
        self, search: saved_pb2.SavedSearch, filename: str, score: float = 0.5
    ) -> saved_pb2.NewMatch:
        """Lets a search find an image."""
        made = saved_pb2.NewMatch(
            saved_search_id=search.saved_search_id,
            image=image_pb2.Image(
                image_id=str(uuid4()), filename=filename, labels={"line": "3", "a": "b"}
            ),
            score=score,
            found_time=Timestamp(seconds=1_767_225_600),
            cursor=f"after {filename}",
        )
        self.matches.append(made)
        search.match_count += 1
        search.unseen_count += 1
        search.last_match_time.CopyFrom(made.found_time)
        return made

    def _search(self, search_id: str, context: Any) -> saved_pb2.SavedSearch:
        for one in self.searches:
            if one.saved_search_id == search_id:
                return one
        _refuse(context, grpc.StatusCode.NOT_FOUND, "there is no such saved search")

    def CreateSavedSearch(self, request: Any, context: Any) -> saved_pb2.SavedSearch:
        self.asked.append(request)
        made = self.add(request.display_name)
        made.query.CopyFrom(request.query)
        return made

    def ListSavedSearches(self, request: Any, context: Any) -> saved_pb2.ListSavedSearchesResponse:
        return saved_pb2.ListSavedSearchesResponse(saved_searches=self.searches)

    def UpdateSavedSearch(self, request: Any, context: Any) -> saved_pb2.SavedSearch:
        self.asked.append(request)
        found = self._search(request.saved_search.saved_search_id, context)
        found.query.CopyFrom(request.saved_search.query)
        return found

    def DeleteSavedSearch(self, request: Any, context: Any) -> saved_pb2.DeleteSavedSearchResponse:
        self.asked.append(request)
        self.searches.remove(self._search(request.saved_search_id, context))
        return saved_pb2.DeleteSavedSearchResponse()

    def ListNewMatches(self, request: Any, context: Any) -> saved_pb2.ListNewMatchesResponse:
        search = self._search(request.saved_search_id, context)
        found = [
            one
            for one in reversed(self.matches)
            if one.saved_search_id == search.saved_search_id
            and not (request.unseen_only and one.seen)
        ]
        begin = int(request.page_token or 0)
        end = begin + PER_PAGE
        return saved_pb2.ListNewMatchesResponse(
            matches=found[begin:end], next_page_token=str(end) if end < len(found) else ""
        )

    def MarkMatchesSeen(self, request: Any, context: Any) -> saved_pb2.SavedSearch:
        self.asked.append(request)
        search = self._search(request.saved_search_id, context)
        for one in self.matches:
            if one.saved_search_id == request.saved_search_id:
                one.seen = True
                if one.cursor == request.cursor:
                    break
        return search

    def WatchMatches(self, request: Any, context: Any) -> Iterator[saved_pb2.WatchMatchesResponse]:
        self.watched.append(request)
        yield from self.tells.pop(0)
        if self.tells:
            _refuse(context, grpc.StatusCode.UNAVAILABLE, "restarting")
        _refuse(context, grpc.StatusCode.NOT_FOUND, "there is no such saved search")
