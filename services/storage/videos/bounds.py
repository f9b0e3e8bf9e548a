"""What is taken of videos; known to storage and to the process that takes them apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of what is decoded.

    Attributes:
        max_us: Longest video in microseconds.
        max_pixels: Most pixels of a picture, width times height.
        min_side: Shortest side of a picture in pixels.
        threads: Threads that decode.
    """

    max_us: int
    max_pixels: int
    min_side: int
    threads: int
