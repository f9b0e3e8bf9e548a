"""An image, unpacked for runc, and held to what the chart holds pods to."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Bundle:
    """An image's files and what umoci made of its configuration.

    Attributes:
        folder: Has `rootfs` and `config.json`.
        made: What the image says: user, command, variables.
    """

    folder: Path
    made: Mapping[str, Any]

    @property
    def root(self) -> Path:
        """Its files."""
        return self.folder / "rootfs"

    def prepare(
        self,
        command: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        binds: Mapping[Path, str] | None = None,
        memory: Sequence[str] = (),
    ) -> None:
        """Writes down how it is run next; `restricted` says what the arguments are."""
        spec = restricted(self.made, command, variables or {}, binds or {}, memory)
        (self.folder / "config.json").write_text(json.dumps(spec))


def unpack(layout: Path, folder: Path) -> Bundle:
    """Unpacks an OCI layout into a folder that is replaced.

    Raises:
        subprocess.CalledProcessError: It is no image.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ("umoci", "unpack", "--image", f"{layout}:latest", str(folder)),
        check=True,
        capture_output=True,
    )
    return Bundle(folder, json.loads((folder / "config.json").read_text()))


def restricted(
    made: Mapping[str, Any],
    command: Sequence[str],
    variables: Mapping[str, str],
    binds: Mapping[Path, str],
    memory: Sequence[str],
) -> dict[str, Any]:
    """A runtime's configuration: read-only root, no capabilities, a network of its own.

    User, folder and PATH stay the image's. /tmp is in memory.

    Args:
        made: What umoci made of the image's configuration.
        command: What is run; empty: what the image says.
        variables: Its environment beside the image's.
        binds: Folders of this machine and where they are in the container.
        memory: Folders in memory, each for the image's user alone.
    """
    process = dict(made["process"])
    process |= {
        "terminal": False,
        "capabilities": {name: [] for name in made["process"]["capabilities"]},
        "noNewPrivileges": True,
        "args": list(command) or made["process"]["args"],
        "env": [*made["process"]["env"], *(f"{name}={value}" for name, value in variables.items())],
    }
    user = made["process"]["user"]
    own = ("mode=0700", f"uid={user['uid']}", f"gid={user['gid']}", "size=1g")
    mounts = [
        *made["mounts"],
        _in_memory("/tmp", ("mode=1777", "size=512m")),
        *(_in_memory(folder, own) for folder in memory),
        *(
            {"destination": inside, "type": "bind", "source": str(outside), "options": ["bind"]}
            for outside, inside in binds.items()
        ),
    ]
    return dict(made) | {
        "process": process,
        "root": dict(made["root"]) | {"readonly": True},
        "mounts": mounts,
    }


def _in_memory(folder: str, options: Sequence[str]) -> dict[str, Any]:
    harmless = ["nosuid", "nodev", "noexec", *options]
    return {"destination": folder, "type": "tmpfs", "source": "tmpfs", "options": harmless}


def size_bytes(folder: Path) -> int:
    """Bytes of the files below a folder, each once, however many names it has."""
    seen: dict[tuple[int, int], int] = {}
    for parent, _, files in os.walk(folder):
        for name in files:
            about = Path(parent, name).lstat()
            seen[about.st_dev, about.st_ino] = about.st_size
    return sum(seen.values())
