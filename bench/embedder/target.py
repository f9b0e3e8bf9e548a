"""Where a pass is sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """An embedder, or the edge before it."""

    address: str
    """`host:port`."""
    token: str
    """An access token."""
    model: str
    """Model id."""

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call carries."""
        return (("authorization", f"Bearer {self.token}"),)
