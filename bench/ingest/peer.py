"""The usual service beside Argus: the same photographs, the same steps, the same object store."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.embedder.peers import PeerUnavailable, fastapi_python, running_ingest
from bench.running import RunningMesh
from mesh.credentials import load_credentials

CALLERS = 8
TIMEOUT_S = 120.0


def taken_per_s(
    mesh: RunningMesh, batches: Sequence[Sequence[Path]], folder: Path, work: Path, model: str
) -> list[float] | str:
    """Images per second that it takes, of each batch; or why it cannot be had.

    Args:
        mesh: Whose object store it uses.
        batches: Photographs that are sent one batch after the other; the first is not counted.
        folder: Where environments of peers are kept.
        work: For its records.
        model: What it embeds with.
    """
    credentials = load_credentials(mesh.layout)
    settings = {
        "PEER_STORE": f"127.0.0.1:{mesh.ports.objects}",
        "PEER_KEY": credentials.s3_access_key,
        "PEER_SECRET": credentials.s3_secret_key,
    }
    try:
        python = fastapi_python(folder.absolute())
        with (
            running_ingest(python, model, work / "peer.sqlite", settings) as url,
            httpx.Client(trust_env=False, timeout=TIMEOUT_S) as client,
        ):
            return [_rate(client, url, batch) for batch in batches][1:]
    except PeerUnavailable as error:
        return str(error)


def _rate(client: httpx.Client, url: str, files: Sequence[Path]) -> float:
    def send(file: Path) -> None:
        answer = client.post(f"{url}/images", content=file.read_bytes()).raise_for_status()
        if answer.json()["duplicate"]:
            raise RuntimeError("the peer had the image already")

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as threads:
        for _ in threads.map(send, files):
            pass
    return len(files) / (time.perf_counter() - began)
