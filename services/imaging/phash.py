"""A perceptual hash: pictures that look alike differ in few bits."""

import numpy as np
from PIL import Image

HASH_SIDE = 8
SAMPLE_SIDE = 32

# Rows are the first eight cosines of the DCT-II over 32 samples, [8, 32].
_COSINES = 2 * np.cos(
    np.pi
    * np.arange(HASH_SIDE)[:, None]
    * (2 * np.arange(SAMPLE_SIDE)[None, :] + 1)
    / (2 * SAMPLE_SIDE)
)


def phash(image: Image.Image) -> str:
    """The 64-bit DCT hash of a picture, as 16 lower-case hexadecimal digits.

    Zauner, "Implementation and Benchmarking of Perceptual Image Hash
    Functions", 2010: a bit is set where a low frequency of the 32x32 grey
    picture exceeds their median. Same bits as `imagehash.phash`.
    """
    grey = image.convert("L").resize((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.LANCZOS)
    frequencies = _COSINES @ np.asarray(grey, dtype=np.float64) @ _COSINES.T
    # Rounding noise of a flat picture must not become bits.
    frequencies = np.round(frequencies, 6)
    bits = (frequencies > np.median(frequencies)).ravel()
    return np.packbits(bits).tobytes().hex()


def hamming(one: str, other: str) -> int:
    """In how many of the 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
