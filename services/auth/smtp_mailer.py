"""Mail by SMTP."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Literal

import aiosmtplib
from pydantic import SecretStr

from services.auth.mail_message import message_of
from services.auth.mail_model import Letter, MailUnavailable, MailUndeliverable

Security = Literal["starttls", "tls", "none"]

PORTS = {"starttls": 587, "tls": 465, "none": 25}
STEP_TIMEOUT_S = 20.0
TIMEOUT_S = 60.0
"""A server that answers slowly must not hold up other mails for longer."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Who takes mail, and how."""

    host: str
    port: int
    security: Security
    """`starttls`: encrypted before anything is said, or not at all; `tls`: from the first byte."""
    user: str = ""
    password: SecretStr = field(default=SecretStr(""))


class SmtpMailer:
    """`Mailer` that hands each mail to one server, over a connection of its own.

    Args:
        server: Who takes it.
        sender: Address that mails come from.
        name: What the sender is called.
        tls: Which certificates are trusted; the system's if None (`SSL_CERT_FILE` names others).
    """

    def __init__(
        self, server: SmtpServer, *, sender: str, name: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._name = name
        self._tls = tls or ssl.create_default_context()

    async def send(self, letter: Letter) -> None:
        """Hands the mail over; the server keeps trying then."""
        content = message_of(letter, sender=self._sender, name=self._name).as_bytes()
        server = self._server
        encrypted = server.security != "none"
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await aiosmtplib.send(
                    content,
                    sender=self._sender,
                    recipients=[letter.recipient],
                    hostname=server.host,
                    port=server.port,
                    username=server.user or None,
                    password=server.password.get_secret_value() if server.user else None,
                    use_tls=server.security == "tls",
                    start_tls=server.security == "starttls",
                    tls_context=self._tls if encrypted else None,
                    timeout=STEP_TIMEOUT_S,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            raise _refused("recipient", max(codes, default=0)) from None
        except aiosmtplib.SMTPDataError as error:
            raise _refused("message", error.code) from None
        except aiosmtplib.SMTPResponseException as error:
            # Whom it does not let in today, it may once its operator has looked.
            raise MailUnavailable(f"{type(error).__name__}, code {error.code}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            # Its text may have the address in it, which is nobody's business in a log.
            raise MailUnavailable(type(error).__name__) from None


def _refused(what: str, code: int) -> MailUndeliverable | MailUnavailable:
    said = f"the {what} was refused with code {code}"
    return MailUndeliverable(said) if code >= 500 else MailUnavailable(said)
