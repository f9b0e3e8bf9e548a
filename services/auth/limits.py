"""How many attempts are free, and how long to wait after each further one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are free, and how long to wait after each further one."""

    free: int
    """Attempts before the first wait."""

    first_wait_s: float
    """Wait after the last free attempt; it doubles with each further one."""

    max_wait_s: float
    """Longest wait."""

    forget_s: float
    """Seconds after which one attempt is forgotten."""

    def __post_init__(self) -> None:
        if self.free < 1 or min(self.first_wait_s, self.max_wait_s, self.forget_s) <= 0:
            raise ValueError(f"no limit: {self}")


@dataclass(frozen=True, slots=True)
class Counter:
    """One count of attempts, and its limit."""

    name: str
    """What is counted, such as `login:account:<digest>`."""

    limit: Limit


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """What is allowed of wrong passwords, and of new accounts."""

    account_at_address: Limit
    address: Limit
    account: Limit
    registrations: Limit
    """New accounts from one address."""
