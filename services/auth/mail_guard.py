"""How often somebody may have a mail sent, so that nobody's mailbox can be filled.

A request is counted for the address that the mail goes to, asked for from one place and from all,
and for the place. Addresses without an account are counted like others.
"""

from dataclasses import dataclass

from services.auth.attempts import digest_of, place_of, too_many
from services.auth.limits import Counter, Limit
from services.auth.ports import AttemptCounters
from services.auth.telemetry import AuthMetrics


@dataclass(frozen=True, slots=True)
class MailLimits:
    """What is allowed of mails that anybody may ask for."""

    recipient_from_place: Limit
    """To one address, asked for from one place."""
    recipient: Limit
    """To one address, whoever asks."""
    place: Limit
    """From one place, whatever the address."""


class MailGuard:
    """Counts requests for mails, and refuses those that come too early.

    Args:
        counters: Keeps the counts.
        limits: What is allowed.
        metrics: Where refusals are counted.
    """

    def __init__(self, counters: AttemptCounters, limits: MailLimits, metrics: AuthMetrics) -> None:
        self._counters = counters
        self._limits = limits
        self._metrics = metrics

    async def admit(self, recipient: str, address: str) -> None:
        """Counts a request for one mail.

        Args:
            recipient: Normal form of the address that it is to go to.
            address: Where the request comes from; empty if that is not known.

        Raises:
            TooManyAttempts: too many came before; this one is not counted.
        """
        to, place = digest_of(recipient), place_of(address)
        counters = [
            Counter(f"mail:here:{to}:{place}", self._limits.recipient_from_place),
            Counter(f"mail:to:{to}", self._limits.recipient),
        ]
        if place:
            counters.append(Counter(f"mail:from:{place}", self._limits.place))
        wait_s = await self._counters.begin(counters)
        if wait_s > 0:
            self._metrics.refused("mail")
            raise too_many(wait_s)
