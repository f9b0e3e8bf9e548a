"""Learning what normal is from the images of a set."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from services.clients.patience import patiently
from services.inspection.finding import Learnt
from services.inspection.model import CalibrationSettings, SkippedImage, Version
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

IN_HAND = 8
"""Images that are fetched and looked at at once."""

T = TypeVar("T")


class Progress(Protocol):
    """Whom a trainer tells how far it is."""

    def images(self, done: int, total: int) -> None:
        """So many images were looked at."""

    def stage(self, words: str) -> None:
        """What is done now."""


@dataclass(frozen=True, slots=True)
class Base:
    """A version that can be added to, because it learnt from a part of the images."""

    version: Version
    arrays: Mapping[str, NDArray[Any]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn from."""

    user_id: str
    """Whose images they are."""
    image_ids: Sequence[str] = field(repr=False)
    settings: CalibrationSettings
    """With the model's id and size."""
    base: Base | None = None
    reference_image_id: str = ""
    """The image that others are aligned to, if it is among them; empty to choose one."""
    parts: Sequence[int] = field(default=(), repr=False)
    """Number of the part that each image shows; empty if each is a part of its own."""

    def parts_of(self, image_ids: Sequence[str]) -> list[int]:
        """Numbers of the parts that some of its images show; none if each is of its own."""
        known = dict(zip(self.image_ids, self.parts, strict=True)) if self.parts else {}
        found = [known[image_id] for image_id in image_ids] if known else []
        return found if len(set(found)) < len(found) else []


@dataclass(slots=True)
class Extraction:
    """Features per image, in the order asked for, and images skipped."""

    seen: list[tuple[str, Any]] = field(default_factory=list)
    skipped: list[SkippedImage] = field(default_factory=list)


class Trainer(Protocol):
    """Makes what a scorer is made of."""

    async def learn(self, lesson: Lesson, progress: Progress) -> tuple[Learnt, list[SkippedImage]]:
        """Learns from the images that can be used, and says which cannot.

        The same images make the same.

        Raises:
            ImagesUnusable: none of them can.
        """


async def look_at_all(
    image_ids: Sequence[str],
    look: Callable[[str], Awaitable[T]],
    progress: Progress,
) -> Extraction:
    """Looks at every image, some at once; parts that are down are waited for.

    An image that is gone or cannot be read is left out.
    """
    done = 0

    async def one(image_id: str) -> T | SkippedImage:
        nonlocal done
        outcome: T | SkippedImage
        try:
            outcome = await patiently(lambda: look(image_id))
        except (InvalidInput, NotFound) as error:
            outcome = SkippedImage(image_id, error.reason, error.message)
        done += 1
        progress.images(done, len(image_ids))
        return outcome

    outcomes = await at_once(image_ids, one, IN_HAND)
    extraction = Extraction()
    for image_id, outcome in zip(image_ids, outcomes, strict=True):
        if isinstance(outcome, SkippedImage):
            extraction.skipped.append(outcome)
        else:
            extraction.seen.append((image_id, outcome))
    return extraction
