"""What strangers wrote before the contract refused it harms nobody who opens an export."""

import re
from collections.abc import Callable

import pytest

from services.inspection.model import Counts, LabelledImage
from services.inspection.reference_set import ReferenceSet
from services.inspection.review.coco import coco_json
from services.inspection.review.csv_export import csv_text
from services.inspection.review.report import report_html
from services.inspection.verdict.agreement import agreement_of
from tests.support.inspection.findings import NOON, labelled

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp\u2066\x7f\ufeff"
SET = ReferenceSet("set", "user", HOSTILE, NOON, 1, 3, changed=False)
OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff]")


def _csv(images: list[LabelledImage]) -> str:
    return csv_text(images)


def _coco(images: list[LabelledImage]) -> str:
    return coco_json(SET, labelled=images, sizes={}, created_at=NOON)


def _report(images: list[LabelledImage]) -> str:
    return report_html(SET, images, agreement_of(Counts(1, 0, 0, 0)), {}, created_at=NOON)


@pytest.mark.parametrize("export", [_csv, _coco, _report])
def test_an_export_has_nothing_that_a_terminal_obeys(
    export: Callable[[list[LabelledImage]], str],
) -> None:
    told = [
        labelled(0, defective=True, anomalous=True, label=HOSTILE, note=f"two\nlines {HOSTILE}")
    ]
    text = export(told)
    assert OBEYED.search(text) is None
    assert "owned" in text
