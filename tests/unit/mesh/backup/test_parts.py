"""Pieces of a backup that need neither a store nor a disk."""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from mesh.backup.compatibility import check_compatible
from mesh.backup.database import connection_variables
from mesh.backup.parallel import in_threads
from mesh.backup.record import words_of_age
from mesh.errors import MeshError


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        (
            "postgresql://argus@/argus?host=/run/sockets",
            {"PGUSER": "argus", "PGDATABASE": "argus", "PGHOST": "/run/sockets"},
        ),
        (
            "postgresql://a:p%40ss@db.example.org:5433/images?sslmode=require",
            {
                "PGUSER": "a", "PGPASSWORD": "p@ss", "PGHOST": "db.example.org", "PGPORT": "5433",
                "PGDATABASE": "images", "PGSSLMODE": "require",
            },
        ),
    ],
)  # fmt: skip
def test_a_password_is_on_no_command_line(url: str, variables: Mapping[str, str]) -> None:
    assert connection_variables(url) == variables


def test_a_backup_of_a_newer_argus_is_refused_by_name() -> None:
    with pytest.raises(MeshError, match=r"Argus 9\.9.*`storage` has 0999_future.sql"):
        check_compatible("9.9", {"storage": {"0999_future.sql": "0" * 64}})


def test_a_migration_that_was_another_is_refused() -> None:
    with pytest.raises(MeshError, match="another one"):
        check_compatible("9.9", {"storage": {"0001_images.sql": "0" * 64}})


def test_a_service_that_is_not_known_is_refused() -> None:
    with pytest.raises(MeshError, match="`weather`"):
        check_compatible("9.9", {"weather": {"0001_rain.sql": "0" * 64}})


async def test_work_in_threads_keeps_its_order() -> None:
    async with aclosing(in_threads(lambda n: n * n, range(100), 4)) as squares:
        assert [one async for one in squares] == [n * n for n in range(100)]


async def test_a_failure_ends_the_work_and_begins_no_more() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> int:
        with lock:
            begun.append(number)
        if number == 3:
            raise ValueError("no")
        return number

    async def run() -> None:
        async with aclosing(in_threads(work, range(10_000), 2)) as done:
            async for _ in done:
                pass

    with pytest.raises(ValueError, match="no"):
        await run()
    assert len(begun) < 100


async def test_whoever_is_cancelled_waits_for_what_is_under_way() -> None:
    under_way, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work(_: int) -> None:
        under_way.set()
        may_end.wait(10)
        ended.set()

    async def run() -> None:
        async with aclosing(in_threads(work, range(1), 1)) as done:
            async for _ in done:
                pass

    task = asyncio.create_task(run())
    await asyncio.to_thread(under_way.wait, 10)
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (60, "1 minute"), (7_300, "2 hours"), (90_000, "1 day")],
)
def test_an_age_is_said_in_words(seconds: float, words: str) -> None:
    assert words_of_age(seconds) == words
