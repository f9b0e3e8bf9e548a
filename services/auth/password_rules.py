"""Which passwords are taken: long enough, and not among the first that anybody would try.

After NIST SP 800-63B, section 5.1.1.2: a list of common ones, nothing about which kinds of
characters there must be.
"""

from collections.abc import Iterator
from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from services.auth.errors import WeakPassword
from services.auth.passwords import normal

MIN_LENGTH = 8


def check_password(password: str, *, email: str, field: str) -> None:
    """Passes if the password is taken.

    Args:
        password: As it was typed.
        email: The account's address, lower case.
        field: What the request calls the password.

    Raises:
        WeakPassword: it is not; its message says why.
    """
    why = next(_objections(normal(password), email), None)
    if why:
        raise WeakPassword(f"choose another password: {why}", field=field)


def _objections(password: str, email: str) -> Iterator[str]:
    if len(password) < MIN_LENGTH:
        yield f"it has fewer than {MIN_LENGTH} characters"
    folded = password.casefold()
    if len(set(folded)) == 1 or not password.strip():
        yield "it is one character again and again"
    if folded.strip() in {email.casefold(), email.casefold().partition("@")[0]}:
        yield "it is the email address"
    if folded.strip() in _common():
        yield "it is one of the most common ones"


@cache
def _common() -> frozenset[str]:
    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_LENGTH)
