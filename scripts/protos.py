"""The contract's tooling: generate stubs, check them, format. All of it offline.

python -m scripts.protos generate   writes gen/, docs/policy.md and docs/openapi.yaml from protos/
python -m scripts.protos check      lint, format, breaking changes, drift of what is generated
python -m scripts.protos third-party fills build/third_party_protos, which buf needs beside protos/
python -m scripts.protos web        writes web/src/gen, the page's stubs
python -m scripts.protos format     formats protos/
python -m scripts.protos freeze     makes the contract of today the one that must not break
"""

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

from scripts import error_reasons
from scripts.validate_proto import validate_proto

ROOT = Path(__file__).resolve().parent.parent
GEN = ROOT / "gen"
THIRD_PARTY = ROOT / "build" / "third_party_protos"
DESCRIPTOR_SET = Path("argus.binpb")
PAGES = (Path("docs/policy.md"), Path("docs/openapi.yaml"))
GOOGLE_PROTOS = (
    "google/api/annotations.proto",
    "google/api/field_behavior.proto",
    "google/api/http.proto",
    "google/api/httpbody.proto",
    # Errors carry these; without them the edge would send empty bodies.
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "google/type/date.proto",
)
BREAKING_BASE = "protos/baseline.binpb"
"""The contract as last released; `freeze` renews it."""


def buf(*arguments: str, cwd: Path = ROOT) -> bool:
    """Runs buf with this environment's programs first in the path; True if it succeeds."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    program = shutil.which("buf", path=path) or "buf"
    done = subprocess.run(  # noqa: S603 - our own arguments
        [program, *arguments], cwd=cwd, env={**os.environ, "PATH": path}, check=False
    )
    return done.returncode == 0


def collect_third_party() -> None:
    """Fills `build/third_party_protos` from the installed wheels."""
    shutil.rmtree(THIRD_PARTY, ignore_errors=True)
    wheel = distribution("googleapis-common-protos")
    for name in GOOGLE_PROTOS:
        target = THIRD_PARTY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(wheel.locate_file(name)), target)
    target = THIRD_PARTY / "buf" / "validate" / "validate.proto"
    target.parent.mkdir(parents=True)
    target.write_text(validate_proto(), encoding="utf-8")


def generate(into: Path) -> bool:
    """Generates stubs, the descriptor set that the edge transcodes by, and pages about it."""
    if not buf("generate", "--output", str(into)):
        return False
    # Nobody implements a service of buf.validate; its stub would be empty.
    (into / "gen" / "buf" / "validate" / "validate_pb2_grpc.pyi").unlink()
    built = buf(
        "build", "--as-file-descriptor-set", "--exclude-source-info",
        "-o", str(into / "gen" / DESCRIPTOR_SET),
    )  # fmt: skip
    if not built or not with_stubs(into, "scripts.policy_page", str(into)):
        # A method has no policy.
        return False
    with tempfile.TemporaryDirectory() as folder:
        commented = Path(folder) / "commented.binpb"
        return buf("build", "--as-file-descriptor-set", "-o", str(commented)) and with_stubs(
            into, "scripts.openapi", str(into), str(commented)
        )


def with_stubs(into: Path, module: str, *arguments: str) -> bool:
    """Runs a module with the stubs in `into`; True if it succeeds."""
    path = os.pathsep.join((str(into / "gen"), str(ROOT)))
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip
    return done.returncode == 0


def differing(left: Path, right: Path) -> list[str]:
    """Files that are not the same in both folders."""
    names = {
        str(path.relative_to(folder))
        for folder in (left, right)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    _, mismatch, missing = filecmp.cmpfiles(left, right, sorted(names), shallow=False)
    return sorted(mismatch + missing)


def write_reasons() -> bool:
    """Renews the enum of error reasons."""
    error_reasons.write()
    return True


def check() -> bool:
    """Lint, format, breaking changes, drift; says each that fails."""
    fine = error_reasons.PROTO.read_text(encoding="utf-8") == error_reasons.error_reason_proto()
    if not fine:
        print("protos/argus/errors is not what docs/errors.md says; run `make proto`")
    fine &= buf("lint", "protos")
    fine &= buf("format", "protos", "--diff", "--exit-code")
    fine &= buf("breaking", "protos", "--against", BREAKING_BASE)
    with tempfile.TemporaryDirectory() as folder:
        fine &= generate(Path(folder))
        drift = differing(Path(folder) / "gen", GEN)
        for page in PAGES:
            made = Path(folder) / page
            if made.exists() and made.read_text() != (ROOT / page).read_text():
                drift.append(f"../{page}")
    if drift:
        print("gen/ is not what protos/ says; run `make proto`:", *drift, sep="\n  ")
    return fine and not drift


def main() -> int:
    """Runs the command; the process's exit code."""
    commands: dict[str, Callable[[], bool]] = {
        "generate": lambda: write_reasons() and generate(ROOT),
        "check": check,
        "third-party": lambda: True,
        "web": lambda: buf("generate", "--template", "web/buf.gen.yaml"),
        "format": lambda: buf("format", "protos", "--write"),
        "freeze": lambda: buf("build", "protos", "--exclude-source-info", "-o", BREAKING_BASE),
    }
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        print(__doc__)
        return 2
    collect_third_party()
    return 0 if commands[sys.argv[1]]() else 1


if __name__ == "__main__":
    sys.exit(main())
