"""Buildah, which builds and keeps images in a folder of ours."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.image_locks import PARTS, ROOT
from scripts.images.base import SUITE, make_root
from scripts.images.wheels import TORCH_INDEX, download, project_wheel

FOLDER = ROOT / "build" / "images"
IMAGES = (*PARTS, "embedder-gpu")
BASE = f"localhost/argus-python:3.11-{SUITE}"
DRIVERS = ("overlay", "vfs")
"""How layers are kept. `vfs` copies each whole, and works where the folder is itself an overlay,
such as in a container."""


@dataclass(frozen=True)
class Builder:
    """Builds images one after another.

    Attributes:
        folder: Where everything is kept, absolute: layers, downloaded wheels, exported images.
        driver: One of `DRIVERS`.
        torch_index: Where torch for processors is downloaded from.
    """

    folder: Path
    driver: str = DRIVERS[0]
    torch_index: str = TORCH_INDEX

    def build(self, image: str) -> Path:
        """Builds an image and exports it; gives its folder, an OCI layout with the tag `latest`.

        Raises:
            subprocess.CalledProcessError: Something could not be had, or did not fit.
        """
        self.make_base()
        wheels = self.folder / "wheels" / image
        download(image, wheels, self.torch_index)
        project_wheel(ROOT / "dist")
        self._buildah(
            "bud", "--quiet", "--isolation", "chroot", "--pull-never", "--layers=false",
            "--build-arg", f"PYTHON={BASE}", "--build-arg", "PIP_NO_INDEX=1",
            "--build-context", f"wheels={wheels}", "--target", image,
            "--tag", tag(image), "--file", str(ROOT / "images" / "Containerfile"), str(ROOT),
        )  # fmt: skip
        layout = self.layout(image)
        # A push adds to what is there.
        shutil.rmtree(layout, ignore_errors=True)
        layout.parent.mkdir(parents=True, exist_ok=True)
        self._buildah("push", "--quiet", tag(image), f"oci:{layout}:latest")
        return layout

    def layout(self, image: str) -> Path:
        """Where an image is kept."""
        return self.folder / "oci" / image

    @property
    def base(self) -> Path:
        """The root file system that images begin with."""
        return self.folder / "base"

    def make_base(self) -> None:
        """Makes the base, if it is not there; remove `base` in the folder to have it made anew.

        Raises:
            subprocess.CalledProcessError: Debian's mirror could not be reached.
        """
        if self.base.exists() and self._buildah(
            "images", "--quiet", "--filter", f"reference={BASE}"
        ):
            return
        if not self.base.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            make_root(self.base)
        container = self._buildah("from", "scratch")
        self._buildah("add", "--quiet", container, str(self.base), "/")
        self._buildah("config", "--cmd", "python", container)
        self._buildah("commit", "--quiet", "--rm", container, BASE)

    def _buildah(self, *arguments: str) -> str:
        command = (
            "buildah", "--root", str(self.folder / "layers"), "--runroot",
            str(self.folder / "run"), "--storage-driver", self.driver, *arguments,
        )  # fmt: skip
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own folder
        return done.stdout.strip()


def tag(image: str) -> str:
    """What an image is called among those that are kept."""
    return f"localhost/argus-{image}:latest"
