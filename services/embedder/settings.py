"""What the embedder reads when it starts."""

import os
from pathlib import Path
from typing import Literal

import psutil
from pydantic import Field

from services.runtime.settings import RuntimeSettings

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""A container's memory in bytes, or `max` (Linux, control groups version 2)."""


def machine_memory_bytes() -> int:
    """The memory that this process may use: the machine's, or its container's if that is less."""
    machine: int = psutil.virtual_memory().total
    try:
        return min(machine, int(CONTAINER_LIMIT.read_text()))
    except (OSError, ValueError):
        return machine


class EmbedderSettings(RuntimeSettings):
    """Settings of the embedder."""

    listen: str = Field(default="127.0.0.1:50053", pattern=r"^.+:\d{1,5}$")
    """`host:port` that the embedder listens on."""

    model: str = Field(default="compact", min_length=1, max_length=255)
    """Model that is used when none is named, and that stays in memory: `compact`,
    `<architecture>/<pretrained tag>` of OpenCLIP, `hf-hub:<organisation>/<name>`,
    `<architecture>/<checkpoint file>`, `local-dir:<folder>` or `timm:<name>`."""

    model_dir: Path = Path(".argus/models")
    """Where downloaded and converted models are kept."""

    runtime: Literal["auto", "openvino", "torch"] = "auto"
    """What runs models; `auto` takes the fastest that agrees with the reference."""

    precision: Literal["auto", "f32", "bf16"] = "auto"
    """Floats that models compute in; `auto` takes the fastest that agrees with the reference."""

    embedder_model_memory_bytes: int = Field(
        default_factory=lambda: machine_memory_bytes() // 2, ge=2**28
    )
    """Most memory that resident models take; half of the machine's, or the container's, if not
    set. The model that was not used for longest leaves when another needs its place; the
    default one stays."""

    embedder_cache_bytes: int = Field(default=64 * 2**20, ge=0)
    """Memory in Redis for remembered vectors, for each model about; 0 remembers none."""

    embedder_threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """Threads that the model may use, and that decode images; all cores if not set."""

    embedder_canary_s: float = Field(default=10.0, gt=0, le=300)
    """Seconds for which a good answer of the model proves that it works; then it is tried."""

    embedder_max_pixels: int = Field(default=64_000_000, ge=1)
    """Most pixels of an image."""

    embedder_max_images: int = Field(default=1024, ge=1)
    """Most images taken in and not yet answered, of all callers; more are OVERLOADED."""

    embedder_max_image_bytes: int = Field(default=256 * 2**20, ge=2**20)
    """Most bytes of those images together; more are OVERLOADED."""
