"""Pixels of any mode to 8-bit RGB."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHITE = (255, 255, 255)
SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
ALPHA_MODES = frozenset({"RGBA", "LA", "PA"})


def to_rgb(image: Image.Image) -> Image.Image:
    """An RGB picture of the same size; transparent parts are white.

    Depths beyond 8 bits are scaled, not clipped: 16-bit samples by 1/257;
    32-bit integers and floats by the smallest of the ranges 1 (floats only),
    255 and 65535 that holds them, else by their own minimum and maximum.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in SIXTEEN_BIT_MODES:
        return _grey(np.asarray(image).astype(np.float32) / np.float32(257))
    if image.mode in {"I", "F"}:
        return _grey(_to_bytes(np.asarray(image).astype(np.float32), fractions=image.mode == "F"))
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        seen = image if image.mode == "RGBA" else image.convert("RGBA")
        page = Image.new("RGB", image.size, WHITE)
        page.paste(seen, mask=seen.getchannel("A"))
        return page
    return image.convert("RGB")


def _to_bytes(samples: NDArray[np.float32], *, fractions: bool) -> NDArray[np.float32]:
    samples = np.nan_to_num(samples, copy=False, posinf=0.0, neginf=0.0)
    low, high = float(samples.min()), float(samples.max())
    if low >= 0:
        for limit in (1.0, 255.0, 65535.0) if fractions else (255.0, 65535.0):
            if high <= limit:
                return samples * np.float32(255.0 / limit)
    return (samples - np.float32(low)) * np.float32(255.0 / max(high - low, 1e-30))


def _grey(samples: NDArray[np.float32]) -> Image.Image:
    """Samples of 0 to 255, [height, width], as a grey RGB picture."""
    return Image.fromarray(np.rint(samples).astype(np.uint8)).convert("RGB")
