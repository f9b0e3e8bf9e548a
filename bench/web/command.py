"""The page in a real Chromium, on a mesh of its own.

    python -m bench web [--only PART …] [--images N] [--files N] [--write]

Every part is measured by itself; one that cannot be measured is told of, and the others go on.
"""

import argparse
import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from PIL import Image
from playwright.async_api import Error, async_playwright

from bench.embedder.machine import describe_machine
from bench.goal import HEADS
from bench.inspection.inspecting import stored
from bench.photos import photographs
from bench.report_command import command_line, progress, publish, show
from bench.running import running_mesh
from bench.web.dropping import measure_dropping
from bench.web.first_load import measure_first_load
from bench.web.goals import goals
from bench.web.lighthouse import install_lighthouse, measure_page
from bench.web.options import PARTS
from bench.web.panning import measure_panning
from bench.web.person import Bench, Person, browser, new_person
from bench.web.report import markdown
from bench.web.results import Results
from bench.web.rows import insert_images
from bench.web.scrolling import measure_scrolling
from bench.web.searching import measure_searches
from scripts.chromium import find_chromium

MODEL = "compact"
IMAGES = 200
"""Really imported, for searches and for Lighthouse."""
PAGES = ("/library", "/search?q=a+cat", "/inspect")

Say = Callable[[str], None]


def run_command(chosen: argparse.Namespace, docs: Path) -> None:
    """Measures, prints the goals, and writes `docs/benchmarks/web.md` if asked for."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("There is no Chromium; `python -m scripts.chromium` installs one.")
    say = progress()
    results = run(chosen, chromium, say)
    show(HEADS, (goal.cells for goal in goals(results)))
    arguments = ["web"]
    if set(chosen.only) != set(PARTS):
        arguments += ["--only", *chosen.only]
    text = markdown(results, machine=describe_machine(), command=command_line(arguments))
    publish(text, docs / "web.md", write=chosen.write)


def run(chosen: argparse.Namespace, chromium: Path, say: Say) -> Results:
    """Starts a mesh, measures, and stops it."""
    lighthouse = install_lighthouse() if "lighthouse" in chosen.only else None
    with tempfile.TemporaryDirectory(prefix="argus-bench-") as temporary:
        work = Path(temporary)
        work.chmod(0o711)  # PostgreSQL's own user passes through
        files = photographs(work / "photographs", IMAGES, chosen.photos)
        settings = {"ARGUS_MODEL_DIR": str(chosen.model_dir.resolve())}
        with running_mesh(work / "data", model=MODEL, settings=settings) as mesh:

            async def measure() -> Results:
                async with async_playwright() as playwright:
                    bench = Bench(playwright, chromium, mesh, work)
                    async with new_person(bench) as person:
                        await stored(person.connection, files)
                        return await _Run(bench, person, chosen, lighthouse, say).measured()

            return asyncio.run(measure())


class _Run:
    """One run; each part has a method.

    Args:
        bench: What it runs on.
        person: Somebody with a few images that search finds.
        chosen: What was asked for.
        lighthouse: Its command; None if it is not needed.
        say: Told of what is done.
    """

    def __init__(
        self,
        bench: Bench,
        person: Person,
        chosen: argparse.Namespace,
        lighthouse: Path | None,
        say: Say,
    ) -> None:
        self._bench = bench
        self._person = person
        self._chosen = chosen
        self._lighthouse = lighthouse
        self._say = say
        self._results = Results()

    async def measured(self) -> Results:
        """All parts that were asked for."""
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "load": self._load,
            "search": self._search,
            "lighthouse": self._audit,
            "library": self._library,
            "map": self._map,
            "drop": self._drop,
        }
        for name, part in parts.items():
            if name in self._chosen.only:
                self._say(name)
                try:
                    await part()
                except (Error, RuntimeError, TimeoutError) as error:
                    why = str(error).strip().splitlines()
                    self._results.failed[name] = why[0] if why else type(error).__name__
                    self._say(f"{name}: {error}")
        return self._results

    async def _load(self) -> None:
        self._results.first_load = await measure_first_load(self._bench)

    async def _search(self) -> None:
        async with browser(self._bench, self._person) as opened:
            self._results.searches = await measure_searches(opened.page)

    async def _audit(self) -> None:
        if self._lighthouse is None:
            return
        async with browser(self._bench, self._person) as opened:
            # The page itself would share the processor with the one that is audited.
            await opened.page.goto("about:blank")
            for path in PAGES:
                audit = await measure_page(self._bench, opened, path, self._lighthouse)
                self._say(f"{path}: {audit.scores}; {audit.lost}")
                self._results.audits.append(audit)

    async def _library(self) -> None:
        async with new_person(self._bench) as owner:
            ids = await self._rows(owner)
            async with browser(self._bench, owner) as opened:
                self._results.scrolling = await measure_scrolling(opened.page, len(ids), _picture())

    async def _map(self) -> None:
        async with new_person(self._bench) as owner:
            ids = await self._rows(owner)
            async with browser(self._bench, owner) as opened:
                self._results.panning = await measure_panning(opened.page, ids, _picture())

    async def _rows(self, owner: Person) -> list[UUID]:
        return await insert_images(
            self._bench.mesh.data_dir, self._person.user_id, owner.user_id, self._chosen.images
        )

    async def _drop(self) -> None:
        async with (
            new_person(self._bench) as dropper,
            new_person(self._bench) as importer,
            browser(self._bench, dropper) as opened,
        ):
            self._results.dropping = await measure_dropping(
                self._bench, opened.page, dropper, importer, self._chosen.files
            )


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((256, 256)).save(buffer, "WEBP", quality=60)
    return buffer.getvalue()
