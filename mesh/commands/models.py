"""`argus models`: which models there are, and which one embeds."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Annotated

import grpc
import typer
from argus.embedder.v1 import embedder_pb2
from rich.console import Console
from rich.text import Text

from mesh.client.connection import connect
from mesh.commands.failures import explained
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

models = typer.Typer(no_args_is_help=True, help="The models that embed images and words.")

ModelId = Annotated[str, typer.Argument(metavar="ID", help="Model, as `argus models list` has it.")]


@models.command()
def pull(
    source: Annotated[str, typer.Argument(metavar="ID", help="Model to install.")],
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    model_dir: ModelDir = None,
    threads: Annotated[
        int | None, typer.Option(min=1, max=256, help="Threads to use (default: all cores).")
    ] = None,
) -> None:
    """Get a model and convert it, once; a mesh that runs finds it without a restart.

    ID is compact, ARCHITECTURE/TAG of OpenCLIP such as
    ViT-B-32/laion2b_s34b_b79k, ARCHITECTURE/FILE of a checkpoint,
    hf-hub:ORGANISATION/NAME, timm:NAME, or local-dir:FOLDER.

    For a machine that reaches no hub: run `argus models pull ID
    --model-dir X` on one that does, and copy what is in X into the
    other's model folder; `argus models list` shows it there.
    """
    folder = _folder(data_dir, model_dir)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / _LOG
    log.unlink(missing_ok=True)
    logging.basicConfig(filename=log, format="%(asctime)s %(levelname)s %(message)s", force=True)
    with console.status(Text(f"looking for {source}")) as status:

        def report(step: str) -> None:
            status.update(Text(step))
            if not console.is_terminal:
                console.print(Text(step))

        try:
            found = install(source, folder, threads=threads or os.cpu_count() or 1, report=report)
        except ModelUnavailable as error:
            advice = "`argus models pull --help` says what can be named, and how without a hub."
            if log.exists() and log.stat().st_size:
                advice += f" Details: {log}"
            raise MeshError(str(error), advice) from error
    log.unlink(missing_ok=True)
    info = found.manifest.info
    console.print(
        Text(
            f"Installed {info.model}, version {info.version}: {info.dimension} dimensions, "
            f"{info.image_size} pixels. `argus models use {info.model}` makes it the default."
        )
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
            help="host:port of a mesh's edge (default: of the mesh on this data folder).",
        ),
    ] = None,
) -> None:
    """List the models on disk, and where each is if the mesh runs."""
    layout = Layout.of(data_dir)
    state = _running(layout)
    console = Console(soft_wrap=True, highlight=False)
    edge = server or (state.edge_url.partition("//")[2] if state else "")
    listed: list[embedder_pb2.Model] = []
    note = ""
    if edge:
        try:
            listed = asyncio.run(_ask(edge))
        except (MeshError, grpc.aio.AioRpcError) as error:
            why = str(error) if isinstance(error, MeshError) else "It does not answer."
            note = f"{why} So this is what lies on disk; `argus login` to see what is in memory."
    default = next((one.model for one in listed if one.default), "") or default_model(layout)
    rows = merged(installed(_folder(data_dir, model_dir)), listed)
    _print(console, rows, default)
    if note:
        console.print(Text(note, style="yellow"))


@models.command()
def use(
    model: ModelId, *, data_dir: DataDir = DEFAULT_DATA_DIR, model_dir: ModelDir = None
) -> None:
    """Make a model the one that embeds, from the next `argus up` on.

    Images that are there are embedded anew with it when the mesh starts.
    `argus up --model` takes another one for one run.
    """
    layout = Layout.of(data_dir)
    folder = _folder(data_dir, model_dir)
    console = Console(soft_wrap=True, highlight=False)
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
    console.print(Text(f"From the next `argus up` on, {chosen} embeds."))
    if not found and chosen != COMPACT:
        console.print(
            Text(f"It is not here yet; the next start gets it. `argus models pull {model}` now.")
        )
    if found and not found.manifest.info.context_length:
        console.print(Text("It reads no words: search by text will not work.", style="yellow"))
    if changes and state is None:
        console.print("Images that are there will be embedded anew at that start.")
    if changes and state is not None:
        console.print(
            Text(
                f"The mesh runs with {state.options.model}. To apply it: `argus down`, then "
                "`argus up`; the images are embedded anew then."
            )
        )
    if os.environ.get("ARGUS_MODEL"):
        console.print(Text("ARGUS_MODEL is set, and overrides this.", style="yellow"))


@models.command("remove")
def remove_(
    model: ModelId, *, data_dir: DataDir = DEFAULT_DATA_DIR, model_dir: ModelDir = None
) -> None:
    """Remove a model from the disk. What was downloaded for it is kept."""
    layout = Layout.of(data_dir)
    folder = _folder(data_dir, model_dir)
    state = _running(layout)
    found = find(folder, model)
    if found is None:
        raise MeshError(f"There is no model {model} in {folder}.", _known(folder))
    names = {model, found.manifest.source}
    if state and state.options.model in names:
        raise MeshError(
            f"The mesh embeds with {model} now.",
            "`argus models use` another, and start the mesh again.",
        )
    if default_model(layout) in names and model != COMPACT:
        raise MeshError(f"{model} is the default.", "`argus models use` another first.")
    remove(folder, model)
    Console(soft_wrap=True, highlight=False).print(Text(f"Removed {model}."))


async def _ask(edge: str) -> list[embedder_pb2.Model]:
    async with connect(edge) as connection:
        answer = await connection.call(
            connection.embedder.ListModels, embedder_pb2.ListModelsRequest()
        )
    return list(answer.models)


def _print(console: Console, rows: list[ListedModel], default: str) -> None:
    if not rows:
        console.print(
            Text(f"No models are installed. The first start builds the default, {default}.")
        )
        return
    for row in rows:
        facts = [row.state, f"{row.memory_bytes / 2**20:,.0f} MiB", row.runtime]
        title = Text(row.model, style="bold")
        title.append(" (default)" if row.model == default else "", style="green")
        title.append(f"  {', '.join(fact for fact in facts if fact)}", style="not bold")
        console.print(title)
        console.print(Text(f"    {_describe(row)}"))
        if row.reason:
            console.print(Text(f"    {row.reason}", style="dim"))


def _describe(row: ListedModel) -> str:
    takes = [f"images of {row.image_size} pixels"]
    if row.context_length:
        takes.append(f"texts of {row.context_length} tokens")
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
    return f"{here} `argus models pull ID` gets one; its --help says what can be named."
