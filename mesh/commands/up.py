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
from mesh.limits_file import establish, follow
from mesh.options import (
    DEFAULT_ARCHIVE_DAYS,
    DEFAULT_DATA_DIR,
    LOOPBACK,
    MAX_EMBEDDERS,
    MeshOptions,
)
from mesh.parts.archive import check_archivable
from mesh.parts.edge_limits import named_file
from mesh.parts.edge_tls import unnamed
from mesh.parts.inner_tls import inner_tls
from mesh.parts.metrics_store import find_metrics_store
from mesh.parts.observe import make_observe_key
from mesh.parts.postgres import make_reachable
from mesh.public_url import public_origin
from mesh.replicas import replicas as how_many
from mesh.supervision.child import MARK, last_lines, start_new_log
from mesh.supervision.leftovers import end_leftovers
from mesh.supervision.lock import only_supervisor, supervisor_pid
from mesh.supervision.plan import build_plan, objects_are_external, postgres_is_external
from mesh.supervision.ports import choose_ports, remember_ports
from mesh.supervision.state import new_state, read_state
from mesh.supervision.supervisor import Supervisor, this_process
from mesh.view import StartView
from mesh.written_by import check_written_by, note_written_by
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
    public_url: Annotated[
        str,
        typer.Option(
            envvar="ARGUS_PUBLIC_URL",
            help="Address at which people reach the edge, such as https://argus.example.org; "
            "all links then go through it, and the object store is for this machine only.",
        ),
    ] = "",
    mtls: Annotated[
        bool,
        typer.Option(
            "--mtls",
            envvar="ARGUS_MTLS",
            help="Edge and services prove themselves to each other with certificates.",
        ),
    ] = False,
    metrics: Annotated[
        bool,
        typer.Option(
            "--metrics",
            envvar="ARGUS_METRICS",
            help="Prometheus can collect metrics from each service, on this machine; `argus "
            "doctor` says where.",
        ),
    ] = False,
    observe: Annotated[
        bool,
        typer.Option(
            "--observe",
            envvar="ARGUS_OBSERVE",
            help="Keep a day of traces, metrics and logs and show them on a page of this machine; "
            "runs Prometheus, too, if it is installed. Includes --metrics.",
        ),
    ] = False,
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
        int | None,
        typer.Option(
            envvar="ARGUS_EMBEDDERS",
            min=1,
            max=MAX_EMBEDDERS,
            help="How many embedders share the work and the cores (default: 1).",
        ),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            envvar="ARGUS_ARCHIVE",
            metavar="FOLDER",
            help="Folder of backups, on another disk, in which all that changes is kept as it "
            "happens: `argus backup restore --at` goes back to any moment.",
        ),
    ] = None,
    archive_days: Annotated[
        float,
        typer.Option(
            envvar="ARGUS_ARCHIVE_DAYS", min=0.01, max=3650, help="How far back, in days."
        ),
    ] = DEFAULT_ARCHIVE_DAYS,
    replicas: Annotated[
        str,
        typer.Option(
            envvar="ARGUS_REPLICAS",
            help="How many of each service share the work: 2 of all that may have several, or "
            "auth=2,storage=2.",
        ),
    ] = "",
) -> None:
    """Run the mesh: stores, services and edge, until Ctrl-C."""
    layout = Layout.of(data_dir)
    folder = archive.expanduser().resolve() if archive else None
    chosen = dict(how_many(replicas, embedders))
    options = MeshOptions(
        data_dir=layout.data_dir,
        host=host,
        public_url=public_origin(public_url),
        limits_file=named_file(),
        mtls=mtls,
        metrics=metrics or observe,
        observe=observe,
        metrics_store=find_metrics_store() if observe else None,
        port=port,
        tls_port=tls_port,
        object_port=object_port,
        admin_port=admin_port,
        model=absolute(model) if model else default_model(layout),
        model_dir=model_dir.expanduser().resolve() if model_dir else None,
        archive=folder,
        archive_days=archive_days,
        embedders=chosen.pop("embedder", 1),
        replicas=chosen,
    )
    console = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
    check_not_restoring(layout)
    check_written_by(layout)
    if folder is not None:
        check_archivable(folder, layout)
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
            _make_certificates(options)
            if options.observe:
                make_observe_key(layout)
            establish(layout)
            note_written_by(layout)
            if options.archive is None:
                # What the archive has ends here: PostgreSQL's log is too short for it from now on.
                layout.archive_file.unlink(missing_ok=True)
            if not postgres_is_external():
                notes += make_reachable(layout)
            plan = build_plan(options, ports, load_credentials(layout))
        state = new_state(options, ports, *this_process())
        state.notes = notes + unnamed(options.public_url)
        if options.observe and options.metrics_store is None:
            state.notes.append(
                "Neither prometheus nor victoria-metrics is on the PATH: only the page has metrics."
            )
        with StartView(console, layout) as view:
            asyncio.run(_supervise(Supervisor(plan, layout, state, [view]), layout, console))
        console.print("Stopped.")


def _make_certificates(options: MeshOptions) -> None:
    """Makes the parts' certificates for each other, if they are to have any."""
    if inner := inner_tls(options.layout, mtls=options.mtls):
        # Only such a start needs it, and it takes long to load.
        from mesh.parts.inner_certificates import make_inner_certificates  # noqa: PLC0415

        make_inner_certificates(inner)


async def _supervise(supervisor: Supervisor, layout: Layout, console: Console) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def tell(sentence: str) -> None:
        logging.getLogger(__name__).warning("%s", sentence)
        console.print(Text(sentence, style="yellow"))

    def interrupted() -> None:
        if stop.is_set():
            hurry.set()
        else:
            stop.set()
            console.print("Stopping; once more stops at once.")

    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(signum, interrupted)
    following = asyncio.create_task(follow(layout, tell))
    try:
        await supervisor.run(stop, hurry)
    finally:
        following.cancel()


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
        if part.restarts >= _HOPELESS_RESTARTS and not part.was_ready and not part.optional
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
        ("--public-url", options.public_url or None),
        ("--archive", options.archive),
        ("--archive-days", options.archive_days),
    ):
        if value is not None:
            arguments += [flag, str(value)]
    if options.mtls:
        arguments.append("--mtls")
    if options.observe:
        arguments.append("--observe")
    elif options.metrics:
        arguments.append("--metrics")
    numbers = {**options.replicas, "embedder": options.embedders}
    shown = ",".join(f"{service}={number}" for service, number in numbers.items())
    return [*arguments, "--model", options.model, "--replicas", shown]
