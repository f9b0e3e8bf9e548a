"""Writes an OpenCLIP tokenizer in Hugging Face's format, if that gives the same ids.

Imports `open_clip`; for the process that builds a model.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.processors import TemplateProcessing

from services.embedder.models.open_clip.cleaning import CLEANERS
from services.embedder.models.open_clip.probes import TEXTS
from services.embedder.models.open_clip.spec import TextSpec
from services.embedder.models.open_clip.tokens import FILE, FileTokenizer, OpenClipTokenizer, batch

WORDS = r"(?i)'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""As `open_clip.tokenizer.SimpleTokenizer` splits text."""

_log = logging.getLogger(__name__)


def convert_tokenizer(own: Any, folder: Path, *, context_length: int, short: bool) -> TextSpec:  # noqa: ANN401 - open_clip is untyped
    """Writes `tokenizer.json` and says how it is used.

    Args:
        own: The model's own tokenizer.
        folder: The model's.
        context_length: Longest text in tokens.
        short: Whether the text network takes texts without what fills the context.

    Returns:
        What happens to words: with the file if it gives the ids of `own` for
        all of `probes.TEXTS`, else with `own`, and then whole contexts.
    """
    spec = _written(own, folder, context_length=context_length, short=short)
    if spec and _alike(own, FileTokenizer(folder, spec), spec):
        return spec
    (folder / FILE).unlink(missing_ok=True)
    _log.warning("%s cannot be converted; the worker will load open_clip for it", type(own))
    return TextSpec(context_length=context_length, tokenizer="open_clip", short=False)


def _written(own: Any, folder: Path, *, context_length: int, short: bool) -> TextSpec | None:  # noqa: ANN401 - open_clip is untyped
    """Writes the file; None if this kind of tokenizer has none."""
    clean = "canonicalize"
    for name in CLEANERS:
        if getattr(getattr(own, "clean_fn", None), "__name__", "") == f"_clean_{name}":
            clean = name
    kind = type(own).__name__
    if kind == "SimpleTokenizer" and own.reduction_fn is None:
        _byte_pairs(own).save(str(folder / FILE))
        return TextSpec(context_length=context_length, tokenizer="file", clean=clean, short=short)
    inner: Any = getattr(own, "tokenizer", None)
    backend = getattr(inner, "backend_tokenizer", None)
    mode = getattr(own, "tokenizer_mode", None)
    if backend is None or mode or inner.padding_side != "right":
        return None
    backend.save(str(folder / FILE))
    return TextSpec(
        context_length=context_length,
        tokenizer="file",
        clean=clean,
        pad_id=inner.pad_token_id,
        zeroed_id=inner.sep_token_id if getattr(own, "strip_sep_token", False) else None,
        short=short,
    )


def _byte_pairs(own: Any) -> Tokenizer:  # noqa: ANN401 - open_clip is untyped
    """CLIP's byte pair encoding."""
    start, end = (own.decoder[index] for index in (own.sot_token_id, own.eot_token_id))
    merges = sorted(own.bpe_ranks, key=own.bpe_ranks.__getitem__)
    tokenizer = Tokenizer(BPE(own.encoder, merges, end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = Sequence(
        [
            Split(Regex(WORDS), behavior="removed", invert=True),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    specials = [own.decoder[index] for index in own.all_special_ids]
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in specials]
    )
    tokenizer.post_processor = TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, own.sot_token_id), (end, own.eot_token_id)],
    )
    return tokenizer


def _alike(own: Any, ours: FileTokenizer, spec: TextSpec) -> bool:  # noqa: ANN401 - open_clip is untyped
    """Whether both give the same ids, and cut the same texts."""
    whole = spec.model_copy(update={"short": False})
    reference = OpenClipTokenizer(own, spec.context_length)
    for text in TEXTS:
        wanted, found = reference(text), ours(text)
        if wanted.truncated != found.truncated or not np.array_equal(
            batch([wanted.ids], whole), batch([found.ids], whole)
        ):
            _log.info("tokenizers differ on %r", text[:80])
            return False
    return True
