"""From a model's id to the model."""

from pathlib import Path

from services.embedder.compact.model import COMPACT, CompactModel
from services.embedder.ports import EmbeddingModel
from services.imaging.decode import ImageLimits


def load_model(model: str, model_dir: Path, *, limits: ImageLimits, threads: int) -> EmbeddingModel:
    """Loads a model, which may take minutes the first time.

    Args:
        model: `compact`, or an OpenCLIP id as `OpenClipModel` takes it.
        model_dir: Where downloaded and converted models are kept.
        limits: What an image may measure.
        threads: How many threads the model may use.

    Raises:
        ModelUnavailable: if the model cannot be had; the message says what to do.
    """
    if model == COMPACT:
        return CompactModel(model_dir, limits=limits, threads=threads)
    # torch and open_clip take seconds and hundreds of megabytes that `compact` does without.
    from services.embedder.open_clip_model import OpenClipModel  # noqa: PLC0415

    return OpenClipModel(model, model_dir, limits=limits, threads=threads)
