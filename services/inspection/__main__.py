"""Runs inspection."""

import sys

from services.inspection.settings import InspectionSettings
from services.inspection.wiring import build
from services.runtime.server import run

if __name__ == "__main__":
    sys.exit(run("inspection", InspectionSettings, build))
