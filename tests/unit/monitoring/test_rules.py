"""Alerts fire when they should and are silent when they should be, as `promtool` finds."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts.monitoring.files import ROOT, RULES
from tests.support.monitoring import rules

CASES = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
RUNBOOKS = ROOT / "docs" / "runbooks.md"
ALERTS = {(rule["alert"], rule["labels"]["severity"]) for rule in rules() if "alert" in rule}


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is missing; Debian and Ubuntu have it in the package `prometheus`")
    return found


def expectations() -> Iterator[tuple[str, set[str]]]:
    """Of each case: the alert, and with which severities it fires."""
    for path in CASES:
        for case in yaml.safe_load(path.read_text())["tests"]:
            for one in case["promql_expr_test"]:
                [name] = re.findall(r'alertname="(\w+)"', one["expr"])
                labels = " ".join(sample["labels"] for sample in one["exp_samples"])
                yield name, set(re.findall(r'severity="(\w+)"', labels))


def test_prometheus_takes_the_rules(promtool: str) -> None:
    done = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(
    promtool: str, tmp_path: Path, path: Path
) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(path, tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", str(tmp_path / path.name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_tried_firing_and_silent() -> None:
    fires = {(name, severity) for name, severities in expectations() for severity in severities}
    silent = {name for name, severities in expectations() if not severities}
    assert fires == ALERTS
    assert silent == {name for name, _ in ALERTS}


def test_each_alert_has_its_section_of_the_runbooks_and_no_section_is_left() -> None:
    sections = re.findall(r"^## (Argus\w+)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert sorted(sections) == sorted({name for name, _ in ALERTS})
    for rule in rules():
        if "alert" in rule:
            url = rule["annotations"]["runbook_url"]
            assert url == f"docs/runbooks.md#{rule['alert'].lower()}"


def test_each_section_says_what_it_means_how_to_look_and_what_to_do() -> None:
    parts = re.split(r"^## (Argus\w+)$", RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        for word in ("**It means**", "**Look**", "**Do**"):
            assert word in text, name
