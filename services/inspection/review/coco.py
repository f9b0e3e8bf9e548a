"""Labelled images as COCO object detection (Lin et al. 2014; cocodataset.org, "Data format")."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.inspection.model import Box, LabelledImage, Polygon
from services.inspection.reference_set import ReferenceSet

UNNAMED = "defect"
"""Category of a defect whose kind nobody said."""


def coco_json(
    reference_set: ReferenceSet,
    labelled: Sequence[LabelledImage],
    sizes: Mapping[str, tuple[int, int]],
    *,
    created_at: datetime,
) -> str:
    """A COCO file: every labelled image, and an annotation for each region that people drew.

    A box is in pixels, so that an image whose size is not known has none. What
    COCO has no place for stands with the image: whether it is defective, its
    category where nobody drew a region, region and outlines in fractions, the
    note, and what the last inspection said. The segmentation is the outlines that
    people drew, or the box.

    Args:
        reference_set: Whose images they are.
        labelled: Each image once.
        sizes: Width and height in pixels by image id, as far as they are known.
        created_at: Of the file.
    """
    names = sorted({_category(one) for one in labelled if one.defective})
    categories = {name: number for number, name in enumerate(names, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, one in enumerate(labelled, start=1):
        size = sizes.get(one.image_id)
        category = categories[_category(one)] if one.defective else None
        images.append(_image(number, one, size, category))
        if category is not None and one.region is not None and size is not None:
            places = {"id": len(annotations) + 1, "image_id": number, "category_id": category}
            annotations.append(places | _place(one.region, one.polygons, size))
    return json.dumps(
        {
            "info": {
                "description": reference_set.display_name,
                "date_created": created_at.isoformat(),
                "year": created_at.year,
                "version": "1.0",
                "contributor": "",
                "url": "",
            },
            "licenses": [],
            "categories": [
                {"id": number, "name": name, "supercategory": UNNAMED}
                for name, number in categories.items()
            ],
            "images": images,
            "annotations": annotations,
        },
        # As escapes, whatever people wrote harms no terminal.
        ensure_ascii=True,
        allow_nan=False,
    )


def _category(one: LabelledImage) -> str:
    return one.label or UNNAMED


def _image(
    number: int, one: LabelledImage, size: tuple[int, int] | None, category: int | None
) -> dict[str, Any]:
    image: dict[str, Any] = {"id": number, "file_name": one.image_id}
    if size is not None:
        image |= {"width": size[0], "height": size[1]}
    image |= {
        "date_captured": "",
        "defective": one.defective,
        "note": one.note,
        "told_at": one.told_at.isoformat(),
        "score": one.inspection.score,
        "threshold": one.inspection.threshold,
        "anomalous": one.inspection.anomalous,
        "verdict": one.inspection.verdict,
        "off_distribution": one.inspection.off_distribution,
        "frame_problems": [problem.reason for problem in one.inspection.frame_problems],
        "reference_set_version": one.inspection.version,
    }
    if category is not None:
        image["category_id"] = category
    if one.region is not None:
        box = one.region
        image["region"] = [box.left, box.top, box.right, box.bottom]
    if one.polygons:
        image["polygons"] = [[list(corner) for corner in polygon] for polygon in one.polygons]
    return image


def _place(box: Box, polygons: Sequence[Polygon], size: tuple[int, int]) -> dict[str, Any]:
    """Where a defect is, as an annotation says it."""
    width, height = size
    left, right = (round(x * width, 2) for x in (box.left, box.right))
    top, bottom = (round(y * height, 2) for y in (box.top, box.bottom))
    return {
        "bbox": [left, top, round(right - left, 2), round(bottom - top, 2)],
        "area": round(_area(polygons, size), 2)
        if polygons
        else round((right - left) * (bottom - top), 2),
        "segmentation": [
            [round(edge, 2) for x, y in polygon for edge in (x * width, y * height)]
            for polygon in polygons
        ]
        or [[left, top, right, top, right, bottom, left, bottom]],
        "iscrowd": 0,
    }


def _area(polygons: Sequence[Polygon], size: tuple[int, int]) -> float:
    """Pixels within outlines, those that overlap counted for each (the shoelace formula)."""
    width, height = size
    return sum(
        abs(
            sum(
                x * next_y - next_x * y
                for (x, y), (next_x, next_y) in zip(
                    polygon, [*polygon[1:], polygon[0]], strict=True
                )
            )
        )
        / 2
        * width
        * height
        for polygon in polygons
    )
