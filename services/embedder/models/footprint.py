"""How much memory a process takes that has a model loaded.

Run as `python -m services.embedder.models.footprint FOLDER THREADS` with the
manifest on standard input, it prints its own resident bytes.
"""

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
from PIL import Image

from services.embedder.errors import ModelUnavailable
from services.embedder.models.load import open_model
from services.embedder.models.manifest import Manifest
from services.embedder.models.runtimes.choice import Execution
from services.imaging.decode import ImageLimits

TIMEOUT_S = 600


def resident_bytes(folder: Path, manifest: Manifest, *, threads: int) -> int:
    """Resident memory of a fresh process that opened a model and embedded with it.

    Raises:
        ModelUnavailable: if the model cannot be opened.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no input of others
            [sys.executable, "-m", __name__, str(folder), str(threads)],
            input=manifest.model_dump_json(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelUnavailable(f"opening the built model took more than {TIMEOUT_S} s") from None
    if done.returncode:
        raise ModelUnavailable(f"the built model does not open: {done.stderr[-2000:]}")
    return int(done.stdout.splitlines()[-1])


def _main(arguments: Sequence[str]) -> None:
    folder, threads = arguments
    manifest = Manifest.model_validate_json(sys.stdin.read())
    model = open_model(
        Path(folder), manifest, limits=ImageLimits(), execution=Execution(int(threads))
    )
    file = io.BytesIO()
    Image.new("RGB", (500, 375), (90, 120, 60)).save(file, "JPEG")
    image = model.prepare_image(file.getvalue())
    model.embed_images([image] * model.max_batch)
    if model.info.context_length:
        model.embed_texts([model.prepare_text("a photo of a cat")])
    sys.stdout.write(f"{psutil.Process().memory_info().rss}\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
