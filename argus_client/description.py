"""What an upload says of its image, beside its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Description:
    """What an upload says of its image; it counts if the image is new.

    Attributes:
        labels: At most 64.
        note: At most 4,000 characters; searches find its words.
        keep_location: Whether the place is kept that its EXIF data name; if not, nobody is told
            it, but it stays in the bytes.
        take_description: Whether title, description, keywords and rating of its XMP become note
            and labels, where these do not say so already.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    keep_location: bool = False
    take_description: bool = False

    def with_(self, other: "Description") -> "Description":
        """The same, but for what another one says: its labels, and its note if it has one."""
        return replace(self, labels={**self.labels, **other.labels}, note=other.note or self.note)
