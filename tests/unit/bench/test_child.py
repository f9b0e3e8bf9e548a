import os

import pytest

from bench.embedder.child import Child, ChildError


class Counter:
    def __init__(self) -> None:
        self._count = 0

    def add(self, number: int, *, twice: bool = False) -> int:
        self._count += 2 * number if twice else number
        return self._count

    async def pid(self) -> int:
        return os.getpid()

    def fail(self) -> None:
        raise KeyError("missing")

    def die(self) -> None:
        os._exit(3)


def broken() -> Counter:
    raise ValueError("cannot be made")


def test_an_object_lives_and_answers_in_its_own_process() -> None:
    with Child(Counter) as child:
        assert child.call("add", 2) == 2
        assert child.call("add", 3, twice=True) == 8
        assert child.call("pid") == child.pid != os.getpid()


def test_a_failing_call_is_raised_and_harms_no_other() -> None:
    with Child(Counter) as child:
        with pytest.raises(ChildError, match="missing"):
            child.call("fail")
        assert child.call("add", 1) == 1


def test_a_process_that_dies_is_an_error() -> None:
    with Child(Counter) as child, pytest.raises(ChildError, match="3"):
        child.call("die")


def test_an_object_that_cannot_be_made_is_an_error() -> None:
    with pytest.raises(ChildError, match="cannot be made"):
        Child(broken)
