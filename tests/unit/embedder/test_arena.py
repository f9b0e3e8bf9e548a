import os
import sys
from contextlib import closing

import pytest

from services.embedder.worker.arena import PLACE_BYTES, PLACES, Arena


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_the_other_end_reads_what_was_put(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    if not hasattr(os, "memfd_create"):
        platform = "darwin"
    monkeypatch.setattr(sys, "platform", platform)
    with closing(Arena.create()) as ours, closing(Arena(os.dup(ours.descriptor))) as theirs:
        images = [os.urandom(1 + 1000 * number) for number in range(5)]
        places = [ours.put(image) for image in images]
        read = [
            theirs.read(place, len(image))
            for place, image in zip(places, images, strict=True)
            if place is not None
        ]
    assert read == images


def test_what_does_not_fit_has_no_place() -> None:
    with closing(Arena.create()) as arena:
        assert arena.put(bytes(PLACE_BYTES + 1)) is None
        assert arena.put(bytes(PLACE_BYTES)) is not None


def test_a_place_is_used_again_once_it_is_free_the_last_one_first() -> None:
    with closing(Arena.create()) as arena:
        places = [arena.put(b"image") for _ in range(PLACES)]
        assert len(set(places)) == PLACES
        assert arena.put(b"one more") is None
        for place in (3, 7):
            arena.free(place)
        assert [arena.put(b"again"), arena.put(b"and again")] == [7, 3]
