"""Which wheels there are of what `constraints.txt` pins, on the platforms that Argus runs on.

`python -m scripts.platforms` asks the package index, through pip, and writes the answers to
`scripts/wheels.txt`: a line for each pin, with the tags of the wheels that pip would take. Run it
after each change of the pins. A test reads the table and says which wheel is missing.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, parse_tag
from packaging.utils import canonicalize_name

from mesh.platforms import PLATFORMS, PYTHONS, Platform

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "scripts" / "wheels.txt"
CONSTRAINTS = ROOT / "constraints.txt"

# Oldest glibc that wheels speak of, and the names that such wheels had before (PEP 600).
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
_FORMER_NAMES = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}

Wheels = Mapping[str, frozenset[str]]
"""Tags of the wheels of each pin, `name==version`."""


def pins() -> frozenset[str]:
    """Every pin, `name==version` with the name as the index has it."""
    lines = (line.partition("#")[0].strip() for line in CONSTRAINTS.read_text().splitlines())
    pinned = (Requirement(line) for line in lines if line)
    return frozenset(_pin(one.name, str(one.specifier).removeprefix("==")) for one in pinned)


def kept() -> Wheels:
    """The table that is committed."""
    rows = (line.split() for line in TABLE.read_text().splitlines())
    return {pin: frozenset(tags) for pin, *tags in rows}


def missing(wheels: Wheels) -> Iterator[str]:
    """`name==version: platform, Python x.y` for each wheel that there is not."""
    for platform in PLATFORMS:
        for python in PYTHONS:
            accepted = _accepted(platform, python)
            for pin, tags in wheels.items():
                if not any(parse_tag(tag) & accepted for tag in tags):
                    yield f"{pin}: {platform.name}, Python {python[0]}.{python[1]}"


def ask() -> Wheels:
    """Asks the index; takes some minutes.

    Raises:
        subprocess.CalledProcessError: A pin has no wheel for a platform; pip says which.
    """
    found: dict[str, set[str]] = {pin: set() for pin in pins()}
    for platform in PLATFORMS:
        for python in PYTHONS:
            print(f"{platform.name}, Python {python[0]}.{python[1]}")
            for pin, tag in _ask_pip(platform, python):
                found[pin].add(tag)
    return {pin: frozenset(tags) for pin, tags in found.items()}


def _ask_pip(platform: Platform, python: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """Each pin, and the tag of the wheel that pip would install there."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(  # noqa: S603 - pip itself
            [
                sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps",
                "--ignore-installed", "--only-binary=:all:", "--target", folder,
                "--report", str(report), "--implementation", "cp",
                "--python-version", f"{python[0]}.{python[1]}",
                *(f"--platform={name}" for name in _names(platform)), *sorted(pins()),
            ],
            check=True,
        )  # fmt: skip
        installs = json.loads(report.read_text())["install"]
    for install in installs:
        file = Path(unquote(urlsplit(install["download_info"]["url"]).path))
        # Of a local version, such as 2.1+cpu, the pin says nothing.
        version = install["metadata"]["version"].partition("+")[0]
        yield _pin(install["metadata"]["name"], version), "-".join(file.stem.split("-")[-3:])


def _names(platform: Platform) -> list[str]:
    """What wheels call the platform, its best name first."""
    if platform.system == "Darwin":
        return list(mac_platforms(platform.least, platform.machine))
    names = []
    for minor in range(platform.least[1], _OLDEST_GLIBC[platform.machine] - 1, -1):
        names.append(f"manylinux_2_{minor}_{platform.machine}")
        names += [
            f"{name}_{platform.machine}" for name, glibc in _FORMER_NAMES.items() if glibc == minor
        ]
    return names


def _accepted(platform: Platform, python: tuple[int, int]) -> frozenset[Tag]:
    names = _names(platform)
    interpreter = f"cp{python[0]}{python[1]}"
    return frozenset(
        (
            *cpython_tags(python, [interpreter], names),
            *compatible_tags(python, interpreter, names),
        )
    )


def _pin(name: str, version: str) -> str:
    return f"{canonicalize_name(name)}=={version}"


def main() -> None:
    """Writes the table."""
    rows = sorted(f"{pin} {' '.join(sorted(tags))}\n" for pin, tags in ask().items())
    TABLE.write_text("".join(rows))


if __name__ == "__main__":
    main()
