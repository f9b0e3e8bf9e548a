"""What a worker is told when it starts."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from services.embedder.models.runtimes.choice import WantedPrecision, WantedRuntime
from services.imaging.decode import ImageLimits


@dataclass(frozen=True)
class WorkerConfig:
    """One model, and how to run it."""

    folder: Path
    """The model's folder."""
    threads: int
    """Threads that the model may use, and that prepare images."""
    limits: ImageLimits = field(default_factory=ImageLimits)
    """What an image may measure."""
    runtime: WantedRuntime = "auto"
    """What runs it; `auto` takes the fastest that agrees with the reference."""
    precision: WantedPrecision = "auto"
    """Floats that it computes in; `auto` likewise."""
    call_timeout_s: float = 60.0
    """The worker ends itself when it prepares one item, or runs one batch, for longer."""
    log_level: str = "INFO"
    """Least severe log line that is written."""
    factory: str = ""
    """`module:function` that makes the model of this configuration; `models.load` if empty."""

    def to_json(self) -> str:
        """As text, for a command line."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From text."""
        values = json.loads(text)
        values["folder"] = Path(values["folder"])
        values["limits"] = ImageLimits(**values["limits"])
        return cls(**values)
