"""`argus inspect`: what is not normal in images, where, and how sure."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from argus.inspection.v1 import inspection_pb2
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from argus_client.reading import NOT_TAKEN
from mesh.client.connection import connect
from mesh.client.files import Collection, collect
from mesh.client.inspector import HOPELESS, Finding, Inspector, Item
from mesh.client.names import printable
from mesh.client.part_inspector import PartFinding
from mesh.client.pictures import make_folder, picture_names, save_pictures
from mesh.client.reference_sets import find_set, is_uuid
from mesh.commands.failures import exits_with, explained
from mesh.commands.findings import Row, print_findings
from mesh.commands.importing import check_found, import_files, say_passed_over
from mesh.commands.inspect_line import (
    CameraOptions,
    FolderOptions,
    Tally,
    duration_s,
    inspect_camera,
    inspect_folder,
)
from mesh.commands.inspect_part import PartOptions, any_alarm, any_failed, inspect_part
from mesh.commands.offline import inspect_offline
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import is_alarm
from mesh.errors import MeshError
from mesh.line.folder import WatchSettings

LINE = "On the line"
ANOMALY_FOUND = 1
ITEM_FAILED = 2


@exits_with(ITEM_FAILED)
@explained
def inspect(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders to inspect.")
    ] = None,
    set_name: Annotated[
        str | None,
        typer.Option("--set", metavar="SET", help="Reference set to compare with: name or id."),
    ] = None,
    zero_shot: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="Instead of a set: what the images show, such as 'metal tile'. Needs a CLIP "
            "model.",
        ),
    ] = None,
    image_id: Annotated[
        list[str] | None,
        typer.Option("--image-id", help="Id of a stored image to inspect; repeatable."),
    ] = None,
    offline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Instead of a set: a version that `argus refset export` wrote as FILE. No mesh is "
            "asked, and nothing is remembered.",
        ),
    ] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(
            "--view",
            metavar="VIEW=FILE",
            help="Picture of one view of a part, by the view's name or id; repeatable. All views "
            "come to one verdict. A stored image's id may stand in place of FILE.",
        ),
    ] = None,
    part: Annotated[
        bool,
        typer.Option(
            "--part",
            help="Each picture shows a part: inspect all views of the set in it. With --view: all "
            "others.",
        ),
    ] = False,
    version: Annotated[
        int, typer.Option(min=0, help="Version of the set; 0 is the one in use.")
    ] = 0,
    model: Annotated[str, typer.Option(metavar="ID", help="CLIP model for --zero-shot.")] = "",
    keep: Annotated[
        bool,
        typer.Option(
            "--import",
            help="Store the files first; only stored images can be reviewed and learnt from.",
        ),
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Save in this folder each image with its heat map over it."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="With --save: also save the heat maps, as 16-bit PNG.")
    ] = False,
    format_: Annotated[
        Literal["table", "json", "csv"],
        typer.Option("--format", help="How to print what was found."),
    ] = "table",
    fail_on_anomaly: Annotated[
        bool, typer.Option("--fail-on-anomaly", help="Exit with 1 if an image is anomalous.")
    ] = False,
    watch: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Inspect each picture that appears in this folder, and write what was found "
            "beside it, as NAME.argus.json; until Ctrl-C.",
            rich_help_panel=LINE,
        ),
    ] = None,
    camera: Annotated[
        str,
        typer.Option(
            metavar="URL|DEVICE",
            help="Inspect frames of a camera: rtsp://…, http://…, /dev/video0; until Ctrl-C. "
            "Needs PyAV.",
            rich_help_panel=LINE,
        ),
    ] = "",
    every: Annotated[
        float,
        typer.Option(
            parser=duration_s,
            metavar="TIME",
            help="With --camera: time between two frames; always the newest is taken.",
            rich_help_panel=LINE,
        ),
    ] = 1.0,
    trigger_line: Annotated[
        bool,
        typer.Option(
            "--trigger-line",
            help="With --camera: each line of standard input is the trigger id of the next frame.",
            rich_help_panel=LINE,
        ),
    ] = False,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="With --watch: end when all pictures there are judged.",
            rich_help_panel=LINE,
        ),
    ] = False,
    budget: Annotated[
        float | None,
        typer.Option(
            parser=duration_s,
            metavar="TIME",
            help="What a verdict may take, such as 250ms; a frame that would be late is dropped.",
            rich_help_panel=LINE,
        ),
    ] = None,
    trigger_id: Annotated[
        str,
        typer.Option(
            metavar="REGEX",
            help=r"With --watch: finds the trigger id in a file's name, such as '_(\d+)\.'.",
            rich_help_panel=LINE,
        ),
    ] = "",
    poll: Annotated[
        float,
        typer.Option(
            parser=duration_s,
            metavar="TIME",
            help="With --watch: time between two looks.",
            rich_help_panel=LINE,
        ),
    ] = 0.2,
    settle: Annotated[
        float,
        typer.Option(
            parser=duration_s,
            metavar="TIME",
            help="With --watch: a picture is whole when it has not changed for so long.",
            rich_help_panel=LINE,
        ),
    ] = 0.4,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Find out which images are not normal, where, and how sure that is.

    An image that cannot be inspected gets a row that says why, and the others
    are inspected all the same. In folders, hidden files and folders are passed
    over and links are followed.

    With --view and --part, all views of a set are inspected for a part, which is
    anomalous if one of them is, and normal only if all of them are.

    With --watch it goes on until Ctrl-C or SIGTERM: each picture is inspected once
    when it is whole, those without a verdict also after a restart. So it does with
    --camera, until the camera's file or the lines of --trigger-line end.

    Exits with 0 if every image was inspected; with 1 if also --fail-on-anomaly
    is given and an image is anomalous; with 2 if an image could not be
    inspected or saved, whatever else was found.
    """
    if view or part:
        _check_part({
            "--zero-shot": zero_shot, "--offline": offline, "--version": version,
            "--model": model, "--import": keep, "--watch": watch, "--camera": camera,
            "--format csv": format_ == "csv", "--raw without --save": raw and save is None,
            "--once": once, "--budget": budget is not None, "--trigger-id": trigger_id,
            "--trigger-line": trigger_line, "no --set": set_name is None,
        })  # fmt: skip
        pictures = _pictures(paths or [], image_id or [], named=bool(view))
        parts = PartOptions(
            set_name or "", view or (), *pictures, save, raw, as_json=format_ == "json"
        )
        _end_parts(inspect_part(server, parts), fail_on_anomaly=fail_on_anomaly)
        return
    if offline is not None:
        _check_offline({
            "--set": set_name, "--zero-shot": zero_shot, "--image-id": image_id,
            "--version": version, "--model": model, "--import": keep,
            "--watch": watch, "--camera": camera,
            "--raw without --save": raw and save is None,
        })  # fmt: skip
    else:
        _check(set_name, zero_shot, version=version, model=model, raw=raw, save=save)
    if (watch is not None or camera) and (
        paths or image_id or keep or save or format_ == "csv" or (watch and camera)
    ):
        raise MeshError(
            f"{'--camera' if camera else '--watch'} takes no paths, and no --image-id, --import, "
            "--save and --format csv.",
            "--format json prints what is found by lines, as it comes.",
        )
    if camera:
        if once or trigger_id:
            raise MeshError("--once and --trigger-id work only with --watch.")
        request = _request(server, set_name, zero_shot, version=version, model=model)
        seen = CameraOptions(camera, every, trigger_line, budget, as_json=format_ == "json")
        _end_line(inspect_camera(server, request, seen), fail_on_anomaly=fail_on_anomaly)
        return
    if watch is not None:
        request = _request(server, set_name, zero_shot, version=version, model=model)
        options = FolderOptions(
            watch,
            settle,
            WatchSettings(poll, budget, once),
            trigger_id,
            as_json=format_ == "json",
        )
        _end_line(inspect_folder(server, request, options), fail_on_anomaly=fail_on_anomaly)
        return
    if once or budget is not None or trigger_id or trigger_line:
        raise MeshError(
            "--once, --budget, --trigger-id and --trigger-line work only with --watch or --camera."
        )
    collection = collect(paths or [])
    items = _items(collection, image_id or [])
    request = inspection_pb2.InspectRequest()
    if offline is None:
        request = _request(server, set_name, zero_shot, version=version, model=model)
    if save:
        make_folder(save)
        request.overlay = inspection_pb2.InspectRequest.WEBP
        request.heatmap = raw
    say_passed_over(collection)
    problems = _not_taken(collection)
    if keep:
        items, not_stored = _stored(items, server)
        problems = not_stored + problems
    started = time.monotonic()
    rows = asyncio.run(_inspect(offline or server, request, items, save))
    rows += [Row(one) for one in problems]
    _refuse_hopeless(rows)
    against = f"`{zero_shot}`" if zero_shot is not None else f"{offline or set_name}"
    print_findings(rows, format_, against=against, seconds=time.monotonic() - started)
    code = exit_code(rows, fail_on_anomaly=fail_on_anomaly)
    if code:
        raise typer.Exit(code)


