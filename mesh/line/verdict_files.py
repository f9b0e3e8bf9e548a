"""What was found of a picture, in a file beside it: `part.jpg.argus.json`."""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

SUFFIX = ".argus.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """Which state of a picture's file is meant."""

    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, picture: Path) -> Self:
        """Of a file as it is now.

        Raises:
            OSError: There is none.
        """
        found = picture.stat()
        return cls(found.st_size, found.st_mtime_ns)


def verdict_file(picture: Path) -> Path:
    """Where what was found of a picture is."""
    return picture.with_name(picture.name + SUFFIX)


def is_judged(picture: Path, mark: Mark) -> bool:
    """Whether there is a verdict of this state of a picture."""
    file = verdict_file(picture)
    try:
        modified_ns = file.stat().st_mtime_ns
    except OSError:
        return False
    if modified_ns >= mark.modified_ns:
        return True
    # Of a picture whose clock is ahead, or which came later under the same name.
    try:
        told = json.loads(file.read_bytes())
        return Mark(int(told["sizeBytes"]), int(told["modifiedNs"])) == mark
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_verdict(picture: Path, mark: Mark, told: Mapping[str, Any]) -> None:
    """Writes a verdict: whoever looks sees a whole file or none.

    Raises:
        OSError: It cannot be written.
    """
    content = {
        **told,
        "sizeBytes": str(mark.size_bytes),
        # As text, as JSON of 64 bits is in the contract.
        "modifiedNs": str(mark.modified_ns),
    }
    file = verdict_file(picture)
    # Hidden, so that neither we nor another watcher takes it for a picture or a verdict.
    partial = file.with_name(f".argus-{secrets.token_hex(8)}.tmp")
    try:
        with partial.open("x", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise
