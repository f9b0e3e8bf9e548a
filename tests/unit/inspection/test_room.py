import asyncio

from services.inspection.scoring.room import Room


class Guests:
    """Who is in the room, in the order in which they came in."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.inside: list[str] = []
        self.came: list[str] = []
        self._doors: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def send(self, name: str, size_bytes: int) -> None:
        self._doors[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._visit(name, size_bytes))
        await settled()

    async def leave(self, name: str) -> None:
        self._doors[name].set()
        await settled()

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await settled()

    async def _visit(self, name: str, size_bytes: int) -> None:
        async with self._room.take(size_bytes):
            self.came.append(name)
            self.inside.append(name)
            try:
                await self._doors[name].wait()
            finally:
                self.inside.remove(name)


async def settled() -> None:
    """Gives every task its turns."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_as_many_as_fit_come_in_and_in_their_order() -> None:
    guests = Guests(Room(10))
    for name, size_bytes in (("a", 6), ("b", 4), ("large", 8), ("small", 1)):
        await guests.send(name, size_bytes)
    assert guests.inside == ["a", "b"]
    await guests.leave("b")
    assert guests.inside == ["a"], "the small one does not pass the large one by"
    await guests.leave("a")
    assert guests.inside == ["large", "small"]


async def test_what_is_larger_than_the_room_comes_in_alone() -> None:
    guests = Guests(Room(10))
    for name, size_bytes in (("a", 1), ("giant", 99), ("b", 1)):
        await guests.send(name, size_bytes)
    assert guests.inside == ["a"]
    await guests.leave("a")
    assert guests.inside == ["giant"]
    await guests.leave("giant")
    assert guests.inside == ["b"]


async def test_who_gives_up_leaves_room_for_others() -> None:
    guests = Guests(Room(10))
    for name, size_bytes in (("a", 6), ("large", 8), ("b", 4), ("c", 6)):
        await guests.send(name, size_bytes)
    await guests.cancel("large")
    assert guests.inside == ["a", "b"]
    await guests.cancel("a")
    assert guests.inside == ["b", "c"]


async def test_who_gives_up_when_just_let_in_leaves_no_hole() -> None:
    room = Room(10)
    guests = Guests(room)
    await guests.send("a", 10)
    await guests.send("b", 10)
    # Let in and cancelled before it has its turn.
    guests._doors["a"].set()
    guests._tasks["b"].cancel()
    await settled()
    await guests.send("c", 10)
    assert guests.inside == ["c"]
