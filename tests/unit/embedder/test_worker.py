import _thread
import itertools
import os
import queue
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from google.rpc import status_pb2

from services.embedder.item import Kind, Priority
from services.embedder.model import Box, Pixels, Tokens, Vectors
from services.embedder.worker import finisher, niceness
from services.embedder.worker.arena import Arena
from services.embedder.worker.config import WorkerConfig
from services.embedder.worker.finisher import Buffer
from services.embedder.worker.frames import (
    ON_SOCKET,
    REQUEST,
    AnswerKind,
    Request,
    split_boxes,
    split_frame,
)
from services.embedder.worker.job import Job
from services.embedder.worker.link import Link
from services.embedder.worker.pipeline import Pipeline
from services.embedder.worker.stage_queue import StageQueue
from services.imaging.decode import ImageLimits
from services.runtime.status import from_status
from tests.unit.embedder.answers import Answered, answers_in
from tests.unit.embedder.models import LetterModel

BULK, INTERACTIVE = Priority.BULK, Priority.INTERACTIVE


class Running:
    """A pipeline and what it answered."""

    def __init__(self, model: LetterModel, threads: int = 2) -> None:
        self.model = model
        self.answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self.pipeline = Pipeline(model, threads=threads, send=self._send)
        self.pipeline.start()
        self._ids = iter(range(1, 10_000))

    def submit(
        self, data: bytes, kind: Kind = Kind.IMAGE, priority: Priority = BULK, size: int = 0
    ) -> int:
        id_ = next(self._ids)
        self.pipeline.submit([Job(id_, kind, priority, data, size)])
        return id_

    def take(self, count: int) -> dict[int, Answered]:
        taken = [self.answers.get(timeout=10) for _ in range(count)]
        answers = {answer.id: (answer, payload) for answer, payload in taken}
        assert len(answers) == count
        return answers

    def entered(self) -> None:
        assert self.model.entered.acquire(timeout=10)

    def ready(self, count: int) -> None:
        """Waits until so many prepared parts of images wait for the model."""
        waiting = self.pipeline._images._lanes["images"].ready
        deadline = time.monotonic() + 10
        while sum(map(len, waiting.values())) < count:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _send(self, buffers: list[Buffer]) -> None:
        for answered in answers_in(buffers):
            self.answers.put(answered)


@contextmanager
def running(model: LetterModel) -> Iterator[Running]:
    run = Running(model)
    try:
        yield run
    finally:
        model.gate.set()
        run.pipeline.close()


def vector(answered: Answered) -> Vectors:
    answer, payload = answered
    assert answer.kind == AnswerKind.EMBEDDED
    return np.frombuffer(payload, "<f4")


def reason(answered: Answered) -> str:
    answer, payload = answered
    assert answer.kind == AnswerKind.FAILED
    return from_status(status_pb2.Status.FromString(payload)).reason


def test_a_lone_item_does_not_wait_for_company_and_may_use_all_cores() -> None:
    with running(LetterModel()) as run:
        id_ = run.submit(b"aab")
        answer, _ = answered = run.take(1)[id_]
        assert vector(answered)[:2] == pytest.approx([2 / 5**0.5, 1 / 5**0.5])
        assert answer.batch == 1
        assert answer.model_s > 0
        assert answer.prepare_s > 0
    assert run.model.batches == [["aab"]]
    assert run.model.alone == [True]


def test_batches_are_powers_of_two_of_what_is_ready() -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        run.submit(b"z")
        run.entered()
        ids = [run.submit(chr(97 + index).encode()) for index in range(21)]
        run.ready(21)
        model.gate.set()
        answers = run.take(22)
    assert [len(batch) for batch in model.batches] == [1, 8, 8, 4, 1]
    # The last one is the only one left, if the batch before was answered already.
    assert model.alone[:4] == [True, False, False, False]
    assert np.array_equal([vector(answers[id_]) for id_ in ids], np.eye(26)[:21])
    assert sorted(answer.batch for answer, _ in answers.values() if answer.batch) == [1, 1, 4, 8, 8]


def test_a_person_overtakes_what_waits_and_shares_no_batch_with_it() -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        run.submit(b"z")
        run.entered()
        for _ in range(10):
            run.submit(b"y")
        run.ready(10)
        run.submit(b"me", priority=INTERACTIVE)
        run.ready(11)
        model.gate.set()
        run.take(12)
    assert model.batches[1] == ["me"]
    assert [len(batch) for batch in model.batches] == [1, 1, 8, 2]


