"""`argus up`: runs a mesh."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from mesh.backup.staging import check_not_restoring
from mesh.commands.terminal import SafeConsole
from mesh.credentials import load_credentials
from mesh.default_model import default_model
from mesh.errors import MeshError
from mesh.layout import Layout, usable
from mesh.options import DEFAULT_DATA_DIR, LOOPBACK, MAX_EMBEDDERS, MeshOptions
from mesh.parts.postgres import make_reachable
from mesh.supervision.child import MARK, last_lines, start_new_log
from mesh.supervision.leftovers import end_leftovers
from mesh.supervision.lock import only_supervisor, supervisor_pid
from mesh.supervision.plan import build_plan, objects_are_external, postgres_is_external
from mesh.supervision.ports import choose_ports, remember_ports
from mesh.supervision.state import new_state, read_state
from mesh.supervision.supervisor import Supervisor, this_process
from mesh.view import StartView
from services.embedder.models.source import absolute

# Converting a model at the very first start takes a minute on a small machine.
_DETACH_TIMEOUT_S = 600.0
_DETACH_POLL_S = 0.1
# A part that ended this often before it was ever ready will not become ready.
_HOPELESS_RESTARTS = 3
_SUPERVISOR_LOG = "mesh"

DataDir = Annotated[
    Path, typer.Option(envvar="ARGUS_DATA_DIR", help="Folder that holds everything.")
]
ModelDir = Annotated[
    Path | None,
    typer.Option(
        envvar="ARGUS_MODEL_DIR",
        help="Folder of the models (default: `models` in the data folder).",
    ),
]


def up(
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it is ready.")] = False,
    host: Annotated[
        str,
        typer.Option(
            envvar="ARGUS_HOST", help="Address for clients; 0.0.0.0 lets other machines in."
        ),
    ] = LOOPBACK,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="ARGUS_PORT", min=1, max=65535, help="Port of the edge (default: 8080)."
        ),
    ] = None,
    tls_port: Annotated[
        int | None,
        typer.Option(
            envvar="ARGUS_TLS_PORT",
            min=1,
            max=65535,
            help="Port of the edge with TLS (default: 8443).",
        ),
    ] = None,
    object_port: Annotated[
        int | None,
        typer.Option(
            envvar="ARGUS_OBJECT_PORT",
            min=1,
            max=65535,
            help="Port of the object store (default: 9000).",
        ),
    ] = None,
    admin_port: Annotated[
        int | None,
        typer.Option(
            envvar="ARGUS_ADMIN_PORT",
            min=1,
            max=65535,
            help="Port of Envoy's admin (default: 9901).",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="ARGUS_MODEL",
            help="Model that embeds images and words "
            "(default: what `argus models use` chose, else compact).",
        ),
    ] = None,
    model_dir: ModelDir = None,
    embedders: Annotated[
        int,
        typer.Option(
            envvar="ARGUS_EMBEDDERS",
            min=1,
            max=MAX_EMBEDDERS,
            help="How many embedders share the work and the cores.",
        ),
    ] = 1,
) -> None:
    """Run the mesh: stores, services and edge, until Ctrl-C."""
    layout = Layout.of(data_dir)
    options = MeshOptions(
        data_dir=layout.data_dir,
        host=host,
        port=port,
        tls_port=tls_port,
        object_port=object_port,
        admin_port=admin_port,
        model=absolute(model) if model else default_model(layout),
        model_dir=model_dir.expanduser().resolve() if model_dir else None,
        embedders=embedders,
    )
    console = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
    check_not_restoring(layout)
    if detach:
        _run_detached(options, console)
    else:
        _run(options, console)


def _run(options: MeshOptions, console: Console) -> None:
    """Runs in this process."""
    layout = options.layout
    # Images, vectors and logs are nobody else's business.
    os.umask(0o077)
    with usable(layout):
        layout.make()
        logging.basicConfig(
            filename=layout.log(_SUPERVISOR_LOG),
            format="%(asctime)s %(levelname)s %(message)s",
            level=logging.INFO,
        )
    for chatty in ("httpx", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with only_supervisor(layout):
        for leftover in end_leftovers(layout):
            console.print(
                Text(f"Ended {leftover}, left by a mesh that was killed.", style="yellow")
            )
        ports, notes = choose_ports(options, objects_external=objects_are_external())
        with usable(layout):
            remember_ports(layout, ports)
            if not postgres_is_external():
                notes += make_reachable(layout)
            plan = build_plan(options, ports, load_credentials(layout))
        state = new_state(options, ports, *this_process())
        state.notes = notes
        with StartView(console, layout) as view:
            asyncio.run(_supervise(Supervisor(plan, layout, state, [view]), console))
        console.print("Stopped.")


async def _supervise(supervisor: Supervisor, console: Console) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def interrupted() -> None:
        if stop.is_set():
            hurry.set()
        else:
            stop.set()
            console.print("Stopping; once more stops at once.")

    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, interrupted)
    await supervisor.run(stop, hurry)


def _run_detached(options: MeshOptions, console: Console) -> None:
    """Starts a process of its own that runs on, and follows it until it is ready."""
    layout = options.layout
    os.umask(0o077)
    with usable(layout):
        layout.make()
    if supervisor_pid(layout) is not None:
        with only_supervisor(layout):
            pass  # raises, and says who runs it
    log = layout.log(_SUPERVISOR_LOG)
    with usable(layout):
        start_new_log(log)
        output = log.open("ab")
    with output:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "mesh", "up", *_arguments(options)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=layout.data_dir,
            env={**os.environ, MARK: str(layout.data_dir), "COLUMNS": "200"},
            start_new_session=True,
        )
    deadline = time.monotonic() + _DETACH_TIMEOUT_S
    with StartView(console, layout) as view:
        try:
            while not _shown_ready(process, layout, view):
                if time.monotonic() > deadline:
                    _give_up(process, "It is not ready after 10 minutes.")
                time.sleep(_DETACH_POLL_S)
        except KeyboardInterrupt:
            _give_up(process, "Interrupted.")


def _shown_ready(process: subprocess.Popen[bytes], layout: Layout, view: StartView) -> bool:
    """Shows the state of a mesh that starts; true once it is ready.

    Raises:
        MeshError: It will not become ready.
    """
    if process.poll() is not None:
        said = "\n".join(last_lines(layout.log(_SUPERVISOR_LOG), 5))
        raise MeshError(said or f"The mesh ended with exit code {process.returncode}.")
    state = read_state(layout)
    if state is None or state.pid != process.pid:
        return False
    view(state)
    hopeless = [
        part.name
        for part in state.parts
        if part.restarts >= _HOPELESS_RESTARTS and not part.was_ready
    ]
    if hopeless:
        _give_up(process, f"{', '.join(hopeless)} does not start.")
    return state.ready


def _give_up(process: subprocess.Popen[bytes], why: str) -> NoReturn:
    """Stops a mesh that cannot be used.

    Raises:
        MeshError: Always.
    """
    process.terminate()
    process.wait()
    raise MeshError(f"{why} The mesh was stopped.", "`argus doctor` checks what it needs.")


def _arguments(options: MeshOptions) -> list[str]:
    arguments = ["--data-dir", str(options.data_dir), "--host", options.host]
    for flag, value in (
        ("--port", options.port),
        ("--tls-port", options.tls_port),
        ("--object-port", options.object_port),
        ("--admin-port", options.admin_port),
        ("--model-dir", options.model_dir),
    ):
        if value is not None:
            arguments += [flag, str(value)]
    return [*arguments, "--model", options.model, "--embedders", str(options.embedders)]
