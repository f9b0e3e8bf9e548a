import json
from dataclasses import replace
from typing import Any

import pytest

from services.inspection.model import Box
from services.inspection.reference_set import ReferenceSet
from services.inspection.review.coco import coco_json
from tests.support.inspection.findings import NOON, labelled

SET = ReferenceSet("set", "user", "Fliesen „grau“", NOON, 1, 3, changed=False)
LABELLED = [
    labelled(0, defective=True, anomalous=True, label="crack", region=Box(0.25, 0.5, 0.75, 0.6)),
    labelled(1, defective=False, anomalous=True, note="a fingerprint"),
    labelled(2, defective=True, anomalous=False, region=Box(0, 0, 1, 1)),
    labelled(3, defective=True, anomalous=True, label="crack"),
    labelled(4, defective=True, anomalous=True, label="blob", region=Box(0.1, 0.1, 0.2, 0.2)),
]
SIZES = {f"image-{number:04}": (400, 300) for number in range(4)}


def exported(**changes: Any) -> dict[str, Any]:
    content = {"labelled": LABELLED, "sizes": SIZES} | changes
    found: dict[str, Any] = json.loads(coco_json(SET, **content, created_at=NOON))
    return found


def test_boxes_are_in_pixels() -> None:
    first, second = exported()["annotations"]
    assert first["bbox"] == [100, 150, 200, 30]
    assert first["area"] == 6000
    assert first["segmentation"] == [[100, 150, 300, 150, 300, 180, 100, 180]]
    assert first["iscrowd"] == 0
    assert second["bbox"] == [0, 0, 400, 300]


def test_ids_lead_somewhere() -> None:
    file = exported()
    images = {image["id"]: image for image in file["images"]}
    categories = {category["id"]: category["name"] for category in file["categories"]}
    assert sorted(categories.values()) == ["blob", "crack", "defect"]
    assert min(categories) == 1
    assert len({one["id"] for one in file["annotations"]}) == len(file["annotations"])
    named = [
        (images[one["image_id"]]["file_name"], categories[one["category_id"]])
        for one in file["annotations"]
    ]
    assert named == [("image-0000", "crack"), ("image-0002", "defect")]
    assert file["info"]["description"] == "Fliesen „grau“"


def test_every_labelled_image_is_there() -> None:
    images = exported()["images"]
    assert [image["file_name"] for image in images] == [one.image_id for one in LABELLED]
    assert [image["defective"] for image in images] == [True, False, True, True, True]
    assert "category_id" not in images[1]
    assert images[1]["note"] == "a fingerprint"
    assert images[3]["category_id"] == images[0]["category_id"]
    assert (images[0]["width"], images[0]["height"]) == (400, 300)


def test_an_image_of_unknown_size_keeps_its_region_in_fractions() -> None:
    image = exported()["images"][4]
    assert "width" not in image
    assert image["region"] == pytest.approx([0.1, 0.1, 0.2, 0.2])


def test_nothing_labelled_is_a_file_too() -> None:
    file = exported(labelled=[])
    assert (file["images"], file["annotations"], file["categories"]) == ([], [], [])


def test_an_outline_is_the_segmentation() -> None:
    triangle = ((0.25, 0.5), (0.5, 0.5), (0.5, 0.75))
    drawn = replace(LABELLED[0], polygons=[triangle])
    file = exported(labelled=[drawn])
    (annotation,) = file["annotations"]
    assert annotation["segmentation"] == [[100, 150, 200, 150, 200, 225]]
    assert annotation["area"] == 100 * 75 / 2
    assert annotation["bbox"] == [100, 150, 200, 30], "as the person drew it"
    assert file["images"][0]["polygons"] == [[list(corner) for corner in triangle]]
