"""The root file system that images begin with where no registry is at hand.

It is Debian's smallest with Python 3.11, with the security updates of the day, and without what
nothing reads: packages' archives and lists, documentation, translations.
"""

import os
import shutil
import subprocess
from pathlib import Path

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
PACKAGES = ("ca-certificates", "python3", "python3-venv", "python-is-python3")
SOURCES = f"""deb {MIRROR} {SUITE} main
deb {MIRROR} {SUITE}-updates main
deb {SECURITY} {SUITE}-security main
"""

EMPTIED = (
    "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
    "var/cache/apt", "var/lib/apt/lists", "var/cache/debconf", "var/log", "tmp", "run",
)  # fmt: skip
# Those of whoever built it.
REMOVED = ("etc/resolv.conf", "etc/hostname", "etc/machine-id")


def make_root(folder: Path) -> None:
    """Makes it in a folder that is not there yet, or leaves none behind.

    Raises:
        subprocess.CalledProcessError: A mirror did not answer, or what it gave is not signed.
    """
    try:
        _run(
            "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE,
            str(folder), MIRROR,
        )  # fmt: skip
        (folder / "etc/apt/sources.list").write_text(SOURCES)
        _run("chroot", str(folder), "sh", "-c", "apt-get -qq update && apt-get -qq -y upgrade")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    strip(folder)


def strip(folder: Path) -> None:
    """Removes what nothing in an image reads."""
    for name in EMPTIED:
        for entry in (folder / name).iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    for name in REMOVED:
        (folder / name).unlink(missing_ok=True)


def _run(*command: str) -> None:
    # Debian's scripts ask for nothing, and say everything in English.
    env = {"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - above
