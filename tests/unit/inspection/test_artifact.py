from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

from services.inspection.artifact import (
    array_text,
    artifact_name,
    pack,
    text_array,
    unpack,
)
from services.inspection.errors import ArtifactWrong

ARRAYS: dict[str, NDArray[Any]] = {
    "b": np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2],
    "a": np.array([], np.int32),
    "c": np.array([[0.5]], np.float16),
}


def test_arrays_come_back_as_they_were() -> None:
    back = unpack(pack(ARRAYS))
    assert back.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype
        assert np.array_equal(back[name], array)


def test_equal_arrays_make_equal_bytes_in_whatever_order() -> None:
    assert pack(ARRAYS) == pack(dict(reversed(ARRAYS.items())))


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", pack(ARRAYS)[:-3], save({"a": np.zeros(1)})],
    ids=["empty", "no artifact", "cut", "of no release"],
)
def test_what_is_no_artifact_is_refused(content: bytes) -> None:
    with pytest.raises(ArtifactWrong):
        unpack(content)


def test_a_name_is_never_given_twice() -> None:
    (one, digest), (other, same) = (artifact_name("set", b"content") for _ in range(2))
    assert one != other
    assert digest == same


@pytest.mark.parametrize("texts", [[], ["one"], ["é", "", "x"]])
def test_texts_come_back(texts: list[str]) -> None:
    assert array_text(text_array(texts)) == texts
