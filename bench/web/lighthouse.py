"""Lighthouse on pages that need a session."""

import asyncio
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from bench.web.person import Bench, Browser

VERSION = "12.8.2"
"""The last that runs on Node 20."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_WAIT_MS = 20_000
_TIMEOUT_S = 120


@dataclass(frozen=True)
class Audit:
    """What Lighthouse says of a page."""

    path: str
    scores: dict[str, int]
    """0 to 100, by category."""
    lost: list[str]
    """What cost points, the dearest first."""


def install_lighthouse() -> Path:
    """Puts Lighthouse into a folder of the user's cache, if it is not there; where its command is.

    Raises:
        RuntimeError: There is no npm, or it failed.
    """
    folder = platformdirs.user_cache_path("argus") / "bench" / f"lighthouse-{VERSION}"
    command = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if command.exists():
        return command
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("Lighthouse needs Node and npm; `make web` brings them.")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            npm,
            "install",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
            f"lighthouse@{VERSION}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"npm could not install Lighthouse: {done.stderr[-500:]}")
    return command


async def measure_page(bench: Bench, opened: Browser, path: str, command: Path) -> Audit:
    """Audits a page as the person of that browser, on a desktop, with an empty cache.

    Local storage, which has the session, is not cleared by Lighthouse.

    Raises:
        RuntimeError: Lighthouse did not come to an end, or saw another page.
    """
    report = bench.work / "lighthouse.json"
    report.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        "node", str(command), f"{bench.url}{path}", f"--port={opened.port}", "--preset=desktop",
        f"--only-categories={','.join(CATEGORIES)}", f"--max-wait-for-load={_WAIT_MS}",
        "--output=json", f"--output-path={report}", "--quiet",
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
    if not report.exists():
        raise RuntimeError(f"Lighthouse failed: {said.decode(errors='replace')[-500:]}")
    answer = json.loads(report.read_text(encoding="utf-8"))
    if wrong := answer.get("runtimeError"):
        raise RuntimeError(f"Lighthouse failed: {wrong['message']}")
    if not answer["finalDisplayedUrl"].startswith(f"{bench.url}{path}"):
        raise RuntimeError(f"Lighthouse was shown {answer['finalDisplayedUrl']}")
    return read_report(path, answer)


def read_report(path: str, answer: dict[str, Any]) -> Audit:
    """What counts of Lighthouse's JSON."""
    lost = []
    for name in CATEGORIES:
        for each in answer["categories"][name]["auditRefs"]:
            audit = answer["audits"][each["id"]]
            if audit["score"] is not None and each["weight"]:
                cost = each["weight"] * (1 - audit["score"])
                value = f" {audit['displayValue']}" if audit.get("displayValue") else ""
                lost.append((cost, f"{each['id']}{value}".replace("\xa0", " ")))
    lost.sort(reverse=True)
    return Audit(
        path,
        {name: round(100 * answer["categories"][name]["score"]) for name in CATEGORIES},
        [text for cost, text in lost if cost >= 0.5],
    )
