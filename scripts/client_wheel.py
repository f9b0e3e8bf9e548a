"""Builds `argus-client`, the wheel of the client alone.

python -m scripts.client_wheel DIST   writes DIST/argus_client-VERSION-py3-none-any.whl

It has `argus_client` and the contract's stubs. Version and the bounds of what it needs are those of
`pyproject.toml`. The same sources and the same `SOURCE_DATE_EPOCH` (by default 1980) give the same
bytes, and nothing is fetched: a wheel is a zip file (PyPA's binary distribution format, 1.0).
"""

import base64
import hashlib
import os
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("certifi", "google-crc32c", "googleapis-common-protos", "grpcio", "protobuf")
PARTS = ((ROOT, "argus_client"), (ROOT / "gen", "argus"), (ROOT / "gen", "buf"))
_SUFFIXES = {".py", ".pyi", ".typed"}
_EARLIEST = 315_532_800
"""1980, before which zip files know no time."""


def build(into: Path) -> Path:
    """Writes the wheel; where it is."""
    project = project_table()
    return write_wheel(into, "argus_client", project, dict(_sources()), _metadata(project))


def project_table() -> dict[str, Any]:
    """What `pyproject.toml` says of Argus."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def write_wheel(
    into: Path,
    name: str,
    project: Mapping[str, Any],
    sources: Mapping[str, bytes],
    metadata: str,
    *,
    commands: str = "",
) -> Path:
    """Writes a wheel of Python files.

    Args:
        into: Folder.
        name: Of the distribution, with underscores.
        project: As `project_table` gives it.
        sources: Files by their names in the wheel.
        metadata: Its METADATA.
        commands: Its entry_points.txt; none if empty.

    Returns:
        Where it is.
    """
    version = project["version"]
    info = f"{name}-{version}.dist-info"
    files = dict(sources)
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: argus\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    if commands:
        files[f"{info}/entry_points.txt"] = commands.encode()
    files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    lines = [f"{file},{_digest(data)},{len(data)}\n" for file, data in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    into.mkdir(parents=True, exist_ok=True)
    wheel = into / f"{name}-{version}-py3-none-any.whl"
    since = max(int(os.environ.get("SOURCE_DATE_EPOCH", _EARLIEST)), _EARLIEST)
    moment = time.gmtime(since)[:6]
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, data in files.items():
            entry = zipfile.ZipInfo(file, moment)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return wheel


def _sources() -> Iterator[tuple[str, bytes]]:
    for folder, part in PARTS:
        found = sorted(one for one in (folder / part).rglob("*") if one.suffix in _SUFFIXES)
        for file in found:
            yield file.relative_to(folder).as_posix(), file.read_bytes()
        # So that type checkers read the stubs; the folders above are namespaces.
        for inner in sorted({one.parent for one in found if one.suffix == ".pyi"}):
            yield (inner / "py.typed").relative_to(folder).as_posix(), b""


def _metadata(project: Mapping[str, Any]) -> str:
    bounds = {Requirement(one).name: one for one in project["dependencies"]}
    needed = "".join(f"Requires-Dist: {bounds[name]}\n" for name in NEEDED)
    return (
        "Metadata-Version: 2.4\nName: argus-client\n"
        f"Version: {project['version']}\n"
        "Summary: Calls Argus, visual search and anomaly detection\n"
        f"License-Expression: {project['license']}\nLicense-File: LICENSE\n"
        f"Requires-Python: >=3.11\n{needed}"
        "Description-Content-Type: text/markdown\n\n"
        + (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    )


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def main() -> int:
    """Builds it; the process's exit code."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    print(build(Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
