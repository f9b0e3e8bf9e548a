"""Runs auth."""

import sys

from services.auth.settings import AuthSettings
from services.auth.wiring import build
from services.runtime.server import run

if __name__ == "__main__":
    sys.exit(run("auth", AuthSettings, build))
