"""Words to token ids as an OpenCLIP model's own tokenizer gives them."""

import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from services.embedder.model import Tokens
from services.embedder.models.open_clip.cleaning import CLEANERS
from services.embedder.models.open_clip.spec import TextSpec
from services.embedder.text import bounded

FILE = "tokenizer.json"

LENGTH_STEP = 8
"""Texts are filled up to multiples of this many tokens: a new shape costs a runtime time."""


class TextTokenizer(Protocol):
    """A tokenizer that many threads may call."""

    def __call__(self, text: str) -> Tokens:
        """Tokenizes one text; the ids end with its end mark."""


class FileTokenizer:
    """A tokenizer in Hugging Face's format, in the model's folder.

    Args:
        folder: The model's.
        spec: What happens to words.
    """

    def __init__(self, folder: Path, spec: TextSpec) -> None:
        self._spec = spec
        self._clean = CLEANERS[spec.clean]
        self._tokenizer = Tokenizer.from_file(str(folder / FILE))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(spec.context_length)

    def __call__(self, text: str) -> Tokens:
        """Tokenizes one text."""
        words, cut = bounded(text, self._spec.context_length)
        encoded = self._tokenizer.encode(self._clean(words))
        ids = np.asarray(encoded.ids, dtype=np.int64)
        if self._spec.zeroed_id is not None:
            ids[ids == self._spec.zeroed_id] = 0
        return Tokens(ids, cut or bool(encoded.overflowing))


class OpenClipTokenizer:
    """The model's own tokenizer. Imports `open_clip`, and with it torch.

    Args:
        tokenizer: As `open_clip.get_tokenizer` gives it.
        context_length: Longest text in tokens.
    """

    def __init__(self, tokenizer: Any, context_length: int) -> None:  # noqa: ANN401 - open_clip is untyped
        self._tokenizer = tokenizer
        self._context_length = context_length
        # Hugging Face tokenizers keep the length to cut at in themselves.
        self._lock = threading.Lock()
        self._nothing = tokenizer([""], context_length=context_length + 1)[0].tolist()

    def __call__(self, text: str) -> Tokens:
        """Tokenizes one text; the ids fill the context."""
        words, cut = bounded(text, self._context_length)
        with self._lock:
            ids = self._tokenizer([words], context_length=self._context_length)[0].numpy()
            longer = self._tokenizer([words], context_length=self._context_length + 1)[0].tolist()
        # With room for one more, a text that fits has its end mark or padding where it had it.
        fits = longer[-2] in {int(ids[-1]), self._nothing[-2]} and longer[-1] == self._nothing[-1]
        return Tokens(ids, cut or not fits)


def open_tokenizer(folder: Path, spec: TextSpec, source: str) -> TextTokenizer:
    """The tokenizer of a built model.

    Args:
        folder: The model's.
        spec: What happens to words.
        source: What the model was built from.
    """
    if spec.tokenizer == "file":
        return FileTokenizer(folder, spec)
    from services.embedder.models.open_clip.loading import own_tokenizer  # noqa: PLC0415 - imports torch

    return OpenClipTokenizer(own_tokenizer(source, folder.parent), spec.context_length)


def filled_length(length: int) -> int:
    """How many tokens a text of so many is filled up to, for a network that takes it short."""
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def batch(ids: list[NDArray[np.int64]], spec: TextSpec) -> NDArray[np.int64]:
    """Ids of texts, filled up to one length, [n, length]."""
    length = spec.context_length
    if spec.short:
        longest = max(len(one) for one in ids)
        length = filled_length(longest)
    filled = np.full((len(ids), length), spec.pad_id, dtype=np.int64)
    for row, one in enumerate(ids):
        filled[row, : len(one)] = one
    return filled