def _refuse_hopeless(rows: Sequence[Row]) -> None:
    """Says once what is wrong with all of them."""
    inspected = [row for row in rows if row.finding.inspection is not None]
    if rows and not inspected and rows[0].finding.reason in HOPELESS:
        raise MeshError(rows[0].finding.problem, _ADVICE.get(rows[0].finding.reason, ""))


_ADVICE = {
    "ARTIFACT_WRONG": "`argus refset calibrate SET --from-scratch` makes a new version.",
    "MODEL_NOT_CLIP": "Name a CLIP model with --model; `argus models pull --help` lists some.",
    "MODEL_NOT_FOUND": "`argus models list` shows the installed models.",
    "MODEL_VERSION_CHANGED": "Calibrate the set again, or use a version of the set that was "
    "made with the current model.",
    "VERSION_NOT_FOUND": "`argus refset versions SET` lists the set's versions.",
    "REFERENCE_SET_NOT_READY": "`argus refset calibrate SET` makes a version.",
}


def _request(
    server: str, set_name: str | None, zero_shot: str | None, *, version: int, model: str
) -> inspection_pb2.InspectRequest:
    """What every image is compared with."""
    request = inspection_pb2.InspectRequest(version=version)
    if zero_shot is not None:
        request.zero_shot.object = zero_shot
        request.zero_shot.model = model
    else:
        request.reference_set_id = asyncio.run(_set_id(server, set_name or "", version))
    return request


