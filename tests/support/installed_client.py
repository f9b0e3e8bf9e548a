"""An environment that has `argus-client` from its wheel, what that needs, and nothing of Argus."""

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from scripts.client_wheel import build


def installed_client(folder: Path) -> Path:
    """Its Python. Nothing is fetched: what the client needs is linked from this environment."""
    wheel = build(folder / "dist")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    version = f"python{sysconfig.get_python_version()}"
    packages = folder / "venv" / "lib" / version / "site-packages"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)
    needed = ["argus-client"]
    for name in needed:
        found = distribution(name) if name != "argus-client" else None
        requirements = found.requires or [] if found else _requires(packages)
        for text in requirements:
            one = Requirement(text)
            if one.name not in needed and (not one.marker or one.marker.evaluate({"extra": ""})):
                needed.append(one.name)
    for name in needed[1:]:
        for file in distribution(name).files or ():
            top = file.parts[0]
            if top in {"..", "__pycache__"} or (packages / top).exists():
                continue
            (packages / top).symlink_to(str(distribution(name).locate_file(top)))
    subprocess.run([*pip, "check"], check=True, capture_output=True)
    return python


def _requires(packages: Path) -> list[str]:
    [metadata] = packages.glob("argus_client-*.dist-info/METADATA")
    prefix = "Requires-Dist: "
    lines = metadata.read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
