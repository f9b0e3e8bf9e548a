"""Builds images: `python -m scripts.images auth edge` (`make images ARGS="auth edge"`).

Needs Linux on x86-64, root, and Debian's `buildah` and `debootstrap`. The base is made of Debian's
packages, as in `FOLDER/base`, once; wheels are those of `images/*.txt`, downloaded and compared
with their hashes here, so that nothing in the build speaks to an index. Images are kept as OCI
layouts, `FOLDER/oci/IMAGE`, their bills of materials in `FOLDER/sbom`.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.images.builder import DRIVERS, FOLDER, IMAGES, Builder
from scripts.images.missing import missing
from scripts.images.wheels import TORCH_INDEX
from scripts.sbom import write


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds what was asked for; 1 if this machine cannot, or something went wrong."""
    parser = argparse.ArgumentParser(prog="python -m scripts.images", description=__doc__)
    parser.add_argument("image", nargs="*", help=f"of {', '.join(IMAGES)} (default: auth)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: build/images")
    parser.add_argument("--storage-driver", choices=DRIVERS, default=DRIVERS[0])
    parser.add_argument("--torch-index", default=TORCH_INDEX, help="of torch for processors")
    chosen = parser.parse_args(arguments)
    images = chosen.image or ["auth"]
    if unknown := sorted(set(images) - set(IMAGES)):
        parser.error(f"there is no image {', '.join(unknown)}, but {', '.join(IMAGES)}")
    if reason := missing():
        print(f"Images cannot be built here: {reason}.", file=sys.stderr)
        return 1
    builder = Builder(chosen.folder.resolve(), chosen.storage_driver, chosen.torch_index)
    try:
        for image in images:
            print(f"argus-{image}: {builder.build(image)}")
            print(*write(builder.folder / "sbom", [image], base=builder.base))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Building failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
