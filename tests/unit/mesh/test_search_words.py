"""`argus search` with words, facets and JSON."""

import json

import pytest
from argus.search.v1 import search_pb2
from argus.storage.v1 import image_pb2

from mesh.errors import MeshError
from tests.unit.mesh.conftest import Argus
from tests.unit.mesh.fake_inspection import FakeMesh

Request = search_pb2.SearchImagesRequest


def test_words_and_facets_are_sent(fake: FakeMesh, argus: Argus) -> None:
    text = 'holiday "beach.jpg" -people'
    counted = ("--facet", "line", "--facet", "ok", "--facet", "line", "--months")
    for arguments, expected in {
        (): Request(text=text, limit=10),
        ("--by", "words"): Request(text=text, limit=10, matching=Request.WORDS),
        ("--by", "meaning"): Request(text=text, limit=10, matching=Request.MEANING),
        ("--by", "both", *counted): Request(
            text=text,
            limit=10,
            matching=Request.BOTH,
            facet_labels=["line", "ok"],
            facet_months=True,
        ),
    }.items():
        assert argus("search", text, *arguments).exit_code == 0
        assert fake.search.requests[-1] == expected


def test_facets_are_shown_with_what_ordered_the_images(fake: FakeMesh, argus: Argus) -> None:
    line = search_pb2.Facet(label_key="line", more=True)
    line.values.add(value="3", count=1200)
    month = search_pb2.Facet(month=True)
    month.values.add(value="2026-03", count=7)
    image = image_pb2.Image(image_id="11111111-0000-4000-8000-000000000001", filename="a.png")
    fake.search.answer = search_pb2.SearchImagesResponse(
        matches=[search_pb2.Match(image=image, score=0.25)],
        facets=[line, month, search_pb2.Facet(label_key="ok")],
        unread_words=["海滩"],
        matched_by=Request.BOTH,
    )
    shown = argus("search", "海滩 blue").stdout
    for part in ("1,200", "2026-03", "No image has the label ok", "cannot read 海滩", "of meaning"):
        assert part in shown
    fake.search.answer.matched_by = Request.WORDS
    assert "how well they match" in argus("search", "x").stdout
    fake.search.answer.ClearField("matches")
    fake.search.answer.matched_by = Request.WORDS
    shown = argus("search", "海滩").stdout
    assert "cannot read" in shown
    assert "No images were found" in shown


def test_the_answer_is_written_as_json(fake: FakeMesh, argus: Argus) -> None:
    image = image_pb2.Image(filename="a\x1b[31m.png")
    fake.search.matches.append(search_pb2.Match(image=image, score=0.5))
    answer = json.loads(argus("search", "x", "--json").stdout)
    (match,) = answer["matches"]
    assert (match["image"]["filename"], match["score"]) == ("a\x1b[31m.png", 0.5)


def test_an_export_is_in_the_order_of_meaning(argus: Argus) -> None:
    for option in (("--by", "words"), ("--months",), ("--facet", "line"), ("--json",)):
        with pytest.raises(MeshError):
            argus("search", "x", "--export", *option)
