"""Pictures of more than 8 bits a sample, as pictures of 8."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.imaging.levels import SampleKind, Samples, Scale, scale_for
from services.imaging.profile import ColourProfile, profile_of

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
        profile: What they mean, if that is not sRGB and 8 bits are too few for it.

    Returns:
        Mode L, LA, RGB or RGBA; its colours are those of sRGB if there is a profile.
    """
    scale = scale_for(kind, (samples,))
    pixels: NDArray[np.uint8] = np.empty(samples.shape, np.uint8)
    rows = max(1, _BAND_SAMPLES // samples[0].size)
    for top in range(0, len(samples), rows):
        pixels[top : top + rows] = byte_levels(samples[top : top + rows], scale, profile)
    image = Image.fromarray(pixels[:, :, 0] if samples.shape[2] == 1 else pixels)
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
    return image


def steep_profile(icc: bytes | None, *, grey: bool) -> ColourProfile | None:
    """A grey or RGB picture's profile, if it must be applied before samples are cut to 8 bits."""
    profile = profile_of(icc)
    return profile if profile is not None and profile.is_steep(grey=grey) else None


def byte_levels(samples: Samples, scale: Scale, profile: ColourProfile | None) -> NDArray[np.uint8]:
    """Levels of 8 bits of samples [height, width, channels], as `deep_image` has them."""
    if profile is None:
        return scale.levels(samples, np.uint8)
    levels: NDArray[Any] = scale.levels(samples, np.uint16)
    return profile.deep_curve[levels] if samples.shape[2] == 1 else profile.deep_rgb(levels)
