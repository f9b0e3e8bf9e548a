"""What strangers wrote before the contract refused it harms nobody who opens an export."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pypdf
import pytest

from services.inspection.evidence.composing import compose
from services.inspection.evidence.document import Document
from services.inspection.model import LabelledImage
from services.inspection.printing.html_writer import HtmlWriter
from services.inspection.printing.pdf_writer import PdfWriter
from services.inspection.reference_set import ReferenceSet
from services.inspection.review.coco import coco_json
from services.inspection.review.csv_export import csv_text
from tests.support.inspection.evidence import known
from tests.support.inspection.findings import NOON, labelled

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp\u2066\x7f\ufeff"
SET = ReferenceSet("set", "user", HOSTILE, NOON, 1, 3, changed=False)
OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff]")


def _csv(images: list[LabelledImage]) -> str:
    return csv_text(images)


def _coco(images: list[LabelledImage]) -> str:
    return coco_json(SET, labelled=images, sizes={}, created_at=NOON)


def _report(images: list[LabelledImage]) -> Document:
    missed = [replace(one, inspection=replace(one.inspection, score=0.1)) for one in images]
    return compose(known(missed, reference_set=SET))


def _html(images: list[LabelledImage]) -> str:
    return HtmlWriter().write(_report(images)).decode()


def _pdf(images: list[LabelledImage]) -> str:
    reader = pypdf.PdfReader(io.BytesIO(PdfWriter().write(_report(images))))
    assert reader.metadata is not None
    return "\n".join([str(reader.metadata.title), *(one.extract_text() for one in reader.pages)])


@pytest.mark.parametrize("export", [_csv, _coco, _html, _pdf])
def test_an_export_has_nothing_that_a_terminal_obeys(
    export: Callable[[list[LabelledImage]], str],
) -> None:
    told = [
        labelled(0, defective=True, anomalous=True, label=HOSTILE, note=f"two\nlines {HOSTILE}")
    ]
    text = export(told)
    assert OBEYED.search(text) is None
    assert "owned" in text