def _end_line(tally: Tally, *, fail_on_anomaly: bool) -> None:
    say(tally.words(), stderr=True)
    if tally.failed or tally.late:
        raise typer.Exit(ITEM_FAILED)
    if fail_on_anomaly and tally.anomalous + tally.uninspectable:
        raise typer.Exit(ANOMALY_FOUND)


def exit_code(rows: Sequence[Row], *, fail_on_anomaly: bool) -> int:
    """What a line may act on: 2 for what failed, 1 for alarms if asked for, else 0."""
    if any(row.finding.inspection is None or row.unsaved for row in rows):
        return ITEM_FAILED
    if fail_on_anomaly and any(
        row.finding.inspection and is_alarm(row.finding.inspection.verdict) for row in rows
    ):
        return ANOMALY_FOUND
    return 0


def _check(
    set_name: str | None,
    zero_shot: str | None,
    *,
    version: int,
    model: str,
    raw: bool,
    save: Path | None,
) -> None:
    if (set_name is None) == (zero_shot is None):
        raise MeshError(
            "Say what to compare the images with.", "Give --set NAME, or --zero-shot WORDS."
        )
    if zero_shot is not None and (not zero_shot.strip() or version):
        raise MeshError(
            "--zero-shot takes words that say what the images show, and no --version.",
            "For example: argus inspect --zero-shot 'metal tile' PATH…",
        )
    if model and zero_shot is None:
        raise MeshError(
            "--model works only with --zero-shot.",
            "`argus refset calibrate SET --model ID` chooses the model of a set.",
        )
    if raw and save is None:
        raise MeshError("--raw needs --save FOLDER.")


def _check_offline(given: Mapping[str, object]) -> None:
    """Refuses what only a mesh can do."""
    if names := [name for name, value in given.items() if value]:
        raise MeshError(
            f"--offline does not go with {', '.join(names)}.",
            "It inspects files with the version in its FILE: argus inspect --offline FILE PATH…",
        )


