"""What stands for unrelated queries: captions and pictures that come with search."""

import hashlib
from functools import cache
from pathlib import Path

from services.search.meaning.model import Kind

CAPTIONS = Path(__file__).with_name("captions.txt")
"""Captions of diverse things, one a line; lines that begin with `#` say where they are from."""
PICTURES = Path(__file__).with_name("pictures")
"""JPEGs of diverse things; `README.md` there says where they are from."""


@cache
def captions() -> tuple[str, ...]:
    """Short English captions."""
    lines = CAPTIONS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def pictures() -> list[bytes]:
    """Encoded pictures, always in the same order."""
    return [path.read_bytes() for path in sorted(PICTURES.glob("*.jpg"))]


@cache
def digest(kind: Kind) -> str:
    """Stands for the references of a kind: other ones have other vectors."""
    parts = [text.encode() for text in captions()] if kind is Kind.WORDS else pictures()
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:12]
