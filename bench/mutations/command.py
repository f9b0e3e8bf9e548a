"""`python -m bench mutations`: damaged images are kept or refused, and end nobody."""

import argparse
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from bench.mutations.mutating import originals
from bench.report_command import command_line, progress, publish

_MEANING = Path(__file__).with_name("meaning.md")
_AT_ONCE = 500
"""Images of one process; another follows."""
_LONGEST_S = 600


@dataclass
class Outcomes:
    """What became of mutated images.

    Attributes:
        by_original: How many had which outcome.
        faults: Number and words of what is no documented outcome.
        ended: Numbers of images that ended the process.
        seconds: How long each took, and what it was.
    """

    by_original: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[tuple[int, str]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    seconds: list[tuple[float, str]] = field(default_factory=list)


def verified(first: int, count: int, seed: int) -> Outcomes:
    """Verifies mutated images in processes of their own; one that ends is followed by another."""
    found = Outcomes()
    end = first + count
    while first < end:
        ran = subprocess.run(
            (sys.executable, "-m", "bench.mutations.worker", *map(str, (first, end - first, seed))),
            capture_output=True, text=True, check=False, timeout=_LONGEST_S,
        )  # fmt: skip
        lines = ran.stdout.splitlines()
        for line in lines:
            number, *told = line.split("\t")
            if len(told) < 3:
                break
            name, outcome, seconds = told
            found.by_original[name][outcome.partition(" ")[0]] += 1
            found.seconds.append((float(seconds), name))
            if outcome.startswith("FAULT"):
                found.faults.append((int(number), outcome))
            first = int(number) + 1
        if first < end:
            # It began with this one, and did not come to its end.
            found.ended.append(first)
            first += 1
    return found


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Runs it and prints the page, or writes it; exits with 1 after a fault."""
    say = progress()
    began = time.monotonic()
    batches = [
        (first, min(_AT_ONCE, chosen.count - first)) for first in range(0, chosen.count, _AT_ONCE)
    ]
    whole = Outcomes()
    with ThreadPoolExecutor(chosen.jobs) as threads:
        for done, part in enumerate(
            threads.map(lambda batch: verified(batch[0], batch[1], chosen.seed), batches), 1
        ):
            for name, outcomes in part.by_original.items():
                whole.by_original[name] += outcomes
            whole.faults += part.faults
            whole.ended += part.ended
            whole.seconds += part.seconds
            say(f"{done * _AT_ONCE:,} of {chosen.count:,}, {len(whole.faults)} faults")
    for number, words in whole.faults:
        print(f"{number}: {words}", file=sys.stderr)
    for number in whole.ended:
        print(f"{number} ended its process", file=sys.stderr)
    text = page(whole, chosen, time.monotonic() - began)
    publish(text, docs / "mutations.md", write=chosen.write)
    if whole.faults or whole.ended:
        sys.exit(1)


def page(found: Outcomes, chosen: argparse.Namespace, seconds: float) -> str:
    """What was found, as a page."""
    took = sorted(found.seconds)
    rows = []
    for name, outcomes in sorted(found.by_original.items()):
        reasons = ", ".join(
            f"{reason} {count}" for reason, count in outcomes.most_common() if reason != "kept"
        )
        rows.append(f"| {name} | {outcomes['kept']:,} | {reasons} |")
    return _MEANING.read_text(encoding="utf-8").format(
        command=command_line(["mutations", "--count", str(chosen.count)]),
        originals=len(originals()),
        count=chosen.count,
        seed=chosen.seed,
        faults=len(found.faults),
        ended=len(found.ended),
        seconds=seconds,
        jobs=chosen.jobs,
        median=statistics.median(one for one, _ in took) * 1000,
        p99=took[len(took) * 99 // 100][0] * 1000,
        slowest=took[-1][0] * 1000,
        slowest_name=took[-1][1],
        memory=getrusage(RUSAGE_CHILDREN).ru_maxrss // 1024,
        rows="\n".join(rows),
    )
