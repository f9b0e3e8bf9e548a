"""`argus check`: what one store has and another should have, or should not; and mending it."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

import typer
from argus.type.v1.finding_pb2 import CheckProgress, Finding
from google.protobuf.json_format import MessageToDict

from mesh.client.checks import checks
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, AsAdmin, Server
from mesh.commands.terminal import print_json_line, say
from mesh.commands.up import DataDir
from mesh.commands.words import counted
from mesh.layout import Layout
from mesh.options import DEFAULT_DATA_DIR

FOUND = 1
"""Exit code when something is wrong that is not mended."""


@dataclass
class _Heard:
    """What was told so far."""

    found: int = 0
    mended: int = 0
    by_hand: int = 0
    looked: dict[str, int] = field(default_factory=dict)

    def hear(self, told: Finding | CheckProgress) -> None:
        if isinstance(told, CheckProgress):
            self.looked[told.step] = told.checked
            return
        self.found += 1
        self.mended += told.repair == Finding.MENDED
        self.by_hand += told.repair == Finding.BY_HAND


@explained
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; else it is only told.")
    ] = False,
    grace_minutes: Annotated[
        float,
        typer.Option(min=0, max=43_200, help="How old something must be to be wrong, in minutes."),
    ] = 60,
    settle_s: Annotated[
        float,
        typer.Option(min=0, max=600, help="Seconds between the first look and the second."),
    ] = 5,
    format_: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="How to print findings; JSON is a finding a line."),
    ] = "text",
    as_admin: AsAdmin = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Compare records, objects, vectors, events and what inspection remembers.

    Nothing is changed without --repair. Images may come and go meanwhile: it looks twice at what
    seems wrong. Exits with 1 if something is wrong and not mended.
    """
    heard = _Heard()

    async def run() -> None:
        async with checks(Layout.of(data_dir), server, as_admin=as_admin) as asked:
            told = asked.told(
                repair=repair,
                grace=timedelta(minutes=grace_minutes),
                settle=timedelta(seconds=settle_s),
            )
            async for one in told:
                heard.hear(one)
                if isinstance(one, Finding):
                    _tell(one, format_)

    asyncio.run(run())
    looked = ", ".join(f"{step} {count:,}" for step, count in heard.looked.items())
    say(f"Looked at: {looked}.", stderr=True)
    say(_conclusion(heard, repair=repair), stderr=True)
    if heard.found > heard.mended:
        raise typer.Exit(FOUND)


def _tell(finding: Finding, format_: str) -> None:
    if format_ == "json":
        print_json_line(MessageToDict(finding))
        return
    kind = Finding.Kind.Name(finding.kind).lower().replace("_", " ")
    mended = {Finding.MENDED: " (mended)", Finding.BY_HAND: " (by hand)"}.get(finding.repair, "")
    say(f"{kind}{mended}: {printable(finding.subject)}: {printable(finding.description)}")


def _conclusion(heard: _Heard, *, repair: bool) -> str:
    if not heard.found:
        return "Everything agrees."
    if repair:
        left = heard.found - heard.mended
        rest = f"; {counted(left, 'finding')} left for a person" if left else ""
        return f"Mended {heard.mended:,} of {counted(heard.found, 'finding')}{rest}."
    mendable = heard.found - heard.by_hand
    hint = " `argus check --repair` mends them." if mendable == heard.found else ""
    if mendable and not hint:
        hint = f" `argus check --repair` mends {mendable:,} of them."
    return f"{counted(heard.found, 'finding')}; nothing was changed.{hint}"
