"""Texts to token ids, as the sentence encoder was trained."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from services.embedder.model import Tokens
from services.embedder.models.compact import recipe
from services.embedder.models.compact.weights import text_files
from services.embedder.text import bounded, spelled_out

LENGTH_STEP = 8
"""Texts are padded to multiples of this many tokens: a new shape costs a runtime milliseconds."""


class SentenceTokenizer:
    """WordPiece, lower-cased, cut after 256 tokens. Safe to use from many threads.

    Its vocabulary is English and has no emoji: their names are read.
    """

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(text_files() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.CONTEXT_LENGTH)

    def __call__(self, text: str) -> Tokens:
        """Tokenizes one text."""
        words, cut = bounded(text, recipe.CONTEXT_LENGTH)
        encoded = self._tokenizer.encode(spelled_out(words))
        return Tokens(np.asarray(encoded.ids, dtype=np.int64), cut or bool(encoded.overflowing))


def padded(texts: Sequence[Tokens]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and mask of texts, [n, length], padded with zeros to one length."""
    longest = max(len(text.ids) for text in texts)
    length = -(-longest // LENGTH_STEP) * LENGTH_STEP
    ids = np.zeros((len(texts), length), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = 1
    return ids, mask
