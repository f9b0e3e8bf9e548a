"""`argus inspect --watch` and `--camera`: verdicts at the pace of a line."""

import asyncio
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from argus.inspection.v1 import inspection_pb2 as pb
from rich.text import Text

from mesh.client.connection import connect
from mesh.client.names import printable
from mesh.commands.findings import OFF_DISTRIBUTION, Row, as_json
from mesh.commands.stopping import stopped_by_signals
from mesh.commands.terminal import Terminal, print_json_line, say
from mesh.commands.words import confidence_text, counted, ratio_text, verdict_text
from mesh.errors import MeshError
from mesh.line.arrivals import Arrivals
from mesh.line.camera import Camera, check_pyav, shown
from mesh.line.camera_line import CameraLine, FrameJudged, Trigger
from mesh.line.folder import FolderWatch, Judged, WatchSettings
from mesh.line.frames import LATE, MOST_S, frame_inspector
from mesh.line.newest import Newest

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min)?")
_UNITS_S = {"ms": 0.001, "s": 1.0, "min": 60.0, None: 1.0}


def duration_s(text: str | float) -> float:
    """Seconds of a duration such as `250ms`, `0.5s` or `2`, or of what is seconds already.

    Raises:
        typer.BadParameter: It is none, or longer than an hour.
    """
    found = _DURATION.fullmatch(str(text).strip())
    seconds = float(found[1]) * _UNITS_S[found[2]] if found else -1.0
    if not 0 < seconds <= MOST_S:
        raise typer.BadParameter("write a duration up to an hour, such as 250ms, 0.5s or 2min")
    return seconds


def trigger_of(pattern: str) -> Callable[[str], str]:
    """Finds the trigger id in a file's name: the first group of a pattern, or all that it matches.

    Raises:
        MeshError: It is no regular expression.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise MeshError(
            f"`{printable(pattern)}` is not a regular expression: {error}.",
            r"For part_0042.jpg the trigger id 0042 is found by '_(\d+)\.'.",
        ) from error

    def found_in(name: str) -> str:
        found = compiled.search(name) if pattern else None
        if found is None:
            return ""
        # What the service would refuse is no reason to inspect nothing.
        return printable(found[1] or "" if compiled.groups else found[0])[:MOST_TRIGGER]

    return found_in


MOST_TRIGGER = 128
"""Characters of a trigger id."""


@dataclass
class Tally:
    """What came of all frames so far."""

    normal: int = 0
    anomalous: int = 0
    uninspectable: int = 0
    late: int = 0
    failed: int = 0
    skipped: int = 0
    """Frames of a camera that nobody asked for, or that came too fast."""
    began: float = field(default_factory=time.monotonic)

    def add(self, row: Row) -> None:
        """Counts one."""
        found = row.finding.inspection
        if found is None:
            self.late += row.finding.reason == LATE
            self.failed += row.finding.reason != LATE
        elif found.verdict == pb.InspectResponse.NORMAL:
            self.normal += 1
        elif found.verdict == pb.InspectResponse.UNINSPECTABLE:
            self.uninspectable += 1
        else:
            self.anomalous += 1

    def words(self) -> str:
        """All in a sentence."""
        number = self.normal + self.anomalous + self.uninspectable
        dark = f"{self.uninspectable} uninspectable, " if self.uninspectable else ""
        skipped = f", {counted(self.skipped, 'frame')} passed over" if self.skipped else ""
        return (
            f"{number} inspected: {self.anomalous} anomalous, {dark}{self.normal} normal; "
            f"{self.late} late, {self.failed} failed{skipped}, "
            f"in {time.monotonic() - self.began:.1f} s"
        )


def tell(row: Row, *, as_line: bool, **more: Any) -> None:  # noqa: ANN401 - JSON's values
    """Prints what came of a frame, as a line of text or of JSON."""
    if as_line:
        print_json_line(as_json(row) | more)
        return
    found, name = row.finding.inspection, row.finding.item.name
    trigger = f"  trigger {more['triggerId']}" if more.get("triggerId") else ""
    if found is None:
        reason = f" ({row.finding.reason})" if row.finding.reason else ""
        words = Text.assemble(("failed", "yellow"), f"  {row.finding.problem}{reason}")
    else:
        words = Text.assemble(
            verdict_text(found.verdict),
            f"  {ratio_text(found.score, found.threshold)}  {confidence_text(found.confidence)}"
            f"  {more.get('elapsedMs', 0):.0f} ms",
            f"  {OFF_DISTRIBUTION}" if found.off_distribution else "",
        )
    Terminal(fold=True).print(Text.assemble(f"{name}  ", words, trigger))


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """What a person said of the folder to watch."""

    folder: Path
    settle_s: float
    watch: WatchSettings
    trigger: str
    as_json: bool


def inspect_folder(server: str, request: pb.InspectRequest, options: FolderOptions) -> Tally:
    """Watches a folder until Ctrl-C, or until all that is there is judged.

    Raises:
        MeshError: It cannot be watched, or nothing can be inspected any more.
    """
    if not options.folder.is_dir():
        raise MeshError(f"{printable(str(options.folder))} is not a folder.")
    return asyncio.run(_folder(server, request, options, trigger_of(options.trigger)))


async def _folder(
    server: str, request: pb.InspectRequest, options: FolderOptions, trigger: Callable[[str], str]
) -> Tally:
    tally = Tally()

    def told(judged: Judged) -> dict[str, Any]:
        answer = as_json(Row(judged.finding)) | _facts(judged)
        # Beside the picture; where the folder is mounted is nobody's business.
        answer["file"] = printable(Path(judged.finding.item.name).name)
        for picture in ("overlay", "heatmap", "heatmapScale"):
            answer.pop(picture, None)
        return answer

    def judged(one: Judged) -> None:
        row = Row(one.finding)
        tally.add(row)
        tell(row, as_line=options.as_json, **_facts(one))

    def troubled(words: str) -> None:
        say(words or "The folder can be read again.", style="yellow", stderr=True)

    with stopped_by_signals() as stop:
        async with connect(server) as connection, frame_inspector(connection, request) as inspector:
            watch = FolderWatch(
                Arrivals(options.folder, settle_s=options.settle_s, clock=time.monotonic),
                inspector,
                options.watch,
                trigger=trigger,
                told=told,
                judged=judged,
                troubled=troubled,
            )
            await watch.run(stop)
    return tally


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What a person said of the camera to read."""

    source: str
    every_s: float
    by_lines: bool
    """Whether lines of standard input trigger frames, in place of time."""
    budget_s: float | None
    as_json: bool


