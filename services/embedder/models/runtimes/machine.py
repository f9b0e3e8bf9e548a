"""What of a machine decides how fast it runs a network."""

import hashlib
import json
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from services.embedder.models.runtimes.candidate import (
    OPENVINO_BF16,
    OPENVINO_F32,
    TORCH_BF16,
    TORCH_CUDA_BF16,
    TORCH_F32,
    Candidate,
)

FLAGS = frozenset(
    {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16"}
)
"""Of the processor, as Linux names them."""

LAYOUT = 2
"""Changes with what is measured, so that older records are not read."""


def machine_key(threads: int) -> str:
    """Digest of processor, GPU, threads and libraries; 16 hexadecimal digits."""
    facts = [LAYOUT, *_processor(), list(gpus()), threads, _version("openvino"), _version("torch")]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def available() -> frozenset[Candidate]:
    """What can run here; asks OpenVINO, and imports no torch."""
    from services.embedder.models.runtimes.openvino_network import bf16_native  # noqa: PLC0415 - loads OpenVINO, which the key does without

    found = {OPENVINO_F32, TORCH_F32}
    if bf16_native():
        found |= {OPENVINO_BF16, TORCH_BF16}
    if gpus() and not _version("torch").endswith("+cpu"):
        found.add(TORCH_CUDA_BF16)
    return frozenset(found)


@cache
def gpus() -> tuple[str, ...]:
    """Names of NVIDIA's devices, as their driver gives them."""
    names = []
    for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        found = [line for line in file.read_text().splitlines() if line.startswith("Model")]
        names.append(found[0].partition(":")[2].strip() if found else "nvidia")
    if not names and Path("/dev/nvidia0").exists():
        names.append("nvidia")
    return tuple(names)


@cache
def _processor() -> tuple[str, str]:
    """Model name and flags of interest."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine(), ""
    facts = {
        name.strip(): value.strip() for name, _, value in (row.partition(":") for row in lines)
    }
    flags = set(facts.get("flags", facts.get("Features", "")).split()) & FLAGS
    return facts.get("model name", platform.machine()), " ".join(sorted(flags))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
