"""Two programs read the Containerfile, and complain of nothing without a reason."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts.cluster_tools import ClusterTools, install, missing
from scripts.image_locks import FOLDER

CONTAINERFILE = FOLDER / "Containerfile"
NOT_KEPT = {
    "CKV_DOCKER_2": "OCI images have no HEALTHCHECK: compose.yaml and the chart's probes ask",
    "CKV_DOCKER_7": "the base is an argument, whose value has a version",
}
"""Checks of checkov that fail, each with the reason why that stays so."""


@pytest.fixture(scope="module")
def tools() -> ClusterTools:
    if reason := missing():
        pytest.skip(reason)
    try:
        return install()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"hadolint and checkov cannot be installed from the registries: {error}")


def failed_checks(tools: ClusterTools, text: str, folder: Path) -> set[str]:
    """Checks of checkov that fail; it knows such a file by its name."""
    file = folder / "Dockerfile"
    file.write_text(text)
    command = (
        str(tools.program("checkov")), "-f", str(file), "--framework", "dockerfile",
        "--skip-download", "--compact", "--output", "json",
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 50, "it looked at little"
    return {one["check_id"] for one in report["results"]["failed_checks"]}


def test_hadolint_has_nothing_to_complain_of(tools: ClusterTools) -> None:
    command = (str(tools.program("hadolint")), str(CONTAINERFILE))
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_checkov_s_policies_are_kept_but_for_reasons(tools: ClusterTools, tmp_path: Path) -> None:
    text = CONTAINERFILE.read_text()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.mkdir()
    wrong.mkdir()
    # One that is kept by now needs no reason any more.
    assert failed_checks(tools, text, right) == NOT_KEPT.keys()
    as_root = text.replace("USER 10001:10001", "USER root")
    assert "CKV_DOCKER_8" in failed_checks(tools, as_root, wrong)
