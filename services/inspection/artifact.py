"""A version's arrays as bytes: safetensors, which runs no code when it is read."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from services.inspection.errors import ArtifactWrong
from services.inspection.finding import Arrays

FORMAT = 1
_FORMAT_KEY = "format"


def pack(arrays: Arrays) -> bytes:
    """Arrays as bytes; the same arrays make the same bytes."""
    named = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    return save(named | {_FORMAT_KEY: np.array([FORMAT], np.int32)})


def unpack(content: bytes) -> Mapping[str, NDArray[Any]]:
    """The arrays.

    Raises:
        ArtifactWrong: these bytes are not an artifact of this release.
    """
    try:
        arrays = load(content)
    except SafetensorError:
        raise ArtifactWrong("the version's artifact is damaged; calibrate anew") from None
    if int(arrays.pop(_FORMAT_KEY, np.zeros(1))[0]) != FORMAT:
        raise ArtifactWrong("the version's artifact is of another release; calibrate anew")
    return arrays


def artifact_name(set_id: str, content: bytes) -> tuple[str, str]:
    """A name to keep an artifact under, and its SHA-256.

    The name is never given again, so that what is to be removed is never what
    was just kept.
    """
    digest = hashlib.sha256(content).hexdigest()
    return f"reference-sets/{set_id}/{uuid4()}", digest


def text_array(texts: list[str]) -> NDArray[np.uint8]:
    """Texts without line breaks as an array."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def array_text(array: NDArray[Any]) -> list[str]:
    """The texts in an array."""
    content = array.astype(np.uint8).tobytes().decode()
    return content.split("\n") if content else []
