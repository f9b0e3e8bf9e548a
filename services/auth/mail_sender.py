"""Sends what waits in the outbox, beside the calls that ask for it."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.auth.letters import Letters
from services.auth.mail_model import Letter, Mail, MailUnavailable, MailUndeliverable
from services.auth.mail_ports import Mailer, Outbox
from services.auth.telemetry import AuthMetrics
from services.auth.tokens import new_secret, secret_digest
from services.runtime.wakeup import Wakeup

AT_ONCE = 4
LOOK_EVERY_S = 2.0
LEASE = timedelta(minutes=5)
"""How long one attempt may take, after which another replica tries; much longer than it does."""
FIRST_WAIT = timedelta(seconds=15)
LAST_WAIT = timedelta(minutes=30)
"""How long to wait after an attempt that failed: at first, and at most."""
GIVE_UP_AFTER = timedelta(days=1)

_log = logging.getLogger(__name__)


class MailSender:
    """Sends mails until each is taken, refused for good, or a day old.

    A token is drawn for each attempt, so that only its digest is ever kept, and its time begins
    when the mail leaves.

    Args:
        outbox: What is to be sent.
        mailer: Whom it is handed to.
        letters: Writes it.
        reset_ttl: How long the token of a reset is good.
        confirm_ttl: How long the token that confirms an address is good.
        metrics: Where mails are counted.
        clock: The present, aware and in UTC.
    """

    def __init__(
        self,
        outbox: Outbox,
        mailer: Mailer,
        letters: Letters,
        *,
        reset_ttl: timedelta,
        confirm_ttl: timedelta,
        metrics: AuthMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._mailer = mailer
        self._letters = letters
        self._reset_ttl = reset_ttl
        self._confirm_ttl = confirm_ttl
        self._metrics = metrics
        self._clock = clock
        self._wakeup = Wakeup()

    def wake(self) -> None:
        """Says that there is a new mail."""
        self._wakeup.call()

    async def run(self) -> None:
        """Sends what is due, for ever."""
        while True:
            self._wakeup.clear()
            while await self.send_due() == AT_ONCE:
                pass
            await self._wakeup.rest(LOOK_EVERY_S)

    async def send_due(self) -> int:
        """Sends some of what is due; how many were looked at."""
        now = self._clock()
        mails = await self._outbox.claim(now, until=now + LEASE, limit=AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for mail in mails:
                group.create_task(self._send(mail))
        return len(mails)

    async def _send(self, mail: Mail) -> None:
        now, token = self._clock(), new_secret()
        wording = await self._outbox.issue(
            mail,
            secret_digest(token),
            now=now,
            reset_ends=now + self._reset_ttl,
            ends=now + self._confirm_ttl,
        )
        outcome = "nothing"
        if wording is not None:
            outcome = await self._hand_over(mail, self._letters.write(mail, wording, token))
        if outcome == "retried":
            wait = min(FIRST_WAIT * 2 ** min(mail.tries - 1, 20), LAST_WAIT)
            await self._outbox.later(mail.mail_id, self._clock() + wait)
        else:
            await self._outbox.done(mail.mail_id)
        self._metrics.mail(mail.kind.value, outcome)

    async def _hand_over(self, mail: Mail, letter: Letter) -> str:
        """What became of it: sent, retried or failed."""
        try:
            await self._mailer.send(letter)
        except MailUndeliverable as error:
            _log.warning("mail %s (%s) is refused: %s", mail.mail_id, mail.kind.value, error)
            return "failed"
        except MailUnavailable as error:
            over = self._clock() - mail.created_at >= GIVE_UP_AFTER
            _log.warning(
                "mail %s (%s) was not taken at attempt %d, %s: %s",
                mail.mail_id,
                mail.kind.value,
                mail.tries,
                "which was the last" if over else "is tried again",
                error,
            )
            return "failed" if over else "retried"
        return "sent"
