"""Between the contract's messages of saved searches and their own words."""

from argus.search.v1 import saved_pb2

from services.search.saved.model import MatchPage, SavedSearch, ShownMatch, Told
from services.search.saved.pictures import as_shown


def saved_search_message(saved: SavedSearch) -> saved_pb2.SavedSearch:
    """A saved search as a message."""
    counts = saved.counts
    message = saved_pb2.SavedSearch(
        saved_search_id=saved.search_id,
        display_name=saved.display_name,
        query=as_shown(saved.query),
        unseen_count=counts.unseen,
        match_count=counts.total,
    )
    message.create_time.FromDatetime(saved.created_at)
    message.update_time.FromDatetime(saved.updated_at)
    if counts.last_found_at is not None:
        message.last_match_time.FromDatetime(counts.last_found_at)
    if saved.problem is not None:
        message.problem.reason = saved.problem.reason
        message.problem.message = saved.problem.message
    return message


def match_message(shown: ShownMatch) -> saved_pb2.NewMatch:
    """A match as a message; its score within [-1, 1], which rounding may leave."""
    match = shown.match
    message = saved_pb2.NewMatch(
        saved_search_id=match.search_id,
        image=shown.image,
        score=max(-1.0, min(1.0, match.score)),
        seen=match.seen,
        cursor=shown.cursor,
    )
    message.found_time.FromDatetime(match.found_at)
    return message


def page_message(page: MatchPage) -> saved_pb2.ListNewMatchesResponse:
    """A page of matches as a message."""
    return saved_pb2.ListNewMatchesResponse(
        matches=map(match_message, page.matches),
        next_page_token=page.next_page_token,
        unseen_count=page.counts.unseen,
        match_count=page.counts.total,
    )


def told_message(told: Told) -> saved_pb2.WatchMatchesResponse:
    """What a watcher is told as a message."""
    if told.match is None:
        return saved_pb2.WatchMatchesResponse(
            cursor=told.cursor, checkpoint=saved_pb2.MatchCheckpoint()
        )
    return saved_pb2.WatchMatchesResponse(cursor=told.cursor, match=match_message(told.match))
