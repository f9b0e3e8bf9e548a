"""What is written beside a model's files."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from services.embedder.model import ModelInfo

MANIFEST = "manifest.json"


class Manifest(BaseModel):
    """A model on disk. Written last, so that a folder without one is unfinished."""

    model_config = ConfigDict(frozen=True)

    family: str
    """`compact`, `open_clip` or `timm`: the package that opens it."""
    source: str
    """The id that it was built from, as given: with a local folder's whole path."""
    fingerprint: str
    """Of the source's files where they are local and may change, else empty."""
    info: ModelInfo
    """What callers see; its `model` names no path of this machine."""
    memory_bytes: int
    """Resident memory of a process that has it loaded, as measured when it was built."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads a folder's manifest."""
        return cls.model_validate_json((folder / MANIFEST).read_bytes())

    def write(self, folder: Path) -> None:
        """Writes it into a folder."""
        (folder / MANIFEST).write_text(self.model_dump_json(indent=1) + "\n")
