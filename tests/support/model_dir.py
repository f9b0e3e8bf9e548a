"""Where tests keep models that take long to build, from one run to the next."""

import os
from pathlib import Path

MODEL_DIR = Path(
    os.environ.get("ARGUS_MODEL_DIR", Path(__file__).parents[2] / "build" / "test-models")
)
