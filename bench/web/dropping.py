"""Many files dropped on the page at once, beside the same pictures by `argus import`."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.async_api import Page

from bench.web.person import Bench, Person
from bench.web.recorder import Recording, install, recorded
from bench.web.rows import Counter, open_database
from mesh.client.importer import Importer

_SIZE = (480, 360)
_POLL_S = 0.05
_TIMEOUT_S = 120.0
_JOBS = 8
"""As `argus import` has it."""

_MAKE_INPUT = """() => {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.id = "bench-files";
  document.body.append(input);
}"""
# Files of the disk, as a person's are; what it takes to make them is not the page's.
_TAKE_FILES = """() => {
  const input = document.querySelector("#bench-files");
  window.benchFiles = new DataTransfer();
  for (const file of input.files) window.benchFiles.items.add(file);
  input.remove();
}"""
# As often as a person moves; the page says when it is ready to take them.
_HOLD = """() => {
  document.querySelector("main").dispatchEvent(
    new DragEvent("dragover", { bubbles: true, cancelable: true, dataTransfer: window.benchFiles }),
  );
  return document.body.innerText.includes("Drop to add to your library");
}"""
_DROP = """() => document.querySelector("main").dispatchEvent(
  new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: window.benchFiles }),
)"""


@dataclass
class Dropping:
    """What it was like."""

    files: int
    recording: Recording
    uploaded_s: float
    """From the drop until all bytes were kept and verified."""
    imported_s: float
    """The same by `argus import`."""


def make_files(folder: Path, count: int, brand: str) -> list[Path]:
    """Writes small distinct JPEGs.

    Args:
        folder: Where; is made.
        count: How many.
        brand: Stands in each file, so that the same pictures have other bytes.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(11)
    made = []
    for number in range(count):
        coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize(_SIZE, Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=92, comment=f"{brand} {number}")
        made.append(folder / f"{number:04d}.jpg")
        made[-1].write_bytes(buffer.getvalue())
    return made


async def measure_dropping(
    bench: Bench, page: Page, dropper: Person, importer: Person, count: int
) -> Dropping:
    """Drops files on the library of one person; imports the same pictures for another.

    Raises:
        TimeoutError: Not all were uploaded.
    """
    dropped = make_files(bench.work / "dropped", count, "dropped")
    imported = make_files(bench.work / "imported", count, "imported")
    database = await open_database(bench.mesh.data_dir)
    try:
        imported_s = await _import(importer, imported, Counter(database, importer.user_id))
        await page.goto("/library")
        await page.wait_for_load_state("load")
        await install(page)
        await page.evaluate(_MAKE_INPUT)
        await page.set_input_files("#bench-files", dropped)
        await page.evaluate(_TAKE_FILES)
        await page.wait_for_function(_HOLD)
        counter = Counter(database, dropper.user_id)
        async with recorded(page) as recording:
            began = time.perf_counter()
            await page.evaluate(_DROP)
            uploaded_s = await _until_uploaded(counter, count, began)
            # What the page does with the last answers counts, too.
            await page.wait_for_timeout(500)
        await _until(counter.searchable, count)
        return Dropping(count, recording, uploaded_s, imported_s)
    finally:
        await database.close()


async def _import(person: Person, files: Sequence[Path], counter: Counter) -> float:
    importer = Importer(person.connection, labels={}, jobs=_JOBS, progress=lambda _: None)
    began = time.perf_counter()
    running = asyncio.create_task(importer.run(files))
    try:
        return await _until_uploaded(counter, len(files), began)
    finally:
        report = await running
        if report.problems:
            raise RuntimeError(f"the import went wrong: {report.problems[:3]}")


async def _until_uploaded(counter: Counter, count: int, began: float) -> float:
    await _until(counter.uploaded, count)
    return time.perf_counter() - began


async def _until(counted: Callable[[], Awaitable[int]], count: int) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while (now := await counted()) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{now} of {count} files after {_TIMEOUT_S:.0f} s")
        await asyncio.sleep(_POLL_S)
