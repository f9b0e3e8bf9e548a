"""The peers' client, in a process of its own."""

import base64
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import TypeVar

import httpx

from bench.embedder.items import Items

T = TypeVar("T")
TIMEOUT_S = 120.0


class PeerClient:
    """Posts images over connections that are kept.

    Args:
        items: What is embedded.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    def fastapi(self, url: str, start: int, count: int, callers: int) -> float:
        """Images per second of the usual service, asked by some callers at once."""
        images = self._items.of_pass("peers", count, start=start)

        def one(client: httpx.Client, image: bytes) -> None:
            answer = client.post(f"{url}/embed", content=image).raise_for_status()
            if not answer.json()["embedding"]:
                raise RuntimeError("the peer answered no vector")

        return _rate(images, one, callers, count)

    def infinity(self, url: str, start: int, count: int, size: int, callers: int) -> float:
        """Images per second of infinity-emb, `size` images to a request."""
        images = self._items.of_pass("peers", count, start=start)
        uris = [f"data:image/jpeg;base64,{base64.b64encode(image).decode()}" for image in images]
        requests = [uris[at : at + size] for at in range(0, count, size)]

        def one(client: httpx.Client, chunk: list[str]) -> None:
            body = {"model": "clip", "modality": "image", "input": chunk}
            answer = client.post(f"{url}/embeddings", json=body).raise_for_status()
            if len(answer.json()["data"]) != len(chunk):
                raise RuntimeError("the peer answered not every image")

        return _rate(requests, one, callers, count)


def _rate(
    work: Sequence[T], one: Callable[[httpx.Client, T], None], callers: int, count: int
) -> float:
    kept = local()
    clients: list[httpx.Client] = []

    def call(item: T) -> None:
        if not hasattr(kept, "client"):
            kept.client = httpx.Client(trust_env=False, timeout=TIMEOUT_S)
            clients.append(kept.client)
        one(kept.client, item)

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        for _ in threads.map(call, work):
            pass
    seconds = time.perf_counter() - began
    for client in clients:
        client.close()
    return count / seconds
