"""`argus refset calibrate`: makes a version of a set, and shows its progress."""

import asyncio
from typing import Annotated, Literal

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from mesh.client.calibrations import ENDED, watch
from mesh.client.connection import Connection, connect, reason_of
from mesh.client.names import printable
from mesh.client.reference_sets import find_set, get_version
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.refset.sensitivity import show_sensitivity
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import AUGMENTATIONS, SCORERS, counted, threshold_words
from mesh.errors import MeshError

INTERRUPTED = 130


@explained
def calibrate(
    set_name: SetName,
    target: Annotated[
        float | None,
        typer.Option(
            min=0.0001,
            max=0.5,
            help="Target false-alarm rate: the share of normal images that may be called "
            "anomalous (default: that of the version in use, or 0.01).",
        ),
    ] = None,
    scorer: Annotated[
        Literal["patch-coreset", "image-knn"] | None,
        typer.Option(help="How images are scored: by patches, or as a whole."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="ID", help="Model that extracts the features.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=0, max=4096, help="Pixels of the shorter side after resizing; 0 is the model's own."
        ),
    ] = None,
    augment: Annotated[
        Literal["auto", "none", "lighting", "rotation-and-lighting"] | None,
        typer.Option(
            help="Learn also from copies of the images: none, in other light, or also "
            "rotated; auto decides by the number of images."
        ),
    ] = None,
    mask_background: Annotated[
        bool | None,
        typer.Option(
            "--mask-background/--no-mask-background",
            help="Ignore the background: what looks like the borders of the reference images.",
        ),
    ] = None,
    coreset: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=20000,
            help="Most patches to keep of the reference images; 0 lets Argus choose.",
        ),
    ] = None,
    from_scratch: Annotated[
        bool,
        typer.Option("--from-scratch", help="Learn from all images again, not only from new ones."),
    ] = False,
    wait: Annotated[bool, typer.Option(help="Show progress and wait until it ends.")] = True,
    watch_: Annotated[
        bool,
        typer.Option(
            "--watch", help="Start nothing; show the progress of the running calibration."
        ),
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Start nothing; cancel the running calibration.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Learn from a set's images what is normal. This makes a new version and uses it.

    Options that are not given are as in the version in use. That version stays
    in use until the new one is ready.
    """
    changes = _Changes(target, scorer, model, size, augment, mask_background, coreset)

    async def run() -> tuple[inspection_pb2.Calibration, inspection_pb2.Version | None]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            if cancel:
                return await _cancel(connection, found), None
            if watch_:
                calibration = _last(found)
            else:
                calibration = await _start(connection, found, changes, from_scratch=from_scratch)
            if not wait:
                return calibration, None
            calibration = await _follow(connection, calibration)
            version = await get_version(connection, found.reference_set_id, calibration.version)
            return calibration, version

    try:
        calibration, version = asyncio.run(run())
    except KeyboardInterrupt as error:
        say(
            "Stopped watching. A calibration that was started goes on: "
            f"`argus refset calibrate {set_name} --watch` shows its progress, "
            f"`argus refset calibrate {set_name} --cancel` cancels it.",
            stderr=True,
        )
        raise typer.Exit(INTERRUPTED) from error
    _tell(calibration, version, set_name)
    cancelled = calibration.state == inspection_pb2.Calibration.CANCELLED
    if calibration.state == inspection_pb2.Calibration.FAILED or (cancelled and not cancel):
        raise typer.Exit(1)


class _Changes:
    """What a person asked for; None is as before."""

    def __init__(
        self,
        target: float | None,
        scorer: str | None,
        model: str | None,
        size: int | None,
        augment: str | None,
        mask_background: bool | None,
        coreset: int | None,
    ) -> None:
        self.target = target
        self._settings = {
            "scorer": SCORERS[scorer] if scorer else None,
            "model": model,
            "size": size,
            "augmentation": AUGMENTATIONS[augment] if augment else None,
            "mask_background": mask_background,
            "coreset_size": coreset,
        }

    def settings(
        self, before: inspection_pb2.CalibrationSettings | None
    ) -> inspection_pb2.CalibrationSettings | None:
        """Those before with the changes; None if nothing was asked for."""
        asked = {name: value for name, value in self._settings.items() if value is not None}
        if not asked:
            return None
        settings = inspection_pb2.CalibrationSettings()
        if before is not None:
            settings.CopyFrom(before)
        for name, value in asked.items():
            setattr(settings, name, value)
        return settings


async def _start(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    changes: _Changes,
    *,
    from_scratch: bool,
) -> inspection_pb2.Calibration:
    before = await get_version(connection, found.reference_set_id, found.current_version)
    target = before.threshold.target_false_alarm_rate if before else 0.0
    request = inspection_pb2.CalibrateReferenceSetRequest(
        reference_set_id=found.reference_set_id,
        target_false_alarm_rate=target if changes.target is None else changes.target,
        settings=changes.settings(before.settings if before else None),
        from_scratch=from_scratch,
    )
    try:
        return await connection.call(connection.inspection.CalibrateReferenceSet, request)
    except grpc.aio.AioRpcError as error:
        advice = _ADVICE.get(reason_of(error))
        if advice is None:
            raise
        words = error.details() or "It cannot be calibrated."
        raise MeshError(words, advice.format(name=found.display_name)) from error


_ADVICE = {
    "CALIBRATION_UNDER_WAY": "`argus refset calibrate {name} --watch` shows its progress, "
    "--cancel cancels it.",
    "REFERENCE_SET_EMPTY": "`argus refset add {name} PATH…` adds normal images.",
    "MODEL_NOT_FOUND": "`argus models list` shows the installed models.",
    "MODEL_HAS_NO_PATCHES": "`argus models list` shows which models give patches; "
    "--scorer image-knn works without.",
}


def _last(found: inspection_pb2.ReferenceSet) -> inspection_pb2.Calibration:
    if not found.HasField("last_calibration"):
        raise MeshError(f"{found.display_name} has never been calibrated.")
    return found.last_calibration


async def _cancel(
    connection: Connection, found: inspection_pb2.ReferenceSet
) -> inspection_pb2.Calibration:
    last = _last(found)
    if last.state in ENDED:
        raise MeshError(f"No calibration of {found.display_name} is running.")
    return await connection.call(
        connection.inspection.CancelCalibration,
        inspection_pb2.CancelCalibrationRequest(
            reference_set_id=found.reference_set_id, calibration_id=last.calibration_id
        ),
    )


async def _follow(
    connection: Connection, calibration: inspection_pb2.Calibration
) -> inspection_pb2.Calibration:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, fold=True)) as bars:
        bar = bars.add_task(printable(calibration.stage or "queued"), total=None)
        async for one in watch(
            connection, calibration.reference_set_id, calibration.calibration_id
        ):
            calibration = one
            bars.update(
                bar,
                description="ended" if one.state in ENDED else printable(one.stage or "queued"),
                completed=one.images_done,
                total=one.images_total or None,
            )
    return calibration


def skipped_table(calibration: inspection_pb2.Calibration) -> Table:
    """The images that a calibration left out."""
    table = Table(
        Column("image id", no_wrap=True), "reason", "what happened", box=SIMPLE_HEAD,
        title="Images left out", title_justify="left",
    )  # fmt: skip
    for one in calibration.skipped:
        table.add_row(one.image_id, one.reason, one.message)
    return table


def _tell(
    calibration: inspection_pb2.Calibration,
    version: inspection_pb2.Version | None,
    set_name: str,
) -> None:
    if calibration.skipped:
        Terminal(fold=True).print(skipped_table(calibration))
    if calibration.state == inspection_pb2.Calibration.SUCCEEDED:
        say(f"Version {calibration.version} is made and in use.", style="green")
        if version:
            say(f"Its {threshold_words(version.threshold)}")
            show_sensitivity(version)
            say(
                f"It learnt from {counted(version.image_count, 'image')}. "
                f"Next: argus inspect --set {set_name} PATH…"
            )
    elif calibration.state == inspection_pb2.Calibration.FAILED:
        say(f"The calibration failed: {calibration.error.message}", style="red")
    elif calibration.state == inspection_pb2.Calibration.CANCELLED:
        say("Cancelled.")
    else:
        say(
            f"Calibration {calibration.calibration_id} is running: "
            f"`argus refset calibrate {set_name} --watch` shows its progress."
        )
