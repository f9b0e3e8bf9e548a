"""`argus saved`: what is asked of the mesh, what is shown, and what counts as seen."""

import json
from pathlib import Path

import pytest
from argus.search.v1 import saved_pb2, search_pb2
from typer.testing import CliRunner, Result

from mesh.cli import app
from mesh.errors import MeshError
from tests.support.colours import picture
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh
from tests.unit.mesh.fake_saved import FakeSaved

LIKE = "11111111-0000-4000-8000-000000000001"


@pytest.fixture
def saved(fake: FakeMesh) -> FakeSaved:
    return fake.saved


def said(result: Result) -> str:
    """What a command said, however its lines are broken."""
    return " ".join(result.output.split())


def test_a_search_is_saved_with_all_that_was_asked_for(saved: FakeSaved, argus: Argus) -> None:
    result = argus(
        "saved", "add", "scratches", "a long scratch", "--like", LIKE, "--minus", "rust^2",
        "--exclude", LIKE, "--filter", "labels:line", "--min-score", "0.42",
    )  # fmt: skip
    (asked,) = saved.asked
    assert asked.display_name == "scratches"
    assert asked.request_id
    assert asked.query == search_pb2.SearchImagesRequest(
        text="a long scratch",
        image_id=LIKE,
        examples=[{"text": "rust", "weight": -2}],
        exclude_image_ids=[LIKE],
        filter="labels:line",
        min_score=0.42,
    )
    assert f"Saved scratches, id {saved.searches[0].saved_search_id}." in said(result)


def test_without_a_score_an_image_matches_that_is_more_than_chance(
    saved: FakeSaved, argus: Argus
) -> None:
    argus("saved", "add", "cats", "a cat")
    argus("saved", "add", "cats", "a cat", "--min-score", "0.3")
    argus("saved", "add", "cats", "a cat", "--min-score", "0.3", "--confident")
    queries = [one.query for one in saved.asked]
    assert [one.confident_only for one in queries] == [True, False, True]
    assert [one.HasField("min_score") for one in queries] == [False, True, True]


def test_replacing_changes_the_query_of_the_one_of_that_name(
    saved: FakeSaved, argus: Argus
) -> None:
    there = saved.add("scratches")
    result = argus("saved", "add", "scratches", "a dent", "--min-score", "0", "--replace")
    (asked,) = saved.asked
    assert list(asked.update_mask.paths) == ["query"]
    assert (asked.saved_search.saved_search_id, asked.saved_search.query.text) == (
        there.saved_search_id, "a dent",
    )  # fmt: skip
    assert len(saved.searches) == 1
    assert "Changed scratches" in said(result)


@pytest.mark.parametrize("command", ["show", "delete", "watch"])
def test_a_name_that_is_not_there_or_not_one_is_told(
    saved: FakeSaved, argus: Argus, command: str
) -> None:
    saved.add("cats")
    saved.add("cats")
    with pytest.raises(MeshError, match="2 of your saved searches are called `cats`"):
        argus("saved", command, "cats")
    with pytest.raises(MeshError, match="You have no saved search `dogs`"):
        argus("saved", command, "dogs")
    assert not saved.asked


def test_the_list_says_what_each_looks_for_and_what_is_new(saved: FakeSaved, argus: Argus) -> None:
    assert "You have saved none." in said(argus("saved", "list"))
    cats = saved.add("cats", text="a cat", filter="labels:line", min_score=0.25)
    saved.add("odd", image_id=LIKE, confident_only=True, examples=[{"text": "rust", "weight": -1}])
    saved.add("pictures", confident_only=True, min_score=0.5)
    saved.searches[1].problem.message = "The image is gone"
    saved.find(cats, "tom.png")
    result = argus("saved", "list")
    shown = said(result)
    assert "cats a cat (labels:line) 0.250 1 1 2026-01-01" in shown
    assert f"odd like {LIKE}, not rust more than chance" in shown
    assert "pictures a picture more than chance and 0.500" in shown
    assert "odd finds nothing now: The image is gone." in shown
    assert all(one.saved_search_id in shown for one in saved.searches)
    listed = json.loads(argus("saved", "list", "--json").stdout)
    assert [(one["displayName"], one["unseenCount"]) for one in listed] == [
        ("cats", 1), ("odd", 0), ("pictures", 0),
    ]  # fmt: skip


