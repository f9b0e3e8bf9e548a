"""Starts the peers and makes their environments."""

import os
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mesh.supervision.ports import draw_port

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
START_TIMEOUT_S = 90.0
INSTALL_TIMEOUT_S = 300.0


class PeerUnavailable(Exception):
    """A peer cannot be had here; the message says why."""


def fastapi_python(folder: Path) -> Path:
    """The interpreter of an environment with FastAPI and Argus's own torch.

    Args:
        folder: Where environments are kept; it is made there if it is missing.

    Raises:
        PeerUnavailable: if it cannot be installed.
    """
    environment = folder / "fastapi"
    python = environment / "bin" / "python"
    done = environment / "installed"
    if not done.exists():
        requirements = ROOT / "bench" / "peers" / "requirements-fastapi.txt"
        _quietly([sys.executable, "-m", "venv", str(environment)])
        _quietly([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)])
        shared = environment / sysconfig.get_path("purelib", vars={"base": ""}).lstrip("/")
        (shared / "argus.pth").write_text(sysconfig.get_path("purelib") + "\n")
        done.touch()
    return python


def infinity_python(folder: Path) -> Path:
    """The interpreter of an environment with infinity-emb.

    Raises:
        PeerUnavailable: if there is none.
    """
    python = folder / "infinity" / "bin" / "python"
    if not (python.parent / "infinity_emb").exists():
        raise PeerUnavailable("not installed; bench/peers/README.md says how")
    return python


@contextmanager
def running_fastapi(python: Path, model: str) -> Iterator[str]:
    """Runs the usual service.

    Args:
        python: The environment's interpreter.
        model: `compact`, or an OpenCLIP model's folder.

    Returns:
        Its URL.

    Raises:
        PeerUnavailable: if it does not start.
    """
    port = draw_port(HOST, [])
    with _running([str(python), "-m", "bench.peers.fastapi_server", model, str(port)], port):
        yield f"http://{HOST}:{port}"


@contextmanager
def running_ingest(
    python: Path, model: str, database: Path, settings: Mapping[str, str]
) -> Iterator[str]:
    """Runs the usual service that takes images.

    Args:
        python: An environment's interpreter, that of `fastapi_python`.
        model: What it embeds with: `compact`, or an OpenCLIP model's folder.
        database: The file of its records.
        settings: `PEER_STORE`, `PEER_KEY` and `PEER_SECRET`: its object store.

    Returns:
        Its URL.

    Raises:
        PeerUnavailable: if it does not start.
    """
    port = draw_port(HOST, [])
    command = [str(python), "-m", "bench.peers.ingest_server", model, str(database), str(port)]
    with _running(command, port, settings):
        yield f"http://{HOST}:{port}"


@contextmanager
def running_infinity(python: Path, model_dir: Path) -> Iterator[str]:
    """Runs infinity-emb with ViT-B/32 of random weights.

    Args:
        python: The environment's interpreter.
        model_dir: Where that model is kept; it is made there if it is missing.

    Returns:
        Its URL.

    Raises:
        PeerUnavailable: if it does not start.
    """
    model = model_dir / "clip-vit-base-patch32-random"
    if not (model / "tokenizer.json").exists():
        _quietly([str(python), "-m", "bench.peers.make_clip", str(model)])
    port = draw_port(HOST, [])
    command = [str(python.parent / "infinity_emb"), "v2", "--model-id", str(model)]
    command += ["--served-model-name", "clip", "--host", HOST, "--port", str(port)]
    command += ["--engine", "torch", "--device", "cpu", "--no-bettertransformer"]
    with _running([*command, "--no-model-warmup"], port):
        yield f"http://{HOST}:{port}"


@contextmanager
def _running(
    command: list[str], port: int, settings: Mapping[str, str] | None = None
) -> Iterator[None]:
    offline = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **offline, **(settings or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        give_up_at = time.monotonic() + START_TIMEOUT_S
        while not _listens(port):
            if process.poll() is not None:
                raise PeerUnavailable(f"it ended with {process.returncode} at its start")
            if time.monotonic() > give_up_at:
                raise PeerUnavailable(f"it did not start within {START_TIMEOUT_S:.0f} s")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _quietly(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PeerUnavailable(f"`{command[2]}` took over {INSTALL_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise PeerUnavailable(f"installing it failed: {lines[-1]}")
