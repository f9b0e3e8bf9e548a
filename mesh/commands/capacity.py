"""`argus capacity`: what a mesh of some size needs; asks no mesh."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.table import Table

from mesh.capacity.estimate import estimate
from mesh.capacity.prices import PriceError, Prices
from mesh.capacity.quantity import NotANumberError, count_of, count_text
from mesh.capacity.shown import as_json, cost_rows, notes, rows
from mesh.capacity.workload import Model, Quantization, Workload, WorkloadError
from mesh.commands.failures import explained
from mesh.commands.terminal import Terminal, print_json, say
from mesh.errors import MeshError

_ADVICE = "`argus capacity --help` says what each number is."


def _price(what: str) -> object:
    return typer.Option(help=f"A month, {what}.", min=0.0)


@explained
def capacity(
    *,
    images: Annotated[str, typer.Option(help="Images that are kept, such as 10M or 1B.")],
    uploads_per_day: Annotated[str, typer.Option(help="New images a day, such as 50k.")] = "0",
    searches_per_second: Annotated[
        float, typer.Option(min=0.0, help="Searches in the busiest hour.")
    ] = 0.0,
    image_kilobytes: Annotated[
        float, typer.Option(min=0.001, help="Of an original, on the mean.")
    ] = 500.0,
    dimensions: Annotated[int, typer.Option(min=1, help="Of a vector.")] = 512,
    quantization: Annotated[
        Quantization, typer.Option(help="In what form vectors are in memory.")
    ] = Quantization.NONE,
    replication: Annotated[
        int, typer.Option(min=1, help="Copies of objects, vectors and database.")
    ] = 1,
    model: Annotated[Model, typer.Option(help="What embeds.")] = Model.COMPACT,
    parts: Annotated[
        bool, typer.Option("--parts", help="Images are indexed in parts, too: ARGUS_SEARCH_CROPS.")
    ] = False,
    peak: Annotated[
        float, typer.Option(min=1.0, help="Uploads of the busiest hour, in times the mean.")
    ] = 3.0,
    log_days: Annotated[
        float, typer.Option(min=0.0, help="Days for which the database's log is archived.")
    ] = 7.0,
    price_file: Annotated[
        Path | None,
        typer.Option(help="TOML with `core`, `memory_gb`, `disk_gb`, `object_gb`: prices a month."),
    ] = None,
    price_core: Annotated[float | None, _price("a core")] = None,
    price_memory_gb: Annotated[float | None, _price("a gigabyte of memory")] = None,
    price_disk_gb: Annotated[float | None, _price("a gigabyte of fast disk")] = None,
    price_object_gb: Annotated[float | None, _price("a gigabyte of objects")] = None,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How it is told.")
    ] = "table",
) -> None:
    """Reckon what so many images need: bytes, memory, cores, money.

    From measured numbers (docs/capacity.md), without asking a mesh.
    """
    try:
        asked = Workload(
            images=count_of(images),
            uploads_per_day=count_of(uploads_per_day),
            searches_per_second=searches_per_second,
            image_bytes=image_kilobytes * 1000,
            dimensions=dimensions,
            quantization=quantization,
            replication=replication,
            model=model,
            parts=parts,
            peak=peak,
            log_days=log_days,
        )
        prices = (Prices.read(price_file) if price_file else Prices()).but(
            {
                "core": price_core,
                "memory_gb": price_memory_gb,
                "disk_gb": price_disk_gb,
                "object_gb": price_object_gb,
            }
        )
    except (NotANumberError, WorkloadError, PriceError) as error:
        raise MeshError(f"{error}.", _ADVICE) from error
    found = estimate(asked, prices)
    if output == "json":
        print_json(as_json(found, prices))
        return
    terminal = Terminal(fold=True)
    heading = f"{count_text(asked.images)} images, {asked.replication} of each"
    terminal.print(_table(heading, ("", "for", "in all", "per million images"), rows(found)))
    costs = ("", "bought", "a month", "per million images")
    terminal.print(_table("Money", costs, cost_rows(found)))
    for note in notes(found, prices):
        say(note)


def _table(title: str, heads: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left", title_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number < len(heads) - 2 else "right")
    before = ""
    for first, *rest in lines:
        table.add_row("" if first == before else first, *rest)
        before = first
    return table
