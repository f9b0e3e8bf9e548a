"""Runs search."""

import sys

from services.runtime.server import run
from services.search.settings import SearchSettings
from services.search.wiring import build

if __name__ == "__main__":
    sys.exit(run("search", SearchSettings, build))
