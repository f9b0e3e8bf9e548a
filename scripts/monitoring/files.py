"""What is made, and where it is kept."""

import json
from collections.abc import Mapping
from pathlib import Path

import yaml

from scripts.monitoring.alerts import rules
from scripts.monitoring.dashboards import dashboards

ROOT = Path(__file__).parents[2]
FILES = ROOT / "k8s" / "chart" / "files"
RULES = FILES / "rules" / "argus.yaml"
DASHBOARDS = FILES / "dashboards"

_HEAD = "# Made of scripts/monitoring by `python -m scripts.monitoring write`: change that.\n"


class _Dumper(yaml.SafeDumper):
    """Writes expressions of several lines as such."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def made() -> Mapping[Path, str]:
    """All files."""
    files = {RULES: _HEAD + yaml.dump(rules(), Dumper=_Dumper, sort_keys=False, width=1000)}
    for name, dashboard in dashboards().items():
        files[DASHBOARDS / f"{name}.json"] = json.dumps(dashboard, indent=1) + "\n"
    return files


def write() -> None:
    """Writes them, and removes what is none of them."""
    files = made()
    for folder in (RULES.parent, DASHBOARDS):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path not in files:
                path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


def stale() -> list[str]:
    """What is not as it would be written, or should not be there."""
    files = made()
    there = {path for folder in (RULES.parent, DASHBOARDS) for path in folder.glob("*")}
    return sorted(
        str(path.relative_to(ROOT))
        for path in files.keys() | there
        if path not in files or not path.exists() or path.read_text("utf-8") != files[path]
    )
