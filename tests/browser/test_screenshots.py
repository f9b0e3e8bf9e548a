"""Pictures of every page: light and dark, desktop and phone; for people, not to compare.

They come into `build/screenshots/`, or where `--screenshots` says: the README's are in
`docs/screenshots/`.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.looks import Look


def test_every_page_is_photographed(looks: Sequence[Look], request: pytest.FixtureRequest) -> None:
    folder = Path(request.config.getoption("--screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    for look in looks:
        with Image.open(io.BytesIO(look.picture)) as picture:
            picture.convert("RGB").save(folder / f"{look.name}.webp", quality=82)
    # None is blank: that would be a few kilobytes.
    assert min(len(look.picture) for look in looks) > 8_000
