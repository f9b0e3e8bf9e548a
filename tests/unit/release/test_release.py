"""A release is refused where it would be wrong, and the same commit gives the same bytes."""

import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import cluster_tools, release
from scripts.release import NotReleasable, check, normalised, sums, versions

CHANGES = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-28\n\n- New.\n\n## 1.2.2\n\n- Old.\n"
HERE = {"pyproject.toml": "1.2.3", "Chart.yaml": "1.2.3"}
EPOCH = 1_764_000_000


def test_a_clean_tree_with_changes_is_released() -> None:
    check("1.2.3", HERE, CHANGES, "")


@pytest.mark.parametrize(
    ("version", "said", "changes", "status", "why"),
    [
        pytest.param("v1.2.3", HERE, CHANGES, "", "semver", id="a prefix"),
        pytest.param("1.2", HERE, CHANGES, "", "semver", id="two numbers"),
        pytest.param("1.02.3", HERE, CHANGES, "", "semver", id="a leading zero"),
        pytest.param("1.2.4", HERE, CHANGES, "", "pyproject.toml says 1.2.3", id="another"),
        pytest.param("1.2.3", HERE | {"x": "1"}, CHANGES, "", "x says 1", id="one differs"),
        pytest.param("1.2.3", HERE, "## Unreleased\n\n- New.\n", "", "CHANGELOG", id="no section"),
        pytest.param(
            "1.2.3", HERE, "## 1.2.3\n\n## 1.2.2\n\n- Old.\n", "", "CHANGELOG", id="empty"
        ),
        pytest.param("1.2.3", HERE, CHANGES, " M README.md\n", "not clean", id="changed"),
        pytest.param("1.2.3", HERE, CHANGES, "?? new.py\n", "new.py", id="untracked"),
    ],
)
def test_what_would_be_wrong_is_refused(
    version: str, said: dict[str, str], changes: str, status: str, why: str
) -> None:
    with pytest.raises(NotReleasable, match=why):
        check(version, said, changes, status)


def test_all_packages_have_one_version() -> None:
    assert len(set(versions().values())) == 1, versions()


def _built_twice(part: Callable[[Path, int], None], tmp_path: Path) -> Path:
    """Builds one part twice; the file, which is the same."""
    digests = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        part(folder, EPOCH)
        (file,) = folder.iterdir()
        digests.append((file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
    assert digests[0] == digests[1]
    return file


def test_the_wheel_has_everything_that_runs(tmp_path: Path) -> None:
    if not (release.WEB / "dist" / "index.html").exists():
        pytest.skip("web/dist is not built: `make web`")
    names = set(zipfile.ZipFile(_built_twice(release.wheel, tmp_path)).namelist())
    assert {
        "mesh/__main__.py", "services/auth/__main__.py", "argus_client/client.py",
        "argus/auth/v1/auth_pb2.py", "envoy_config/envoy.yaml.tmpl", "envoy_config/argus.binpb",
        "envoy_config/limits.toml", "web_dist/index.html", "web_dist/manifest.json",
    } <= names  # fmt: skip
    assert not [name for name in names if name.endswith(".pyc") or name.startswith("tests/")]


def test_the_npm_package_has_code_types_and_licence(tmp_path: Path) -> None:
    if shutil.which("npm") is None or not (release.WEB / "src" / "gen" / "argus").exists():
        pytest.skip("the page's packages and stubs are not there: `make web`")
    # The compiler takes ten seconds each time; what differs between two runs is times of files.
    release.compile_client(EPOCH)

    def pack(into: Path, epoch: int) -> None:
        (release.CLIENT / "dist" / "LICENSE").touch()
        release.pack_client(into, epoch)

    with tarfile.open(_built_twice(pack, tmp_path)) as archive:
        names = set(archive.getnames())
    code = "package/dist/packages/argus-client/src/index"
    assert {f"{code}.js", f"{code}.d.ts", "package/README.md", "package/dist/LICENSE"} <= names
    assert "package/dist/src/gen/argus/storage/v1/image_pb.js" in names
    assert not [name for name in names if ".test." in name]


def test_the_chart_is_the_same_each_time(tmp_path: Path) -> None:
    if why := cluster_tools.missing():
        pytest.skip(why)
    with tarfile.open(_built_twice(release.chart, tmp_path)) as archive:
        assert {"argus/Chart.yaml", "argus/values.schema.json"} <= set(archive.getnames())


def test_the_contract_is_the_same_each_time(tmp_path: Path) -> None:
    assert _built_twice(release.descriptor_set, tmp_path).stat().st_size > 100_000


def test_an_archive_keeps_its_files_and_loses_its_times() -> None:
    def archive(names: str, mtime: int) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size, info.mtime, info.uname = 1, mtime, f"user {mtime}"
                tar.addfile(info, io.BytesIO(name.encode()))
        return packed.getvalue()

    one = normalised(archive("ab", 1), EPOCH)
    assert one == normalised(archive("ba", 2), EPOCH)
    with tarfile.open(fileobj=io.BytesIO(one)) as tar:
        file = tar.extractfile("b")
        assert file is not None
        assert file.read() == b"b"
        assert tar.getmember("a").mtime == EPOCH


def test_sums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "SHA256SUMS").write_text("old")
    assert sums(tmp_path) == f"{hashlib.sha256(b'x').hexdigest()}  a\n"
