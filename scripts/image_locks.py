"""What images install: a file for each, with every wheel's version and hashes.

`python -m scripts.image_locks` resolves the groups `image-*` of `pyproject.toml` under the pins of
`constraints.txt` for the Python of the images, and writes `images/*.txt`. Run it after each change
of the pins. A test reads the files and says what does not fit.
"""

import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.cluster_tools import ClusterTools, install

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "images"
PARTS = ("auth", "storage", "embedder", "search", "inspection", "edge")
PYTHON = "3.11"
"""The version that the tests run with."""


def asked() -> Mapping[str, frozenset[str]]:
    """What each part's group asks for, by canonical names."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]

    def names(group: str) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for one in groups[group]:
            if isinstance(one, str):
                found |= {canonicalize_name(Requirement(one).name)}
            else:
                found |= names(one["include-group"])
        return found

    return {part: names(f"image-{part}") for part in PARTS}


def locked(image: str) -> Mapping[str, str]:
    """Name and version of what an image installs."""
    lines = (FOLDER / f"{image}.txt").read_text().splitlines()
    pins = (line.removesuffix("\\").partition(";")[0] for line in lines if "==" in line)
    pairs = (pin.strip().split("==") for pin in pins if not pin.lstrip().startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def of_cuda(image: str) -> list[str]:
    """Torch, and what its build for GPUs needs: the build for processors comes from elsewhere."""
    return [name for name in locked(image) if name.startswith(_TORCH)]


_TORCH = ("torch", "triton", "nvidia-", "cuda-")


def main() -> None:
    """Writes the files."""
    tools = install()
    for part in PARTS:
        if part == "embedder":
            _lock(tools, part, "embedder-gpu")
            _lock(tools, part, part, without=of_cuda("embedder-gpu"))
        else:
            _lock(tools, part, part)


def _lock(tools: ClusterTools, part: str, image: str, without: Sequence[str] = ()) -> None:
    subprocess.run(  # noqa: S603 - our own program
        (
            str(tools.program("uv")), "pip", "compile", "--quiet", "--generate-hashes",
            "--group", f"image-{part}", "--constraints", "constraints.txt",
            "--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_36",
            *(f"--no-emit-package={name}" for name in without), "--no-emit-index-url",
            "--no-annotate", "--custom-compile-command", "python -m scripts.image_locks",
            "--output-file", str(FOLDER / f"{image}.txt"),
        ),
        cwd=ROOT, check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
