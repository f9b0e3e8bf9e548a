"""Which machines the single-machine edition runs on."""

import os
import platform
import re
from dataclasses import dataclass

PYTHONS = ((3, 11), (3, 12), (3, 13))
"""Versions of Python for which every part has a wheel."""

_PAGE_BYTES = 4096


@dataclass(frozen=True)
class Platform:
    """A kind of machine for which every part has a wheel."""

    name: str
    system: str
    """As `platform.system` has it."""

    machine: str
    """As `platform.machine` has it."""

    least: tuple[int, int]
    """Oldest version of glibc on Linux, of macOS on a Mac; the newest that a part asks for."""


PLATFORMS = (
    Platform("Linux x86-64", "Linux", "x86_64", (2, 31)),
    Platform("Linux aarch64", "Linux", "aarch64", (2, 35)),
    Platform("macOS arm64", "Darwin", "arm64", (15, 0)),
)


@dataclass(frozen=True)
class Machine:
    """What of a machine decides whether the wheels run on it."""

    system: str
    machine: str
    version: tuple[int, int]
    """Of glibc on Linux, of macOS on a Mac; (0, 0) if it is another C library."""

    page_bytes: int

    @property
    def name(self) -> str:
        """For people."""
        number = ".".join(map(str, self.version))
        library = f"glibc {number}" if self.version > (0, 0) else "no glibc"
        versions = {"Linux": f", {library}", "Darwin": f" {number}"}
        system = {"Darwin": "macOS"}.get(self.system, self.system)
        return f"{system}{versions.get(self.system, '')}, {self.machine}"


def this_machine() -> Machine:
    """The one this runs on."""
    system = platform.system()
    library, version = platform.libc_ver()
    if system == "Darwin":
        version = platform.mac_ver()[0]
    elif library != "glibc":
        version = ""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    major, minor = (*numbers, 0, 0)[:2]
    return Machine(system, platform.machine(), (major, minor), os.sysconf("SC_PAGE_SIZE"))


def why_unsupported(machine: Machine) -> str:
    """What keeps the wheels from running there; empty if nothing does."""
    for known in PLATFORMS:
        if (known.system, known.machine) != (machine.system, machine.machine):
            continue
        if machine.version < known.least:
            what = "macOS" if known.system == "Darwin" else "glibc"
            return f"it needs {what} {known.least[0]}.{known.least[1]} or newer"
        # macOS has larger pages, and a Redis that is made for them.
        if known.system == "Linux" and machine.page_bytes != _PAGE_BYTES:
            kib = machine.page_bytes // 1024
            return f"its pages have {kib} KiB, and Redis's wheel is made for 4 KiB"
        return ""
    return f"Argus runs on {', '.join(known.name for known in PLATFORMS)}"
