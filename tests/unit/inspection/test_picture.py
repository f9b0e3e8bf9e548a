import numpy as np
import pytest
from PIL import Image

from services.imaging.decode import ImageLimits
from services.imaging.errors import ImageUnreadable
from services.inspection.pictures.picture import drawable
from tests.support import pictures


@pytest.mark.parametrize(
    ("size", "shown"),
    [((300, 200), (300, 200)), ((3000, 1000), (1024, 341)), ((700, 1400), (512, 1024))],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_pictures_keep_their_aspect(
    size: tuple[int, int], shown: tuple[int, int], format_: str
) -> None:
    picture = drawable(pictures.encoded(pictures.picture(*size), format_), ImageLimits())
    assert (picture.mode, picture.size) == ("RGB", shown)


def test_pictures_are_upright() -> None:
    lying = pictures.picture(400, 200)
    data = pictures.encoded(lying, "PNG", exif=pictures.exif(6))
    upright = np.asarray(lying.transpose(Image.Transpose.ROTATE_270))
    assert (np.asarray(drawable(data, ImageLimits())) == upright).all()


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ImageUnreadable):
        drawable(b"GIF89a, or so it says", ImageLimits())
