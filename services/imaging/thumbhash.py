"""ThumbHash, a picture's blurred placeholder in about 25 bytes.

By Evan Wallace (https://evanw.github.io/thumbhash/): a few low frequencies of lightness and colour,
and the picture's shape. This is its encoder for pictures without transparency.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_SIDE = 100
"""Pixels of the longer side; more would change nothing."""

_LIGHTNESS_TERMS = 7
_COLOUR_TERMS = 3

_NOISE = 1e-9
"""Frequencies below this are none, but what rounding leaves of a picture of one colour."""

_Channel = tuple[float, list[float], float]
"""Mean, other frequencies between 0 and 1, and the largest of those before that."""


def thumbhash(image: Image.Image) -> bytes:
    """The ThumbHash of a picture.

    Args:
        image: Mode RGB; best a little larger than 100 pixels, for it is scaled down.
    """
    if max(image.size) > MAX_SIDE:
        scale = MAX_SIDE / max(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        # By a whole factor first: faster, and the same placeholder but for last bits.
        image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=1.0)
    width, height = image.size
    red, green, blue = np.asarray(image, np.float64).transpose(2, 0, 1) / 255
    terms_x, terms_y = (
        max(1, _rounded(_LIGHTNESS_TERMS * side / max(width, height))) for side in (width, height)
    )
    lightness = _encoded((red + green + blue) / 3, max(3, terms_x), max(3, terms_y))
    yellow = _encoded((red + green) / 2 - blue, _COLOUR_TERMS, _COLOUR_TERMS)
    warmth = _encoded(red - green, _COLOUR_TERMS, _COLOUR_TERMS)
    landscape = width > height
    head = (
        _rounded(63 * lightness[0])
        | _rounded(31.5 + 31.5 * yellow[0]) << 6
        | _rounded(31.5 + 31.5 * warmth[0]) << 12
        | _rounded(31 * lightness[2]) << 18
    )
    shape = (
        (terms_y if landscape else terms_x)
        | _rounded(63 * yellow[2]) << 3
        | _rounded(63 * warmth[2]) << 9
        | landscape << 15
    )
    nibbles = [_rounded(15 * one) for _, rest, _ in (lightness, yellow, warmth) for one in rest]
    nibbles += [0] * (len(nibbles) % 2)
    packed = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return head.to_bytes(3, "little") + shape.to_bytes(2, "little") + packed


def _encoded(channel: NDArray[np.float64], terms_x: int, terms_y: int) -> _Channel:
    """The low frequencies of a channel: those of the triangle under the diagonal."""
    height, width = channel.shape
    frequencies = _cosines(terms_y, height) @ channel @ _cosines(terms_x, width).T
    frequencies /= width * height
    rest = [
        float(frequencies[y, x])
        for y in range(terms_y)
        for x in range(terms_x)
        if (x or y) and x * terms_y < terms_x * (terms_y - y)
    ]
    scale = max(map(abs, rest))
    if scale < _NOISE:
        return float(frequencies[0, 0]), [0.0] * len(rest), 0.0
    return float(frequencies[0, 0]), [0.5 + 0.5 / scale * one for one in rest], scale


def _cosines(terms: int, length: int) -> NDArray[np.float64]:
    """Cosines of growing frequency along a side, a row each."""
    places = np.arange(length) + 0.5
    return np.cos(np.pi / length * np.arange(terms)[:, None] * places)


def _rounded(value: float) -> int:
    """To the nearest integer, halves up, as JavaScript rounds."""
    return math.floor(value + 0.5)
