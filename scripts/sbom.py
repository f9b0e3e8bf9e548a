"""Bills of materials, CycloneDX 1.6 in JSON: what Argus and its images are made of.

    python -m scripts.sbom FOLDER [NAME…] [--base ROOT]

writes `FOLDER/argus-NAME.cdx.json` for each NAME: `mesh` is the project's wheel with what it
needs, in the versions that are tested; the others are images, of their locks with hashes. All have
the page's packages, which the wheel brings. The same sources give the same bytes.
"""

import argparse
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from scripts.image_locks import FOLDER as LOCKS
from scripts.image_locks import PARTS, ROOT, locked
from scripts.licences import licence

NAMES = ("mesh", *PARTS, "embedder-gpu")
_INDEX = "https://pypi.org/simple"
_LICENCES = LicenseFactory()


def bom(name: str, base: Path | None = None) -> str:
    """A bill of materials, which is valid.

    Args:
        name: One of `NAMES`.
        base: Root file system of Debian that an image begins with; its packages are told, too.

    Raises:
        ValueError: It would not be valid; says why.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = project["version"]
    whole = Component(
        type=ComponentType.APPLICATION if name == "mesh" else ComponentType.CONTAINER,
        name=project["name"] if name == "mesh" else f"argus-{name}", version=version,
        bom_ref=f"argus-{name}", licenses=[_declared(project["license"])],
    )  # fmt: skip
    python = list(_python(name))
    parts = [*python, *_page(), *(_debian(base) if base else ())]
    made = Bom(components=parts)
    made.metadata.component = whole
    made.metadata.timestamp = None  # type: ignore[assignment] # left out: the same at any time
    made.register_dependency(whole, parts)
    for one, needs in _needs(python):
        made.register_dependency(one, needs)
    # A random number would be another one each time.
    content = "".join(sorted(str(one.purl) for one in parts))
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"argus-{name}@{version} {content}")
    text = JsonV1Dot6(made).output_as_string(indent=1)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"argus-{name}: {wrong}")
    return text + "\n"


def write(folder: Path, names: Sequence[str] = NAMES, base: Path | None = None) -> list[Path]:
    """Writes bills of materials, `bom` of each; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        files.append(folder / f"argus-{name}.cdx.json")
        files[-1].write_text(bom(name, base), encoding="utf-8")
    return files


def packages_of(name: str) -> Mapping[str, str]:
    """Versions of the Python packages of one of `NAMES`, by canonical name."""
    if name != "mesh":
        found = dict(locked(name))
        if name == "embedder":
            gpu = locked("embedder-gpu")
            found |= {one: gpu[one] for one in ("torch", "torchvision")}
        return found
    found = {}
    waiting = [(canonicalize_name("argus-mesh"), frozenset[str]())]
    seen = set()
    while waiting:
        package, extras = waiting.pop()
        if (package, extras) in seen:
            continue
        seen.add((package, extras))
        found[package] = metadata.version(package).partition("+")[0]
        waiting += _required(package, extras)
    del found["argus-mesh"]
    return found


def _required(
    package: str, extras: frozenset[str]
) -> Iterator[tuple[NormalizedName, frozenset[str]]]:
    for text in metadata.requires(package) or []:
        one = Requirement(text)
        wanted = [
            one.marker is None or one.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ]
        if any(wanted):
            yield canonicalize_name(one.name), frozenset(one.extras)


def _python(name: str) -> Iterator[Component]:
    hashes = {} if name == "mesh" else _hashes(name)
    for package, version in sorted(packages_of(name).items()):
        said = licence(package)
        references = [_files(package, hashes[package])] if package in hashes else []
        yield Component(
            type=ComponentType.LIBRARY, name=package, version=version, bom_ref=f"pypi:{package}",
            purl=PackageURL("pypi", name=package, version=version),
            licenses=[_declared(said)] if said else [], external_references=references,
        )  # fmt: skip


def _files(package: str, hashes: Sequence[str]) -> ExternalReference:
    return ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(f"{_INDEX}/{package}/"),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
        comment="any of the files with these hashes",
    )


def _declared(expression: str) -> License:
    return _LICENCES.make_from_string(
        expression, license_acknowledgement=LicenseAcknowledgement.DECLARED
    )


def _hashes(name: str) -> Mapping[str, list[str]]:
    """Of the files that the index has of each package, as they are locked."""
    found: dict[str, list[str]] = {}
    package = ""
    for line in (LOCKS / f"{name}.txt").read_text().splitlines():
        if begins := re.match(r"([A-Za-z0-9._-]+)==", line):
            package = canonicalize_name(begins[1])
        elif has := re.search(r"--hash=sha256:([0-9a-f]{64})", line):
            found.setdefault(package, []).append(has[1])
    return found


def _needs(python: Sequence[Component]) -> Iterator[tuple[Component, list[Component]]]:
    """What each package needs of the others, as far as it is installed here."""
    by_name = {one.name: one for one in python}
    for one in python:
        try:
            required = {name for name, _ in _required(one.name, frozenset())}
        except metadata.PackageNotFoundError:
            continue
        yield one, [by_name[name] for name in sorted(required & by_name.keys())]


def _page() -> Iterator[Component]:
    """Packages that the page is bundled of."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for place, about in sorted(lock["packages"].items()):
        if not place or about.get("dev"):
            continue
        scope, _, name = place.rpartition("node_modules/")[2].rpartition("/")
        yield Component(
            type=ComponentType.LIBRARY, group=scope or None, name=name, version=about["version"],
            bom_ref=f"npm:{place}",
            purl=PackageURL("npm", scope or None, name, about["version"]),
            licenses=[_declared(about["license"])],
        )  # fmt: skip


def page_licences() -> Mapping[str, str]:
    """SPDX expressions of the packages that the page is bundled of."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    return {
        place.removeprefix("node_modules/"): about["license"]
        for place, about in lock["packages"].items()
        if place and not about.get("dev")
    }


def _debian(root: Path) -> Iterator[Component]:
    """Packages of a root file system, as dpkg has them."""
    system = dict(line.split("=", 1) for line in (root / "etc/os-release").read_text().splitlines())
    release = f"debian-{system['VERSION_ID'].strip(chr(34))}"
    for entry in (root / "var/lib/dpkg/status").read_text().strip().split("\n\n"):
        about = dict(
            line.split(": ", 1) for line in entry.splitlines() if re.match(r"[A-Z][\w-]*: ", line)
        )
        if about["Status"] != "install ok installed":
            continue
        name, version = about["Package"], about["Version"]
        qualifiers = {"arch": about["Architecture"], "distro": release}
        yield Component(
            type=ComponentType.LIBRARY, name=name, version=version, bom_ref=f"deb:{name}",
            purl=PackageURL("deb", "debian", name, version, qualifiers),
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m scripts.sbom", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--base", type=Path, help="root file system that the images begin with")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.name) - set(NAMES)):
        parser.error(f"there is no {', '.join(unknown)}, but {', '.join(NAMES)}")
    for file in write(chosen.folder, chosen.name or NAMES, chosen.base):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
