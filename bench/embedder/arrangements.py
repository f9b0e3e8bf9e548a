"""Ways to keep all cores busy with decoding and with the model, in one's own process."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.embedder.model import Pixels, Vectors

Chunks = Callable[[int], range]
"""Takes up to that many items of those that are left; empty when none is."""


class ImageModel(Protocol):
    """The part of `EmbeddingModel` that images need."""

    @property
    def lanes(self) -> int:
        """How many batches may run at once."""

    def prepare_image(self, data: bytes) -> Pixels:
        """Decodes, scales and crops an encoded image."""

    def embed_images(self, images: Sequence[Pixels]) -> Vectors:
        """Embeds prepared images, [n, dimension]."""


@dataclass(frozen=True)
class Arrangement:
    """One way."""

    name: str
    batch: int
    """Most items that go to the model at once."""
    shared: bool = False
    """One process for all cores, or one for each."""
    pipelined: bool = False
    """Decoding hands over to the model, or each thread does both in turn."""


def arrangements(*, cores: int, max_batch: int) -> list[Arrangement]:
    """Those that are tried."""
    batches = [batch for batch in (1, 2, 4, 8) if batch <= max_batch]
    found = [Arrangement(f"{cores} processes, batch {size}", size) for size in batches]
    for size in batches[-2:]:
        found.append(Arrangement(f"1 process, decode then model, batch {size}", size, shared=True))
        found.append(
            Arrangement(f"1 process, pipeline, batch {size}", size, shared=True, pipelined=True)
        )
    return found


def run_loops(model: ImageModel, images: Sequence[bytes], take: Chunks, batch: int) -> None:
    """One thread for each lane of the model; each prepares a batch, then embeds it."""

    def loop() -> None:
        while chunk := take(batch):
            model.embed_images(
                [model.prepare_image(images[index % len(images)]) for index in chunk]
            )

    _run_all([loop] * model.lanes)


def run_pipeline(
    model: ImageModel, images: Sequence[bytes], take: Chunks, batch: int, *, preparers: int
) -> None:
    """Threads that prepare feed, through a bounded queue, one thread for each lane."""
    prepared: queue.Queue[list[Pixels] | None] = queue.Queue(4 * batch * model.lanes)
    left = threading.Semaphore(0)

    def prepare() -> None:
        try:
            while chunk := take(batch):
                prepared.put([model.prepare_image(images[index % len(images)]) for index in chunk])
        finally:
            left.release()

    def embed() -> None:
        try:
            while (pixels := prepared.get()) is not None:
                model.embed_images(pixels)
        except BaseException:
            while prepared.get() is not None:  # those who prepare must come to their end
                pass
            raise

    def end() -> None:
        for _ in range(preparers):
            left.acquire()
        for _ in range(model.lanes):
            prepared.put(None)

    _run_all([prepare] * preparers + [embed] * model.lanes + [end])


def _run_all(loops: Sequence[Callable[[], None]]) -> None:
    failures: list[BaseException] = []

    def guarded(loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # noqa: BLE001 - raised below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(loop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
