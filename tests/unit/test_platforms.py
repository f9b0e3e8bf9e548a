import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mesh.platforms import PLATFORMS, PYTHONS
from scripts.platforms import ROOT, kept, missing, pins

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
README = (ROOT / "README.md").read_text()


def test_the_table_of_wheels_is_of_what_is_pinned() -> None:
    assert frozenset(kept()) == pins(), "run `python -m scripts.platforms`"


def test_every_dependency_is_pinned_to_a_version_that_it_allows() -> None:
    pinned = dict(pin.split("==") for pin in pins())
    for text in PROJECT["dependencies"]:
        asked = Requirement(text)
        assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), text


def test_every_pin_has_a_wheel_on_every_platform() -> None:
    assert not list(missing(kept()))


@pytest.mark.parametrize(
    ("tag", "where"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "Linux x86-64, Python 3.11"),
        ("cp310-abi3-macosx_11_0_arm64", "macOS arm64, Python 3.11;macOS arm64, Python 3.13"),
        ("py3-none-manylinux_2_35_aarch64", "Linux aarch64, Python 3.12"),
        ("py3-none-manylinux2014_x86_64", "Linux x86-64, Python 3.13"),
        ("py3-none-any", "Linux aarch64, Python 3.11;macOS arm64, Python 3.12"),
    ],
)
def test_a_wheel_counts_where_pip_would_take_it(tag: str, where: str) -> None:
    lacking = set(missing({"part==1": frozenset({tag})}))
    for place in where.split(";"):
        assert f"part==1: {place}" not in lacking


@pytest.mark.parametrize(
    ("tag", "where"),
    [
        ("cp311-cp311-manylinux_2_28_x86_64", "Linux x86-64, Python 3.12"),
        ("cp311-cp311-manylinux_2_28_x86_64", "Linux aarch64, Python 3.11"),
        ("py3-none-manylinux_2_39_aarch64", "Linux aarch64, Python 3.11"),
        ("py3-none-musllinux_1_2_x86_64", "Linux x86-64, Python 3.11"),
        ("py3-none-macosx_26_0_arm64", "macOS arm64, Python 3.11"),
        ("py3-none-macosx_10_12_x86_64", "macOS arm64, Python 3.11"),
    ],
)
def test_a_wheel_that_a_platform_cannot_take_is_missing_there(tag: str, where: str) -> None:
    assert f"part==1: {where}" in set(missing({"part==1": frozenset({tag})}))


def test_what_is_said_to_be_supported_is_what_is_checked() -> None:
    asked = SpecifierSet(PROJECT["requires-python"])
    assert [minor for minor in range(30) if asked.contains(f"3.{minor}")] == [
        minor for _, minor in PYTHONS
    ]
    for platform in PLATFORMS:
        assert platform.name in README
        assert f"{platform.least[0]}.{platform.least[1]}".removesuffix(".0") in README
