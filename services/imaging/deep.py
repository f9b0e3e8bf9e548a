"""Pictures of more than 8 bits a sample, as sRGB of 8 bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.levels import SampleKind, Samples, Scale, scale_for
from services.imaging.profile import ColourProfile

_BAND_SAMPLES = 4_000_000


def deep_image(
    samples: Samples,
    kind: SampleKind,
    alpha: NDArray[np.uint8] | None,
    profile: ColourProfile | None,
) -> Image.Image:
    """A picture of samples in memory.

    Args:
        samples: Grey or RGB, [height, width, 1 or 3].
        kind: What they are.
        alpha: How opaque each pixel is, [height, width].
        profile: What they mean, if that is not sRGB.

    Returns:
        Mode L, LA, RGB or RGBA; its colours are those of sRGB.
    """
    scale = scale_for(kind, (samples,))
    pixels: NDArray[np.uint8] = np.empty(samples.shape, np.uint8)
    rows = max(1, _BAND_SAMPLES // samples[0].size)
    for top in range(0, len(samples), rows):
        pixels[top : top + rows] = srgb_levels(samples[top : top + rows], scale, profile)
    image = Image.fromarray(pixels[:, :, 0] if samples.shape[2] == 1 else pixels)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    return image


def srgb_levels(samples: Samples, scale: Scale, profile: ColourProfile | None) -> NDArray[np.uint8]:
    """Grey or RGB samples, [height, width, 1 or 3], as sRGB of 8 bits."""
    grey = samples.shape[2] == 1
    fits = profile is not None and (profile.fits_grey() if grey else profile.fits_rgb())
    if profile is None or not fits:
        return _as(scale.levels(samples, np.uint8))
    levels: NDArray[Any] = scale.levels(samples, np.uint16)
    return profile.deep_curve[levels] if grey else profile.deep_rgb(levels)


def _as(levels: NDArray[Any]) -> NDArray[np.uint8]:
    return levels
