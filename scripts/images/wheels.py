"""Wheels of an image's lock, downloaded by who has an index, for a build that has none."""

import subprocess
import sys
from pathlib import Path

from scripts.image_locks import FOLDER as LOCKS
from scripts.image_locks import PYTHON

ROOT = Path(__file__).parents[2]

# What glibc 2.36 takes, Debian 12's; pip does not know that a newer tag includes the older ones.
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64",
)  # fmt: skip

# Torch's build for processors has no lock: the Containerfile takes it from torch's own index.
UNLOCKED = {
    "embedder": ("torch==2.13.0", "torchvision==0.28.0"),
}
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


def download(image: str, folder: Path, torch_index: str = TORCH_INDEX) -> None:
    """Puts an image's wheels, compared with the hashes of its lock, into a folder.

    Args:
        image: Which.
        folder: Where to.
        torch_index: The index that has torch for processors.

    Raises:
        subprocess.CalledProcessError: The index has not what the lock names, or something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _download(folder, "--require-hashes", "--requirement", str(LOCKS / f"{image}.txt"))
    if unlocked := UNLOCKED.get(image):
        _download(folder, "--index-url", torch_index, *unlocked)


def project_wheel(folder: Path) -> None:
    """Builds the project's own wheel, with the page that `make web` built, as the only one there.

    Raises:
        subprocess.CalledProcessError: It cannot be built; pip has said why.
    """
    for old in folder.glob("*.whl"):
        old.unlink()
    command = ("wheel", "-qq", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run((sys.executable, "-m", "pip", *command), check=True)  # noqa: S603 - chosen above


def _download(folder: Path, *what: str) -> None:
    platforms = (part for one in _PLATFORMS for part in ("--platform", one))
    command = (
        "download", "-qq", "--no-deps", "--only-binary=:all:", "--python-version", PYTHON,
        "--implementation", "cp", *platforms, "--dest", str(folder), *what,
    )  # fmt: skip
    subprocess.run((sys.executable, "-m", "pip", *command), check=True)  # noqa: S603 - chosen above
