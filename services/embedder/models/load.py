"""From a model's folder to the model."""

import importlib
from pathlib import Path

from pydantic import ValidationError

from services.embedder.errors import ModelUnavailable
from services.embedder.models.manifest import Manifest
from services.embedder.models.runtimes.choice import Execution, WantedPrecision, WantedRuntime
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits


def load_model(
    folder: Path,
    *,
    limits: ImageLimits,
    threads: int,
    runtime: WantedRuntime = "auto",
    precision: WantedPrecision = "auto",
) -> EmbeddingModel:
    """Opens an installed model, which takes seconds.

    Args:
        folder: As `store.Installed` gives it.
        limits: What an image may measure.
        threads: How many threads the model may use.
        runtime: What runs it; `auto` takes the fastest that agrees with the reference.
        precision: Floats that it computes in; `auto` likewise.

    Raises:
        ModelUnavailable: if it cannot be opened; the message says what to do.
    """
    try:
        manifest = Manifest.read(folder)
    except (OSError, ValidationError) as error:
        raise ModelUnavailable(
            f"no installed model is in {folder.name}: its manifest is missing or damaged; "
            "remove the folder and install the model anew"
        ) from error
    execution = Execution(threads, runtime, precision)
    return open_model(folder, manifest, limits=limits, execution=execution)


def open_model(
    folder: Path, manifest: Manifest, *, limits: ImageLimits, execution: Execution
) -> EmbeddingModel:
    """`load_model` with a manifest that need not be in the folder yet."""
    # Families are imported when needed: a worker must not load what it does not run.
    family = importlib.import_module(f"services.embedder.models.{manifest.family}.model")
    opened: EmbeddingModel = family.open(folder, manifest, limits=limits, execution=execution)
    return opened
