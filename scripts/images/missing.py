"""What a machine must have to build images, and to run them."""

import os
import platform
import shutil

BUILDING = ("buildah", "debootstrap", "chroot")
RUNNING = ("umoci", "runc")


def missing(programs: tuple[str, ...] = BUILDING) -> str:
    """Why this machine cannot; empty if it can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "the locks of images/ are for Linux on x86-64"
    if os.geteuid() != 0:
        return "a root file system is made by root"
    if lacking := [name for name in programs if shutil.which(name) is None]:
        return f"{', '.join(lacking)} missing; `apt-get install --no-install-recommends buildah \
debootstrap runc umoci`"
    return ""
