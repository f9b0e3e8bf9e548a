"""Whom the attackers attack, and as whom."""

from pydantic import BaseModel, ConfigDict


class Target(BaseModel):
    """An edge of this machine, and an account of the attackers' own."""

    model_config = ConfigDict(frozen=True)

    port: int
    token: str
    """An access token of theirs."""
    image_id: str
    """A large image of theirs, to download and not to read."""
    set_ids: list[str]
    """Reference sets of theirs, to calibrate again and again."""
    victim: str
    """Email of somebody else, whose password they guess."""
