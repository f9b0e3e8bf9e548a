"""What was measured on, and with."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

PACKAGES = ("grpcio", "open_clip_torch", "openvino", "pillow", "torch")


def describe_machine() -> str:
    """Processor, cores, memory and the versions that matter, in one line."""
    memory_gb = psutil.virtual_memory().total / 1e9
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory_gb:.0f} GB of memory; "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
