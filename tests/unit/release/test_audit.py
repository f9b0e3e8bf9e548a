"""An audit is believed only if it is whole: a tool that looked at nothing reports no success."""

import json
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scripts.audit import NPM_LOCKS, ROOT, Finding, NotAudited, Run, audit_npm, audit_python
from scripts.platforms import pins

UNREACHABLE_NPM = {
    "message": "405 Method Not Allowed - POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk",
    "statusCode": 405,
    "error": {"summary": "", "detail": ""},
}
CLEAN_NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {},
    "metadata": {"dependencies": {"total": 400}},
}


def _prints(code: int, stdout: str, stderr: str = "") -> Run:
    def run(command: Sequence[str], folder: Path) -> CompletedProcess[str]:
        assert "--strict" in command or command[:2] == ("npm", "audit")
        assert (folder / "constraints.txt").is_file() or (folder / "package-lock.json").is_file()
        return CompletedProcess(command, code, stdout, stderr)

    return run


def _report(*, vulnerable: str = "", without: str = "", skipped: str = "") -> str:
    rows: list[dict[str, object]] = []
    for pin in sorted(pins()):
        name, version = pin.split("==")
        if name == without:
            continue
        if name == skipped:
            rows.append({"name": name, "skip_reason": "not found on PyPI"})
            continue
        vulns = [{"id": "PYSEC-2026-1", "fix_versions": ["99"]}] if name == vulnerable else []
        rows.append({"name": name, "version": version, "vulns": vulns})
    return json.dumps({"dependencies": rows, "fixes": []})


def test_all_pins_looked_up_and_nothing_found_is_fine() -> None:
    assert audit_python("pip-audit", _prints(0, _report())) == []
    assert audit_npm("web", _prints(0, json.dumps(CLEAN_NPM))) == []


def test_findings_are_told() -> None:
    found = audit_python("pip-audit", _prints(1, _report(vulnerable="pillow")))
    assert [one.advisory for one in found] == ["PYSEC-2026-1"]
    bad = CLEAN_NPM | {
        "vulnerabilities": {"vite": {"severity": "high", "via": [{"title": "reads any file"}]}}
    }
    found = audit_npm("web", _prints(1, json.dumps(bad)))
    assert found == [Finding("vite", "high: reads any file")]


@pytest.mark.parametrize(
    ("code", "stdout", "stderr"),
    [
        pytest.param(1, "", "ERROR:pip_audit._cli:Dependency not found on PyPI", id="strict"),
        pytest.param(0, "", "No known vulnerabilities found", id="no report"),
        pytest.param(0, '{"dependencies": [], "fixes": []}', "", id="an empty report"),
        pytest.param(0, _report(without="pillow"), "", id="one pin is missing"),
        pytest.param(0, _report(skipped="pillow"), "", id="one pin was skipped"),
        pytest.param(1, _report(), "", id="ended with a fault and found nothing"),
        pytest.param(0, _report(vulnerable="pillow"), "", id="found something and ended well"),
    ],
)
def test_what_pip_audit_says_when_it_looked_at_too_little_is_no_success(
    code: int, stdout: str, stderr: str
) -> None:
    with pytest.raises(NotAudited, match="pip-audit"):
        audit_python("pip-audit", _prints(code, stdout, stderr))


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        pytest.param(1, UNREACHABLE_NPM, id="the registry has no advisories"),
        pytest.param(0, UNREACHABLE_NPM, id="the same, ended well"),
        pytest.param(0, {}, id="an empty report"),
        pytest.param(0, CLEAN_NPM | {"metadata": {"dependencies": {"total": 0}}}, id="no package"),
        pytest.param(1, CLEAN_NPM, id="ended with a fault and found nothing"),
    ],
)
def test_what_npm_says_when_it_looked_at_too_little_is_no_success(
    code: int, answer: dict[str, object]
) -> None:
    with pytest.raises(NotAudited, match="npm audit in web"):
        audit_npm("web", _prints(code, json.dumps(answer)))


def test_everything_that_has_a_lock_is_audited() -> None:
    there = {
        str(path.parent.relative_to(ROOT))
        for depth in ("*", "*/*", "*/*/*")
        for path in ROOT.glob(f"{depth}/package-lock.json")
        if not {"node_modules", "build", ".venv"} & set(path.parts)
    }
    assert there == set(NPM_LOCKS)