def inspect_camera(server: str, request: pb.InspectRequest, options: CameraOptions) -> Tally:
    """Inspects frames of a camera until Ctrl-C, or until it or the triggers end.

    Raises:
        MeshError: PyAV is missing, or nothing can be inspected any more.
    """
    check_pyav()
    return asyncio.run(_camera(server, request, options))


async def _camera(server: str, request: pb.InspectRequest, options: CameraOptions) -> Tally:
    tally = Tally()

    def judged(one: FrameJudged) -> None:
        row = Row(one.finding)
        tally.add(row)
        tally.skipped += one.skipped
        tell(
            row,
            as_line=options.as_json,
            triggerId=one.trigger_id,
            elapsedMs=round(1000 * one.took_s, 1),
            frame=one.number,
            skipped=one.skipped,
            captureTime=one.taken_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )

    def troubled(words: str) -> None:
        name = printable(shown(options.source))
        said = f"{name} gives no frames: {words}." if words else f"{name} gives frames again."
        say(said, style="yellow", stderr=True)

    newest: Newest[Any] = Newest()
    with stopped_by_signals() as stop:
        async with connect(server) as connection, frame_inspector(connection, request) as inspector:
            line = CameraLine(newest, inspector, budget_s=options.budget_s, judged=judged)
            with Camera(options.source, newest, troubled=troubled):
                if options.by_lines:
                    await line.run_triggered(_lines(newest), stop)
                else:
                    await line.run_every(options.every_s, stop)
    return tally


def _lines(newest: Newest[Any]) -> "asyncio.Queue[Trigger | None]":
    """Triggers, of the lines of standard input as they come; its end is theirs."""
    loop, lines = asyncio.get_running_loop(), sys.stdin
    triggers: asyncio.Queue[Trigger | None] = asyncio.Queue()

    def read() -> None:
        # A loop that was closed hears of nothing any more.
        with suppress(RuntimeError, ValueError):
            for line in lines:
                trigger_id = printable(line.strip())[:MOST_TRIGGER]
                trigger = Trigger(trigger_id, time.monotonic(), newest.number)
                loop.call_soon_threadsafe(triggers.put_nowait, trigger)
            loop.call_soon_threadsafe(triggers.put_nowait, None)

    threading.Thread(target=read, name="triggers", daemon=True).start()
    return triggers


def _facts(judged: Judged) -> dict[str, Any]:
    return {"triggerId": judged.trigger_id, "elapsedMs": round(1000 * judged.took_s, 1)}
