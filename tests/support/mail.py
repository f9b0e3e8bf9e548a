"""A real SMTP server, and the mails that an installation wrote."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "argus", "a password for the post"


class PostOffice:
    """An SMTP server of this process, and what it took."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused_recipients: dict[str, str] = {}
        """What is said to recipients that are not taken."""
        self.refused_content = ""
        """What is said to every mail when it has been read; empty: it is taken."""
        self.encrypted: list[bool] = []
        self.signed_in: list[bool] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refused_content:
            return self.refused_content
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(parsed(content))
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        self.signed_in.append(bool(session.authenticated))
        return "250 OK"


@asynccontextmanager
async def post_office(
    *, tls: ssl.SSLContext | None = None, wrapped: bool = False, signing_in: bool = False
) -> AsyncIterator[PostOffice]:
    """Runs a server on a free port.

    Args:
        tls: With which it offers STARTTLS; or speaks TLS from the first byte if `wrapped`.
        wrapped: See `tls`.
        signing_in: Whether it asks for `USER` and `PASSWORD`.
    """
    office = PostOffice()
    loop = asyncio.get_running_loop()

    def authenticate(*call: Any) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=call[-1] == known, handled=False)

    def connected() -> SMTP:
        return SMTP(
            office,
            hostname="post.example.org",
            tls_context=None if wrapped else tls,
            auth_required=signing_in,
            authenticator=authenticate if signing_in else None,
            loop=loop,
        )

    server = await loop.create_server(connected, "127.0.0.1", 0, ssl=tls if wrapped else None)
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        server.close()
        await server.wait_closed()


def parsed(content: bytes) -> EmailMessage:
    """A mail as its reader's program has it."""
    message = message_from_bytes(content, policy=POLICY)
    assert isinstance(message, EmailMessage)
    return message


def written_mails(folder: Path) -> list[EmailMessage]:
    """Mails in a folder, the oldest first."""
    return [parsed(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """What a mail says."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def token_in(message: EmailMessage) -> str:
    """The token in a mail's link."""
    found = re.search(r"#token=([\w-]+)", text_of(message))
    assert found is not None, text_of(message)
    return found[1]
