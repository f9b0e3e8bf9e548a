from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.inspection.line import line_of
from bench.inspection.tiles import DEFECTS, read_tiles, split


def test_a_split_is_a_shuffle_of_all() -> None:
    references, tested = split(range(320), 0)
    assert (len(references), len(tested)) == (200, 120)
    assert sorted(references + tested) == list(range(320))
    assert references == split(range(320), 0)[0]
    assert references != split(range(320), 1)[0]


def test_masks_come_with_defects(tmp_path: Path) -> None:
    for kind in ("normal", *DEFECTS):
        (tmp_path / kind).mkdir()
        Image.new("L", (20, 10), 90).save(tmp_path / kind / "one.jpg")
        if kind != "normal":
            mask = np.zeros((10, 20), np.uint8)
            mask[2:4, 5:9] = 255
            Image.fromarray(mask).save(tmp_path / kind / "one.png")
    tiles = read_tiles(tmp_path)
    assert tiles.normals[0].size == (20, 10)
    assert tiles.normals[0].mask is None
    mask_of_crack = tiles.defects["crack"][0].mask
    assert mask_of_crack is not None
    assert mask_of_crack.sum() == 8


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="normal"):
        read_tiles(tmp_path)


def test_without_tiles_textures_come_along_the_line() -> None:
    line = line_of(None, 4)
    assert len(line.references) == 4
    assert len({*line.references, *line.inspected}) == 4 + len(line.inspected)
    assert "texture" in line.what
