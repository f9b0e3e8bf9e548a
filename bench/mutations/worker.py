"""Verifies mutated images as storage does, in a process of its own: `FIRST COUNT SEED`.

Says the number of each before it begins, and what became of it behind that: a process that ends
tells with its last line which image ended it.
"""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from bench.mutations.mutating import mutated
from services.imaging.decode import ImageLimits
from services.imaging.formats import sniff
from services.runtime.errors import InvalidInput
from services.storage.model import Image, ImageState
from services.storage.verification import verify

LIMITS = ImageLimits(max_bytes=50 * 2**20, max_pixels=64_000_000, min_side=8)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DECLARED = Image(
    image_id=UUID(int=1), user_id=UUID(int=2), filename="a", content_type="", size_bytes=1,
    sha256="", phash="", width=0, height=0, format="", labels={}, state=ImageState.PENDING,
    failure=None, created_at=_NOW, completed_at=None, expires_at=_NOW, put_expires_at=_NOW,
    revision=1, updated_at=_NOW, keep_location=True, take_description=True,
)  # fmt: skip


def outcome_of(data: bytes) -> str:
    """`kept`, or the reason why not.

    Raises:
        Exception: What nobody foresaw, which is a fault.
    """
    found = sniff(data)
    declared = replace(_DECLARED, content_type=found.content_type if found else "image/png")
    try:
        verify(data, declared, LIMITS)
    except InvalidInput as error:
        return error.reason
    return "kept"


def main() -> None:
    """Verifies what the command line says; a line for each."""
    first, count, seed = map(int, sys.argv[1:4])
    for number in range(first, first + count):
        name, data = mutated(number, seed)
        print(number, end="\t", flush=True)
        began = time.perf_counter()
        try:
            outcome = outcome_of(data)
        except Exception as error:  # noqa: BLE001 - to be told
            outcome = f"FAULT {type(error).__name__}: {error}".replace("\t", " ").replace("\n", " ")
        print(name, outcome, f"{time.perf_counter() - began:.4f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
