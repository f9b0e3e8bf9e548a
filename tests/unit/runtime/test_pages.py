import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.pages import (
    MAX_PAGE_TOKEN_LENGTH,
    PageTokenError,
    decode_page_token,
    encode_page_token,
)


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@given(st.integers(), st.text(max_size=50), st.text(), st.binary())
def test_a_token_gives_its_position_back(number: int, name: str, text: str, data: bytes) -> None:
    token = encode_page_token((number, name), text, data)
    assert decode_page_token(token, (int, str), text, data) == (number, name)


def test_a_token_belongs_to_its_query() -> None:
    token = encode_page_token((20,), "ab", "c")
    for query in [("a", "bc"), ("ab", "d"), ("ab", "c", ""), ()]:
        with pytest.raises(PageTokenError, match="another query"):
            decode_page_token(token, (int,), *query)


@pytest.mark.parametrize(
    "token",
    [
        "!",
        "a",
        "Zm9v",
        "é",
        "aGVsbG8=",
        forged({}),
        forged([]),
        forged(["x"]),
        "A" * (MAX_PAGE_TOKEN_LENGTH + 1),
        base64.urlsafe_b64encode(b"[" * 600).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_damaged_tokens_are_refused(token: str) -> None:
    with pytest.raises(PageTokenError) as caught:
        decode_page_token(token, (int,), "q")
    assert caught.value.reason == "INVALID_PAGE_TOKEN"
    assert caught.value.field == "page_token"


@pytest.mark.parametrize("part", [True, 1.5, "1", None, [1]])
def test_a_position_of_another_kind_is_refused(part: object) -> None:
    token = encode_page_token((1,), "q")
    digest, _ = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    with pytest.raises(PageTokenError, match="damaged"):
        decode_page_token(forged([digest, part]), (int,), "q")


def test_a_position_that_is_too_long_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="characters"):
        encode_page_token(("x" * MAX_PAGE_TOKEN_LENGTH,), "q")
