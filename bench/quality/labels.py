"""The list of what is on photographs, as it is in `labels.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LABELS = Path(__file__).with_name("labels.toml")


@dataclass(frozen=True)
class Kind:
    """Words for many photographs, and the classes of those."""

    words: Sequence[str]
    classes: frozenset[str]


@dataclass(frozen=True)
class Labels:
    """What is on photographs."""

    packages: Mapping[str, Sequence[str]]
    """Words by which each picture of a package should be found, by its file's name."""
    kinds: Sequence[Kind]
    unrelated: Sequence[str]
    """Words for which no photograph is an answer."""


@cache
def labels() -> Labels:
    """The list."""
    read = tomllib.loads(LABELS.read_text(encoding="utf-8"))
    return Labels(
        packages=read["packages"],
        kinds=[Kind(kind["words"], frozenset(kind["classes"])) for kind in read["kinds"]],
        unrelated=read["unrelated"]["words"],
    )
