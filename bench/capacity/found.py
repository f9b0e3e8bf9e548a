"""What was measured: a name, a value, and how."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """One coefficient."""

    name: str
    """As `mesh/capacity/coefficients.py` asks for it."""
    value: float
    unit: str
    how: str


def write(found: Iterable[Found], path: Path) -> None:
    """Writes the file that the calculator reads."""
    text = json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
