"""`argus refset calibrate`: makes a version of a set, and shows its progress."""

import asyncio
from typing import Annotated, Literal
from uuid import uuid4

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from argus.type.v1 import geometry_pb2

from argus_client.errors import reason_of
from mesh.client.connection import Connection, connect
from mesh.client.jobs import ENDED, cancel_job
from mesh.client.reference_sets import find_set, get_version
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.outlines import parse_polygon
from mesh.commands.refset.following import INTERRUPTED, follow, skipped_table, tell_unfinished
from mesh.commands.refset.options import SetName
from mesh.commands.refset.parts import show_parts
from mesh.commands.refset.sensitivity import show_sensitivity
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import (
    AUGMENTATIONS,
    BANKS,
    REGISTRATIONS,
    SCORERS,
    banks_words,
    counted,
    registration_words,
    threshold_words,
)
from mesh.errors import MeshError

EVERYWHERE = "all"

START_PATIENCE_S = 10.0
"""How long starting is tried again; the request has an id, so that it starts one job."""


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
            max=300_000,
            help="Most patches to keep of the reference images; 0 lets Argus choose.",
        ),
    ] = None,
    roi: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"X,Y X,Y X,Y…"',
            help="Region of interest: only what lies within this outline counts. Its corners in "
            "fractions of width and height; again for a further region, `all` for the whole "
            "image.",
        ),
    ] = None,
    banks: Annotated[
        Literal["auto", "one", "two"] | None,
        typer.Option(
            help="Whether a second bank, which counts size and exposure less, has a say in scores; "
            "auto asks the images whether it pays. Inspecting then takes up to twice as long."
        ),
    ] = None,
    registration: Annotated[
        Literal["none", "translation", "rigid"] | None,
        typer.Option(
            help="Whether images are aligned before they are looked at, for parts that are placed "
            "the same: shifted (translation), or shifted and turned (rigid). Regions of interest "
            "then follow the part."
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
    changes = _Changes(
        target, scorer, model, size, augment, mask_background, coreset, roi, banks, registration
    )

    async def run() -> tuple[inspection_pb2.Job, inspection_pb2.Version | None]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            if cancel:
                return await _cancel(connection, found), None
            if watch_:
                job = _last(found)
            else:
                job = await _start(connection, found, changes, from_scratch=from_scratch)
            if not wait:
                return job, None
            job = await follow(connection, job)
            return job, await get_version(connection, found.reference_set_id, job.version)

    try:
        job, version = asyncio.run(run())
    except KeyboardInterrupt as error:
        say(
            "Stopped watching. A calibration that was started goes on: "
            f"`argus refset calibrate {set_name} --watch` shows its progress, "
            f"`argus refset calibrate {set_name} --cancel` cancels it.",
            stderr=True,
        )
        raise typer.Exit(INTERRUPTED) from error
    tell_calibration(job, version, set_name)
    cancelled = job.state == inspection_pb2.Job.CANCELLED
    if job.state == inspection_pb2.Job.FAILED or (cancelled and not cancel):
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
        roi: list[str] | None,
        banks: str | None,
        registration: str | None,
    ) -> None:
        self.target = target
        self._settings = {
            "scorer": SCORERS[scorer] if scorer else None,
            "model": model,
            "size": size,
            "augmentation": AUGMENTATIONS[augment] if augment else None,
            "mask_background": mask_background,
            "coreset_size": coreset,
            "banks": BANKS[banks] if banks else None,
            "registration": REGISTRATIONS[registration] if registration else None,
        }
        self._regions = None if not roi else [] if roi == [EVERYWHERE] else parsed(roi)

    def settings(
        self, before: inspection_pb2.CalibrationSettings | None
    ) -> inspection_pb2.CalibrationSettings | None:
        """Those before with the changes; None if nothing was asked for."""
        asked = {name: value for name, value in self._settings.items() if value is not None}
        if not asked and self._regions is None:
            return None
        settings = inspection_pb2.CalibrationSettings()
        if before is not None:
            settings.CopyFrom(before)
            # Which images show the same part is the set's to say, as it is now.
            settings.ClearField("part_rule")
        for name, value in asked.items():
            setattr(settings, name, value)
        if self._regions is not None:
            del settings.regions_of_interest[:]
            settings.regions_of_interest.extend(self._regions)
        return settings


def parsed(regions: list[str]) -> list[geometry_pb2.Polygon]:
    """Regions of interest as they were typed.

    Raises:
        MeshError: One is no outline.
    """
    return [parse_polygon(text, option="--roi") for text in regions]


async def _start(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    changes: _Changes,
    *,
    from_scratch: bool,
) -> inspection_pb2.Job:
    before = await get_version(connection, found.reference_set_id, found.current_version)
    target = before.threshold.target_false_alarm_rate if before else 0.0
    request = inspection_pb2.CalibrateReferenceSetRequest(
        reference_set_id=found.reference_set_id,
        target_false_alarm_rate=target if changes.target is None else changes.target,
        settings=changes.settings(before.settings if before else None),
        from_scratch=from_scratch,
        request_id=str(uuid4()),
    )
    try:
        return await connection.call(
            connection.inspection.CalibrateReferenceSet, request, patience_s=START_PATIENCE_S
        )
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


def _last(found: inspection_pb2.ReferenceSet) -> inspection_pb2.Job:
    if not found.HasField("last_calibration"):
        raise MeshError(f"{found.display_name} has never been calibrated.")
    return found.last_calibration


async def _cancel(connection: Connection, found: inspection_pb2.ReferenceSet) -> inspection_pb2.Job:
    last = _last(found)
    if last.state in ENDED:
        raise MeshError(f"No calibration of {found.display_name} is running.")
    return await cancel_job(connection, found.reference_set_id, last.job_id)


def tell_calibration(
    job: inspection_pb2.Job, version: inspection_pb2.Version | None, set_name: str
) -> None:
    """Says what came of a calibration."""
    if job.skipped:
        Terminal(fold=True).print(skipped_table(job))
    if job.state == inspection_pb2.Job.SUCCEEDED:
        say(f"Version {job.version} is made and in use.", style="green")
        if version:
            say(f"Its {threshold_words(version.threshold)}")
            if version.HasField("banks"):
                say(banks_words(version.banks))
            if aligned := registration_words(version):
                say(aligned)
            show_sensitivity(version)
            show_parts(version)
            say(
                f"It learnt from {counted(version.image_count, 'image')}. "
                f"Next: argus inspect --set {set_name} PATH…"
            )
    else:
        tell_unfinished(job, set_name)
