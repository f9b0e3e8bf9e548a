"""`argus refset calibrate`: makes a version of a set, and follows the making."""

import asyncio
from typing import Annotated, Literal
from uuid import uuid4

import grpc
import typer
from argus.inspection.v1 import inspection_pb2
from rich.console import Console
from rich.text import Text

from mesh.client.connection import Connection, connect, reason_of
from mesh.client.jobs import ENDED, cancel_job
from mesh.client.reference_sets import find_set, get_version
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.following import INTERRUPTED, follow, skipped_table, tell_unfinished
from mesh.commands.refset.options import SetName, plain_console
from mesh.commands.words import AUGMENTATIONS, SCORERS, threshold_words
from mesh.errors import MeshError

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
            help="Share of normal images that may be called anomalous (default: as before, "
            "else 0.01).",
        ),
    ] = None,
    scorer: Annotated[
        Literal["patch-coreset", "image-knn"] | None,
        typer.Option(help="What gives an image its score."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model whose features are compared.")] = None,
    size: Annotated[
        int | None,
        typer.Option(min=0, max=4096, help="Shorter side in pixels; 0 for the model's own."),
    ] = None,
    augment: Annotated[
        Literal["auto", "none", "lighting", "rotation-and-lighting"] | None,
        typer.Option(help="Whether references are also seen turned and in other light."),
    ] = None,
    mask_background: Annotated[
        bool | None,
        typer.Option(
            "--mask-background/--no-mask-background",
            help="Leave out what looks like the references' borders.",
        ),
    ] = None,
    coreset: Annotated[
        int | None,
        typer.Option(min=0, max=20000, help="Most patches to keep; 0 lets Argus choose."),
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Do not build on the current version.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Show progress until it ends.")] = True,
    watch_: Annotated[
        bool, typer.Option("--watch", help="Start nothing; follow the one under way.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Start nothing; cancel the one under way.")
    ] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Learn from a set's images what normal is; the version made is taken into use.

    Options that are not given are as in the version in use, which stays in use
    meanwhile.
    """
    changes = _Changes(target, scorer, model, size, augment, mask_background, coreset)

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
        plain_console(stderr=True).print(
            Text(
                "No longer watched. If it was started, it goes on: "
                f"`argus refset calibrate {set_name} --watch` shows it again, "
                f"`argus refset calibrate {set_name} --cancel` cancels it."
            )
        )
        raise typer.Exit(INTERRUPTED) from error
    tell_calibration(plain_console(), job, version, set_name)
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
    "CALIBRATION_UNDER_WAY": "`argus refset calibrate {name} --watch` shows it, --cancel ends it.",
    "REFERENCE_SET_EMPTY": "`argus refset add {name} PATH…` adds normal images.",
    "MODEL_NOT_FOUND": "`argus models list` shows which there are.",
    "MODEL_HAS_NO_PATCHES": "`argus models list` shows which models have patches; "
    "--scorer image-knn needs none.",
}


def _last(found: inspection_pb2.ReferenceSet) -> inspection_pb2.Job:
    if not found.HasField("last_calibration"):
        raise MeshError(f"{found.display_name} was never calibrated.")
    return found.last_calibration


async def _cancel(connection: Connection, found: inspection_pb2.ReferenceSet) -> inspection_pb2.Job:
    last = _last(found)
    if last.state in ENDED:
        raise MeshError(f"No calibration of {found.display_name} is under way.")
    return await cancel_job(connection, found.reference_set_id, last.job_id)


def tell_calibration(
    console: Console,
    job: inspection_pb2.Job,
    version: inspection_pb2.Version | None,
    set_name: str,
) -> None:
    """Says what came of a calibration."""
    if job.skipped:
        console.print(skipped_table(job))
    if job.state == inspection_pb2.Job.SUCCEEDED:
        console.print(Text(f"Version {job.version} is made and in use.", style="green"))
        if version:
            console.print(Text(f"Its {threshold_words(version.threshold)}"))
            console.print(
                Text(f"It learnt from {version.image_count} images. Next: ").append(
                    f"argus inspect --set {set_name} PATH…"
                )
            )
    else:
        tell_unfinished(console, job, set_name)
