"""What `make up` and `make install` install: `locks/*.txt`, with the hashes of every file.

`python -m scripts.lock` resolves what Argus needs to run, and what else tests need, under the pins
of `constraints.txt`, once for all platforms and Pythons. Run it after each change of the pins.

Torch is not in it: builds for processors and for GPUs are different files under one version, from
different indexes, and the index that pip is given decides. It stays pinned by version.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from scripts.cluster_tools import ClusterTools, install

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "locks"
LOCKS = {"run": ("build",), "dev": ("build", "dev")}
"""The dependency groups of each file, beside what runs Argus."""
OLDEST_PYTHON = "3.11"
TORCH = ("torch", "torchvision", "triton", "nvidia-", "cuda-")
"""Torch, and what only its builds for GPUs need."""


def of_torch(name: str) -> bool:
    """Whether a distribution is torch's, by its canonical name."""
    return name in TORCH or name.startswith(tuple(one for one in TORCH if one.endswith("-")))


def resolve(tools: ClusterTools, groups: Sequence[str]) -> str:
    """A lock's text; asks the index."""
    done = subprocess.run(  # noqa: S603 - our own program
        (
            str(tools.program("uv")), "pip", "compile", "--quiet", "--universal",
            "--generate-hashes", "--python-version", OLDEST_PYTHON, "pyproject.toml",
            *(f"--group={group}" for group in groups), "--constraints", "constraints.txt",
            "--no-emit-index-url", "--no-annotate",
            "--custom-compile-command", "python -m scripts.lock",
        ),
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return without_torch(done.stdout)


def without_torch(lock: str) -> str:
    """Leaves out torch's entries, each with its hashes."""
    kept: list[str] = []
    leaving = False
    for line in lock.splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            leaving = of_torch(line.partition("==")[0])
        if not leaving:
            kept.append(line)
    return "".join(kept)


def main() -> None:
    """Writes the locks."""
    tools = install()
    for name, groups in LOCKS.items():
        (FOLDER / f"{name}.txt").write_text(resolve(tools, groups))


if __name__ == "__main__":
    main()
