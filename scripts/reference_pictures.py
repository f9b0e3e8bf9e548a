"""Writes the pictures by which search learns what an unrelated picture scores.

python -m scripts.reference_pictures

Parts of photographs that ship in scikit-image, which are in the public domain or under CC0.
"""

from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from services.search.meaning.references import PICTURES

SOURCES = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png",
    "coffee.png", "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg", "retina.jpg",
    "rocket.jpg",
)  # fmt: skip
SHARE = 0.6
"""Of the shorter side that a part's side takes."""
SIDE = 192


def main() -> None:
    """Writes three parts of each photograph: at both ends, and in the middle."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise SystemExit("scikit-image is not installed")
    PICTURES.mkdir(exist_ok=True)
    for name in SOURCES:
        source = Path(package.origin).parent / "data" / name
        with Image.open(source) as opened:
            picture = opened.convert("RGB")
        width, height = picture.size
        side = int(SHARE * min(width, height))
        for number in range(3):
            left, top = (width - side) * number // 2, (height - side) * number // 2
            part = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
            part.save(PICTURES / f"{source.stem}-{number}.jpg", quality=80)


if __name__ == "__main__":
    main()