def test_an_image_does_not_wait_for_others_because_many_words_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Speechless(LetterModel):
        words = threading.Event()

        def embed_texts(self, texts: Sequence[Tokens]) -> Vectors:
            self.words.wait()
            return super().embed_texts(texts)

    monkeypatch.setattr(finisher, "HOLD_S", 3600)
    model = Speechless()
    with running(model) as run:
        try:
            for _ in range(run.pipeline.image_window):
                run.submit(b"a", Kind.TEXT)
            id_ = run.submit(b"b")
            assert id_ in run.take(1)
        finally:
            model.words.set()


def test_words_do_not_wait_behind_images() -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        image = run.submit(b"z")
        run.entered()
        text = run.submit(b"words" * 20, Kind.TEXT)
        # The image holds its lane; the text's thread comes as far as the same gate.
        run.entered()
        assert model.batches == [["z"], ["words" * 19 + "word"]]
        model.gate.set()
        answers = run.take(2)
        assert answers[text][0].truncated == 1
        assert answers[image][0].truncated == 0


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's own on Linux only")
def test_work_on_images_gives_way_to_texts() -> None:
    class Nice(LetterModel):
        def _wait(self) -> None:
            nices[self.batches[-1][0]] = os.getpriority(os.PRIO_PROCESS, 0)

    nices: dict[str, int] = {}
    with running(Nice()) as run:
        run.submit(b"image")
        run.submit(b"text", Kind.TEXT)
        run.take(2)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert nices == {"image": min(own + 5, 19), "text": own}


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's own on Linux only")
def test_a_library_s_threads_give_way_as_their_caller_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(niceness, "BUSY_SHARE", 0.01)
    data = bytes(2**24)
    ids: queue.SimpleQueue[int] = queue.SimpleQueue()
    go, done = threading.Lock(), threading.Lock()
    found: dict[str, int] = {}

    def library(*, busy: bool) -> None:
        ids.put(threading.get_native_id())
        with go if busy else end:
            if busy:
                for _ in range(20):
                    zlib.crc32(data)
                done.release()
        with end:
            ids.put(0)

    def call() -> None:
        go.release()
        done.acquire()

    def caller() -> None:
        os.nice(5)
        niceness.share_niceness(call)
        found["own"] = os.getpriority(os.PRIO_PROCESS, 0)

    end = threading.Lock()
    for lock in (go, done, end):
        lock.acquire()
    threads = []
    for busy in (True, False):
        # Not through `threading`, which would know them for Python's own.
        _thread.start_new_thread(library, (), {"busy": busy})
        threads.append(ids.get(timeout=10))
    thread = threading.Thread(target=caller)
    thread.start()
    thread.join(10)
    busy_niceness, idle_niceness = (os.getpriority(os.PRIO_PROCESS, id_) for id_ in threads)
    end.release()
    for _ in threads:
        assert ids.get(timeout=10) == 0
    assert busy_niceness == found["own"]
    assert idle_niceness == os.getpriority(os.PRIO_PROCESS, 0)
    assert busy_niceness > idle_niceness


def test_a_person_s_image_is_prepared_while_others_are_stuck() -> None:
    class Slow(LetterModel):
        def prepare_image(self, data: bytes) -> Pixels:
            if data == b"slow":
                stuck.release()
                assert free.wait(10)
            return super().prepare_image(data)

    stuck, free = threading.Semaphore(0), threading.Event()
    with running(Slow()) as run:
        slow = {run.submit(b"slow") for _ in range(3)}
        for _ in range(2):
            assert stuck.acquire(timeout=10)
        person = run.submit(b"p", priority=INTERACTIVE)
        assert set(run.take(1)) == {person}
        free.set()
        assert set(run.take(3)) == slow


def test_crops_are_one_answer() -> None:
    with running(LetterModel()) as run:
        words = b"abcdefghijkl"
        id_ = run.submit(words, Kind.CROPS)
        answer, payload = run.take(1)[id_]
    values, boxes = split_boxes(payload, answer.boxes)
    vectors = np.frombuffer(values, "<f4").reshape(-1, 26)
    assert np.allclose(vectors[0, :12], 1 / 12**0.5)
    assert np.array_equal(vectors[1:], np.eye(26)[:12])
    assert boxes[3] == Box(3 / 12, 0, 4 / 12, 1)
    assert len(boxes) == 12


def test_patches_are_half_precision_in_a_grid() -> None:
    with running(LetterModel()) as run:
        good = run.submit(b"abcdefgh", Kind.PATCHES)
        large = run.submit(b"abcdefgh", Kind.PATCHES, size=99)
        answers = run.take(2)
    answer, payload = answers[good]
    assert (answer.rows, answer.columns) == (1, 4)
    values, frame = split_frame(payload)
    assert np.frombuffer(values, "<f2").tolist() == [97, 98, 99, 100]
    assert answer.frame
    assert (frame.extent, frame.brightness) == (3, 98.5)
    assert reason(answers[large]) == "PATCH_SIZE_UNSUPPORTED"


