"""Builds a model into a folder.

Run as `python -m services.embedder.models.build SOURCE FOLDER MODEL_DIR THREADS`,
in a process of its own, because torch and what loads models would stay in
memory. It prints lines of JSON: `{"step": …}` for a person, at the end `{}` or
`{"error": …}`. When its standard input ends, whoever asked for it is gone: it
removes the folder and ends, with all that it started.

A family's `build.build(source, folder, model_dir=…, threads=…) -> Draft` writes
its towers (`runtimes.saved`) and whatever else its `model.open` reads.
"""

import importlib
import json
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.embedder.errors import ModelUnavailable
from services.embedder.model import ModelInfo
from services.embedder.models.footprint import resident_bytes
from services.embedder.models.hub import go_offline_if_unreachable
from services.embedder.models.manifest import Manifest
from services.embedder.models.runtimes.tower import measure_towers
from services.embedder.models.source import COMPACT, LOCAL_DIR, family_of


@dataclass(frozen=True)
class Draft:
    """What a family knows of the model that it built."""

    info: ModelInfo
    """What callers will see."""
    fingerprint: str
    """Of the source's files, as `source.fingerprint` gives it, taken before they were read."""


def build(
    source: str,
    folder: Path,
    *,
    model_dir: Path,
    threads: int,
    report: Callable[[str], None],
) -> Manifest:
    """Builds a model, measures it on this machine, and writes its manifest last.

    Args:
        source: The model's id; a local folder's or checkpoint's with its path.
        folder: An empty folder.
        model_dir: Where downloads are kept.
        threads: How many threads it may use.
        report: Told in a sentence what is going on.

    Raises:
        ModelUnavailable: if it cannot be had, or nothing here runs it.
    """
    family = family_of(source)
    report("getting the weights and converting them")
    if source != COMPACT and not source.startswith(LOCAL_DIR):
        go_offline_if_unreachable()
    module = importlib.import_module(f"services.embedder.models.{family}.build")
    draft: Draft = module.build(source, folder, model_dir=model_dir, threads=threads)
    report("measuring what runs it fastest on this machine")
    towers = sorted(file.stem for file in folder.glob("*.npz"))
    measure_towers(folder, towers, threads=threads)
    manifest = Manifest(
        family=family,
        source=source,
        fingerprint=draft.fingerprint,
        info=draft.info,
        memory_bytes=0,
    )
    report("measuring its memory")
    memory = resident_bytes(folder, manifest, threads=threads)
    manifest = manifest.model_copy(update={"memory_bytes": memory})
    manifest.write(folder)
    return manifest


def _main(arguments: Sequence[str]) -> None:
    source, folder, model_dir, threads = arguments
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    # Whoever reads the answer reads only ours; libraries print what they like elsewhere.
    answer, sys.stdout = sys.stdout, sys.stderr
    threading.Thread(target=_end_with_caller, args=(Path(folder),), daemon=True).start()

    def say(message: dict[str, str]) -> None:
        answer.write(json.dumps(message) + os.linesep)
        answer.flush()

    try:
        build(
            source,
            Path(folder),
            model_dir=Path(model_dir),
            threads=int(threads),
            report=lambda step: say({"step": step}),
        )
    except ModelUnavailable as error:
        logging.getLogger(__name__).info("refused", exc_info=True)
        say({"error": str(error)})
    else:
        say({})


def _end_with_caller(folder: Path) -> None:
    sys.stdin.read()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    _main(sys.argv[1:])
