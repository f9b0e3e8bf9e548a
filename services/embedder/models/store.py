"""Models on disk: each in a folder of its own, whole or not at all."""

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from services.embedder.errors import ModelUnavailable
from services.embedder.models.builder import TIMEOUT_S, run_build
from services.embedder.models.manifest import MANIFEST, Manifest
from services.embedder.models.source import absolute, family_of, fingerprint, local_path

WORK = ".build-"
"""Begins the names of folders that are being built."""

_log = logging.getLogger(__name__)

_parsed: dict[Path, tuple[int, Manifest]] = {}
"""Manifests by file, with the time of the file that was read."""


@dataclass(frozen=True)
class Installed:
    """A model on disk, ready to be opened."""

    folder: Path
    """What `load_model` takes."""
    manifest: Manifest
    """What is in it."""


def installed(model_dir: Path) -> list[Installed]:
    """Models on disk, by id. Of two of one id the one that was installed last. Cheap."""
    newest: dict[str, tuple[int, Installed]] = {}
    for changed, model in _all(model_dir):
        known = newest.get(model.manifest.info.model)
        if known is None or known[0] < changed:
            newest[model.manifest.info.model] = changed, model
    return [newest[name][1] for name in sorted(newest)]


def find(model_dir: Path, model: str) -> Installed | None:
    """A model on disk by the id that callers see; None if it is not there."""
    return next((one for one in installed(model_dir) if one.manifest.info.model == model), None)


def install(
    source: str,
    model_dir: Path,
    *,
    threads: int,
    report: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
) -> Installed:
    """Gives a model on disk; builds it if it is not there, or its local files changed.

    Takes minutes if it must be built or downloaded. Processes that install at
    once may both build; the first one's result is kept. The build ends with
    this process, and leaves nothing behind.

    Args:
        source: The model's id; a local folder's or checkpoint's with its path.
        model_dir: Where models are kept.
        threads: How many threads the build may use.
        report: Told in a sentence what is going on; called from this thread.
        stop: Set from another thread, it ends the build.

    Raises:
        ModelUnavailable: if it cannot be had, or was stopped; the message says what to do.
    """
    source = absolute(source)
    current = _fingerprint(source)
    if found := _matching(model_dir, source, current):
        return found
    family_of(source)  # says at once if it is no model's id
    report = report or _log.info
    stop = stop or threading.Event()
    report(f"building the model {source}, once; this takes up to some minutes")
    started = time.monotonic()
    model_dir.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(model_dir)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=model_dir))
    try:
        run_build(source, work, model_dir=model_dir, threads=threads, report=report, stop=stop)
        manifest = Manifest.read(work)
        if found := _matching(model_dir, source, manifest.fingerprint):
            return found
        work.chmod(0o755)  # others may run it; only this process may build in it
        try:
            folder = _put(work, model_dir, manifest)
        except OSError:
            # Another process put its own there at the same moment.
            if found := _matching(model_dir, source, manifest.fingerprint):
                return found
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report(f"built the model {manifest.info.model} in {time.monotonic() - started:.0f} s")
    return Installed(folder, manifest)


def remove(model_dir: Path, model: str) -> bool:
    """Removes a model from the disk, all that have its id; downloads are kept.

    Returns:
        Whether there was one.
    """
    folders = [one.folder for _, one in _all(model_dir) if one.manifest.info.model == model]
    for folder in folders:
        # Without its manifest the folder is no model, so a half removed one is none.
        (folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    return bool(folders)


def _all(model_dir: Path) -> list[tuple[int, Installed]]:
    """All models on disk, with the time that each was installed."""
    found = []
    for file in sorted(model_dir.glob(f"[!.]*/{MANIFEST}")):
        try:
            changed = file.stat().st_mtime_ns
            known = _parsed.get(file)
            if known is None or known[0] != changed:
                known = _parsed[file] = changed, Manifest.read(file.parent)
        except OSError:
            continue  # removed meanwhile
        except ValidationError as error:
            _log.warning("%s is no manifest, so its folder is no model: %s", file, error)
            continue
        found.append((changed, Installed(file.parent, known[1])))
    return found


def _fingerprint(source: str) -> str | None:
    """The source's fingerprint; None if it names a local folder that is not here."""
    try:
        return fingerprint(source)
    except ModelUnavailable:
        return None


def _matching(model_dir: Path, source: str, current: str | None) -> Installed | None:
    """What was built from a source as it is now.

    A model that was carried here as a folder is found by the id that callers
    see, because what it was built from stayed behind.
    """
    local = local_path(source) is not None
    matching = [
        (changed, one)
        for changed, one in _all(model_dir)
        if (
            current in {None, one.manifest.fingerprint}
            if one.manifest.source == source
            else not local and one.manifest.info.model == source
        )
    ]
    if not matching:
        return None
    _, found = max(matching, key=lambda one: one[0])
    if find(model_dir, found.manifest.info.model) != found:
        (found.folder / MANIFEST).touch()  # of two of one id, this one is wanted now
    return found


def _put(work: Path, model_dir: Path, manifest: Manifest) -> Path:
    """Moves a built model to its place; what was there is replaced."""
    name = manifest.info.version
    try:
        there = Manifest.read(model_dir / name)
    except (OSError, ValidationError):
        there = None
    if there and there.info.model != manifest.info.model:
        # The same weights under another name.
        name += "-" + hashlib.sha256(manifest.info.model.encode()).hexdigest()[:8]
    folder = model_dir / name
    old = model_dir / f"{WORK}{os.getpid()}-{name}"
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old)
    try:
        work.rename(folder)
    finally:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _remove_abandoned(model_dir: Path) -> None:
    """Removes what builds left that were killed; younger ones may still be at work."""
    for work in model_dir.glob(f"{WORK}*"):
        if time.time() - work.stat().st_mtime > 2 * TIMEOUT_S:
            shutil.rmtree(work, ignore_errors=True)
