"""What is built, and what is made of it to be run."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main as bench
from bench.images.bundle import restricted, size_bytes
from bench.images.contents import OWN, PACKAGES, difference, expected, installed
from bench.images.trials import TRIALS, capabilities_of, of_compose
from scripts.image_locks import ROOT, locked
from scripts.images import base, builder, missing, wheels
from scripts.images.__main__ import main

MADE: dict[str, Any] = {
    "ociVersion": "1.0.0",
    "process": {
        "terminal": True,
        "user": {"uid": 10001, "gid": 10001},
        "args": ["python", "-m", "services.auth"],
        "env": ["PATH=/opt/argus/bin"],
        "cwd": "/",
        "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"]},
    },
    "root": {"path": "rootfs"},
    "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
}


def test_a_container_keeps_the_image_s_user_and_command_and_may_do_nothing_else() -> None:
    spec = restricted(MADE, (), {"ARGUS_X": "1"}, {Path("/here"): "/there"}, ("/run/argus",))
    process = spec["process"]
    assert process["user"] == {"uid": 10001, "gid": 10001}
    assert process["args"] == ["python", "-m", "services.auth"]
    assert process["env"] == ["PATH=/opt/argus/bin", "ARGUS_X=1"]
    assert process["capabilities"] == {"bounding": [], "effective": []}
    assert process["noNewPrivileges"] is True
    assert spec["root"] == {"path": "rootfs", "readonly": True}
    mounts = {one["destination"]: one for one in spec["mounts"]}
    assert mounts.keys() - {"/tmp"} == {"/proc", "/run/argus", "/there"}  # noqa: S108
    assert {"uid=10001", "mode=0700", "nosuid"} <= set(mounts["/run/argus"]["options"])
    # What the image says is still what it said.
    assert MADE["process"]["terminal"] is True
    assert len(MADE["mounts"]) == 1


def test_another_command_takes_the_place_of_the_image_s() -> None:
    spec = restricted(MADE, ("envoy", "--version"), {}, {}, ())
    assert spec["process"]["args"] == ["envoy", "--version"]


def test_trials_run_what_compose_runs() -> None:
    assert of_compose("edge", "command")[:2] == ["sh", "-c"]
    assert "services.runtime.ask_health" in of_compose("auth", "healthcheck")
    assert TRIALS.keys() <= set(builder.IMAGES)


def test_capabilities_are_those_that_are_not_empty() -> None:
    none = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0000000000000000")
    assert capabilities_of(none) == ""
    assert capabilities_of(none | {"CapEff": "0000000000000020"}) == "CapEff 0000000000000020"


def image(root: Path, packages: dict[str, str]) -> Path:
    for name, version in packages.items():
        folder = root / PACKAGES / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}")
    return root


def test_what_is_installed_is_compared_with_the_lock(tmp_path: Path) -> None:
    wanted = {**locked("auth"), OWN: "0.1.0"}
    assert installed(image(tmp_path / "right", wanted)) == wanted
    assert difference("auth", wanted) == ""
    assert difference("auth", wanted | {"torch": "2.13.0"}) == "torch (2.13.0, not None)"
    assert "redis (None" in difference("auth", {k: v for k, v in wanted.items() if k != "redis"})
    assert "redis (1.0" in difference("auth", wanted | {"redis": "1.0"})
    assert OWN in difference("auth", dict(locked("auth")))


def test_an_embedder_has_torch_of_another_build() -> None:
    found = expected("embedder")
    assert "torch" in found
    assert difference("embedder", {**found, "torch": f"{found['torch']}+cpu", OWN: "0"}) == ""


def test_files_with_several_names_count_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"1234")
    (tmp_path / "b").hardlink_to(tmp_path / "folder" / "a")
    assert size_bytes(tmp_path) == 4


def test_a_base_loses_what_nothing_reads_and_who_built_it(tmp_path: Path) -> None:
    for folder in base.EMPTIED:
        (tmp_path / folder / "inner").mkdir(parents=True)
        (tmp_path / folder / "file").write_text("x")
        (tmp_path / folder / "link").symlink_to("/etc")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.1")
    (tmp_path / "etc/passwd").write_text("root")
    base.strip(tmp_path)
    assert not [entry for folder in base.EMPTIED for entry in (tmp_path / folder).iterdir()]
    assert [entry.name for entry in (tmp_path / "etc").iterdir()] == ["passwd"]


def test_a_base_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "debootstrap"
    program.write_text('#!/bin/sh\nmkdir -p "$4"\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    with pytest.raises(subprocess.CalledProcessError, match="debootstrap"):
        base.make_root(tmp_path / "base")
    assert not (tmp_path / "base").exists()


def test_torch_without_a_lock_is_that_of_the_containerfile() -> None:
    text = (ROOT / "images" / "Containerfile").read_text()
    assert " ".join(wheels.UNLOCKED["embedder"]) in text
    assert f"TORCH_INDEX={wheels.TORCH_INDEX}\n" in text


def test_a_machine_that_cannot_build_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["auth"]) == 1
    assert "apt-get install" in capsys.readouterr().err
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "root" in missing.missing()
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert "Linux on x86-64" in missing.missing()


@pytest.mark.parametrize(
    "run", [lambda: main(["nothing"]), lambda: bench(["images", "--images", "auth,nothing"])]
)
def test_an_image_that_there_is_not_is_named(
    run: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run()
    assert "no image nothing" in capsys.readouterr().err + str(refused.value)
