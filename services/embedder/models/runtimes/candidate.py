"""The candidates that may run a network (runtime, device, floats), and their measurements."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

RuntimeName = Literal["openvino", "torch"]
Precision = Literal["f32", "bf16"]

AGREEMENT = 0.999
"""Least cosine to the reference, for every probe, at which a candidate may be taken."""


@dataclass(frozen=True)
class Candidate:
    """A runtime, a device and the floats that it computes in."""

    runtime: RuntimeName
    precision: Precision
    device: Literal["cpu", "cuda"] = "cpu"

    def __str__(self) -> str:
        place = "" if self.device == "cpu" else f"{self.device} "
        return f"{self.runtime} {place}{self.precision}"


OPENVINO_F32 = Candidate("openvino", "f32")
OPENVINO_BF16 = Candidate("openvino", "bf16")
TORCH_F32 = Candidate("torch", "f32")
TORCH_BF16 = Candidate("torch", "bf16")
TORCH_CUDA_BF16 = Candidate("torch", "bf16", "cuda")

ALL = (OPENVINO_BF16, OPENVINO_F32, TORCH_BF16, TORCH_F32, TORCH_CUDA_BF16)


class Layout(BaseModel):
    """How batches are laid over the cores."""

    model_config = ConfigDict(frozen=True)

    max_batch: int
    """Larger batches are hardly faster."""
    lanes: int = 1
    """Batches that run at once, each on its share of the cores; 1: all cores on one batch."""


class Measured(BaseModel):
    """What a candidate did on this machine."""

    model_config = ConfigDict(frozen=True)

    cosine: float
    """Least cosine of its answers to the reference."""
    per_second: float
    """Items per second in the tower's usual batch."""
    layout: Layout | None = None
    """Measured only of the candidate that was taken."""

    @property
    def agrees(self) -> bool:
        """Whether it may be taken."""
        return self.cosine >= AGREEMENT
