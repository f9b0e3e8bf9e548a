import os
from pathlib import Path

import pytest

from mesh.line.arrivals import EMPTY_FOR_S, Arrivals
from mesh.line.verdict_files import Mark, is_judged, verdict_file, write_verdict


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def arrivals(tmp_path: Path, clock: Clock) -> Arrivals:
    return Arrivals(tmp_path, settle_s=1.0, clock=clock)


def picture(folder: Path, name: str, content: str = "picture", *, at: int = 1000) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (at, at))
    return path


def names(arrivals: Arrivals) -> list[str]:
    return [one.picture.name for one in arrivals.look()]


def test_a_picture_has_arrived_when_it_stays_as_it_is(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    picture(tmp_path, "a.jpg", "half")
    assert names(arrivals) == []
    assert arrivals.unsettled == 1
    clock.now = 0.5
    picture(tmp_path, "a.jpg", "half and half", at=1001)
    assert names(arrivals) == []
    clock.now = 1.25
    assert names(arrivals) == []
    clock.now = 1.5
    assert names(arrivals) == ["a.jpg"]
    assert arrivals.unsettled == 0
    clock.now = 60
    assert names(arrivals) == []


def test_a_file_without_a_byte_has_more_time_and_not_for_ever(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    picture(tmp_path, "a.jpg", "")
    assert names(arrivals) == []
    clock.now = EMPTY_FOR_S - 0.1
    assert names(arrivals) == []
    clock.now = EMPTY_FOR_S
    assert names(arrivals) == ["a.jpg"]


def test_the_oldest_is_first_and_what_was_there_is_told_apart(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    for name, at in (("b.png", 3), ("deep/down/c.png", 1), ("a.png", 2)):
        picture(tmp_path, name, at=at)
    picture(tmp_path, "notes.txt")
    picture(tmp_path, ".partial.jpg")
    arrivals.look()
    picture(tmp_path, "later.png", at=4)
    clock.now = 1.0
    found = arrivals.look()
    assert [(one.picture.name, one.first) for one in found] == [
        ("c.png", True), ("a.png", True), ("b.png", True),
    ]  # fmt: skip
    clock.now = 2.0
    [later] = arrivals.look()
    assert (later.picture.name, later.first) == ("later.png", False)


def test_what_has_a_verdict_is_not_judged_again(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    done, ahead = picture(tmp_path, "done.jpg"), picture(tmp_path, "ahead.jpg", at=9_999_999_999)
    new = picture(tmp_path, "new.jpg")
    for one in (done, ahead):
        write_verdict(one, Mark.of(one), {"verdict": "NORMAL"})
    arrivals.look()
    clock.now = 1.0
    assert names(arrivals) == ["new.jpg"]
    assert not is_judged(new, Mark.of(new))
    # A camera that writes the same name again means another part.
    picture(tmp_path, "done.jpg", "another", at=9_999_999_999)
    arrivals.look()
    clock.now = 2.0
    assert names(arrivals) == ["done.jpg"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sizeBytes": "x", "modifiedNs": null}'])
def test_a_verdict_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    one = picture(tmp_path, "a.jpg", at=9_999_999_999)
    verdict_file(one).write_text(content)
    assert not is_judged(one, Mark.of(one))


def test_a_picture_that_changed_meanwhile_arrives_again(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    picture(tmp_path, "a.jpg")
    arrivals.look()
    clock.now = 1.0
    [found] = arrivals.look()
    arrivals.again(found)
    assert names(arrivals) == []
    clock.now = 2.0
    assert names(arrivals) == ["a.jpg"]


def test_a_folder_that_is_out_of_reach_is_told_and_nothing_is_forgotten(
    arrivals: Arrivals, clock: Clock, tmp_path: Path
) -> None:
    picture(tmp_path, "a.jpg")
    arrivals.look()
    clock.now = 1.0
    assert names(arrivals) == ["a.jpg"]
    away = tmp_path.with_name("away")
    tmp_path.rename(away)
    assert names(arrivals) == []
    assert arrivals.problems
    away.rename(tmp_path)
    clock.now = 2.0
    assert names(arrivals) == []
    assert not arrivals.problems


def test_a_verdict_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    one = picture(tmp_path, "a.jpg")
    verdict_file(one).mkdir()
    with pytest.raises(OSError, match="directory"):
        write_verdict(one, Mark.of(one), {})
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg", "a.jpg.argus.json"}
