"""`argus refset versions|use`: the versions of a set, and which one is in use."""

import asyncio
from typing import Annotated

import typer
from argus.inspection.v1 import inspection_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from mesh.client.connection import connect
from mesh.client.reference_sets import all_versions, find_set
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.refset.options import SetName
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted, of_parts, percent, scorer_name, when


@explained
def versions(set_name: SetName, server: Server = DEFAULT_SERVER) -> None:
    """List a set's versions, newest first, with their thresholds and false-alarm rates."""

    async def run() -> tuple[inspection_pb2.ReferenceSet, list[inspection_pb2.Version]]:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return found, await all_versions(connection, found.reference_set_id)

    found, listed = asyncio.run(run())
    if not listed:
        say(
            f"{found.display_name} has not been calibrated yet; "
            f"`argus refset calibrate {set_name}` does that."
        )
        return
    Terminal(fold=True).print(versions_table(listed, found.current_version))


@explained
def use(
    set_name: SetName,
    version: Annotated[int, typer.Argument(min=1, help="Version to use.")],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Choose the version that inspections use: an earlier one, or one that was just made."""

    async def run() -> inspection_pb2.ReferenceSet:
        async with connect(server) as connection:
            found = await find_set(connection, set_name)
            return await connection.call(
                connection.inspection.UseVersion,
                inspection_pb2.UseVersionRequest(
                    reference_set_id=found.reference_set_id, version=version
                ),
            )

    found = asyncio.run(run())
    say(f"{found.display_name} now uses version {found.current_version}.")


def versions_table(listed: list[inspection_pb2.Version], current: int) -> Table:
    """Versions as a table that fits 80 columns; the current one is marked."""
    table = Table(
        Column("version", no_wrap=True), Column("made (UTC)", min_width=10, max_width=10),
        Column("from", overflow="fold"), Column("threshold, false-alarm rate", no_wrap=True),
        box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in listed:
        in_use = one.version == current
        table.add_row(
            Text(f"{one.version} in use" if in_use else str(one.version),
                 style="bold green" if in_use else ""),
            when(one.create_time),
            _how(one),
            _rate(one.threshold),
        )  # fmt: skip
    return table


def _how(version: inspection_pb2.Version) -> str:
    """How a version was made."""
    settings = version.settings
    size = f", {settings.size} px" if settings.size else ""
    regions = len(settings.regions_of_interest)
    where = f", {counted(regions, 'region')} of interest" if regions else ""
    head = ", with a head" if version.has_head else ""
    base = f", built on {version.base_version}" if version.base_version else ""
    banks = ", two banks" if version.banks.count == 2 else ""
    banks += ", aligned" if version.reference_image_id else ""
    return (
        f"{counted(version.image_count, 'image')}, {scorer_name(settings.scorer)}, "
        f"{settings.model or 'default'}{size}{banks}{where}{head}{base}"
    )


def _rate(threshold: inspection_pb2.Threshold) -> Text:
    """What rate was asked for, and the 95 % confidence interval of what was made."""
    low, high = threshold.false_alarm_rate_low, threshold.false_alarm_rate_high
    return Text(
        f"{threshold.value:.4g}{', set by a person' if threshold.set_by_person else ''}"
        f"{', extrapolated' if threshold.extrapolated else ''}\n"
        f"target {percent(threshold.target_false_alarm_rate)}, "
        f"{threshold.held_out_count} held out{of_parts(threshold)}\n"
        f"95 % interval {percent(low)} to {percent(high)}"
    )
