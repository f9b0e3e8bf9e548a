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
from mesh.commands.words import percent, scorer_name, when


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
    """Versions as a table; the current one is marked."""
    table = Table(
        Column("version", no_wrap=True), "made (UTC)", _right("images"), "scorer", "model",
        _right("size"), _right("threshold"), _right("target"),
        "95 % confidence interval", _right("held out"), "built on", box=SIMPLE_HEAD,
    )  # fmt: skip
    for one in listed:
        threshold = one.threshold
        in_use = one.version == current
        table.add_row(
            Text(f"{one.version} in use" if in_use else str(one.version),
                 style="bold green" if in_use else ""),
            when(one.create_time),
            str(one.image_count),
            scorer_name(one.settings.scorer) + (" + head" if one.has_head else ""),
            one.settings.model or "default",
            str(one.settings.size or "–"),
            f"{threshold.value:.4g}",
            percent(threshold.target_false_alarm_rate),
            f"{percent(threshold.false_alarm_rate_low)} to "
            f"{percent(threshold.false_alarm_rate_high)}"
            + (" (tail)" if threshold.extrapolated else ""),
            str(threshold.held_out_count),
            str(one.base_version or "–"),
        )  # fmt: skip
    return table


def _right(title: str) -> Column:
    return Column(title, justify="right", no_wrap=True)
