import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from services.embedder.errors import (
    ModalityUnsupported,
    ModelFailed,
    ModelMemoryExhausted,
    ModelNotFound,
    ModelUnavailable,
    Overloaded,
)
from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import ModelInfo, Runtime
from services.embedder.models.manifest import Manifest
from services.embedder.models.store import Installed
from services.embedder.ports import Residency
from services.embedder.queueing.admission import Admission
from services.embedder.supervision import residency
from services.embedder.supervision.fleet import Fleet
from services.embedder.worker.config import WorkerConfig
from services.runtime.errors import InvalidInput
from tests.support.eventually import eventually
from tests.unit.embedder.models import PATCHES, read_batches

FACTORY = "tests.unit.embedder.models:in_folder"
WORKER_BYTES = 40 * 2**20
"""Less than any worker takes, so that budgets in tests are in multiples of real memory."""


class Shelf:
    """Models that are installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.models: list[Installed] = []

    def add(self, name: str, *, text: bool = True, expected: int = 0) -> Path:
        folder = self.root / name
        folder.mkdir()
        info = ModelInfo(name, "1", "letters/1", 26, 1, 99 if text else 0, PATCHES)
        manifest = Manifest(
            family="letters", source=f"source:{name}", fingerprint="", info=info,
            memory_bytes=expected,
        )  # fmt: skip
        self.models.append(Installed(folder, manifest))
        return folder

    def __call__(self) -> Sequence[Installed]:
        return list(self.models)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.add("letters")
    return shelf


@asynccontextmanager
async def running(
    shelf: Shelf, *, max_images: int = 512, memory_bytes: int = 2**40, **timeouts: Any
) -> AsyncIterator[Fleet]:
    fleet = Fleet(
        shelf,
        "letters",
        configure=lambda found: WorkerConfig(found.folder, 2, factory=FACTORY),
        admission=Admission(max_images=max_images, max_image_bytes=2**20),
        memory_bytes=memory_bytes,
        **timeouts,
    )
    async with asyncio.timeout(60), fleet:
        yield fleet


def image(word: str, model: str = "", priority: Priority = Priority.BULK) -> Item:
    return Item(Kind.IMAGE, word.encode(), model, priority=priority)


def letter(embedded: Embedded) -> str:
    return chr(97 + int(np.frombuffer(embedded.values, "<f4").argmax()))


def embed_all(fleet: Fleet, items: Sequence[Item]) -> "asyncio.Future[list[Any]]":
    return asyncio.gather(*(fleet.embed(item) for item in items), return_exceptions=True)


async def sent(fleet: Fleet, count: int, model: str = "letters") -> None:
    """Waits until a worker has so many items in hand."""
    await eventually(lambda: fleet._members[model].worker.items.under_work >= count)


async def test_images_texts_crops_and_patches_are_embedded(shelf: Shelf) -> None:
    async with running(shelf) as fleet:
        info = shelf.models[0].manifest.info
        one = await fleet.embed(image("aab"))
        assert (letter(one), one.info, len(one.values)) == ("a", info, 104)
        text = await fleet.embed(Item(Kind.TEXT, b"b" * 200))
        assert (letter(text), text.truncated) == ("b", True)
        crops = await fleet.embed(Item(Kind.CROPS, b"abc", model="letters"))
        assert len(crops.values) == 4 * 104
        assert [box.left for box in crops.boxes] == pytest.approx([0, 1 / 3, 2 / 3])
        patches = await fleet.embed(Item(Kind.PATCHES, b"abcdef", patch_size=3))
        assert (patches.rows, patches.columns) == (1, 3)
        assert np.frombuffer(patches.values, "<f2").tolist() == [97, 98, 99]
        scaled = Item(Kind.PATCHES, b"abcdef", patch_scale=0.5, standard_levels=True)
        seen = await fleet.embed(scaled)
        assert np.frombuffer(seen.values, "<f2").tolist() == [99, 98, 97]
        assert fleet.idle_s() < 30


async def test_a_thousand_items_each_get_their_own_answer(shelf: Shelf) -> None:
    words = [chr(97 + n % 26) * (1 + n % 300) for n in range(1000)]
    async with running(shelf, max_images=2000) as fleet:
        kinds = (Kind.IMAGE, Kind.TEXT)
        items = [
            Item(kinds[n % 3 == 0], word.encode(), caller=str(n % 7), priority=Priority(n % 2))
            for n, word in enumerate(words)
        ]
        answers = await embed_all(fleet, items)
    assert [letter(answer) for answer in answers] == [word[0] for word in words]


async def test_large_data_passes_both_ways(shelf: Shelf) -> None:
    data = b"a" * (3 * 2**20)
    async with running(shelf) as fleet:
        items = [
            image("x"),
            Item(Kind.CROPS, b"ab" * 4000, priority=Priority.INTERACTIVE),
            Item(Kind.TEXT, data),
        ]
        answers = await embed_all(fleet, items)
        assert not any(isinstance(answer, Exception) for answer in answers)
        assert len(answers[1].values) == 8001 * 104
        assert len(answers[1].boxes) == 8000
        assert letter(answers[2]) == "a"


async def test_errors_of_items_keep_their_reasons(shelf: Shelf) -> None:
    async with running(shelf) as fleet:
        items = [
            *(image(word) for word in ("#", "b!", "?")),
            Item(Kind.PATCHES, b"ab", patch_size=99),
            image("c"),
        ]
        *bad, good = await embed_all(fleet, items)
    assert [error.reason for error in bad] == [
        "IMAGE_UNREADABLE", "MODEL_FAILED", "MODEL_FAILED", "PATCH_SIZE_UNSUPPORTED",
    ]  # fmt: skip
    assert isinstance(bad[0], InvalidInput)
    assert bad[1].retry_after_s == 1
    assert letter(good) == "c"


async def test_a_killed_worker_with_a_full_queue_loses_no_item(shelf: Shelf) -> None:
    closed = shelf.root / "letters" / "closed"
    async with running(shelf) as fleet:
        before = fleet.pids()["letters"]
        closed.touch()
        words = [chr(97 + n % 26) for n in range(200)]
        answers = embed_all(
            fleet, [image(word, "", Priority(n % 2)) for n, word in enumerate(words)]
        )
        text = asyncio.ensure_future(fleet.embed(Item(Kind.TEXT, b"q")))
        await sent(fleet, 30)
        os.kill(before, signal.SIGKILL)
        closed.unlink()
        assert [letter(answer) for answer in await answers] == words
        assert letter(await text) == "q"
        assert fleet.pids()["letters"] != before
        assert not psutil.pid_exists(before)


async def test_only_the_item_that_kills_the_worker_is_refused(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(shelf) as fleet:
        words = [chr(97 + n % 26) for n in range(60)]
        words[7] = words[40] = "$"
        with caplog.at_level(logging.CRITICAL):
            answers = await embed_all(fleet, [image(word) for word in words])
        for word, answer in zip(words, answers, strict=True):
            if word == "$":
                assert isinstance(answer, InvalidInput)
                assert answer.reason == "ITEM_CRASHED_MODEL"
            else:
                assert letter(answer) == word
        assert letter(await fleet.embed(image("z"))) == "z"


async def test_a_worker_that_hangs_is_replaced(shelf: Shelf) -> None:
    async with running(shelf, stall_timeout_s=1.0) as fleet:
        pid = fleet.pids()["letters"]
        os.kill(pid, signal.SIGSTOP)
        answers = await embed_all(fleet, [image(word) for word in "abcdef"])
        assert [letter(answer) for answer in answers] == list("abcdef")
        assert fleet.pids()["letters"] != pid


async def test_an_idle_worker_is_not_taken_for_a_hanging_one(shelf: Shelf) -> None:
    async with running(shelf, stall_timeout_s=0.4) as fleet:
        pid = fleet.pids()["letters"]
        await fleet.embed(image("a"))
        keeper = fleet._members["letters"].worker._keeper
        assert keeper is not None
        done, _ = await asyncio.wait({keeper}, timeout=1.0)
        assert not done
        assert fleet.pids()["letters"] == pid


async def test_a_call_that_never_ends_ends_the_worker(shelf: Shelf) -> None:
    fleet = Fleet(
        shelf,
        "letters",
        configure=lambda found: WorkerConfig(
            found.folder, 2, factory=FACTORY, call_timeout_s=0.5, log_level="CRITICAL"
        ),
        admission=Admission(max_images=9, max_image_bytes=999),
        memory_bytes=2**40,
    )
    closed = shelf.root / "letters" / "closed"
    async with asyncio.timeout(60), fleet:
        closed.touch()
        answer = asyncio.ensure_future(fleet.embed(image("a")))
        with pytest.raises(InvalidInput) as raised:
            await answer
        assert raised.value.reason == "ITEM_CRASHED_MODEL"
        closed.unlink()
        assert letter(await fleet.embed(image("b"))) == "b"


async def test_what_nobody_waits_for_is_not_embedded(shelf: Shelf) -> None:
    folder = shelf.root / "letters"
    async with running(shelf) as fleet:
        (folder / "closed").touch()
        first = asyncio.ensure_future(fleet.embed(image("z")))
        await eventually(lambda: read_batches(folder) == [["z"]])
        left = embed_all(fleet, [image("x") for _ in range(100)])
        kept = asyncio.ensure_future(fleet.embed(image("y")))
        await sent(fleet, 10)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        # What was with the worker comes back dropped, though the model is still busy.
        await eventually(lambda: fleet._members["letters"].worker.items.under_work == 2)
        (folder / "closed").unlink()
        assert [letter(await first), letter(await kept)] == ["z", "y"]
    assert read_batches(folder) == [["z"], ["y"]]


async def test_a_person_is_served_while_an_import_waits(shelf: Shelf) -> None:
    folder = shelf.root / "letters"
    async with running(shelf) as fleet:
        (folder / "closed").touch()
        done: list[str] = []

        async def note(item: Item) -> None:
            done.append(letter(await fleet.embed(item)))

        tasks = [asyncio.create_task(note(image("i"))) for _ in range(300)]
        await sent(fleet, 10)
        tasks.append(asyncio.create_task(note(image("p", priority=Priority.INTERACTIVE))))
        await sent(fleet, 19)
        (folder / "closed").unlink()
        await asyncio.gather(*tasks)
    assert done.index("p") < 50


async def test_too_much_is_refused_and_room_comes_back(shelf: Shelf) -> None:
    folder = shelf.root / "letters"
    async with running(shelf, max_images=4) as fleet:
        (folder / "closed").touch()
        answers = embed_all(fleet, [image("a") for _ in range(3)])
        await sent(fleet, 3)
        with pytest.raises(Overloaded):
            await fleet.embed(image("b"))
        person = asyncio.ensure_future(fleet.embed(image("p", priority=Priority.INTERACTIVE)))
        await sent(fleet, 4)
        (folder / "closed").unlink()
        assert [letter(answer) for answer in await answers] == ["a"] * 3
        assert letter(await person) == "p"
        assert letter(await fleet.embed(image("b"))) == "b"


async def test_two_models_at_once_and_one_that_comes_later(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.embedder.supervision.fleet.LOOK_EVERY_S", 0.0)
    shelf.add("other", text=False)
    async with running(shelf) as fleet:
        listed = fleet.models()
        assert [(one.info.model, one.default, one.residency) for one in listed] == [
            ("letters", True, Residency.RESIDENT),
            ("other", False, Residency.NOT_LOADED),
        ]
        assert listed[0].runtime == Runtime("numpy", "there is no other")
        assert listed[1].runtime is None
        assert listed[0].memory_bytes > WORKER_BYTES
        answers = await embed_all(fleet, [image("a"), image("b", "other"), image("c", "letters")])
        assert [answer.info.model for answer in answers] == ["letters", "other", "letters"]
        with pytest.raises(ModalityUnsupported):
            await fleet.embed(Item(Kind.TEXT, b"a", "other"))
        with pytest.raises(ModelNotFound, match="letters, other"):
            await fleet.embed(image("a", "third"))
        shelf.add("third")
        assert (await fleet.embed(image("c", "third"))).info.model == "third"
        assert set(fleet.pids()) == {"letters", "other", "third"}
        assert fleet.models()[1].runtime is not None


async def test_many_that_ask_for_a_model_load_it_once(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add("other")
    async with running(shelf) as fleet:
        with caplog.at_level(logging.INFO):
            answers = await embed_all(fleet, [image("d", "other") for _ in range(40)])
        assert {letter(answer) for answer in answers} == {"d"}
    starts = [record for record in caplog.records if "other runs on" in record.getMessage()]
    assert len(starts) == 1


async def test_the_model_that_was_not_used_longest_makes_room(shelf: Shelf) -> None:
    for name in ("one", "two", "three"):
        shelf.add(name)
    async with running(shelf) as fleet:
        taken = fleet.models()[0].memory_bytes
        fleet._residency._memory_bytes = int(taken * 3.5)
        for member in fleet._all():
            member.expected_bytes = taken
        for name in ("one", "two", "one", "three"):
            assert (await fleet.embed(image("a", name))).info.model == name
        assert set(fleet.pids()) == {"letters", "one", "three"}
        assert (await fleet.embed(image("a", "two"))).info.model == "two"
        assert set(fleet.pids()) == {"letters", "three", "two"}


async def test_a_model_that_cannot_fit_is_refused(shelf: Shelf) -> None:
    shelf.add("huge", expected=2**41)
    async with running(shelf) as fleet:
        with pytest.raises(ModelMemoryExhausted):
            await fleet.embed(image("a", "huge"))
        assert set(fleet.pids()) == {"letters"}


async def test_a_busy_model_makes_room_in_the_end(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residency, "PATIENCE_S", 0.2)
    monkeypatch.setattr(residency, "CHECK_EVERY_S", 0.02)
    for name in ("busy", "late"):
        shelf.add(name)
    async with running(shelf) as fleet:
        taken = fleet.models()[0].memory_bytes
        fleet._residency._memory_bytes = int(taken * 2.5)
        for member in fleet._all():
            member.expected_bytes = taken
        stop = asyncio.Event()

        async def keep_busy() -> int:
            count = 0
            while not stop.is_set():
                assert letter(await fleet.embed(image("a", "busy"))) == "a"
                count += 1
            return count

        crowd = [asyncio.create_task(keep_busy()) for _ in range(4)]
        await sent(fleet, 1, "busy")
        assert (await fleet.embed(image("b", "late"))).info.model == "late"
        stop.set()
        # They go on once they get their turn again.
        assert all(count > 0 for count in await asyncio.gather(*crowd))


async def test_a_default_that_cannot_be_loaded_stops_the_start(
    shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "letters" / "unloadable").touch()
    with pytest.raises(ModelUnavailable, match="its weights are damaged; pull it again"):
        async with running(shelf):
            pass
    shelf.models.clear()
    with pytest.raises(ModelUnavailable, match="'letters' is not installed"):
        async with running(shelf):
            pass


@pytest.mark.parametrize("ending", ["unloadable", "dies"])
async def test_a_model_that_cannot_be_loaded_fails_its_items_and_may_recover(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("services.embedder.supervision.supervisor.FIRST_BACKOFF_S", 0.001)
    broken = shelf.add("broken") / ending
    broken.touch()
    async with running(shelf) as fleet:
        answers = await embed_all(fleet, [image("a", "broken") for _ in range(3)])
        assert all(isinstance(answer, ModelFailed) for answer in answers)
        with pytest.raises(ModelFailed) as raised:
            await fleet.embed(image("a", "broken"))
        assert raised.value.retry_after_s == 5
        assert str(shelf.root) not in str(raised.value)
        broken.unlink()
        fleet._members["broken"].worker._retry_at = 0
        assert letter(await fleet.embed(image("e", "broken"))) == "e"
        assert letter(await fleet.embed(image("f"))) == "f"


async def test_what_waits_at_the_end_is_told(shelf: Shelf) -> None:
    async with running(shelf) as fleet:
        (shelf.root / "letters" / "closed").touch()
        answers = embed_all(fleet, [image("a") for _ in range(60)])
        await sent(fleet, 1)
        pid = fleet.pids()["letters"]
    assert all(isinstance(answer, ModelFailed) for answer in await answers)
    assert not psutil.pid_exists(pid)


async def test_a_start_that_is_given_up_leaves_no_worker(shelf: Shelf) -> None:
    (shelf.root / "letters" / "slow").touch()
    here = psutil.Process()
    before = set(here.children())

    async def start() -> None:
        async with running(shelf):
            pass

    starting = asyncio.create_task(start())
    await eventually(lambda: bool(set(here.children()) - before))
    starting.cancel()
    await asyncio.wait({starting})
    assert starting.cancelled()
    assert set(here.children()) == before


async def test_a_worker_that_is_ended_on_purpose_gives_its_items_back(shelf: Shelf) -> None:
    closed = shelf.root / "letters" / "closed"
    async with running(shelf) as fleet:
        worker = fleet._members["letters"].worker
        closed.touch()
        answers = embed_all(fleet, [image(word) for word in "abc"])
        await sent(fleet, 3)
        await worker.stop()
        closed.unlink()
        # It is wanted again, and comes again.
        assert [letter(answer) for answer in await answers] == list("abc")


async def test_a_worker_knows_no_secret(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUS_SERVICE_SECRET", "a long service secret")
    monkeypatch.setenv("ARGUS_MESH_DIR", "/mesh")
    async with running(shelf) as fleet:
        environment = psutil.Process(fleet.pids()["letters"]).environ()
    assert [name for name in environment if name.startswith("ARGUS_")] == ["ARGUS_MESH_DIR"]


SERVICE = """
import asyncio, json, sys
from pathlib import Path
from services.embedder.worker.config import WorkerConfig
from services.embedder.supervision.worker_process import WorkerProcess

async def main():
    config = WorkerConfig(Path(sys.argv[1]), 2, factory=sys.argv[2])
    worker = WorkerProcess(config, on_answer=lambda *_: None, on_round=lambda: None)
    await worker.ready(30)
    print(json.dumps(worker.pid), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("hanging", [False, True])
def test_a_worker_ends_with_its_service(shelf: Shelf, *, hanging: bool) -> None:
    folder = shelf.root / "letters"
    with subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(folder), FACTORY], stdout=subprocess.PIPE
    ) as service:
        assert service.stdout
        worker = psutil.Process(json.loads(service.stdout.readline()))
        if hanging:
            worker.suspend()
        service.kill()
    worker.wait(10)
