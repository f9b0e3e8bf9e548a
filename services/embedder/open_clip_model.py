"""Any OpenCLIP model, run by torch. Imported only when one is asked for."""

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from services.embedder.errors import ModelUnavailable
from services.embedder.model import ModelInfo, Pixels, Tokens, Vectors
from services.embedder.text import bounded
from services.embedder.torchvision_ops import import_torchvision
from services.imaging.decode import ImageLimits, decode

RECIPE = "open_clip/1"
"""Enters the version; changes with whatever here changes vectors."""

MAX_CPU_BATCH = 4
"""Larger batches are hardly faster on a CPU and make a text wait longer."""

MAX_GPU_BATCH = 32

LOCAL_DIR = "local-dir:"
HUB = "hf-hub:"


class OpenClipModel:
    """A pair of encoders that `open_clip` can load.

    Args:
        model: `<architecture>/<pretrained tag>`, `hf-hub:<organisation>/<name>`
            or `local-dir:<folder>` with `open_clip_config.json` and weights.
        model_dir: Where downloaded weights are kept.
        limits: What an image may measure.
        threads: How many threads torch may use on the CPU.

    Raises:
        ModelUnavailable: if it is no such model, or its files cannot be had.
    """

    def __init__(self, model: str, model_dir: Path, *, limits: ImageLimits, threads: int) -> None:
        torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._limits = limits
        self._network, self._transform, self._tokenizer = _load(model, model_dir, self._device)
        # Hugging Face tokenizers keep the length to cut at in themselves.
        self._tokenizing = threading.Lock()
        import open_clip  # noqa: PLC0415 - importable only once `_load` has made it so

        preprocessing = open_clip.get_model_preprocess_cfg(self._network)
        size = preprocessing["size"]
        self._context_length = int(self._tokenizer.context_length)
        self._padding = int(self._tokenizer([""], context_length=self._context_length + 1)[0, -1])
        self._info = ModelInfo(
            model=_public_name(model),
            version=_version(self._network, preprocessing),
            dimension=self.embed_texts([self.prepare_text("a photo")]).shape[1],
            image_size=size if isinstance(size, int) else max(size),
            context_length=self._context_length,
            runtime="torch",
        )

    @property
    def info(self) -> ModelInfo:
        """What model this is."""
        return self._info

    @property
    def max_batch(self) -> int:
        """Most items that `embed_*` takes at once."""
        return MAX_GPU_BATCH if self._device.type == "cuda" else MAX_CPU_BATCH

    def prepare_image(self, data: bytes) -> Pixels:
        """The image as the model's own transform gives it, float32 [3, side, side]."""
        image = decode(data, self._limits, short_side=2 * self._info.image_size).image
        pixels: Pixels = self._transform(image).numpy()
        return pixels

    def prepare_text(self, text: str) -> Tokens:
        """Token ids, padded to the context's length."""
        words, cut = bounded(text, self._context_length)
        with self._tokenizing:
            ids = self._tokenizer([words])[0].numpy()
            longer = self._tokenizer([words], context_length=self._context_length + 1)[0]
        return Tokens(ids, cut or int(longer[-1]) != self._padding)

    def embed_images(self, images: Sequence[Pixels]) -> Vectors:
        """Vectors of prepared images, [n, dimension]."""
        with torch.inference_mode():
            pixels = torch.from_numpy(np.stack(images)).to(self._device)
            return _rows(self._network.encode_image(pixels, normalize=True))

    def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
        """Vectors of prepared texts, [n, dimension]."""
        with torch.inference_mode():
            ids = torch.from_numpy(np.stack([text.ids for text in texts])).to(self._device)
            return _rows(self._network.encode_text(ids, normalize=True))


def _load(model: str, model_dir: Path, device: torch.device) -> tuple[Any, Any, Any]:
    """Network, image transform and tokenizer."""
    import_torchvision()
    import open_clip  # noqa: PLC0415 - imports torchvision, which must be made importable first

    name, tag = (model, None) if model.startswith((LOCAL_DIR, HUB)) else _split(model)
    try:
        network, transform = open_clip.create_model_from_pretrained(
            name, tag, device=device, cache_dir=str(model_dir)
        )
        tokenizer = open_clip.get_tokenizer(name, cache_dir=str(model_dir))
    except Exception as error:
        raise ModelUnavailable(
            f"the model {model!r} cannot be loaded: {error}. "
            "Check its name (`<architecture>/<pretrained tag>`, `hf-hub:<organisation>/<name>` or "
            "`local-dir:<folder>`) and that its files are there or can be downloaded; "
            "ARGUS_MODEL=compact needs no download"
        ) from error
    return network.eval(), transform, tokenizer


def _split(model: str) -> tuple[str, str]:
    name, _, tag = model.partition("/")
    if not name or not tag:
        raise ModelUnavailable(
            f"{model!r} names no model: write `compact`, `<architecture>/<pretrained tag>` such as "
            "`ViT-B-32/laion2b_s34b_b79k`, `hf-hub:<organisation>/<name>` or `local-dir:<folder>`"
        )
    return name, tag


def _public_name(model: str) -> str:
    """The id that callers see: no path of this machine."""
    if model.startswith(LOCAL_DIR):
        return LOCAL_DIR + Path(model.removeprefix(LOCAL_DIR)).resolve().name
    return model


def _version(network: torch.nn.Module, preprocessing: object) -> str:
    """Digest of weights, their names and shapes, and the preprocessing; 16 hexadecimal digits."""
    digest = hashlib.sha256(RECIPE.encode())
    digest.update(json.dumps(preprocessing, sort_keys=True, default=str).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _rows(vectors: torch.Tensor) -> Vectors:
    rows: Vectors = vectors.float().cpu().numpy()
    return rows
