"""Photographs to measure with.

The folder named by `--photos`, if given; otherwise crops of the photographs
that ship in installed packages, so that a benchmark runs anywhere.
"""

import io
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from PIL import Image

from mesh.client.files import collect
from mesh.client.samples import sample_photographs

SIZE = (500, 375)


def photographs(into: Path, count: int, folder: Path | None) -> list[Path]:
    """Writes `count` distinct JPEG photographs into a folder and returns them.

    A given folder's own files come first, as they are; crops of them fill up.
    """
    into.mkdir(parents=True, exist_ok=True)
    sources = collect([folder]).files if folder else sample_photographs()
    made: list[Path] = []
    if folder:
        for source in sources[:count]:
            path = into / source.name
            path.write_bytes(source.read_bytes())
            made.append(path)
    for number, crop in enumerate(_crops(sources)):
        if len(made) >= count:
            break
        path = into / f"crop-{number:05d}.jpg"
        path.write_bytes(crop)
        made.append(path)
    return made


def large_photograph(source: Path, size_bytes: int, seed: int) -> bytes:
    """A JPEG of about `size_bytes`: the source enlarged and shifted by `seed` pixels."""
    with Image.open(source) as opened:
        picture = opened.convert("RGB").resize((2048 + 2 * seed, 1536 + 2 * seed))
    best = b""
    for quality in range(98, 40, -2):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        best = buffer.getvalue()
        if len(best) <= size_bytes:
            break
    return best


def _crops(sources: list[Path]) -> Iterator[bytes]:
    """Endless distinct crops: each round takes another part of each source."""
    for number, source in enumerate(cycle(sources)):
        step = number // len(sources)
        with Image.open(source) as opened:
            picture = opened.convert("RGB")
        width, height = picture.size
        share = 0.55 + 0.03 * (step % 12)
        box_width, box_height = int(width * share), int(height * share)
        left = (37 * step) % (width - box_width + 1)
        top = (53 * step) % (height - box_height + 1)
        crop = picture.crop((left, top, left + box_width, top + box_height)).resize(SIZE)
        buffer = io.BytesIO()
        crop.save(buffer, "JPEG", quality=90)
        yield buffer.getvalue()
