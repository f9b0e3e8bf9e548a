"""Which answers travel together, and which wait for nothing."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from services.embedder.item import Kind, Priority
from services.embedder.worker import finisher
from services.embedder.worker.finisher import ENOUGH, Buffer, Finisher, Outcome
from services.embedder.worker.job import Job, Part
from tests.unit.embedder.answers import answers_in

BULK, INTERACTIVE = Priority.BULK, Priority.INTERACTIVE


class Finishing:
    """A finisher, and the ids of the answers of each message that it sent."""

    def __init__(self) -> None:
        self.busy = True
        self.messages: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self.finisher = Finisher(self._send, lambda _: None, lambda: self.busy)

    def answer(self, id_: int, priority: Priority = BULK, kind: Kind = Kind.IMAGE) -> None:
        job = Job(id_, kind, priority, b"")
        self.finisher.put(Outcome([Part(job, 0, None)], np.eye(1, 4, dtype=np.float32), 0.1))

    def _send(self, buffers: list[Buffer]) -> None:
        self.messages.put([answer.id for answer, _ in answers_in(buffers)])


@contextmanager
def running(finishing: Finishing) -> Iterator[None]:
    thread = threading.Thread(target=finishing.finisher.run)
    thread.start()
    try:
        yield
    finally:
        finishing.finisher.close()
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture
def for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers wait for others however long it takes."""
    monkeypatch.setattr(finisher, "HOLD_S", 3600)


@pytest.mark.usefixtures("for_ever")
def test_answers_travel_together_while_the_model_has_enough_to_do() -> None:
    finishing = Finishing()
    with running(finishing):
        for id_ in range(ENOUGH):
            finishing.answer(id_)
        assert sorted(finishing.messages.get(timeout=10)) == list(range(ENOUGH))


@pytest.mark.usefixtures("for_ever")
def test_no_answer_waits_for_another_once_the_model_lacks_work() -> None:
    finishing = Finishing()
    with running(finishing):
        finishing.answer(1)
        finishing.busy = False
        finishing.answer(2)
        assert sorted(finishing.messages.get(timeout=10)) == [1, 2]
        finishing.answer(3)
        assert finishing.messages.get(timeout=10) == [3]


@pytest.mark.usefixtures("for_ever")
@pytest.mark.parametrize(
    ("priority", "kind"), [(INTERACTIVE, Kind.IMAGE), (INTERACTIVE, Kind.TEXT), (BULK, Kind.TEXT)]
)
def test_a_person_s_answer_and_a_text_s_take_along_what_waits(
    priority: Priority, kind: Kind
) -> None:
    finishing = Finishing()
    with running(finishing):
        finishing.answer(1)
        finishing.answer(2, priority, kind)
        assert sorted(finishing.messages.get(timeout=10)) == [1, 2]


def test_what_waits_is_sent_in_time_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    finishing = Finishing()
    with running(finishing):
        for id_ in (1, 2):
            finishing.answer(id_)
            assert finishing.messages.get(timeout=10) == [id_]
        monkeypatch.setattr(finisher, "HOLD_S", 3600)
        finishing.answer(3)
    assert finishing.messages.get_nowait() == [3]
