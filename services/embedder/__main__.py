"""Runs the embedder."""

import sys

from services.embedder.settings import EmbedderSettings
from services.embedder.wiring import build
from services.runtime.server import run

if __name__ == "__main__":
    sys.exit(run("embedder", EmbedderSettings, build))
