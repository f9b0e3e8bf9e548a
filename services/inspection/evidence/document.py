"""What a report is made of, whatever it is written as.

All text is plain: who writes it escapes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from services.inspection.verdict.intervals import Proportion

Points = Sequence[tuple[float, float]]


class Tone(StrEnum):
    """What something is about; the same colour in all graphs."""

    NORMAL = "NORMAL"
    DEFECT = "DEFECT"
    PAINTED = "PAINTED"
    PLAIN = "PLAIN"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands out."""

    name: str
    share: Proportion | None
    """None if nothing was counted."""
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first column names them."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a curve."""

    name: str
    points: Points
    tone: Tone


@dataclass(frozen=True, slots=True)
class Cross:
    """A point with its intervals."""

    x: Proportion
    y: Proportion
    tone: Tone


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves over shares, 0 to 1 both ways."""

    title: str
    x_name: str
    y_name: str
    lines: Sequence[Line]
    crosses: Sequence[Cross] = ()
    diagonal: bool = False
    """Whether to draw what chance does."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Counts by bin."""

    name: str
    counts: Sequence[int]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Histograms:
    """Panels one above the other over common bins, and the threshold through all of them."""

    title: str
    edges: Sequence[float]
    """One more than bins, ascending."""
    panels: Sequence[Panel]
    threshold: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its interval."""

    name: str
    share: Proportion
    tone: Tone


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares with their intervals, by group; every group has the same bars in the same order."""

    title: str
    y_name: str
    groups: Sequence[tuple[str, Sequence[Bar]]]


Graph = Curves | Histograms | Bars


@dataclass(frozen=True, slots=True)
class Graphs:
    """Graphs side by side, as far as there is room."""

    graphs: Sequence[Graph]


@dataclass(frozen=True, slots=True)
class Card:
    """A picture and what is told of it."""

    title: str
    lines: Sequence[str]
    note: str
    code: str
    picture: bytes = field(repr=False)
    """JPEG; empty if there is none."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures; `nothing` is told if there are none."""

    cards: Sequence[Card]
    nothing: str = "None."


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under a heading."""

    title: str
    blocks: Sequence[Text | Table | Graphs | Gallery]


@dataclass(frozen=True, slots=True)
class Document:
    """A report."""

    title: str
    subtitle: str
    figures: Sequence[Figure]
    warnings: Sequence[str]
    sections: Sequence[Section]


class ReportWriter(Protocol):
    """Writes reports in some format."""

    def write(self, document: Document) -> bytes:
        """The whole report; uses the processor for up to some seconds."""
