"""`argus search`: what it says of matches, and pictures on disk, whatever they are called."""

import json
import os
from pathlib import Path
from uuid import uuid4

import pytest
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2
from argus.type.v1 import geometry_pb2

from mesh.errors import MeshError
from tests.support.colours import picture
from tests.support.fake_store import FakeStore
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import IMAGE, FakeMesh

LIKE = "11111111-0000-4000-8000-000000000001"


def found(fake: FakeMesh, store: FakeStore, *names: str) -> None:
    """Lets a search find images of these names."""
    for number, name in enumerate(names):
        store.objects[f"/{number}"] = name.encode()
        image = image_pb2.Image(
            image_id=str(uuid4()), filename=name, content_url=f"{store.url}/{number}"
        )
        fake.search.matches.append(search_pb2.Match(image=image, score=0.9))


def saved(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def test_names_of_any_length_and_script_are_saved(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    names = ["a" * 251 + ".png", "я" * 255, "ひ" * 255, "👨" * 255, "../../x", "-rf", ".", "a/b\\c"]
    found(fake, store, *names)
    result = argus("search", "x", "--save", "out")
    assert result.exit_code == 0
    assert "Saved 8 pictures" in result.stderr
    pictures = saved("out")
    page = pictures.pop("index.html").decode()
    assert sorted(pictures.values()) == sorted(name.encode() for name in names)
    assert all(f'src="{name}"' in page for name in pictures)
    assert not Path("x").exists()


def test_a_picture_that_cannot_be_saved_is_told_and_stops_no_other(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png", "b.png", "c.png")
    Path("out/02-b.png").mkdir(parents=True)
    del store.objects["/2"]
    result = argus("search", "x", "--save", "out")
    assert result.exit_code == 1
    assert "a.png" in result.stdout
    assert "02-b.png could not be saved: Is a directory." in result.stderr
    assert "03-c.png could not be saved: the object store answered 404." in result.stderr
    assert saved("out")["01-a.png"] == b"a.png"
    assert "404" in Path("out/index.html").read_text()


def test_a_folder_that_cannot_be_made_is_told(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png")
    Path("file").write_text("x")
    with pytest.raises(MeshError, match="Pictures cannot be saved in file"):
        argus("search", "x", "--save", "file")


def test_an_example_must_be_an_image(argus: Argus) -> None:
    os.mkfifo("pipe.png")
    Path("folder").mkdir()
    Path("notes.png").write_text("no image")
    Path("empty.png").write_bytes(b"")
    for name, said in {
        "pipe.png": "not a regular file",
        "folder": "Is a directory",
        "gone.png": "No such file",
        "notes.png": "not an image",
        "empty.png": "empty",
    }.items():
        with pytest.raises(MeshError, match=said):
            argus("search", "--image", name)
    Path("a.png").write_bytes(IMAGE)
    assert "No images were found" in argus("search", "--image", "a.png").stdout


def test_something_is_searched_for(argus: Argus) -> None:
    with pytest.raises(MeshError, match="what to search for"):
        argus("search", "--minus", "a dog")


def sent(fake: FakeMesh, argus: Argus, *arguments: str) -> search_pb2.SearchImagesRequest:
    """The request that a command makes."""
    assert argus("search", *arguments).exit_code == 0
    return fake.search.requests[-1]


def test_one_thing_is_sent_as_it_was_before(fake: FakeMesh, argus: Argus) -> None:
    Path("a.png").write_bytes(picture("red"))
    for arguments, expected in {
        ("a cat",): {"text": "a cat"},
        ("--image", "a.png"): {"image": picture("red")},
        ("--like", LIKE): {"image_id": LIKE},
    }.items():
        assert sent(fake, argus, *arguments) == search_pb2.SearchImagesRequest(
            **expected,  # type: ignore[arg-type] # one field or another
            limit=10,
        )


def test_any_mix_is_sent_with_its_weights(fake: FakeMesh, argus: Argus) -> None:
    other = str(uuid4())
    request = sent(
        fake, argus, "a cat^0.5", "--like", LIKE, "--minus", "a dog", "--minus", "rain^2",
        "--not-like", other, "--region", "0,0.25,0.5,1", "--exclude", LIKE, "--diverse", "0.5",
        "--fold", "--exact", "--explain", "--limit", "30",
    )  # fmt: skip
    box = geometry_pb2.Box(left=0, top=0.25, right=0.5, bottom=1)
    assert request == search_pb2.SearchImagesRequest(
        image_id=LIKE,
        region=box,
        examples=[
            search_pb2.Example(text="a cat", weight=0.5),
            search_pb2.Example(text="a dog", weight=-1),
            search_pb2.Example(text="rain", weight=-2),
            search_pb2.Example(image_id=other, weight=-1),
        ],
        exclude_image_ids=[LIKE],
        diversity=0.5,
        fold_duplicates=True,
        exact=True,
        explain=True,
        limit=30,
    )
    weighted = sent(fake, argus, "--like", f"{LIKE}^3", "--region", "0,0.25,0.5,1")
    assert weighted.examples[0] == search_pb2.Example(image_id=LIKE, weight=3, region=box)
    several = sent(fake, argus, "--like", LIKE, "--like", other)
    assert [one.image_id for one in several.examples] == [LIKE, other]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cat", "--region", "0,0,1,1"), "A region is of one image"),
        (("--like", LIKE, "--region", "0,0,1"), "no region"),
        (("--like", LIKE, "--region", "0.5,0,0.5,1"), "no region"),
        (("--like", LIKE, "--region", "nan,0,0.5,1"), "no region"),
        (("cat^99",), "no weight above 0"),
        (("cat", "--limit", "201"), "At most 200 images are shown"),
        (("cat", "--export", "--fold"), "in order of their scores"),
        (("cat", "--export", "--open"), "not shown"),
    ],
)
def test_what_makes_no_sense_is_said(argus: Argus, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(MeshError, match=said):
        argus("search", *arguments)


def test_it_shows_what_was_folded_and_what_gave_a_score(fake: FakeMesh, argus: Argus) -> None:
    fake.search.matches.append(
        search_pb2.Match(
            image=image_pb2.Image(image_id=LIKE, filename="a.png"),
            score=0.5,
            folded_count=7,
            explanation=search_pb2.Explanation(
                contributions=[
                    search_pb2.Contribution(kind=search_pb2.Contribution.MEANING, score=0.5),
                    search_pb2.Contribution(
                        kind=search_pb2.Contribution.EXAMPLE, example=0, weight=1, score=0.6
                    ),
                    search_pb2.Contribution(
                        kind=search_pb2.Contribution.EXAMPLE, example=1, weight=-0.5, score=0.2
                    ),
                ]
            ),
        )
    )
    told = argus("search", "cat", "--minus", "dog", "--explain", "--fold").stdout
    for word in ("+7", "cat +0.600", "not dog -0.100"):
        assert word in told


def test_all_matches_are_written_also_where_the_stream_breaks(fake: FakeMesh, argus: Argus) -> None:
    ids = [str(uuid4()) for _ in range(7)]
    fake.search.matches.extend(
        search_pb2.Match(image=image_pb2.Image(image_id=image_id), score=0.5) for image_id in ids
    )
    fake.search.breaks_after = 3
    told = argus("search", "cat", "--export", "--limit", "6").stdout
    assert [json.loads(line)["image"]["imageId"] for line in told.splitlines()] == ids[:6]
    assert [(one.cursor, one.limit) for one in fake.search.streams] == [("", 6), ("3", 3)]
    assert fake.search.streams[0].query == search_pb2.SearchImagesRequest(text="cat")


def test_an_address_may_be_written_as_a_url(fake: FakeMesh, argus: Argus) -> None:
    assert argus("search", "cat", "--server", f"http://{fake.target}/").exit_code == 0
    for wrong in ("", "ftp://example.org", "localhost/api"):
        with pytest.raises(MeshError, match="not the address"):
            argus("search", "cat", "--server", wrong)


def judged(fake: FakeMesh, *, above: int) -> None:
    """Lets the search say how many of what it finds are more than chance."""
    for place, match in enumerate(fake.search.matches):
        match.confidence = 0.99 if place < above else 0.5
    fake.search.cutoff = search_pb2.Cutoff(
        score=0.42, false_alarm_rate=0.05, sample_size=300, confident_count=above
    )


def test_a_line_stands_between_matches_and_chance(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png", "b.png")
    judged(fake, above=1)
    lines = argus("search", "x").stdout.splitlines()
    (above,) = (place for place, line in enumerate(lines) if "a.png" in line)
    (below,) = (place for place, line in enumerate(lines) if "b.png" in line)
    between = lines[above + 1 : below]
    assert any("─" in line for line in between)
    assert "99%" in lines[above]
    assert "5% of unrelated searches find something at 0.420 or above." in lines[-1]


def test_that_nothing_matches_is_said(fake: FakeMesh, store: FakeStore, argus: Argus) -> None:
    found(fake, store, "a.png")
    judged(fake, above=0)
    output = argus("search", "a purple elephant eating pizza").stdout
    assert "Nothing in your images matches that. The nearest are:" in output
    assert "a.png" in output
    fake.search.matches.clear()
    output = argus("search", "a purple elephant eating pizza", "--confident").stdout
    assert output == "Nothing in your images matches that.\n"
    assert [request.confident_only for request in fake.search.requests] == [False, True]


def test_an_image_that_finds_only_itself_has_no_like(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png", "b.png")
    judged(fake, above=1)
    output = argus("search", "--like", fake.search.matches[0].image.image_id).stdout
    assert "Nothing else in your images is like that one. The nearest are:" in output
    assert "unrelated searches" not in output


def test_json_has_the_cutoff_and_confidences(
    fake: FakeMesh, store: FakeStore, argus: Argus
) -> None:
    found(fake, store, "a.png", "b.png")
    assert "cutoff" not in json.loads(argus("search", "x", "--json").stdout)
    judged(fake, above=1)
    answer = json.loads(argus("search", "x", "--json").stdout)
    assert answer["cutoff"]["confidentCount"] == 1
    assert [match["confidence"] for match in answer["matches"]] == [0.99, 0.5]
