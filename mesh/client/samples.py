"""Real photographs that ship inside installed packages."""

from importlib.util import find_spec
from pathlib import Path

from mesh.errors import MeshError

# Photographs only; the packages also carry drawings, charts and medical stacks.
SAMPLES = {
    "skimage/data": (
        "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png",
        "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
        "motorcycle_left.png", "retina.jpg", "rocket.jpg",
    ),
    "sklearn/datasets/images": ("china.jpg", "flower.jpg"),
}  # fmt: skip


def sample_photographs() -> list[Path]:
    """The sample photographs' files.

    Raises:
        MeshError: A package that carries them is not installed.
    """
    found: list[Path] = []
    for folder, names in SAMPLES.items():
        package, _, inside = folder.partition("/")
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise MeshError(
                f"The samples come with the package {package}, which is not installed.",
                "Install Argus again: `make install`.",
            )
        found += [Path(spec.origin).parent / inside / name for name in names]
    return found
