import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inspection.model import Box
from services.inspection.review.csv_export import FORMULA_STARTS, HEADER, csv_text
from services.runtime.text import harmless
from tests.support.inspection.findings import labelled


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_line_for_each_image() -> None:
    text = csv_text(
        [
            labelled(0, defective=True, anomalous=True, label="crack", region=Box(0, 0.5, 1, 0.75)),
            labelled(1, defective=False, anomalous=True, note='he said "dust",\nthen wiped it'),
        ]
    )
    assert text.startswith(",".join(HEADER) + "\r\n")
    assert text.endswith("\r\n")
    first, second = rows(text)
    assert (first["image_id"], first["defective"], first["label"]) == (
        "image-0000",
        "true",
        "crack",
    )
    assert (first["region_left"], first["region_top"]) == ("0", "0.5")
    assert (first["verdict"], first["score"], first["threshold"]) == ("ANOMALOUS", "2.0", "1.0")
    assert (second["defective"], second["region_left"]) == ("false", "")
    assert (first["off_distribution"], second["off_distribution"]) == ("false", "false")
    assert second["note"] == 'he said "dust",\nthen wiped it'
    assert second["told_at"] == "2026-11-24T12:00:00+00:00"


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_text_is_a_formula(start: str) -> None:
    formula = f'{start}cmd|" /C calc"!A0'
    (row,) = rows(
        csv_text([labelled(0, defective=True, anomalous=True, label=formula, note=f" {formula}")])
    )
    assert row["label"] == f"'{formula}"
    assert row["note"] == f"' {formula}"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_what_people_wrote_comes_back(note: str) -> None:
    (row,) = rows(csv_text([labelled(0, defective=True, anomalous=True, note=note)]))
    assert row["note"].removeprefix("'") == harmless(note).removeprefix("'")
    assert not row["note"].startswith(FORMULA_STARTS)


def test_parts_of_a_table_join() -> None:
    images = [labelled(number, defective=True, anomalous=True) for number in range(3)]
    parts = csv_text(images[:2]) + csv_text(images[2:], header=False)
    assert parts == csv_text(images)
    assert csv_text([]) == ",".join(HEADER) + "\r\n"
