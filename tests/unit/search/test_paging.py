import json
from base64 import urlsafe_b64decode

import pytest

from services.runtime.pages import PageTokenError, encode_page_token
from services.search.model import Cursor
from services.search.query.place import MAX_DEPTH, Place, read_place, write_place

IDENTITY = ("user", "space", "text", "red", "")
IMAGE = "11111111-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "place",
    [
        Place(Cursor(0.1, IMAGE, 20), 20),
        Place(Cursor(-1.0, IMAGE, 1), 1),
        Place(Cursor(0.30000001192092896, IMAGE, MAX_DEPTH - 1), MAX_DEPTH - 1),
        Place(None, 1),
    ],
)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert read_place(write_place(place, IDENTITY), IDENTITY) == place


def test_without_a_token_a_search_begins_at_its_beginning() -> None:
    assert read_place("", IDENTITY) is None


def test_a_search_goes_to_its_depth_and_then_asks_to_be_narrowed() -> None:
    token = write_place(Place(Cursor(0.5, IMAGE, MAX_DEPTH), MAX_DEPTH), IDENTITY)
    with pytest.raises(PageTokenError, match="narrow it with a filter"):
        read_place(token, IDENTITY)


@pytest.mark.parametrize(
    "position",
    [
        (-1, "0.5", IMAGE),
        (0, "0.5", IMAGE),
        (1, "much", IMAGE),
        (1, "nan", IMAGE),
        (1, "inf", IMAGE),
        (1, "", IMAGE),
        (1, "0.5", ""),
        (1, "0.5", "no uuid"),
        (20,),
    ],
)
def test_a_made_up_position_is_refused(position: tuple[str | int, ...]) -> None:
    with pytest.raises(PageTokenError, match="damaged"):
        read_place(encode_page_token(position, *IDENTITY), IDENTITY)


def test_a_token_tells_nothing_but_the_place() -> None:
    token = write_place(Place(Cursor(0.5, IMAGE, 3), 3), IDENTITY)
    _, *told = json.loads(urlsafe_b64decode(token + "=="))
    assert told == [3, "0.5", IMAGE]
