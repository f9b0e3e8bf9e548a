"""`argus refset threshold`: what another threshold would change, and setting one."""

import asyncio
from typing import Annotated
from uuid import uuid4

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.reference_sets import find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.calibrate import START_PATIENCE_S
from mesh.commands.refset.options import SetName
from mesh.commands.refset.sensitivity import warn_if_useless
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, percent, proportion, threshold_words
from mesh.errors import MeshError

TARGETS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)
"""Target rates that are looked at if none is named."""


@explained
def threshold(
    set_name: SetName,
    value: Annotated[
        float | None, typer.Option(min=0, help="Score above which images are anomalous.")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            min=0.0001,
            max=0.5,
            help="Instead: the share of normal images that may be called anomalous.",
        ),
    ] = None,
    version: Annotated[
        int, typer.Option(min=0, help="Version to start from; 0 is the one in use.")
    ] = 0,
    preview: Annotated[
        bool, typer.Option("--preview", help="Change nothing; show what it would change.")
    ] = False,
    use: Annotated[bool, typer.Option(help="Use the version that is made.")] = True,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Set the score above which images are anomalous. This makes a new version.

    Without --value and --target, shows what several target rates would change
    of the verdicts on recent inspections.
    """
    if value is not None and target is not None:
        raise MeshError("Give --value or --target, not both.")
    if preview or (value is None and target is None):
        _tell(asyncio.run(_previewed(server, set_name, value, target, version)))
        return

    async def run() -> tuple[inspection_pb2.ReferenceSet, inspection_pb2.Version]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return found, await _set(connection, found, value, target, version, use=use)

    found, made = asyncio.run(run())
    in_use = " and in use" if use else ""
    say(f"Version {made.version} of {found.display_name} is made{in_use}.", style="green")
    say(f"Its {threshold_words(made.threshold)}")
    if made.HasField("sensitivity_summary"):
        say(f"It finds {_found(made.sensitivity_summary)} painted defects.")
        warn_if_useless(made.sensitivity_summary)
    if not use:
        say(f"`argus refset use {set_name} {made.version}` starts using it.")


async def _set(
    connection: Connection,
    found: inspection_pb2.ReferenceSet,
    value: float | None,
    target: float | None,
    version: int,
    *,
    use: bool,
) -> inspection_pb2.Version:
    request = inspection_pb2.SetThresholdRequest(
        reference_set_id=found.reference_set_id, version=version, use=use, request_id=str(uuid4())
    )
    if value is not None:
        request.value = value
    else:
        request.target_false_alarm_rate = target or 0.0
    return await connection.call(
        connection.inspection.SetThreshold, request, patience_s=START_PATIENCE_S
    )


async def _previewed(
    server: str, set_name: str, value: float | None, target: float | None, version: int
) -> inspection_pb2.PreviewThresholdResponse:
    targets = (target,) if target is not None else TARGETS
    async with connect(server) as connection:
        found = await find_set(connection, set_name)
        return await connection.call(
            connection.inspection.PreviewThreshold,
            inspection_pb2.PreviewThresholdRequest(
                reference_set_id=found.reference_set_id,
                version=version,
                thresholds=[] if value is None else [value],
                target_false_alarm_rates=targets if value is None else (),
            ),
        )


def _tell(answer: inspection_pb2.PreviewThresholdResponse) -> None:
    say(f"Version {answer.version}: {threshold_words(answer.threshold)}")
    say(
        f"It called {answer.anomalous_count:,} of the last "
        f"{counted(answer.recent_count, 'inspection')} anomalous."
    )
    Terminal(fold=True).print(preview_table(answer))
    useless = [
        one.threshold.value
        for one in (_now(answer), *answer.previews)
        if one.sensitivity.finds_almost_nothing
    ]
    if useless:
        say(
            f"From {min(useless):.4g} on a threshold is useless as far as painted defects tell: "
            "fewer than one in ten is found, and most of the largest and clearest are missed.",
            style="yellow",
        )


def preview_table(answer: inspection_pb2.PreviewThresholdResponse) -> Table:
    """What each threshold would change; the version's own first."""
    table = Table(
        Column("threshold", justify="right"), Column("false-alarm rate, 95 % interval"),
        Column("anomalous", justify="right"), Column("more", justify="right"),
        Column("fewer", justify="right"), "recall", "false alarms", "painted found",
        box=SIMPLE_HEAD,
    )  # fmt: skip
    now = _now(answer)
    for one in (now, *answer.previews):
        rate, agreement = one.threshold, one.agreement
        table.add_row(
            f"{rate.value:.4g}{' now' if one is now else ''}",
            f"{percent(rate.false_alarm_rate)} "
            f"({percent(rate.false_alarm_rate_low)} to {percent(rate.false_alarm_rate_high)})",
            str(one.anomalous_count),
            f"+{one.become_anomalous}" if one.become_anomalous else "",
            f"-{one.become_normal}" if one.become_normal else "",
            proportion(agreement.recall, known=agreement.HasField("recall")),
            proportion(agreement.false_alarm_rate, known=agreement.HasField("false_alarm_rate")),
            _found(one.sensitivity) if one.HasField("sensitivity") else "–",
        )
    return table


def _now(answer: inspection_pb2.PreviewThresholdResponse) -> inspection_pb2.ThresholdPreview:
    """The version's own threshold, as it was."""
    return inspection_pb2.ThresholdPreview(
        threshold=answer.threshold,
        anomalous_count=answer.anomalous_count,
        agreement=answer.agreement,
        sensitivity=answer.sensitivity if answer.HasField("sensitivity") else None,
    )


def _found(summary: inspection_pb2.SensitivitySummary) -> str:
    """How many painted defects are found, and of the share its 95 % interval."""
    share = summary.share
    return f"{summary.found} of {summary.painted} ({percent(share.low)} to {percent(share.high)})"
