"""Mail for an installation without a mail server: files, for whoever runs it to hand on."""

import asyncio
import os
from pathlib import Path

from services.auth.mail_message import message_of
from services.auth.mail_model import Letter, MailUnavailable

SENDER = "argus@localhost"
KEPT = 200
"""Mails that are kept; older ones are removed."""


class FileMailer:
    """`Mailer` that writes each mail into a file which its owner alone may read.

    Args:
        folder: Where to; made if it is not there.
        name: What the sender is called.
        sender: Address that mails come from.
        kept: How many are kept.
    """

    def __init__(self, folder: Path, *, name: str, sender: str = SENDER, kept: int = KEPT) -> None:
        self._folder = folder
        self._name = name
        self._sender = sender
        self._kept = kept

    async def send(self, letter: Letter) -> None:
        """Writes the mail, whole or not at all; the same one again replaces it."""
        content = message_of(letter, sender=self._sender, name=self._name).as_bytes()
        # Names sort by time.
        name = f"{letter.created_at:%Y%m%dT%H%M%S.%f}-{letter.mail_id}.eml"
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise MailUnavailable(f"cannot write to the folder of mails: {error}") from error

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.replace(b"\r\n", b"\n"))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._folder / name)
        for old in sorted(self._folder.glob("*.eml"))[: -self._kept]:
            old.unlink(missing_ok=True)
