"""`argus models`: which models are installed, and which one embeds."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import grpc
import typer
from argus.embedder.v1 import embedder_pb2
from rich.text import Text

from mesh.client.connection import connect
from mesh.client.names import printable
from mesh.commands.failures import explained
from mesh.commands.terminal import Terminal, say
from mesh.commands.up import DataDir, ModelDir
from mesh.default_model import choose_model, default_model
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.model_list import ListedModel, merged
from mesh.options import DEFAULT_DATA_DIR
from mesh.supervision.state import MeshState, read_state
from services.embedder.errors import ModelUnavailable
from services.embedder.models.source import COMPACT, absolute, family_of
from services.embedder.models.store import find, install, installed, remove

_LOG = "pull.log"

models = typer.Typer(
    no_args_is_help=True, help="Models that turn images and words into vectors for search."
)

ModelId = Annotated[
    str, typer.Argument(metavar="ID", help="Model, as `argus models list` shows it.")
]


@models.command()
@explained
def pull(
    source: Annotated[str, typer.Argument(metavar="ID", help="Model to install.")],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    model_dir: ModelDir = None,
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads to use (default: all cores).")
    ] = None,
) -> None:
    """Download a model and convert it. A running mesh finds it without a restart.

    ID is one of: compact; ARCHITECTURE/TAG of OpenCLIP, such as
    ViT-B-32/laion2b_s34b_b79k; ARCHITECTURE/FILE of a checkpoint;
    hf-hub:ORGANISATION/NAME; timm:NAME; local-dir:FOLDER.

    For a machine without access to a model hub: run `argus models pull ID
    --model-dir X` on a machine that has it, and copy what is in X into the
    model folder of the other; `argus models list` shows it there.
    """
    folder = _folder(data_dir, model_dir)
    terminal = Terminal(stderr=True)
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / _LOG
    log.unlink(missing_ok=True)
    logging.basicConfig(filename=log, format="%(asctime)s %(levelname)s %(message)s", force=True)
    with terminal.status(printable(f"looking for {source}")) as status:

        def report(step: str) -> None:
            status.update(printable(step))
            if not terminal.is_terminal:
                terminal.print(step)

        try:
            found = install(source, folder, threads=threads or os.cpu_count() or 1, report=report)
        except ModelUnavailable as error:
            advice = "`argus models pull --help` says what ID can be, and what to do without a hub."
            if log.exists() and log.stat().st_size:
                advice += f" Details: {log}"
            raise MeshError(str(error), advice) from error
    log.unlink(missing_ok=True)
    info = found.manifest.info
    say(
        f"Installed {info.model}, version {info.version}: {info.dimension} dimensions, "
        f"{info.image_size} pixels. `argus models use {info.model}` makes it the default.",
        stderr=True,
    )


@models.command("list")
@explained
def list_(
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    model_dir: ModelDir = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="ARGUS_SERVER",
            help="Address of a mesh, as host:port (default: the mesh on this data folder).",
        ),
    ] = None,
) -> None:
    """List the installed models, and which of them a running mesh has in memory."""
    layout = Layout.of(data_dir)
    state = _running(layout)
    edge = server or (state.edge_url.partition("//")[2] if state else "")
    listed: list[embedder_pb2.Model] = []
    note = ""
    if edge:
        try:
            listed = asyncio.run(_ask(edge))
        except (MeshError, grpc.aio.AioRpcError) as error:
            why = str(error) if isinstance(error, MeshError) else "The mesh does not answer."
            note = f"{why} This is what is on disk. After `argus login`, it also shows what is in "
            note += "memory."
    default = next((one.model for one in listed if one.default), "") or default_model(layout)
    rows = merged(installed(_folder(data_dir, model_dir)), listed)
    _print(rows, default)
    if note:
        say(note, style="yellow")


@models.command()
@explained
def use(
    model: ModelId, *, data_dir: DataDir = DEFAULT_DATA_DIR, model_dir: ModelDir = None
) -> None:
    """Choose the model that embeds from the next `argus up` on.

    All stored images are embedded again when the mesh starts with another
    model; searches use the former one until that is done. `argus reindex
    --model` does so now. `argus up --model` uses another model for one run.
    """
    layout = Layout.of(data_dir)
    folder = _folder(data_dir, model_dir)
    found = find(folder, model)
    chosen = model if found else absolute(model)
    try:
        family_of(chosen)
    except ModelUnavailable as error:
        if not found:
            raise MeshError(str(error), _known(folder)) from error
    state = _running(layout)
    changes = chosen != (state.options.model if state else default_model(layout))
    choose_model(layout, chosen)
    say(f"From the next `argus up` on, {chosen} embeds.")
    if not found and chosen != COMPACT:
        say(
            "It is not installed yet; the next start downloads it. "
            f"`argus models pull {model}` does so now."
        )
    if found and not found.manifest.info.context_length:
        say("It cannot read words: search by text will not work.", style="yellow")
    if changes and state is None:
        say("All stored images will be embedded again at that start.")
    if changes and state is not None:
        say(
            f"The mesh is running with {state.options.model}. `argus reindex --model {chosen}` "
            "goes over to the other now, or `argus down` and `argus up` at a start; all stored "
            "images will be embedded again."
        )
    if os.environ.get("ARGUS_MODEL"):
        say("ARGUS_MODEL is set and takes precedence over this choice.", style="yellow")


@models.command("remove")
@explained
def remove_(
    model: ModelId, *, data_dir: DataDir = DEFAULT_DATA_DIR, model_dir: ModelDir = None
) -> None:
    """Remove a model from the disk. The files downloaded for it are kept."""
    layout = Layout.of(data_dir)
    folder = _folder(data_dir, model_dir)
    state = _running(layout)
    found = find(folder, model)
    if found is None:
        raise MeshError(
            f"There is no model {printable(model)} in {printable(str(folder))}.", _known(folder)
        )
    names = {model, found.manifest.source}
    if state and state.options.model in names:
        raise MeshError(
            f"The running mesh embeds with {model}.",
            "Choose another with `argus models use`, and restart the mesh.",
        )
    if default_model(layout) in names and model != COMPACT:
        raise MeshError(f"{model} is the default.", "Choose another with `argus models use` first.")
    remove(folder, model)
    say(f"Removed {model}.")


async def _ask(edge: str) -> list[embedder_pb2.Model]:
    async with connect(edge) as connection:
        answer = await connection.call(
            connection.embedder.ListModels, embedder_pb2.ListModelsRequest()
        )
    return list(answer.models)


def _print(rows: list[ListedModel], default: str) -> None:
    if not rows:
        say(f"No models are installed. The first start builds the default, {default}.")
        return
    for row in rows:
        facts = [row.state, f"{row.memory_bytes / 2**20:,.0f} MiB", row.runtime]
        title = Text(printable(row.model), style="bold")
        title.append(" (default)" if row.model == default else "", style="green")
        title.append(f"  {', '.join(fact for fact in facts if fact)}", style="not bold")
        Terminal().print(title)
        say(f"    {_describe(row)}")
        if row.reason:
            say(f"    {row.reason}", style="dim")


def _describe(row: ListedModel) -> str:
    takes = [f"images at {row.image_size} pixels"]
    if row.context_length:
        takes.append(f"texts of up to {row.context_length} tokens")
    if "patches" in row.modalities:
        takes.append("patches")
    return f"version {row.version}, {row.dimension} dimensions: {', '.join(takes)}"


def _folder(data_dir: Path, model_dir: Path | None) -> Path:
    if model_dir is not None:
        return model_dir.expanduser().resolve()
    layout = Layout.of(data_dir)
    state = _running(layout)
    return state.options.models if state else layout.models


def _running(layout: Layout) -> MeshState | None:
    state = read_state(layout)
    return state if state and state.alive else None


def _known(folder: Path) -> str:
    names = [one.manifest.info.model for one in installed(folder)]
    here = f"Installed: {', '.join(names)}." if names else "None is installed."
    return f"{here} `argus models pull ID` installs one; its --help says what ID can be."
