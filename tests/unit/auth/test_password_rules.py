"""Which passwords are taken."""

import unicodedata

import pytest

from services.auth.errors import WeakPassword
from services.auth.password_rules import check_password

EMAIL = "ada.lovelace@example.org"


@pytest.mark.parametrize(
    "password",
    [
        "12345678",
        "password123",
        "PASSWORD123",
        " iloveyou1 ",
        " " * 8,
        "\t " * 4,
        "aaaaaaaaaaaa",
        "AaAaAaAa",
        "ééééééééé",
        EMAIL,
        EMAIL.upper(),
        "ada.lovelace",
        # Eight code points, but four letters.
        unicodedata.normalize("NFD", "éàöñ"),
    ],
)
def test_refuses_what_anybody_would_try_first(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(password, email=EMAIL, field="new_password")
    assert refused.value.violations[0][0] == "new_password"
    assert password.strip() not in refused.value.message or not password.strip()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a long password",
        "12345678 images",
        unicodedata.normalize("NFD", "éàöñ-ÿçäë"),
        "写真検索異常検知",
        "x" * 100 + "y",
    ],
)
def test_takes_others_whatever_their_characters(password: str) -> None:
    check_password(password, email=EMAIL, field="password")
