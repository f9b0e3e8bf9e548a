"""`argus audit`: who did what on a mesh, for its administrators."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from argus.auth.v1 import audit_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mesh.client import audit as client
from mesh.client.connection import connect
from mesh.client.paging import pages
from mesh.commands.failures import explained
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, say
from mesh.commands.words import counted

audit = typer.Typer(
    no_args_is_help=True, help="Who did what, with which result; for administrators."
)

STDOUT = Path("-")
SHOWN_TARGETS = 3

User = Annotated[str, typer.Option(help="Only calls of this user, by id.")]
Method = Annotated[str, typer.Option(help="Only this method, such as Login.")]
About = Annotated[str, typer.Option(help="Only what is about this: an id, an email address.")]
Code = Annotated[str, typer.Option(help="Only calls that ended so, such as PERMISSION_DENIED.")]
Since = Annotated[datetime | None, typer.Option(help="Only from then on, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="Only before, UTC.")]


@audit.command("list")
@explained
def list_(
    limit: Annotated[int, typer.Option(help="Most entries.", min=1, max=100_000)] = 50,
    user: User = "",
    method: Method = "",
    about: About = "",
    code: Code = "",
    since: Since = None,
    until: Until = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List what was done, the newest first."""
    request = _request(user, method, about, code, since, until)
    request.page_size = min(limit, client.PAGE_SIZE)

    async def run() -> list[audit_pb2.AuditEvent]:
        found: list[audit_pb2.AuditEvent] = []
        async with connect(server) as connection:
            async for page in pages(connection, connection.audit.ListAuditEvents, request):
                found += page.events
                if len(found) >= limit:
                    break
        return found[:limit]

    table = Table(
        "entry", "time", "who", "from", "method", "result", "about", box=SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for event in asyncio.run(run()):
        table.add_row(*_cells(event))
    Terminal(fold=True).print(table)


@audit.command()
@explained
def watch(server: Server = DEFAULT_SERVER) -> None:
    """Show what is done as it happens, until Ctrl-C."""

    async def run() -> None:
        async with connect(server) as connection:
            async for event in client.watch(connection):
                say("  ".join(_cells(event)))

    asyncio.run(run())


@audit.command()
@explained
def export(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write; - is standard output.")
    ] = STDOUT,
    user: User = "",
    method: Method = "",
    about: About = "",
    code: Code = "",
    since: Since = None,
    until: Until = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write entries as JSON lines, the oldest first; `argus audit verify --file` checks them all.

    Each line has an entry's place (`sequence`), its hash, and what the hash is over (`record`,
    JSON in a string).
    """
    request = _request(user, method, about, code, since, until)
    request.page_size, request.oldest_first = client.PAGE_SIZE, True

    async def run() -> int:
        written = 0
        opened = nullcontext(sys.stdout) if output == STDOUT else output.open("w", encoding="ascii")
        with opened as file:
            async with connect(server) as connection:
                found = pages(connection, connection.audit.ListAuditEvents, request)
                async for event in _until_now(found):
                    file.write(client.exported(event) + "\n")
                    written += 1
        return written

    written = asyncio.run(run())
    say(f"Wrote {written:,} {'entry' if written == 1 else 'entries'}.", stderr=True)


@audit.command()
@explained
def verify(
    file: Annotated[
        Path | None, typer.Option(help="Check an export of the whole audit, without a mesh.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="Place and hash that were kept, as this command says them. Repeatable."),
    ] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Check that nothing in the audit was changed, taken out or put in.

    Whoever may write to the database could compute the whole chain anew. Keep what this command
    says at the end somewhere else, and give it to --expect the next time.
    """
    anchors = [client.Anchor.parse(one) for one in expect or ()]

    async def run() -> client.Anchor:
        async with connect(server) as connection:
            return await client.verify(connection, anchors)

    if file is None:
        end = asyncio.run(run())
    else:
        with file.open(encoding="utf-8", errors="replace") as lines:
            end = client.verify_export(lines, anchors)
    entries = f"{end.sequence:,} {'entry' if end.sequence == 1 else 'entries'}"
    say(f"{entries}, and nothing was changed. It ends with {end}.")


async def _until_now(
    found: AsyncIterator[audit_pb2.ListAuditEventsResponse],
) -> AsyncIterator[audit_pb2.AuditEvent]:
    """The entries that were there when the first page was read: reading adds others."""
    end: int | None = None
    async for page in found:
        end = page.head_sequence if end is None else end
        for event in page.events:
            if event.sequence > end:
                return
            yield event


def _request(
    user: str, method: str, about: str, code: str, since: datetime | None, until: datetime | None
) -> audit_pb2.ListAuditEventsRequest:
    request = audit_pb2.ListAuditEventsRequest(
        user_id=user, method=method, target=about, code=code.upper()
    )
    if since:
        request.since_time.FromDatetime(since.replace(tzinfo=UTC))
    if until:
        request.until_time.FromDatetime(until.replace(tzinfo=UTC))
    return request


def _cells(event: audit_pb2.AuditEvent) -> tuple[str, ...]:
    who = event.user_id or (f"service {event.service}" if event.service else "nobody known")
    result = event.reason or event.code
    if event.omitted_count:
        result += f" (and {counted(event.omitted_count, 'refusal')} before)"
    return (
        str(event.sequence),
        f"{event.time.ToDatetime():%Y-%m-%d %H:%M:%S}",
        who,
        event.address or "–",
        event.method.rpartition("/")[2],
        result,
        ", ".join(_about(target) for target in event.targets),
    )


def _about(target: audit_pb2.AuditEvent.Target) -> str:
    values = " ".join(target.values[:SHOWN_TARGETS])
    more = len(target.values) - SHOWN_TARGETS
    return f"{target.name} {values} and {more:,} more" if more > 0 else f"{target.name} {values}"
