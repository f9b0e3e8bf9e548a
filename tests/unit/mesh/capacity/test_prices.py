"""Prices are inputs."""

from pathlib import Path

import pytest

from mesh.capacity.prices import PriceError, Prices


def test_a_file_names_some_of_them(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text("core = 30\nmemory_gb = 2.5\n", encoding="utf-8")
    read = Prices.read(path)
    assert read == Prices(core=30.0, memory_gb=2.5)
    assert read.but({"core": 40.0, "disk_gb": None}) == Prices(core=40.0, memory_gb=2.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cpu = 3", "no price cpu"),
        ("core = 'much'", "not a number"),
        ("core = true", "not a number"),
        ("core = -1", "no price"),
        ("core = nan", "no price"),
        ("core 3", "not TOML"),
    ],
)
def test_what_is_no_price_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PriceError, match=said):
        Prices.read(path)
