"""Pools of connections: whoever finds one full waits, for a limited time."""

from services.runtime.errors import ResourceExhausted
from services.runtime.request import remaining_s

POOL_WAIT_S = 5.0
"""Longest that anybody waits for a connection."""

RETRY_AFTER_S = 1.0


class PoolFull(ResourceExhausted):
    """Every connection was busy for as long as the call could wait; the server itself is well.

    Args:
        what: Whose connections, such as `Redis`.
        size: How many there are, if that is known.
    """

    def __init__(self, what: str, size: int | None = None) -> None:
        super().__init__(
            f"all connections to {what} are busy; try again",
            metadata={} if size is None else {"connections": str(size)},
            retry_after_s=RETRY_AFTER_S,
        )


def pool_wait_s() -> float:
    """Seconds to wait for a connection; leaves the caller time to hear that there was none.

    Raises:
        DeadlineExceeded: if the caller's time is up.
    """
    return 0.9 * remaining_s(POOL_WAIT_S / 0.9)
