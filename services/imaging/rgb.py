"""Pixels of any mode of 8 bits to RGB."""

import contextlib

from PIL import Image

from services.imaging.profile import ColourProfile, lab_to_rgb

WHITE = (255, 255, 255)
ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})


def has_alpha(image: Image.Image) -> bool:
    """Whether parts of a picture may be transparent."""
    return image.mode in ALPHA_MODES or "transparency" in image.info


def plain(image: Image.Image) -> Image.Image:
    """The picture in mode L, LA, RGB, RGBA or CMYK, its transparent parts told by alpha alone."""
    if has_alpha(image):
        if image.mode in {"LA", "RGBA"}:
            return image
        return image.convert("LA" if image.mode == "La" else "RGBA")
    if image.mode in PLAIN_MODES:
        return image
    if image.mode == "LAB":
        return lab_to_rgb(image)
    return image.convert("L" if image.mode == "1" else "RGB")


def to_rgb(image: Image.Image, profile: ColourProfile | None = None) -> Image.Image:
    """An sRGB picture of the same size; transparent parts are white.

    Args:
        image: Of any mode of 8 bits or fewer.
        profile: What its numbers mean, if that is not sRGB.

    Returns:
        Mode RGB.
    """
    image = plain(image)
    if profile is not None:
        image = profile.to_srgb(image)
    if image.mode in {"LA", "RGBA"}:
        seen = image if image.mode == "RGBA" else image.convert("RGBA")
        page = Image.new("RGB", image.size, WHITE)
        page.paste(seen, mask=seen.getchannel("A"))
        return page
    if image.mode != "RGB":
        image = image.convert("RGB")
    # What is RGB now has no other profile, and no caller may save it with one.
    with contextlib.suppress(KeyError):
        del image.info["icc_profile"]
    return image
