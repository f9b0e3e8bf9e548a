"""Asks for known vulnerabilities of all that is pinned, and believes only complete answers.

`python -m scripts.audit` runs pip-audit over `constraints.txt` and `npm audit` over each lock of
npm. It ends with 0 only if every pin was looked up and nothing was found; with 1 if something was
found; with 2 if a source did not answer, or not about everything. pip-audit without `--strict`, and
behind an index that has no advisories, says that all is well and has looked at nothing.
"""

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
NPM_LOCKS = ("web", "tests/identity_provider", "scripts/cluster")

Run = Callable[[Sequence[str], Path], subprocess.CompletedProcess[str]]
"""Runs a program in a folder, whatever its exit code."""


class NotAudited(Exception):
    """A source did not answer, or not about everything; the message says which and why."""


@dataclass(frozen=True)
class Finding:
    """A known vulnerability of a pin."""

    package: str
    advisory: str


def audit_python(pip_audit: str, run: Run) -> list[Finding]:
    """What is known of the pins of `constraints.txt`.

    Raises:
        NotAudited: pip-audit did not answer for every pin.
    """
    done = run(
        (
            pip_audit, "--strict", "--no-deps", "--disable-pip", "--progress-spinner=off",
            "--format=json", "--requirement", "constraints.txt",
        ),
        ROOT,
    )  # fmt: skip
    answer = _json("pip-audit", done)
    dependencies = answer.get("dependencies", [])
    for one in dependencies:
        if "skip_reason" in one:
            raise NotAudited(f"pip-audit skipped {one['name']}: {one['skip_reason']}")
    asked = _pins((ROOT / "constraints.txt").read_text())
    answered = {(canonicalize_name(one["name"]), one["version"]) for one in dependencies}
    if missing := sorted(asked - answered):
        name, version = missing[0]
        raise NotAudited(
            f"pip-audit said nothing of {len(missing)} of {len(asked)} pins, "
            f"such as {name} {version}."
        )
    found = [
        Finding(f"{one['name']} {one['version']}", each["id"])
        for one in dependencies
        for each in one["vulns"]
    ]
    _agree("pip-audit", done.returncode, found)
    return found


def audit_npm(folder: str, run: Run) -> list[Finding]:
    """What is known of what a folder's `package-lock.json` pins.

    Raises:
        NotAudited: npm did not answer for everything.
    """
    done = run(("npm", "audit", "--json", "--audit-level=low"), ROOT / folder)
    answer = _json(f"npm audit in {folder}", done)
    if answer.get("auditReportVersion") != 2 or not isinstance(answer.get("vulnerabilities"), dict):
        raise NotAudited(f"npm audit in {folder}: {answer.get('message', 'no report')}")
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    locked = any(name for name in lock["packages"])
    if locked and not answer.get("metadata", {}).get("dependencies", {}).get("total"):
        raise NotAudited(f"npm audit in {folder} looked at no package.")
    found = [
        Finding(name, f"{one.get('severity', 'unknown')}: {_titles(one)}")
        for name, one in answer["vulnerabilities"].items()
    ]
    _agree(f"npm audit in {folder}", done.returncode, found)
    return found


def main() -> int:
    """Audits everything and says what became of it."""
    tools = ROOT / "build" / "audit"
    found: list[Finding] = []
    failed = False
    audits: list[Callable[[], list[Finding]]] = [
        lambda: audit_python(_install_pip_audit(tools), run),
        *(lambda folder=folder: audit_npm(folder, run) for folder in NPM_LOCKS),
    ]
    for audit in audits:
        try:
            found += audit()
        except (NotAudited, OSError, subprocess.CalledProcessError) as error:
            print(f"NOT AUDITED: {error}", file=sys.stderr)
            failed = True
    for one in found:
        print(f"{one.package}: {one.advisory}", file=sys.stderr)
    if failed:
        return 2
    print(f"All pins were looked up: {len(found)} known vulnerabilities.")
    return 1 if found else 0


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program for what it prints."""
    return subprocess.run(  # noqa: S603 - our own tools
        tuple(command), cwd=folder, capture_output=True, text=True, check=False
    )


def _json(tool: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
    raise NotAudited(f"{tool} ended with {done.returncode}: {said}")


def _agree(tool: str, code: int, found: list[Finding]) -> None:
    """Both tools end with 1 if, and only if, they found something."""
    if code != (1 if found else 0):
        raise NotAudited(f"{tool} ended with {code} and reported {len(found)} findings.")


def _titles(one: dict[str, Any]) -> str:
    via = one.get("via", [])
    return "; ".join(each["title"] if isinstance(each, dict) else f"by {each}" for each in via)


def _pins(text: str) -> set[tuple[str, str]]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pins = (Requirement(line) for line in lines if line)
    return {(canonicalize_name(one.name), str(one.specifier).removeprefix("==")) for one in pins}


def _install_pip_audit(folder: Path) -> str:
    """Its program, in an environment of its own, so that nothing of ours depends on it."""
    program = folder / "bin" / "pip-audit"
    if not program.exists():
        venv.create(folder, with_pip=True)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", PIP_AUDIT)
        subprocess.run(pip, check=True)  # noqa: S603 - pip itself
    return str(program)


if __name__ == "__main__":
    sys.exit(main())