def _pictures(
    paths: Sequence[Path], image_ids: Sequence[str], *, named: bool
) -> tuple[list[Item], Collection]:
    """Pictures of parts beside those that are named for a view."""
    collection = collect(paths)
    items = [] if named and not (paths or image_ids) else _items(collection, image_ids)
    say_passed_over(collection)
    return items, collection


def _end_parts(parts: Sequence[PartFinding], *, fail_on_anomaly: bool) -> None:
    if any_failed(parts):
        raise typer.Exit(ITEM_FAILED)
    if fail_on_anomaly and any_alarm(parts):
        raise typer.Exit(ANOMALY_FOUND)


def _check_part(given: Mapping[str, object]) -> None:
    """Refuses what does not go with several views."""
    if names := [name for name, value in given.items() if value]:
        raise MeshError(
            f"--view and --part do not go with {', '.join(names)}.",
            "They take --set NAME: each view is inspected against the version that it has in use.",
        )


def _items(collection: Collection, image_ids: Sequence[str]) -> list[Item]:
    for one in image_ids:
        if not is_uuid(one):
            raise MeshError(
                f"`{printable(one)}` is not an image id.", "`argus search` shows the ids of images."
            )
    items = [Item(str(file), file=file) for file in collection.files]
    items += [Item(one, image_id=one) for one in dict.fromkeys(image_ids)]
    if not items and not collection.foreign:
        check_found(collection, "inspect")
    return items


def _not_taken(collection: Collection) -> list[Finding]:
    """What in the folders may be images and cannot be inspected; 0 must not be answered then."""
    findings = [
        Finding(Item(str(folder)), reason="FOLDER_UNREADABLE", problem=problem)
        for folder, problem in collection.problems
    ]
    return findings + [
        Finding(Item(str(file), file=file), reason="IMAGE_UNSUPPORTED", problem=NOT_TAKEN)
        for file in collection.foreign
    ]


async def _set_id(server: str, name: str, version: int) -> str:
    async with connect(server) as connection:
        found = await find_set(connection, name)
    if not version and not found.current_version:
        raise MeshError(
            f"{found.display_name} has not been calibrated yet.",
            f"`argus refset calibrate {name}` does that.",
        )
    return found.reference_set_id


def _stored(items: Sequence[Item], server: str) -> tuple[list[Item], list[Finding]]:
    """Items as stored images, and what could not be stored."""
    files = [item.file for item in items if item.file]
    if not files:
        return list(items), []
    report = import_files(files, {}, jobs=8, wait=True, server=server)
    why = dict(report.problems)
    stored: list[Item] = []
    problems: list[Finding] = []
    for item in items:
        if item.file is None:
            stored.append(item)
        elif image_id := report.image_ids.get(item.file):
            stored.append(Item(item.name, file=item.file, image_id=image_id))
        else:
            words = why.get(item.file, "it could not be stored")
            problems.append(Finding(item, reason="NOT_STORED", problem=words))
    return stored, problems


async def _inspect(
    by: str | Path,
    request: inspection_pb2.InspectRequest,
    items: Sequence[Item],
    save: Path | None,
) -> list[Row]:
    names = picture_names([item.name for item in items]) if save else []
    pictures: dict[int, tuple[str, str, str]] = {}
    columns = (
        TextColumn("inspected"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, fold=True), transient=True) as bars:
        bar = bars.add_task("", total=len(items))

        def found(index: int, finding: Finding) -> None:
            if save and finding.inspection is not None:
                pictures[index] = _save(finding.inspection, save, names[index])
                # Thousands of pictures need not stay in memory.
                finding.inspection.ClearField("overlay")
                finding.inspection.ClearField("heatmap")
            bars.advance(bar)

        if isinstance(by, Path):
            findings = await inspect_offline(by, request, items, found)
        else:
            async with connect(by) as connection:
                findings = await Inspector(connection, request, found=found).run(items)
    return [
        Row(finding, *pictures.get(index, ("", "", ""))) for index, finding in enumerate(findings)
    ]


def _save(
    inspection: inspection_pb2.InspectResponse, folder: Path, name: str
) -> tuple[str, str, str]:
    """Saves an image's pictures; their file names, and why they could not be saved."""
    try:
        return (*save_pictures(inspection, folder, name), "")
    except OSError as error:
        return "", "", error.strerror or str(error)