def test_what_was_shown_counts_as_seen_and_each_is_new_once(saved: FakeSaved, argus: Argus) -> None:
    cats, dogs = saved.add("cats"), saved.add("dogs")
    for number in range(5):
        saved.find(cats, f"{number}.png", number / 10)
        saved.find(dogs, f"dog-{number}.png")
    found = json.loads(argus("saved", "show", "cats", "--new", "--json").stdout)
    assert found["savedSearch"]["displayName"] == "cats"
    names = [one["image"]["filename"] for one in found["matches"]]
    assert names == [f"{number}.png" for number in reversed(range(5))]
    (asked,) = saved.asked
    assert (asked.saved_search_id, asked.cursor) == (cats.saved_search_id, "after 4.png")
    assert "Nothing new." in said(argus("saved", "show", "cats", "--new"))
    saved.find(cats, "late.png", 0.25)
    result = argus("saved", "show", cats.saved_search_id, "--new")
    assert "new 0.250 late.png" in said(result)
    assert "a=b line=3" in said(result)
    assert "0.png" not in said(result)
    assert not any(one.seen for one in saved.matches if one.saved_search_id != cats.saved_search_id)


def test_what_was_not_shown_stays_new(saved: FakeSaved, argus: Argus) -> None:
    cats = saved.add("cats")
    assert "It has found nothing since it was saved." in said(argus("saved", "show", "cats"))
    for number in range(5):
        saved.find(cats, f"{number}.png")
    result = argus("saved", "show", "cats", "--new", "--limit", "3")
    assert "all of it stays new" in said(result)
    assert "1.png" not in said(result)
    assert "5 images in all" in said(argus("saved", "show", "cats", "--limit", "3"))
    assert "0.png" in said(argus("saved", "show", "cats", "--new", "--keep-new"))
    assert not saved.asked
    # The last that is shown was seen before: nothing that is new was left out.
    for one in saved.matches[:3]:
        one.seen = True
    argus("saved", "show", "cats", "--limit", "3")
    assert all(one.seen for one in saved.matches)


def test_a_search_is_forgotten_by_its_name(saved: FakeSaved, argus: Argus) -> None:
    saved.add("cats")
    dogs = saved.add("dogs")
    assert "Forgot cats." in said(argus("saved", "delete", "cats"))
    assert saved.searches == [dogs]


def told(match: saved_pb2.NewMatch) -> saved_pb2.WatchMatchesResponse:
    return saved_pb2.WatchMatchesResponse(match=match, cursor=match.cursor)


def checkpoint(cursor: str) -> saved_pb2.WatchMatchesResponse:
    return saved_pb2.WatchMatchesResponse(checkpoint=saved_pb2.MatchCheckpoint(), cursor=cursor)


@pytest.mark.usefixtures("argus")
def test_a_watch_tells_each_match_once_and_goes_on_where_it_broke(saved: FakeSaved) -> None:
    cats, dogs = saved.add("cats"), saved.add("dogs")
    one, two = saved.find(cats, "one.png", 0.5), saved.find(dogs, "two\x1b[31m.png", 0.25)
    # The third ends it: the search is gone.
    saved.tells = [[checkpoint("begin"), told(one)], [told(two), checkpoint("two")], []]
    result = CliRunner().invoke(app, ["saved", "watch"])
    assert isinstance(result.exception, MeshError)
    assert result.stdout.splitlines() == [
        f"cats: one.png 0.500 {one.image.image_id}",
        f"dogs: two\N{REPLACEMENT CHARACTER}[31m.png 0.250 {two.image.image_id}",
    ]
    assert result.stderr.count("Waiting for new matches") == 1
    assert [asked.after_cursor for asked in saved.watched] == ["", one.cursor, "two"]
    assert {asked.saved_search_id for asked in saved.watched} == {""}


@pytest.mark.usefixtures("argus")
def test_a_watch_of_one_search_begins_behind_a_cursor(saved: FakeSaved) -> None:
    cats = saved.add("cats")
    one = saved.find(cats, "one.png", 0.5)
    saved.tells = [[checkpoint("begin"), told(one)]]
    result = CliRunner().invoke(app, ["saved", "watch", "cats", "--after", "before", "--json"])
    assert isinstance(result.exception, MeshError)
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["cursor"] == one.cursor
    assert json.loads(line)["match"]["image"]["filename"] == "one.png"
    (asked,) = saved.watched
    assert (asked.saved_search_id, asked.after_cursor) == (cats.saved_search_id, "before")


def test_a_picture_is_saved_with_its_region(saved: FakeSaved, argus: Argus) -> None:
    Path("a.png").write_bytes(picture("red"))
    argus("saved", "add", "reds", "--image", "a.png", "--region", "0,0,0.5,1", "--not-like", LIKE)
    (asked,) = saved.asked
    assert asked.query.image == picture("red")
    assert (asked.query.region.right, asked.query.region.bottom) == (0.5, 1)
    assert [(one.image_id, one.weight) for one in asked.query.examples] == [(LIKE, -1)]
