"""`argus retention`: images with a label go to the trash after so many days."""

import asyncio
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from mesh.client.connection import Connection, connect
from mesh.client.names import printable
from mesh.client.retention import Rule, delete_rule, label_of, list_rules, set_rule
from mesh.commands.failures import explained
from mesh.commands.importing import parse_labels
from mesh.commands.options import DEFAULT_SERVER, Server
from mesh.commands.terminal import Terminal, print_json, say
from mesh.commands.words import counted, when
from mesh.errors import MeshError

retention = typer.Typer(
    no_args_is_help=True,
    help="Rules by which images with a label go to the trash. There are none until you set one.",
)


@retention.command("list")
@explained
def list_(
    json: Annotated[bool, typer.Option("--json", help="Write the answer as JSON.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List your rules, and what they hold for."""

    async def run() -> list[Rule]:
        async with connect(server) as connection:
            return await list_rules(connection)

    found = asyncio.run(run())
    if json:
        print_json([MessageToDict(one) for one in found])
        return
    if not found:
        say("You have none; no image goes by itself. `argus retention set` sets one.")
        return
    table = Table(
        Column("label", overflow="fold", min_width=10), "kept for",
        Column("images", justify="right"), Column("due now", justify="right"),
        Column("trashed so far", justify="right"), "last", Column("rule id", no_wrap=True),
        box=SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(
            printable(label_of(one)),
            counted(one.keep_days, "day"),
            f"{one.image_count:,}",
            f"{one.due_count:,}",
            f"{one.trashed_count:,}",
            when(one.last_trash_time) if one.HasField("last_trash_time") else "",
            one.retention_rule_id,
        )
    Terminal(fold=True).print(table)


@retention.command("set")
@explained
def set_(
    label: Annotated[
        str, typer.Argument(metavar="LABEL", help="key=value, or key for whatever its value is.")
    ],
    days: Annotated[
        int,
        typer.Option(
            min=1, max=36_500, help="Days after which an image goes, from when it was created."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Set the rule of a label: its images go to the trash after so many days.

    Asks first if images would go at once.
    """
    key, value = _label(label)

    async def run(connection: Connection) -> Rule | None:
        would = await set_rule(connection, key, value, days, validate_only=True)
        if would.due_count and not yes:
            say(
                f"{counted(would.due_count, 'image')} of {would.image_count:,} with this label "
                f"would go to the trash at once."
            )
            if not typer.confirm("Set the rule?"):
                return None
        return await set_rule(connection, key, value, days, validate_only=False)

    async def connected() -> Rule | None:
        async with connect(server) as connection:
            return await run(connection)

    made = asyncio.run(connected())
    if made is None:
        raise typer.Exit(1)
    say(
        f"Images with the label {printable(label_of(made))} go to the trash "
        f"{counted(made.keep_days, 'day')} after they were created. {made.retention_rule_id}"
    )


@retention.command("delete")
@explained
def delete(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="Its label, as it was set, or its id.")
    ],
    server: Server = DEFAULT_SERVER,
) -> None:
    """Delete a rule. What it has put into the trash stays there."""

    async def run() -> Rule:
        async with connect(server) as connection:
            return await delete_rule(connection, rule)

    gone = asyncio.run(run())
    say(f"Images with the label {printable(label_of(gone))} stay.")


def _label(text: str) -> tuple[str, str | None]:
    """Key and value of a label; None for any value."""
    if text.startswith("="):
        raise MeshError(
            f"`{printable(text)}` is not a label.",
            "Write key=value, or key for whatever its value is.",
        )
    if "=" not in text:
        # Checks the key as that of any other label.
        [key] = parse_labels([f"{text}="])
        return key, None
    [(key, value)] = parse_labels([text]).items()
    return key, value
