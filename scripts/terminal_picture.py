"""Draws what a stranger sees: the README's picture of the command line.

    python -m scripts.terminal_picture docs/images/terminal.svg

Runs the commands against the mesh at `ARGUS_SERVER` as the signed-in user, so
the picture shows real answers.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    ("import", "--samples"),
    ("search", "a cat", "--limit", "3"),
    ("search", "a rocket at night", "--limit", "3"),
    ("search", "--image", "motorcycle.png", "--limit", "3"),
)
WIDTH = 96


def main(target: Path) -> None:
    """Runs the commands and writes the picture."""
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"))  # noqa: SIM115 - lives as long as the console
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
    for command in COMMANDS:
        words = " ".join(f"'{word}'" if " " in word else word for word in command)
        console.print(Text.assemble(("$ ", "bold green"), (f"argus {words}", "bold")))
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", "mesh", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        console.print(Text.from_ansi(done.stdout))
    target.parent.mkdir(parents=True, exist_ok=True)
    # Viewers have a monospaced font; the picture fetches none.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="argus"), flags=re.DOTALL)
    target.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
