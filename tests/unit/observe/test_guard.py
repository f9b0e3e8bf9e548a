from http import HTTPStatus

import pytest

from mesh.observe.guard import Refused, check_origin, cookie_name, has_key

PORT = 20_001
HERE = f"127.0.0.1:{PORT}"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": HERE},
        {"host": f"localhost:{PORT}"},
        {"host": f"[::1]:{PORT}"},
        {"host": HERE, "origin": f"http://{HERE}", "sec-fetch-site": "same-origin"},
        {"host": HERE, "sec-fetch-site": "none"},
    ],
)
def test_a_person_and_the_page_itself_are_let_in(headers: dict[str, str]) -> None:
    check_origin(headers, PORT)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": "127.0.0.1"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": "127.0.0.1:1"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": f"rebound.example:{PORT}"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": f"127.0.0.1.example:{PORT}"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": "127.0.0.1:x"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": "["}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"host": HERE, "origin": "http://127.0.0.1:8080"}, HTTPStatus.FORBIDDEN),
        ({"host": HERE, "origin": "null"}, HTTPStatus.FORBIDDEN),
        ({"host": HERE, "origin": f"https://{HERE}"}, HTTPStatus.FORBIDDEN),
        ({"host": HERE, "sec-fetch-site": "same-site"}, HTTPStatus.FORBIDDEN),
        ({"host": HERE, "sec-fetch-site": "cross-site"}, HTTPStatus.FORBIDDEN),
    ],
)
def test_others_are_not(headers: dict[str, str], status: HTTPStatus) -> None:
    with pytest.raises(Refused) as refused:
        check_origin(headers, PORT)
    assert refused.value.status is status


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({"cookie": f"other=1; {cookie_name(PORT)}=right"}, True),
        ({"authorization": "Bearer right"}, True),
        ({"authorization": "bearer right"}, True),
        ({"authorization": "Basic right"}, False),
        ({"authorization": "Bearer wrong"}, False),
        ({"authorization": "Bearer rïght"}, False),
        ({"cookie": f"{cookie_name(PORT + 1)}=right"}, False),
        ({"cookie": "\x00;=;;"}, False),
        ({}, False),
    ],
)
def test_the_key(headers: dict[str, str], let_in: bool) -> None:
    assert has_key(headers, "right", PORT) is let_in
