"""Colour profiles (ICC.1): what the numbers of a picture mean, and the same colours in sRGB."""

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 * 2**20
"""Printers' profiles have up to three million bytes; a longer one is not used."""

_REMEMBERED_BYTES = 8 * 2**20
_COLOUR_CLASSES = frozenset({"scnr", "mntr", "prtr", "spac"})
_SPACES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
_BAND_SAMPLES = 4_000_000

# A picture whose colours all stay within these levels is taken for sRGB as it is.
_SAME = 1
# Levels that one level more of a channel may add.
_STEEP = 3


class ColourProfile:
    """A profile that can be used, of another colour space than sRGB.

    Args:
        icc: The profile.

    Raises:
        ValueError: it cannot be used.
    """

    def __init__(self, icc: bytes) -> None:
        try:
            self._profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            described = self._profile.profile
            space = described.xcolor_space.strip()
            if described.device_class not in _COLOUR_CLASSES or space not in _SPACES:
                raise ValueError(f"{described.device_class} profile of {space}")
            self._mode = _SPACES[space]
            # A picture has the white of the page it is on: never absolute colours.
            intents = (ImageCms.Intent.PERCEPTUAL, ImageCms.Intent.SATURATION)
            self._intent = next(
                (intent for intent in intents if intent == described.rendering_intent),
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
            )
            self._transform = cache(self._made)
            self._transform(self._mode, "RGB")
        except (ImageCms.PyCMSError, OSError, TypeError) as error:
            raise ValueError("not a usable profile") from error
        self._icc = icc

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """The picture's colours in sRGB, as near as 8 bits come.

        Args:
            image: Mode L, LA, RGB, RGBA or CMYK.

        Returns:
            Of the same mode, RGB for CMYK; the picture itself if the profile is for
            other pixels than it has.
        """
        match image.mode, self._mode:
            case ("L", "L" | "RGB"):
                return image.point(self._curve.tolist())
            case ("LA", "L" | "RGB"):
                grey, alpha = image.split()
                return Image.merge("LA", (grey.point(self._curve.tolist()), alpha))
            case ("RGB", "RGB") | ("CMYK", "CMYK"):
                return self._transform(self._mode, "RGB").apply(image)
            case ("RGBA", "RGB"):
                return self._transform("RGBA", "RGBA").apply(image)
        return image

    def is_steep(self, *, grey: bool) -> bool:
        """Whether 8 bits of a channel are too few, as they are where its numbers are linear.

        Args:
            grey: Whether the picture is grey; else it is RGB.
        """
        fits = {"L", "RGB"} if grey else {"RGB"}
        return self._mode in fits and bool(np.diff(self._curve.astype(int)).max() > _STEEP)

    @cached_property
    def deep_curve(self) -> NDArray[np.uint8]:
        """Levels of sRGB grey, [65536], for the grey samples of 16 bits of such a picture."""
        ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
        if self._mode == "L":
            grey = self._exact("I;16").apply(Image.fromarray(ramp))
            return np.asarray(grey)[:, :, 1].ravel()
        return self.deep_rgb(np.repeat(ramp[:, :, None], 3, axis=2))[:, :, 1].ravel()

    def deep_rgb(self, levels: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """8 bits of sRGB, [height, width, 3], for samples of 16 bits of that shape."""
        # Pillow's transforms take 8 bits, of which a linear profile leaves steps of 13 levels.
        import imagecodecs  # noqa: PLC0415 - most processes never meet such a picture

        out = np.empty(levels.shape, np.uint8)
        rows = max(1, _BAND_SAMPLES // (levels.shape[1] * 3))
        for top in range(0, len(levels), rows):
            out[top : top + rows] = imagecodecs.cms_transform(
                np.ascontiguousarray(levels[top : top + rows]),
                self._icc,
                _srgb().tobytes(),
                colorspace="rgb",
                outcolorspace="rgb",
                outdtype="uint8",
                intent=int(self._intent),
                flags=int(ImageCms.Flags.NOOPTIMIZE),
            )
        return out

    @cached_property
    def is_srgb(self) -> bool:
        """Whether its colours are those of sRGB, whatever it calls itself."""
        if self._mode == "CMYK":
            return False
        if self._mode == "L":
            return bool(np.abs(self._curve - np.arange(256.0)).max() <= _SAME)
        steps = np.linspace(0, 255, 9).astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
        seen = np.asarray(self.to_srgb(Image.fromarray(cube)), dtype=np.float64)
        return bool(np.abs(seen - cube).max() <= _SAME)

    @cached_property
    def _curve(self) -> NDArray[np.uint8]:
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None, :])
        grey = self._exact(self._mode).apply(ramp.convert(self._mode))
        return np.asarray(grey)[0, :, 1]

    def _exact(self, mode: str) -> "_Transform":
        """For curves, in whose shadows a fast transform is levels away, and few pixels."""
        flags = ImageCms.Flags.NOOPTIMIZE
        return _Transform(
            ImageCms.buildTransform(self._profile, _srgb(), mode, "RGB", self._intent, flags)
        )

    def _made(self, mode: str, wanted: str) -> "_Transform":
        return _Transform(
            ImageCms.buildTransform(self._profile, _srgb(), mode, wanted, self._intent)
        )


class _Transform:
    def __init__(self, transform: Any) -> None:  # noqa: ANN401 - one of two kinds in ImageCms
        self._transform: Callable[[Image.Image], Image.Image] = transform.apply

    def apply(self, image: Image.Image) -> Image.Image:
        """The picture in another colour space, without a profile of its own."""
        out = self._transform(image)
        out.info.clear()
        return out


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """A picture of mode LAB (D50, as TIFF has it) in sRGB."""
    return _lab().apply(image)


@cache
def _lab() -> _Transform:
    lab = ImageCms.createProfile("LAB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return _Transform(ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB", intent))


class _Profiles:
    """Profiles by their digest: the latest, up to a number of bytes."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[ColourProfile | None, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, icc: bytes) -> ColourProfile | None:
        digest = hashlib.sha256(icc).digest()
        with self._lock:
            if digest in self._known:
                self._known.move_to_end(digest)
                return self._known[digest][0]
        profile = _read(icc)
        # One that is not used still takes a place.
        size = len(icc) if profile else 1024
        with self._lock:
            if digest not in self._known:
                self._known[digest] = profile, size
                self._bytes += size
            while self._bytes > _REMEMBERED_BYTES:
                self._bytes -= self._known.popitem(last=False)[1][1]
        return profile


_profiles = _Profiles()


def profile_of(icc: bytes | None) -> ColourProfile | None:
    """The profile that a picture's colours must be converted from.

    Returns:
        None if there is nothing to convert: no profile, none that can be used,
        or one that is equivalent to sRGB. A profile seen before costs only its digest.
    """
    if not icc or len(icc) > MAX_PROFILE_BYTES:
        return None
    return _profiles.get(icc)


def _read(icc: bytes) -> ColourProfile | None:
    try:
        profile = ColourProfile(icc)
        return None if profile.is_srgb else profile
    except (ValueError, ImageCms.PyCMSError):
        return None
