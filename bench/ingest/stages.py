"""Storage's own work on an image, stage by stage, on one thread."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from services.imaging.decode import ImageLimits, decode
from services.imaging.phash import phash
from services.imaging.thumbhash import thumbhash
from services.imaging.thumbnail import shrunk, webp
from services.storage.showing import PREVIEW_SIDE, THUMBNAIL_SIDE

T = TypeVar("T")


def stages_s(files: Iterable[Path]) -> Mapping[str, float]:
    """Seconds of the processor that an image takes, by stage; the mean of some photographs.

    Args:
        files: Photographs; the first one is done once before, so that nothing is measured cold.
    """
    contents = [file.read_bytes() for file in files]
    _stages(contents[0], defaultdict(float))
    spent: defaultdict[str, float] = defaultdict(float)
    for content in contents:
        _stages(content, spent)
    return {stage: seconds / len(contents) for stage, seconds in spent.items()}


def _stages(content: bytes, spent: defaultdict[str, float]) -> None:
    def timed(stage: str, work: Callable[[], T]) -> T:
        began = time.thread_time()
        done = work()
        spent[stage] += time.thread_time() - began
        return done

    timed("SHA-256", lambda: hashlib.sha256(content).hexdigest())
    picture = timed("decoding", lambda: decode(content, ImageLimits())).image
    timed("pHash", lambda: phash(picture))
    preview = timed(f"scaling to {PREVIEW_SIDE}", lambda: shrunk(picture, PREVIEW_SIDE))
    small = timed(f"scaling to {THUMBNAIL_SIDE}", lambda: shrunk(preview, THUMBNAIL_SIDE))
    timed("thumbnail's WebP", lambda: webp(small))
    timed("preview's WebP", lambda: webp(preview))
    timed("ThumbHash", lambda: thumbhash(preview))
