"""`argus doctor`: finds out what is wrong and says what to do about it."""

import typer
from rich.text import Text

from mesh.checks import Level, examine
from mesh.commands.terminal import SafeConsole
from mesh.commands.up import DataDir
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def doctor(*, data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Check the machine and the mesh. Exits with 1 if something must be done."""
    console = SafeConsole(soft_wrap=True, highlight=False)
    failed = False
    for finding in examine(Layout.of(data_dir)):
        failed = failed or finding.level is Level.FAIL
        line = Text(f"{finding.level.value:<5}", style=_STYLES[finding.level])
        console.print(line.append(f"{finding.subject:<12}{finding.text}", style="default"))
        if finding.level is not Level.OK and finding.advice:
            console.print(Text(f"                 {finding.advice}", style="dim"))
    if failed:
        raise typer.Exit(1)
