"""What a timm model sees of an image, written beside its networks."""

import math
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

SPEC = "pixels.json"


class PixelSpec(BaseModel):
    """Evaluation preprocessing as timm describes it, without what the networks do themselves."""

    model_config = ConfigDict(frozen=True)

    side: int
    """Of the square that the model sees, in pixels."""
    crop_pct: float = 1.0
    """Side of that square as a part of what images are scaled to."""
    crop_mode: Literal["center", "squash"] = "center"
    """Whether images keep their aspect or are squeezed to a square."""
    interpolation: Literal["bicubic", "bilinear", "lanczos"] = "bicubic"

    @property
    def scaled_side(self) -> int:
        """What images' shorter sides are scaled to before the middle square is seen."""
        return max(self.side, math.floor(self.side / self.crop_pct))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads it from a model's folder."""
        return cls.model_validate_json((folder / SPEC).read_bytes())

    def write(self, folder: Path) -> None:
        """Writes it into a model's folder."""
        (folder / SPEC).write_text(self.model_dump_json(indent=1) + "\n")
