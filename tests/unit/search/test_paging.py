import pytest

from services.runtime.pages import PageTokenError, encode_page_token
from services.search.query.searcher import MAX_DEPTH, _offset

IDENTITY = ("user", "space", "text", "red", "")


def test_a_search_goes_to_its_depth_and_then_asks_to_be_narrowed() -> None:
    assert _offset("", IDENTITY) == 0
    assert _offset(encode_page_token((MAX_DEPTH - 1,), *IDENTITY), IDENTITY) == MAX_DEPTH - 1
    with pytest.raises(PageTokenError, match="narrow it with a filter"):
        _offset(encode_page_token((MAX_DEPTH,), *IDENTITY), IDENTITY)


def test_a_made_up_position_is_refused() -> None:
    with pytest.raises(PageTokenError, match="damaged"):
        _offset(encode_page_token((-1,), *IDENTITY), IDENTITY)
