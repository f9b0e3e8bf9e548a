import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.embedder.models.crops import MAX_PER_ROW, PixelBox, as_box, crop_boxes, tile_boxes

SIDES = st.integers(1, 10_000)


def by_side(boxes: list[PixelBox]) -> dict[float, list[PixelBox]]:
    groups = itertools.groupby(boxes, lambda box: round(box[2] - box[0], 6))
    return {side: list(group) for side, group in groups}


@given(SIDES, SIDES)
@example(1, 1)
@example(10_000, 10)
@example(3, 10_000)
def test_they_are_squares_of_two_sizes_inside_the_image(width: int, height: int) -> None:
    boxes = crop_boxes(width, height)
    for left, top, right, bottom in boxes:
        assert right - left == pytest.approx(bottom - top)
        assert 0 <= left < right <= width + 1e-6
        assert 0 <= top < bottom <= height + 1e-6
    short = min(width, height)
    assert list(by_side(boxes)) == pytest.approx([short, short / 2])
    assert len(set(boxes)) == len(boxes)


@given(SIDES, SIDES)
@example(1, 1)
@example(4500, 1000)
@example(4501, 1000)
def test_each_scale_reaches_every_edge_and_overlaps_by_half_unless_the_image_is_too_long(
    width: int, height: int
) -> None:
    for side, boxes in by_side(crop_boxes(width, height)).items():
        for axis, length in ((0, width), (1, height)):
            starts = sorted({box[axis] for box in boxes})
            assert starts[0] == 0
            assert starts[-1] + side == pytest.approx(length)
            assert len(starts) <= MAX_PER_ROW
            steps = [after - before for before, after in itertools.pairwise(starts)]
            assert steps == pytest.approx([steps[0]] * len(steps) if steps else [])
            if len(starts) < MAX_PER_ROW:
                assert all(step <= side / 2 + 1e-6 for step in steps)
                # One fewer would not overlap by half.
                if len(starts) > 1:
                    fewer = len(starts) - 2
                    assert fewer == 0 or (length - side) / fewer > side / 2 - 1e-6
        columns, rows = len({box[0] for box in boxes}), len({box[1] for box in boxes})
        assert len(boxes) == columns * rows


@pytest.mark.parametrize(
    ("size", "larger", "smaller"),
    [
        ((1, 1), 1, 9),
        ((224, 224), 1, 9),
        ((300, 200), 2, 15),
        ((200, 300), 2, 15),
        ((301, 200), 3, 18),
        ((10_000, 10), 8, 24),
    ],
)
def test_counts(size: tuple[int, int], larger: int, smaller: int) -> None:
    assert [len(boxes) for boxes in by_side(crop_boxes(*size)).values()] == [larger, smaller]


def test_the_larger_come_first_row_by_row() -> None:
    assert crop_boxes(300, 200)[:4] == [
        (0, 0, 200, 200),
        (100, 0, 300, 200),
        (0, 0, 100, 100),
        (50, 0, 150, 100),
    ]


@given(SIDES, SIDES)
def test_fractions_lie_within_the_image_and_touch_its_corners(width: int, height: int) -> None:
    boxes = [as_box(box, width, height) for box in crop_boxes(width, height)]
    for box in boxes:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
    assert (boxes[0].left, boxes[0].top) == (0, 0)
    assert (boxes[-1].right, boxes[-1].bottom) == pytest.approx((1, 1))


@given(SIDES, SIDES)
@example(1, 1)
@example(4000, 1000)
@example(4001, 1000)
def test_tiles_cover_an_image_with_as_few_as_can_be_unless_it_is_too_long(
    width: int, height: int
) -> None:
    boxes = tile_boxes(width, height)
    side = min(width, height) / 2
    assert all(box[2] - box[0] == pytest.approx(side) for box in boxes)
    assert all(box[3] - box[1] == pytest.approx(side) for box in boxes)
    assert len(set(boxes)) == len(boxes)
    for axis, length in ((0, width), (1, height)):
        starts = sorted({box[axis] for box in boxes})
        assert starts[0] == 0
        assert starts[-1] + side == pytest.approx(length)
        assert 2 <= len(starts) <= MAX_PER_ROW
        if len(starts) < MAX_PER_ROW:
            steps = [after - before for before, after in itertools.pairwise(starts)]
            assert all(step <= side + 1e-6 for step in steps)
            # One fewer would leave gaps.
            assert (len(starts) - 1) * side < length - 1e-9
    columns, rows = len({box[0] for box in boxes}), len({box[1] for box in boxes})
    assert len(boxes) == columns * rows


@pytest.mark.parametrize(
    ("size", "count"),
    [((224, 224), 4), ((300, 200), 6), ((200, 300), 6), ((400, 200), 8), ((10_000, 10), 16)],
)
def test_tile_counts(size: tuple[int, int], count: int) -> None:
    assert len(tile_boxes(*size)) == count