def test_patches_are_extracted_side_by_side_once_the_model_tells_how_many() -> None:
    model = LetterModel()
    model.patch_lanes = 2
    with running(model) as run:
        run.submit(b"ab", Kind.PATCHES)
        run.take(1)
        run.entered()
        model.gate.clear()
        for _ in range(3):
            run.submit(b"ab", Kind.PATCHES)
        run.entered()
        run.entered()
        assert not model.entered.acquire(timeout=0.05)
        model.gate.set()
        run.take(3)


@pytest.mark.parametrize(
    ("spoiler", "why"),
    [(b"#", "IMAGE_UNREADABLE"), (b"b!", "MODEL_FAILED"), (b"?", "MODEL_FAILED")],
)
def test_an_item_that_spoils_its_batch_fails_alone(spoiler: bytes, why: str) -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        run.submit(b"z")
        run.entered()
        bad = run.submit(spoiler)
        good = [run.submit(word) for word in (b"a", b"c", b"d")]
        run.ready(3)
        model.gate.set()
        answers = run.take(5)
    assert reason(answers[bad]) == why
    assert [int(vector(answers[id_]).argmax()) for id_ in good] == [0, 2, 3]


def test_one_bad_crop_fails_its_image_once() -> None:
    with running(LetterModel()) as run:
        bad = run.submit(b"ab!cd", Kind.CROPS)
        good = run.submit(b"ab", Kind.CROPS)
        answers = run.take(2)
        assert reason(answers[bad]) == "MODEL_FAILED"
        assert answers[good][0].boxes == 2


def test_what_is_cancelled_is_dropped_before_work() -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        first = run.submit(b"z")
        run.entered()
        image, crops = run.submit(b"x"), run.submit(b"ab", Kind.CROPS)
        kept = run.submit(b"y")
        run.ready(5)
        run.pipeline.cancel(image)
        run.pipeline.cancel(crops)
        run.pipeline.cancel(4711)
        dropped = run.take(2)
        assert {answer.kind for answer, _ in dropped.values()} == {AnswerKind.DROPPED}
        assert set(dropped) == {image, crops}
        model.gate.set()
        assert set(run.take(2)) == {first, kept}
    assert model.batches == [["z"], ["y"]]


def test_a_call_that_lasts_is_seen() -> None:
    model = LetterModel()
    model.gate.clear()
    with running(model) as run:
        assert run.pipeline.longest_call_s() == 0
        run.submit(b"z")
        run.entered()
        assert run.pipeline.longest_call_s() > 0
        model.gate.set()
        run.take(1)


def test_a_stage_gives_bulk_a_share_while_people_keep_coming() -> None:
    waiting: StageQueue[str] = StageQueue()
    waiting.put(INTERACTIVE, ["i"] * 20)
    waiting.put(BULK, ["b"] * 3)
    taken = "".join(waiting.take()[0] for _ in range(23))
    assert taken == "i" * 8 + "b" + "i" * 8 + "b" + "i" * 4 + "b"
    waiting.close()
    assert waiting.take() == []


def test_frames_survive_a_socket_that_takes_them_in_pieces() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, closing(Arena.create()) as arena:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        payload = np.random.default_rng(1).bytes(300_000)
        got: list[tuple[Request, bytes]] = []

        def echo() -> None:
            link = Link(theirs, arena)
            for request, data in itertools.chain.from_iterable(link.requests()):
                got.append((request, data))
                link.send([b"head", data, b"", data[:7]])

        reader = threading.Thread(target=echo)
        reader.start()
        asked = Request(
            2**40, len(payload), 3, Kind.PATCHES, INTERACTIVE, ON_SOCKET, 0.5, standard_levels=True
        )
        header = REQUEST.pack(*asked)
        sender = threading.Thread(target=ours.sendall, args=(header + payload,))
        sender.start()
        expected = b"head" + payload + payload[:7]
        back = b""
        while len(back) < len(expected):
            back += ours.recv(65536)
        ours.shutdown(socket.SHUT_WR)
        for thread in (sender, reader):
            thread.join(10)
    assert back == expected
    assert got == [(asked, payload)]


def test_a_configuration_survives_a_command_line() -> None:
    config = WorkerConfig(Path("/models/a b"), 3, ImageLimits(max_pixels=5), "torch", "bf16", 1.5)
    assert WorkerConfig.from_json(config.to_json()) == config
