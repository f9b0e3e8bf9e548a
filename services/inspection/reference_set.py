"""A named set of normal images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.inspection.job import Job
from services.inspection.model import GroupShare, Member, SetInUse, ShareInvitation


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """A named set of normal images."""

    set_id: str
    user_id: str
    """Who owns it."""
    display_name: str
    created_at: datetime
    current_version: int
    """0 if there is none."""
    image_count: int
    changed: bool
    """Whether images were added or removed since the current version was made."""
    members: Sequence[Member] = ()
    """Users that it is shared with."""
    groups: Sequence[GroupShare] = ()
    """Groups that it is shared with."""
    invitations: Sequence[ShareInvitation] = ()
    """Who is invited, oldest first."""
    last_calibration: Job | None = None

    @property
    def in_use(self) -> SetInUse:
        """What an inspection needs of it."""
        return SetInUse(self.set_id, self.user_id, self.current_version)
