"""PNG files."""

import io
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.deep import deep_image, steep_profile
from services.imaging.levels import SampleKind
from services.imaging.orientation import orientation_of
from services.imaging.png_chunks import GREY, GREY_ALPHA, PngChunks, read_chunks
from services.imaging.profile import ColourProfile
from services.imaging.source import Source


def open_png(data: bytes) -> Source:
    """Reads a PNG file's chunks.

    Raises:
        ValueError: they are damaged.
        ImageUnsupported: it is of a kind that is not decoded.
    """
    chunks = read_chunks(data)
    profile = steep_profile(chunks.icc, grey=chunks.colour_type in {GREY, GREY_ALPHA})
    deep = chunks.bits == 16 and (
        chunks.colour_type == GREY
        or chunks.has_transparent_key
        or chunks.significant_bits < 16
        or profile is not None
    )
    return Source(
        size=(chunks.width, chunks.height),
        load=partial(_deep, chunks, profile) if deep else partial(_plain, chunks),
        icc=None if deep and profile else chunks.icc,
        orientation=orientation_of(chunks.exif),
        exif=chunks.exif,
        xmp=chunks.xmp,
        memory=chunks.width * chunks.height * 2 * chunks.channels if deep else 0,
    )


def _opened(chunks: PngChunks) -> Image.Image:
    return Image.open(io.BytesIO(chunks.picture), formats=["PNG"])


def _plain(chunks: PngChunks, _: tuple[int, int] | None) -> Image.Image:
    with _opened(chunks) as image:
        image.load()
        return image


def _deep(
    chunks: PngChunks, profile: ColourProfile | None, _: tuple[int, int] | None
) -> Image.Image:
    samples, alpha = _grey(chunks) if chunks.colour_type == GREY else _colour(chunks)
    bits = _bits(samples, chunks.significant_bits)
    return deep_image(samples, SampleKind("u", bits), alpha, profile)


def _grey(chunks: PngChunks) -> tuple[NDArray[np.uint16], NDArray[np.uint8] | None]:
    with _opened(chunks) as image:
        samples = np.asarray(image).astype(np.uint16, copy=False)
        key = image.info.get("transparency")
    alpha = None if key is None else np.where(samples == key, 0, 255).astype(np.uint8)
    return samples[:, :, None], alpha


def _colour(chunks: PngChunks) -> tuple[NDArray[np.uint16], NDArray[np.uint8] | None]:
    # Pillow keeps 8 bits of colours, and has no key for the others.
    import imagecodecs  # noqa: PLC0415 - most processes never meet such a picture

    samples: NDArray[Any] = imagecodecs.png_decode(chunks.picture)
    colours = samples.shape[2] - (samples.shape[2] in {2, 4})
    alpha = samples[:, :, colours] if samples.shape[2] > colours else None
    shallow = None if alpha is None else (alpha >> 8).astype(np.uint8)
    return samples[:, :, :colours], shallow


def _bits(samples: NDArray[np.uint16], significant: int) -> int:
    """How many bits full white has.

    Samples of fewer significant bits are to be scaled up to 16 (PNG, section
    11.3.2.4); cameras' files have them as they are. Those are told by what
    scaling up leaves in the lower bits of no sample below 2 to the `significant`.
    """
    if significant == 16 or int(samples.max()) >= 2**significant:
        return 16
    return significant if (samples & (2 ** (16 - significant) - 1)).any() else 16
