"""What an image has: packages, and how large they are."""

from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import canonicalize_name

from bench.images.bundle import size_bytes
from scripts.image_locks import locked, of_cuda

OWN = "argus-mesh"
PACKAGES = "opt/argus/lib/python3.11/site-packages"


@dataclass(frozen=True)
class Contents:
    """What is in an image, from its files.

    Attributes:
        packed_bytes: As it is pulled from a registry, compressed.
        root_bytes: Unpacked.
        own_bytes: Of that, Argus and the packages that it needs; the rest is the base.
        packages: Versions by canonical name.
    """

    packed_bytes: int
    root_bytes: int
    own_bytes: int
    packages: dict[str, str]


def contents(layout: Path, root: Path) -> Contents:
    """Looks at an image.

    Args:
        layout: Its OCI layout.
        root: Its files.
    """
    return Contents(
        size_bytes(layout), size_bytes(root), size_bytes(root / "opt" / "argus"), installed(root)
    )


def installed(root: Path) -> dict[str, str]:
    """Versions of the Python packages in a root file system, by canonical name."""
    found: dict[str, str] = {}
    for file in sorted((root / PACKAGES).glob("*.dist-info/METADATA")):
        about = HeaderParser().parsestr(file.read_text(encoding="utf-8"))
        found[canonicalize_name(about["Name"])] = about["Version"]
    return found


def expected(image: str) -> dict[str, str]:
    """What an image's lock says that it has, beside Argus itself.

    Torch is in no lock where it is the build for processors; the versions are those of the other.
    """
    found = dict(locked(image))
    if image == "embedder":
        torch = {"torch", "torchvision"} & set(of_cuda("embedder-gpu"))
        found |= {name: locked("embedder-gpu")[name] for name in torch}
    return found


def difference(image: str, packages: dict[str, str]) -> str:
    """What an image has and should not, or lacks; empty if it is as locked."""
    has = {name: version.partition("+")[0] for name, version in packages.items() if name != OWN}
    wanted = expected(image)
    unlike = sorted(name for name in has.keys() | wanted if has.get(name) != wanted.get(name))
    if OWN not in packages:
        unlike.append(OWN)
    return ", ".join(f"{name} ({has.get(name)}, not {wanted.get(name)})" for name in unlike)
