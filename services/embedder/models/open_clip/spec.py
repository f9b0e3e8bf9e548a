"""What `build` tells `model`, beside the manifest."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

FILE = "open_clip.json"


class PixelSpec(BaseModel):
    """What happens to pixels before the network, as the model's own transform does it."""

    model_config = ConfigDict(frozen=True)

    side: int
    """Of the square that the network sees."""
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    """Which side becomes the square's: then the middle is cut out, or borders are added, or
    neither because both do."""
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    fill_color: int | tuple[int, int, int] = 0
    """Of added borders."""


class TextSpec(BaseModel):
    """What happens to words before the network."""

    model_config = ConfigDict(frozen=True)

    context_length: int
    tokenizer: Literal["file", "open_clip"]
    """`file`: `tokenizer.json` here gives the same ids as the model's own; else that is used."""
    clean: Literal["lower", "whitespace", "canonicalize"] = "lower"
    """How words are cleaned before."""
    pad_id: int = 0
    """What fills the context after the text."""
    zeroed_id: int | None = None
    """A token that becomes 0."""
    short: bool
    """The network takes texts without what fills the context."""


class Spec(BaseModel):
    """An OpenCLIP model's preparation of inputs."""

    model_config = ConfigDict(frozen=True)

    pixels: PixelSpec
    text: TextSpec

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads it from a model's folder."""
        return cls.model_validate_json((folder / FILE).read_bytes())

    def write(self, folder: Path) -> None:
        """Writes it into a model's folder."""
        (folder / FILE).write_text(self.model_dump_json(indent=1) + "\n")
