"""Builds `argus-offline`, the wheel that inspects with an exported version and has nothing else.

python -m scripts.offline_wheel DIST   writes DIST/argus_offline-VERSION-py3-none-any.whl

It has `argus_offline` and those modules of the services that it imports, as they are: no copy can
differ from what scores images in a mesh. Version and bounds are those of `pyproject.toml`. The same
sources and the same `SOURCE_DATE_EPOCH` give the same bytes, and nothing is fetched.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from scripts.client_wheel import ROOT, project_table, write_wheel

NEEDED = (
    "imagecodecs", "numpy", "openvino", "pillow", "pydantic", "safetensors", "scikit-image",
    "scipy", "tifffile",
)  # fmt: skip
INTERFACE_OF = {"opentelemetry-sdk": "opentelemetry-api"}
"""What measures in a mesh; without one its interface does nothing."""

_START = "argus_offline.__main__"
_PACKAGES = ("argus_offline", "services")
_COMMANDS = "[console_scripts]\nargus-offline = argus_offline.__main__:run\n"


def build(into: Path) -> Path:
    """Writes the wheel; where it is."""
    project = project_table()
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(modules().values())
    }
    return write_wheel(
        into, "argus_offline", project, sources, _metadata(project), commands=_COMMANDS
    )


def modules() -> dict[str, Path]:
    """Modules that are needed, by name: all that is imported, and its packages."""
    found: dict[str, Path] = {}
    left = [_START]
    while left:
        name = left.pop()
        path = _file(name)
        if path is None or name in found:
            continue
        found[name] = path
        left.append(name.rpartition(".")[0])
        left += _imports(path)
    return found


def _file(name: str) -> Path | None:
    """The file of one of our modules; None of what is no module, or not ours."""
    if name.partition(".")[0] not in _PACKAGES:
        return None
    path = ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file if file.exists() else None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _metadata(project: Mapping[str, Any]) -> str:
    bounds = {Requirement(one).name: one for one in project["dependencies"]}
    wanted = [bounds[name] for name in NEEDED]
    wanted += [bounds[name].replace(name, other) for name, other in INTERFACE_OF.items()]
    needed = "".join(f"Requires-Dist: {one}\n" for one in sorted(wanted))
    return (
        "Metadata-Version: 2.4\nName: argus-offline\n"
        f"Version: {project['version']}\n"
        "Summary: Inspects images with a version that Argus exported, without a mesh\n"
        f"License-Expression: {project['license']}\nLicense-File: LICENSE\n"
        f"Requires-Python: {project['requires-python']}\n{needed}"
        "Description-Content-Type: text/markdown\n\n"
        + (ROOT / "docs" / "offline.md").read_text(encoding="utf-8")
    )


def main() -> int:
    """Builds it; the process's exit code."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    print(build(Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
