"""Runs storage."""

import sys

from services.runtime.server import run
from services.storage.settings import StorageSettings
from services.storage.wiring import build

if __name__ == "__main__":
    sys.exit(run("storage", StorageSettings, build))
