"""What is made of a picture to be shown instead of it. CPU work, in threads that give way."""

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from services.imaging.decode import ImageLimits, decode
from services.imaging.thumbhash import MAX_SIDE, thumbhash
from services.imaging.thumbnail import shrunk, webp
from services.runtime.niceness import give_way
from services.storage.model import Rendered

NICENESS = 10


def render(
    content: bytes, size: tuple[int, int], sides: Collection[int], limits: ImageLimits
) -> Rendered:
    """Decodes a picture and makes renditions of it, each from the next larger one.

    Args:
        content: Verified bytes.
        size: Width and height of the picture as seen, in pixels.
        sides: Of the squares that the renditions fit in.
        limits: What an image may measure.

    Raises:
        InvalidInput: it cannot be decoded, though it could be once.
    """
    largest = max(sides, default=2 * MAX_SIDE)
    short_side = max(1, -(-min(size) * largest // max(size)))
    picture = decode(content, limits, short_side=short_side).image
    renditions = {}
    for side in sorted(sides, reverse=True):
        picture = shrunk(picture, side)
        renditions[side] = webp(picture)
    return Rendered(thumbhash(picture), renditions)


class RenderThreads:
    """`render` off the event loop.

    Args:
        threads: How many pictures are rendered at once.
        limits: What an image may measure.
        nice: Whether the threads give way to others.
    """

    def __init__(self, threads: int, limits: ImageLimits, *, nice: bool) -> None:
        initializer = partial(give_way, NICENESS) if nice else None
        self._threads = ThreadPoolExecutor(threads, "render", initializer=initializer)
        self._limits = limits

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def render(
        self, content: bytes, size: tuple[int, int], sides: Collection[int]
    ) -> Rendered:
        """Renders one picture. Raises what `rendering.render` raises."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, render, content, size, sides, self._limits
        )
