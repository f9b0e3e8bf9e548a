"""Finds the Chromium that the browser tests drive, or installs one.

`python -m scripts.chromium` says which it is. It looks at `CHROMIUM`, then at what the system has,
then at what Playwright brought; where there is none, root gets the distribution's by apt-get, and
everybody else Playwright's own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> Path | None:
    """The program, if there is one."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    for name in _NAMES:
        if found := shutil.which(name):
            return Path(found)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return program if program.exists() else None


def install_chromium() -> Path:
    """Installs it, and says how; where it is."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium by apt-get, for the browser tests.", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=True)  # noqa: S607 - the system's
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)  # noqa: S607
    else:
        print("Installing Playwright's Chromium, for the browser tests.", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    found = find_chromium()
    if found is None:
        raise SystemExit("There is still no Chromium; install one and name it in CHROMIUM.")
    return found


if __name__ == "__main__":
    print(f"Browser tests use {find_chromium() or install_chromium()}.")
