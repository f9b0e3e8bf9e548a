"""The images that are embedded: few photographs, many items of distinct bytes."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from bench.embedder.jpeg import START, with_comment
from bench.photos import photographs

PHOTOGRAPHS = 200


@dataclass(frozen=True)
class Items:
    """Photographs, each as often as is needed.

    Item i shows photograph i modulo their number. A comment segment makes its
    bytes its own in each pass, so that no cache knows it: the pixels, and so
    the work, stay the same.
    """

    photographs: tuple[bytes, ...]
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Tells this run's items from an earlier run's."""

    def of_pass(self, name: str, count: int, *, start: int = 0) -> list[bytes]:
        """Items `start` to `start + count` of a pass; the same name gives the same bytes."""
        return [
            with_comment(
                self.photographs[number % len(self.photographs)],
                f"{self.run} {name} {number}".encode(),
            )
            for number in range(start, start + count)
        ]

    @property
    def mean_bytes(self) -> int:
        """Mean size of a photograph."""
        return sum(map(len, self.photographs)) // len(self.photographs)


def load_items(into: Path, folder: Path | None) -> Items:
    """Takes the photographs of a folder, or those that ship in packages.

    Args:
        into: An empty folder to work in.
        folder: Photographs; its JPEG files are used as they are.

    Raises:
        ValueError: The folder has no JPEG file.
    """
    files = photographs(into, PHOTOGRAPHS, folder)
    contents = (file.read_bytes() for file in files)
    found = tuple(content for content in contents if content.startswith(START))
    if not found:
        raise ValueError(f"{folder} has no JPEG file")
    return Items(found)
