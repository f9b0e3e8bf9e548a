"""A named set of normal images."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.inspection.job import Job, JobState
from services.inspection.model import (
    EACH_ITS_OWN,
    GroupShare,
    Member,
    PartRule,
    Polygon,
    Sensitivity,
    SetInUse,
    ShareInvitation,
)


@dataclass(frozen=True, slots=True)
class SetView:
    """What a set tells of one of its views, which is a set of its own."""

    set_id: str
    """Of the view itself."""
    display_name: str
    current_version: int
    """0 if there is none."""
    image_count: int
    last_calibration: JobState | None
    """None if there was none."""
    regions_of_interest: Sequence[Polygon]
    """Areas of the image that count for the current version; all of it if there are none."""
    target: float
    """Share of normal images that the current version may call anomalous; 0 if there is none."""


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
    part_rule: PartRule = EACH_ITS_OWN
    """Which of its images show the same part."""
    sensitivity: Sequence[Sensitivity] = ()
    """What the current version finds of painted defects; empty if that is not known."""
    view_of: str = ""
    """Id of the set that this is a view of; empty if it is none."""
    views: Sequence[SetView] = ()
    """Oldest first."""

    @property
    def in_use(self) -> SetInUse:
        """What an inspection needs of it."""
        return SetInUse(self.set_id, self.user_id, self.current_version)
