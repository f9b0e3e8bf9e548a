"""Writes the OpenAPI description of the REST surface.

python -m scripts.openapi FOLDER SET   writes FOLDER/docs/openapi.yaml from the descriptor set SET,
                                       which has the contract's comments, and the stubs in the path

A program of its own, because it needs the stubs that were just generated.
"""

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.openapi.document import document

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("docs") / "openapi.yaml"
HEAD = "# `make proto` writes this from protos/.\n"


def main() -> int:
    """Writes the file; the process's exit code."""
    folder, descriptors = map(Path, sys.argv[1:])
    files = FileDescriptorSet.FromString(descriptors.read_bytes())
    for file in files.file:
        if file.package.startswith("argus."):
            import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    made = yaml.dump(
        document(files, version), Dumper=yaml.CSafeDumper, sort_keys=False, width=120,
        allow_unicode=True,
    )  # fmt: skip
    (folder / PAGE).parent.mkdir(exist_ok=True)
    (folder / PAGE).write_text(HEAD + made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
