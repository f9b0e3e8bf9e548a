"""When what is shown of an imported image is made."""

from datetime import timedelta

from services.storage.importing import RENDER_AFTER, RENDER_LATER, render_after
from tests.unit.storage.images import image


def test_the_renderer_waits_for_previews_and_imports_but_not_with_what_only_it_can_show() -> None:
    photograph = image(width=900, height=600)
    scan = image(width=900, height=600, content_type="image/tiff")

    assert render_after(photograph, beside=True) == RENDER_AFTER
    assert render_after(photograph, beside=False) == RENDER_LATER < RENDER_AFTER
    assert render_after(scan, beside=False) == timedelta()
