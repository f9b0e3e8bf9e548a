"""Texts to token ids, as the sentence encoder was trained."""

import numpy as np
from tokenizers import Tokenizer

from services.embedder.compact import recipe
from services.embedder.compact.weights import text_files
from services.embedder.model import Tokens
from services.embedder.text import bounded


class SentenceTokenizer:
    """WordPiece, lower-cased, cut after 256 tokens. Safe to use from many threads."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(text_files() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(recipe.CONTEXT_LENGTH)

    def __call__(self, text: str) -> Tokens:
        """Tokenizes one text."""
        words, cut = bounded(text, recipe.CONTEXT_LENGTH)
        encoded = self._tokenizer.encode(words)
        return Tokens(np.asarray(encoded.ids, dtype=np.int64), cut or bool(encoded.overflowing))
