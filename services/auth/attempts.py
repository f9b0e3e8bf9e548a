"""How often somebody may guess a password, or make an account.

A guess is counted before it is looked at, so that many at once are counted too, and taken back
unless it was wrong. It is counted for the account at one address, for the address, and for the
account wherever it is tried: the first bound is narrow, so that an owner elsewhere gets in while
somebody guesses; the others are wide. Accounts that do not exist are counted like those that do.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from services.auth.errors import BadCredentials, PasswordWrong, TooManyAttempts
from services.auth.limits import Counter, LoginLimits
from services.auth.ports import AttemptCounters
from services.auth.telemetry import AuthMetrics

IPV6_PREFIX = 64
"""One customer has at least so much of the IPv6 address space, and may call from all of it."""


class AttemptGuard:
    """Counts attempts, and refuses those that come too early.

    Args:
        counters: Keeps the counts.
        limits: What is allowed.
        metrics: Where refusals are counted.
    """

    def __init__(
        self, counters: AttemptCounters, limits: LoginLimits, metrics: AuthMetrics
    ) -> None:
        self._counters = counters
        self._limits = limits
        self._metrics = metrics

    @asynccontextmanager
    async def guess(self, email: str, address: str) -> AsyncIterator[None]:
        """Around one look at a password: counted if that finds it wrong.

        Args:
            email: Normal form of the account's address, whether or not there is such an account.
            address: Where the guess comes from; empty if that is not known.

        Raises:
            TooManyAttempts: too many were wrong; it was not looked at, and is not counted.
        """
        account, place = digest_of(email), place_of(address)
        here = Counter(f"login:here:{account}:{place}", self._limits.account_at_address)
        everywhere = [Counter(f"login:account:{account}", self._limits.account)]
        if place:
            everywhere.append(Counter(f"login:address:{place}", self._limits.address))
        counters = (here, *everywhere)
        await self._begin("login", counters)
        try:
            yield
        except (BadCredentials, PasswordWrong):
            raise
        except Exception:
            await self._counters.give_back(counters)
            raise
        await self._counters.forget(here)
        await self._counters.give_back(everywhere)

    async def forget(self, email: str, address: str) -> None:
        """Forgets wrong guesses for an account at one address, whose owner has a new password."""
        account, place = digest_of(email), place_of(address)
        await self._counters.forget(
            Counter(f"login:here:{account}:{place}", self._limits.account_at_address)
        )

    @asynccontextmanager
    async def registration(self, address: str) -> AsyncIterator[None]:
        """Around the making of one account: counted, also if the address is taken.

        Raises:
            TooManyAttempts: too many were made from this address.
        """
        place = place_of(address)
        counters = [Counter(f"register:{place}", self._limits.registrations)] if place else []
        await self._begin("registration", counters)
        yield

    async def _begin(self, kind: str, counters: Sequence[Counter]) -> None:
        wait_s = await self._counters.begin(counters)
        if wait_s > 0:
            self._metrics.refused(kind)
            raise too_many(wait_s)


def too_many(wait_s: float) -> TooManyAttempts:
    """What whoever came too early is told."""
    return TooManyAttempts(
        f"too many attempts; try again in {ceil(wait_s)} s", retry_after_s=ceil(wait_s)
    )


def digest_of(text: str) -> str:
    """What stands for an account, so that its address is not kept."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def place_of(address: str) -> str:
    """What is counted as one place: an IPv4 address, an IPv6 network."""
    if not address:
        return ""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False).network_address)
    return str(parsed)
