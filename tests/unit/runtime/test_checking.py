"""Looking twice, and merging what two stores have."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.runtime.checking import (
    MOST_SUSPECTS,
    Finding,
    FindingKind,
    Looked,
    Named,
    Progress,
    Repair,
    differences,
    look_twice,
)

NAMES = st.lists(st.text("abc", min_size=1, max_size=3), max_size=20, unique=True).map(sorted)


async def pages(names: Sequence[str], size: int) -> AsyncIterator[Sequence[Named]]:
    for start in range(0, len(names), size):
        yield [Named(name) for name in names[start : start + size]]


@given(there=NAMES, wanted=NAMES, size=st.integers(1, 5), other=st.integers(1, 5))
async def test_what_is_there_and_what_is_wanted_are_told_apart_whatever_the_pages(
    there: list[str], wanted: list[str], size: int, other: int
) -> None:
    extra: list[str] = []
    missing: list[str] = []
    found: list[str] = []
    compared = 0
    async for count, more, pairs in differences(pages(there, size), pages(wanted, other)):
        compared += count
        extra += [one.name for one in more]
        missing += [want.name for want, match in pairs if match is None]
        found += [match.name for want, match in pairs if match and match.name == want.name]
    assert compared == len(there)
    assert extra == sorted(set(there) - set(wanted))
    assert missing == sorted(set(wanted) - set(there))
    assert found == sorted(set(there) & set(wanted))


class Shelf:
    """A step over names: some look wrong, some of them are, and some of these can be mended."""

    name = "shelf"

    def __init__(self, looks_wrong: Sequence[str], wrong: set[str], stubborn: set[str]) -> None:
        self._looks_wrong = looks_wrong
        self._wrong = wrong
        self._stubborn = stubborn
        self.asked: list[int] = []
        self.mended: list[str] = []

    async def first_look(self) -> AsyncIterator[Looked]:
        for start in range(0, len(self._looks_wrong), 700):
            batch = self._looks_wrong[start : start + 700]
            yield Looked(len(batch) + 1, [finding(name) for name in batch])

    async def second_look(self, suspects: Sequence[Finding]) -> Sequence[Finding]:
        self.asked.append(len(suspects))
        return [suspect for suspect in suspects if suspect.subject in self._wrong]

    async def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        mended = [one for one in findings if one.subject not in self._stubborn]
        self.mended += [one.subject for one in mended]
        return mended


def finding(name: str) -> Finding:
    repair = Repair.BY_HAND if name.startswith("hand") else Repair.POSSIBLE
    return Finding(FindingKind.EVENT_LOST, name, "lost", repair=repair)


async def no_time(_: float) -> None:
    """Waits in no time."""


async def look(shelf: Shelf, *, repair: bool) -> list[Finding | Progress]:
    looks = look_twice([shelf], repair=repair, settle=timedelta(seconds=5), sleep=no_time)
    return [told async for told in looks]


async def test_what_only_seems_wrong_is_not_told() -> None:
    shelf = Shelf(["a", "b", "hand"], {"b", "hand"}, set())
    told = await look(shelf, repair=False)
    assert told == [Progress("shelf", 4), finding("b"), finding("hand"), Progress("shelf", 4)]
    assert shelf.mended == []


async def test_what_can_be_mended_is_and_what_cannot_is_told() -> None:
    shelf = Shelf(["a", "b", "hand"], {"a", "b", "hand"}, {"b"})
    told = [one for one in await look(shelf, repair=True) if isinstance(one, Finding)]
    assert {one.subject: one.repair for one in told} == {
        "a": Repair.MENDED,
        "b": Repair.POSSIBLE,
        "hand": Repair.BY_HAND,
    }
    assert shelf.mended == ["a"]


async def test_the_second_look_comes_after_the_time_that_was_asked_for() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    looks = look_twice(
        [Shelf(["a"], set(), set())], repair=False, settle=timedelta(seconds=7), sleep=sleep
    )
    assert [told async for told in looks] == [Progress("shelf", 2)] * 2
    assert waited == [7.0]


async def test_many_suspects_are_looked_at_in_bounded_batches() -> None:
    names = [f"n{number}" for number in range(2 * MOST_SUSPECTS + 10)]
    shelf = Shelf(names, set(names), set())
    told = await look(shelf, repair=False)
    assert [one.subject for one in told if isinstance(one, Finding)] == names
    assert shelf.asked == [MOST_SUSPECTS, MOST_SUSPECTS, 10]
