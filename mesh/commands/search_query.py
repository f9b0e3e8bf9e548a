"""What `argus search` is asked for, as a request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argus.search.v1 import search_pb2
from argus.type.v1 import geometry_pb2

from mesh.client.inspector import Unreadable, read_image
from mesh.client.names import printable
from mesh.errors import MeshError

MOST_WEIGHT = 10

_WEIGHTED = re.compile(r"(.*)\^(\d+(?:\.\d+)?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look for, as people type it."""

    text: str | None = None
    image: Path | None = None
    like: Sequence[str] = ()
    region: str | None = None
    minus: Sequence[str] = ()
    not_like: Sequence[str] = ()
    names: list[str] = field(default_factory=list, init=False)
    """What each part of the request is called, in the request's order; filled by `request`."""

    def request(self) -> search_pb2.SearchImagesRequest:
        """The query.

        Raises:
            MeshError: It makes no sense, or the file cannot be read.
        """
        if self.text is None and self.image is None and not self.like:
            raise MeshError(
                "Say what to search for.", "Give TEXT, --image FILE, --like ID, or several of them."
            )
        made = search_pb2.SearchImagesRequest()
        short, long = list[str](), list[str]()
        if self.text is not None:
            text, weight = _weighted(self.text)
            if weight == 1:
                made.text = text
                short.append(text)
            else:
                made.examples.add(text=text, weight=weight)
                long.append(self.text)
        if self.image is not None:
            made.image = _read(self.image)
            short.append(self.image.name)
        for one in self.like:
            image_id, weight = _weighted(one)
            if weight == 1 and len(self.like) == 1 and self.image is None:
                made.image_id = image_id
                short.append(f"like {one}")
            else:
                made.examples.add(image_id=image_id, weight=weight)
                long.append(f"like {one}")
        for unwanted, what in ((self.minus, "text"), (self.not_like, "image_id")):
            for one in unwanted:
                value, weight = _weighted(one)
                made.examples.add(**{what: value}, weight=-weight)
                long.append(f"not {one}" if what == "text" else f"not like {one}")
        self._add_region(made)
        self.names[:] = short + long
        return made

    def _add_region(self, made: search_pb2.SearchImagesRequest) -> None:
        if self.region is None:
            return
        box = _box(self.region)
        if (self.image is not None) + len(self.like) != 1:
            raise MeshError("A region is of one image.", "Give it with --image FILE or --like ID.")
        if made.image or made.image_id:
            made.region.CopyFrom(box)
            return
        for example in made.examples:
            if example.image_id and example.weight > 0:
                example.region.CopyFrom(box)


def _weighted(text: str) -> tuple[str, float]:
    """What is looked for, and the weight behind its `^`."""
    found = _WEIGHTED.fullmatch(text)
    if found is None:
        return text, 1.0
    weight = float(found[2])
    if not 0 < weight <= MOST_WEIGHT:
        raise MeshError(
            f"`{printable(text)}` has no weight above 0 and up to {MOST_WEIGHT} behind the ^."
        )
    return found[1], weight


def _box(region: str) -> geometry_pb2.Box:
    try:
        left, top, right, bottom = (float(part) for part in region.split(","))
        inside = 0 <= left < right <= 1 and 0 <= top < bottom <= 1
    except ValueError:
        inside = False
    if not inside:
        raise MeshError(
            f"`{printable(region)}` is no region.",
            "Give left, top, right and bottom in fractions of the picture, such as 0.2,0,0.7,0.5.",
        )
    return geometry_pb2.Box(left=left, top=top, right=right, bottom=bottom)


def _read(file: Path) -> bytes:
    try:
        return read_image(file)
    except Unreadable as error:
        _, problem = error.args
        raise MeshError(f"{printable(str(file))}: {problem}.") from error
