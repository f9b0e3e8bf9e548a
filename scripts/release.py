"""Builds a release from a clean tree: `make release VERSION=1.2.3`.

Everything goes to `dist/VERSION`, with `SHA256SUMS`: the wheel of Argus (the page and the edge's
configuration are in it), the npm package `argus-client`, the chart, and the contract as a
descriptor set; also the wheels of `argus_client` and `argus_offline`, the OpenAPI file and the bill
of materials, where this tree can make them. Nothing is published.

The same commit gives the same bytes: times in archives are that of the commit, or
`SOURCE_DATE_EPOCH`.
"""

import gzip
import hashlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from scripts import cluster_tools

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
CLIENT = WEB / "packages" / "argus-client"

# https://semver.org, its suggested expression.
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
)


class NotReleasable(Exception):
    """Why there is no release of this tree; the message says what to do."""


def versions(root: Path = ROOT) -> Mapping[str, str]:
    """The version that each package's own file says, by path."""
    chart = yaml.safe_load((root / "k8s/chart/Chart.yaml").read_text())
    said = {
        "pyproject.toml": tomllib.loads((root / "pyproject.toml").read_text())["project"][
            "version"
        ],
        "k8s/chart/Chart.yaml version": chart["version"],
        "k8s/chart/Chart.yaml appVersion": chart["appVersion"],
    }
    for path in ("web/package.json", "web/packages/argus-client/package.json"):
        said[path] = json.loads((root / path).read_text())["version"]
    return said


def check(version: str, said: Mapping[str, str], changelog: str, status: str) -> None:
    """Whether a tree may be released as a version.

    Args:
        version: What is asked for.
        said: The versions in the tree, by place.
        changelog: The text of `CHANGELOG.md`.
        status: What `git status --porcelain` prints.

    Raises:
        NotReleasable: It may not.
    """
    if not _SEMVER.fullmatch(version):
        raise NotReleasable(f"{version!r} is no version as semver.org has them, such as 1.2.3.")
    if others := {place: other for place, other in said.items() if other != version}:
        told = ", ".join(f"{place} says {other}" for place, other in others.items())
        raise NotReleasable(f"This is not {version}: {told}.")
    section = re.search(
        rf"^## \[?{re.escape(version)}\]?(?: [^\n]*)?\n(.*?)(?=^## |\Z)", changelog, re.M | re.S
    )
    if section is None or not section[1].strip():
        raise NotReleasable(f"CHANGELOG.md says nothing under `## {version}`.")
    if status.strip():
        raise NotReleasable(f"The tree is not clean; commit or remove:\n{status.rstrip()}")


def wheel(into: Path, epoch: int) -> None:
    """The wheel of Argus; `web/dist` must be built."""
    _run((sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)), epoch)


def npm_package(into: Path, epoch: int) -> None:
    """`argus-client` for npm; `web/node_modules` and the stubs must be there."""
    compile_client(epoch)
    pack_client(into, epoch)


def compile_client(epoch: int) -> None:
    """Its code and types, from TypeScript."""
    shutil.rmtree(CLIENT / "dist", ignore_errors=True)
    _run(("npm", "run", "--silent", "client"), epoch, WEB)
    shutil.copyfile(ROOT / "LICENSE", CLIENT / "dist" / "LICENSE")


def pack_client(into: Path, epoch: int) -> None:
    """The archive of what was compiled."""
    _run(("npm", "pack", "--silent", "--pack-destination", str(into.resolve())), epoch, CLIENT)


def chart(into: Path, epoch: int) -> None:
    """The chart as helm packages it, without the times of its files."""
    helm = cluster_tools.install().helm(3)
    _run((str(helm), "package", "k8s/chart", "--destination", str(into)), epoch)
    for archive in into.glob("argus-[0-9]*.tgz"):
        archive.write_bytes(normalised(archive.read_bytes(), epoch))


def descriptor_set(into: Path, epoch: int) -> None:
    """The contract with its comments, for `grpcurl -protoset` and generators."""
    target = str(into / "argus.binpb")
    _run((str(Path(sys.executable).with_name("buf")), "build", "protos", "-o", target), epoch)


def optional(into: Path, epoch: int) -> None:
    """What this tree may or may not be able to make."""
    for module in ("scripts.client_wheel", "scripts.offline_wheel", "scripts.sbom"):
        if importlib.util.find_spec(module) is not None:
            _run((sys.executable, "-m", module, str(into)), epoch)
    for file in (ROOT / "docs").rglob("openapi*.*"):
        if file.suffix in {".json", ".yaml"}:
            shutil.copyfile(file, into / file.name)


PARTS: Sequence[Callable[[Path, int], None]] = (
    wheel, npm_package, chart, descriptor_set, optional,
)  # fmt: skip


def normalised(archive: bytes, epoch: int) -> bytes:
    """A `.tgz` with the same files, in order of their names, of nobody, at one time."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as old,
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=epoch) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.type, plain.mtime = member.size, member.type, epoch
            plain.mode = 0o755 if member.isdir() else 0o644
            new.addfile(plain, old.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


def sums(folder: Path) -> str:
    """What `sha256sum -c SHA256SUMS` reads."""

    def lines() -> Iterator[str]:
        for file in sorted(folder.iterdir()):
            if file.name != "SHA256SUMS":
                yield f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"

    return "".join(lines())


def build(into: Path, epoch: int) -> None:
    """Builds everything into a folder, which is emptied first."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for part in PARTS:
        part(into, epoch)
    (into / "SHA256SUMS").write_text(sums(into))


def main(arguments: Sequence[str]) -> int:
    """Checks and builds; the process's exit code."""
    if len(arguments) != 1 or not arguments[0]:
        print("Which version? `make release VERSION=1.2.3`", file=sys.stderr)
        return 2
    version = arguments[0]
    try:
        changelog = (ROOT / "CHANGELOG.md").read_text()
        check(version, versions(), changelog, _git("status", "--porcelain"))
    except NotReleasable as refused:
        print(refused, file=sys.stderr)
        return 1
    committed = _git("log", "-1", "--format=%ct").strip()
    into = ROOT / "dist" / version
    build(into, int(os.environ.get("SOURCE_DATE_EPOCH") or committed))
    print(f"{into.relative_to(ROOT)}:\n{(into / 'SHA256SUMS').read_text()}", end="")
    return 0


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ("git", *arguments),  # noqa: S607
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def _run(command: Sequence[str], epoch: int, folder: Path = ROOT) -> None:
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run(command, cwd=folder, check=True, env=environment, stdout=sys.stderr)  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
