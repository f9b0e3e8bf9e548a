"""Runs benchmarks: `python -m bench mesh`, or all of them without a name."""

import argparse
import sys
from pathlib import Path

from bench import mesh

DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"


def main() -> int:
    """Runs what was asked for and prints it; with `--write` also into `docs/benchmarks`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=["mesh"], default="mesh")
    parser.add_argument("--photos", type=Path, help="a folder of photographs")
    parser.add_argument("--model", default="compact")
    parser.add_argument("--write", action="store_true", help="renew docs/benchmarks")
    chosen = parser.parse_args()
    text = mesh.report(mesh.run(chosen.photos, chosen.model), chosen.model)
    print(text)
    if chosen.write:
        DOCS.mkdir(parents=True, exist_ok=True)
        command = "make bench" + (' ARGS="--photos FOLDER"' if chosen.photos else "")
        (DOCS / "mesh.md").write_text(
            f"# The whole mesh\n\n`{command}` on the single-machine edition; "
            f"everything runs and is asked on the same machine.\n\n{text}",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
