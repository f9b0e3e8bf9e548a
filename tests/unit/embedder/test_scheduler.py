import asyncio
from collections.abc import Iterable

import pytest

from services.embedder.errors import Overloaded
from services.embedder.item import Item, Kind, Priority
from services.embedder.queueing.admission import MAX_TEXTS, Admission
from services.embedder.queueing.scheduler import Entry, Scheduler
from services.embedder.queueing.turns import Turns

BULK, INTERACTIVE = Priority.BULK, Priority.INTERACTIVE


def item(
    data: bytes = b"x", caller: str = "", priority: Priority = BULK, kind: Kind = Kind.IMAGE
) -> Item:
    return Item(kind, data, caller=caller, priority=priority)


def filled(items: Iterable[Item]) -> Scheduler:
    scheduler = Scheduler()
    for one in items:
        scheduler.put(Entry(one, asyncio.get_event_loop().create_future()))
    return scheduler


def order(scheduler: Scheduler, count: int = 1000, *, texts: bool = False) -> list[Item]:
    taken: list[Item] = []
    while len(taken) < count and (entry := scheduler.take(texts=texts)):
        taken.append(entry.item)
    return taken


async def test_one_item_waits_one_turn_for_a_caller_with_five_hundred() -> None:
    many = [item(caller="import") for _ in range(500)]
    scheduler = filled([*many, item(b"one", "other")])
    taken = order(scheduler)
    assert [one.data for one in taken].index(b"one") == 1
    assert len(taken) == 501
    assert len(scheduler) == 0


async def test_callers_take_turns_and_keep_their_own_order() -> None:
    callers = [("a", 3), ("b", 1), ("c", 2)]
    items = [item(f"{name}{turn}".encode(), name) for name, n in callers for turn in range(n)]
    taken = order(filled(items))
    assert [one.data.decode() for one in taken] == ["a0", "b0", "c0", "a1", "c1", "a2"]


async def test_people_get_eight_of_nine_turns_and_programs_one() -> None:
    items = [item(priority=BULK) for _ in range(50)]
    items += [item(priority=INTERACTIVE) for _ in range(50)]
    taken = [one.priority for one in order(filled(items))]
    both = taken[:54]
    assert both.count(INTERACTIVE) == 48
    assert all(INTERACTIVE in both[start : start + 2] for start in range(53))
    assert taken.count(BULK) == 50


async def test_a_priority_without_room_is_passed_over() -> None:
    scheduler = filled([item(b"i", priority=INTERACTIVE), item(b"b")])
    entry = scheduler.take(texts=False, interactive=False)
    assert entry is not None
    assert entry.item.data == b"b"
    assert scheduler.take(texts=False, interactive=False) is None
    assert len(scheduler) == 1


async def test_texts_do_not_wait_in_the_line_of_images() -> None:
    scheduler = filled([item(), item(b"words", kind=Kind.TEXT), item(kind=Kind.PATCHES)])
    assert scheduler.depth(texts=False, priority=BULK) == 2
    assert [one.data for one in order(scheduler, texts=True)] == [b"words"]
    assert [one.kind for one in order(scheduler)] == [Kind.IMAGE, Kind.PATCHES]


async def test_an_item_leaves_from_the_midst() -> None:
    scheduler = Scheduler()
    entries = [
        Entry(item(bytes([n]), "c"), asyncio.get_running_loop().create_future()) for n in range(3)
    ]
    for entry in entries:
        scheduler.put(entry)
    assert scheduler.remove(entries[1])
    assert not scheduler.remove(entries[1])
    assert len(scheduler) == 2
    assert [one.data for one in order(scheduler)] == [b"\0", b"\2"]
    assert not scheduler.remove(entries[0])
    scheduler.put(entries[0])
    assert scheduler.drain() == [entries[0]]


def test_who_waits_alone_has_every_turn() -> None:
    turns = Turns()
    assert turns.next(interactive=False, bulk=False) is None
    assert {turns.next(interactive=False, bulk=True) for _ in range(20)} == {BULK}
    assert {turns.next(interactive=True, bulk=False) for _ in range(20)} == {INTERACTIVE}


def admission(images: int = 8, size: int = 1000) -> Admission:
    return Admission(max_images=images, max_image_bytes=size)


def test_an_import_leaves_room_for_a_person() -> None:
    room = admission(images=8)
    for _ in range(6):
        room.admit(item())
    with pytest.raises(Overloaded) as raised:
        room.admit(item())
    assert (raised.value.reason, raised.value.retry_after_s) == ("OVERLOADED", 1.0)
    for _ in range(2):
        room.admit(item(priority=INTERACTIVE))
    with pytest.raises(Overloaded):
        room.admit(item(priority=INTERACTIVE))
    room.release(item())
    room.admit(item(priority=INTERACTIVE))


def test_bytes_are_bounded_but_one_item_of_any_size_is_taken() -> None:
    room = admission(size=100)
    room.admit(item(b"x" * 500))
    with pytest.raises(Overloaded):
        room.admit(item())
    room.admit(item(b"x" * 500, priority=INTERACTIVE))
    with pytest.raises(Overloaded):
        room.admit(item(priority=INTERACTIVE))
    room.release(item(b"x" * 500))
    room.admit(item())


def test_texts_have_room_of_their_own() -> None:
    room = admission(images=1)
    room.admit(item())
    words = item(kind=Kind.TEXT, priority=INTERACTIVE)
    for _ in range(MAX_TEXTS):
        room.admit(words)
    with pytest.raises(Overloaded):
        room.admit(words)
