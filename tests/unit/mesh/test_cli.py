"""The command line as a whole."""

import subprocess
import sys

import pytest
import typer

from mesh.cli import COMMANDS, app
from tests.unit.mesh.conftest import Argus


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_says_what_it_does(name: str) -> None:
    command = typer.main.get_group(app).get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help


def test_a_command_loads_no_other() -> None:
    code = (
        "import sys; from mesh.cli import app; app(['usage', '--help'], standalone_mode=False);"
        "print(sorted(one for one in sys.modules if one.startswith('mesh.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'mesh.commands.usage'" in done.stdout
    assert "'mesh.commands.backup'" not in done.stdout


def test_a_mistyped_command_is_guessed(argus: Argus) -> None:
    assert "Did you mean 'usage'" in argus("usgae").stderr
