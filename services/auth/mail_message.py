"""A letter as RFC 5322 has it, and safe in its headers."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from services.auth.mail_model import Letter, MailUndeliverable

_MAX_LINE = 990
"""SMTP has 998."""

# One ASCII mailbox: nothing that ends a header or a command, begins a comment or another address.
_ADDRESS = re.compile(r"""[^\x00-\x20\x7f-\U0010ffff"(),:;<>@\[\\\]]{1,64}@[A-Za-z0-9.-]{1,189}""")


def is_address(text: str) -> bool:
    """Whether this is one plain mailbox, such as `ada@example.org`."""
    return _ADDRESS.fullmatch(text) is not None


def message_of(letter: Letter, *, sender: str, name: str) -> EmailMessage:
    """The message.

    Args:
        letter: What it says and to whom.
        sender: Address that it comes from.
        name: What the sender is called.

    Raises:
        MailUndeliverable: the recipient is no address.
    """
    if not is_address(letter.recipient):
        raise MailUndeliverable("the recipient's address is none")
    message = EmailMessage(SMTP)
    message["From"] = _mailbox(sender, name)
    message["To"] = _mailbox(letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{letter.mail_id}@{sender.rpartition('@')[2]}>"
    # RFC 3834: nobody's absence note need answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, cte=_encoding(letter.text))
    message.add_alternative(letter.html, subtype="html", cte=_encoding(letter.html))
    return message


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, username=local, domain=domain)


def _encoding(text: str) -> str:
    """As it is where that can be, so that a file of it can be read."""
    plain = text.isascii() and all(len(line) < _MAX_LINE for line in text.splitlines())
    return "7bit" if plain else "quoted-printable"
