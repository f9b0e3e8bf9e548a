"""Images in a reference's place, and what was found back in the picture as it was sent."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bench.inspection.boards import HEIGHT, WIDTH, Move, board
from services.imaging.decode import ImageLimits, decode
from services.inspection.errors import ReferencesUnaligned
from services.inspection.model import Alignment, Box, Region, Registration
from services.inspection.pictures.regions import find_regions
from services.inspection.registration.aligner import Aligner, aligner_of, compared
from services.inspection.registration.choosing import choose_aligner
from services.inspection.registration.geometry import (
    boxes_to_picture,
    seen_of_reference,
    to_picture,
    to_reference,
)
from services.inspection.registration.mapping_back import map_in_picture, regions_in_picture
from services.inspection.verdict.placement import LEAST, misplacement, placement_limit
from tests.support.pictures import encoded

LIMITS = ImageLimits()
SIDE = 96
MOVES = [
    Move(),
    Move(12.0, -7.0),
    Move(-40.0, 30.0),
    Move(0.0, 0.0, 5.0),
    Move(20.0, 10.0, -11.0),
    Move(-15.0, 12.0, 17.0),
]


def aligner(kind: Registration = Registration.RIGID) -> Aligner:
    return Aligner.to(decode(board(1), LIMITS), "reference", kind, side=SIDE)


def noise(seed: int) -> bytes:
    grey = np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH), np.uint8)
    return encoded(Image.fromarray(grey), "PNG")


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_a_turned_and_shifted_part_is_found_to_a_pixel(move: Move) -> None:
    found = aligner().place(board(2, move), LIMITS)
    assert not found.misplaced
    assert found.alignment.rotation_degrees == pytest.approx(move.degrees, abs=0.3)
    assert found.alignment.shift_x * WIDTH == pytest.approx(move.across, abs=1)
    assert found.alignment.shift_y * HEIGHT == pytest.approx(move.down, abs=1)
    assert (found.width, found.height) == (WIDTH, HEIGHT)


def test_a_part_that_may_only_be_shifted_is_not_turned() -> None:
    found = aligner(Registration.TRANSLATION).place(board(2, Move(14, -9)), LIMITS).alignment
    assert found.rotation_degrees == 0
    assert found.shift_x * WIDTH == pytest.approx(14, abs=1)
    assert found.shift_y * HEIGHT == pytest.approx(-9, abs=1)


def test_a_missing_component_moves_nothing() -> None:
    move = Move(9, 6, 4)
    whole, spoilt = (
        aligner().place(board(2, move, defect), LIMITS).alignment for defect in ("", "missing")
    )
    assert spoilt.shift_x * WIDTH == pytest.approx(whole.shift_x * WIDTH, abs=0.3)
    assert spoilt.rotation_degrees == pytest.approx(whole.rotation_degrees, abs=0.2)
    assert spoilt.confidence > whole.confidence - 0.1


def test_an_aligned_image_lies_as_the_reference_and_shows_it_where_it_shows_nothing() -> None:
    one = aligner()
    placed = one.place(board(2, Move(30, -20, 9)), LIMITS)
    with Image.open(io.BytesIO(placed.content)) as opened:
        moved = opened.convert("RGB")
    assert moved.size == one.picture.size
    here, there = (compared(picture, (160, 120)) for picture in (moved, one.picture))
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] > 0.9
    # No black corner: the least light is that of the belt.
    assert np.asarray(moved.convert("L")).min() > 5


@pytest.mark.parametrize("content", [noise(1), board(3, Move(degrees=90)), board(3, Move(130, 0))])
def test_what_is_not_there_or_moved_too_far_is_misplaced_and_left_as_it_is(content: bytes) -> None:
    one = choose_aligner(
        [(str(seed), decode(board(seed, Move(seed)), LIMITS)) for seed in range(6)],
        Registration.RIGID,
        side=SIDE,
    )
    placed = one.place(content, LIMITS)
    assert placed.misplaced
    assert (placed.alignment.shift_x, placed.alignment.rotation_degrees) == (0, 0)
    problem = misplacement(placed.alignment, one.limit)
    assert problem is not None
    assert problem[0].measured == placed.alignment.confidence < problem[0].limit == one.limit.limit
    with Image.open(io.BytesIO(placed.content)) as kept, Image.open(io.BytesIO(content)) as sent:
        here, there = (compared(picture, (160, 120)) for picture in (kept, sent))
    assert np.abs(here - there).mean() < 4


def test_the_reference_lies_in_the_midst_and_others_fit_it() -> None:
    shifts = [0, 2, 4, 6, 40]
    looked = [(str(one), decode(board(one, Move(one)), LIMITS)) for one in shifts]
    one = choose_aligner(looked, Registration.TRANSLATION, side=SIDE)
    assert one.image_id in {"2", "4", "6"}
    assert LEAST <= one.limit.limit < one.limit.typical
    kept = choose_aligner(looked, Registration.TRANSLATION, side=SIDE, prefer="40")
    assert kept.image_id == "40"


def test_references_that_show_no_part_that_lies_alike_are_refused() -> None:
    looked = [(str(seed), decode(noise(seed), LIMITS)) for seed in range(4)]
    with pytest.raises(ReferencesUnaligned, match="do not show a part"):
        choose_aligner(looked, Registration.RIGID, side=SIDE)


def test_a_limit_of_few_references_is_far_and_heeds_no_stray() -> None:
    none, few, many = (placement_limit([0.9] * count) for count in (0, 2, 40))
    assert none.limit <= few.limit < many.limit < 0.9
    stray = placement_limit([*[0.9] * 40, 0.01])
    assert stray.limit == pytest.approx(many.limit, abs=0.02)


def test_points_go_to_the_picture_and_back() -> None:
    moved = Alignment(0.1, -0.05, 13.0, 0.9, aspect=4 / 3)
    points = np.random.default_rng(0).random((20, 2))
    assert to_reference(to_picture(points, moved), moved) == pytest.approx(points)
    # Turned about the middle, clockwise as one sees it: what is right goes down.
    quarter = Alignment(0, 0, 90.0, 1, aspect=2.0)
    assert to_picture([(0.6, 0.5)], quarter)[0] == pytest.approx((0.5, 0.7))
    assert boxes_to_picture([(0.6, 0.4, 0.7, 0.5)], Alignment(0.1, 0, 0, 1, 1))[0] == pytest.approx(
        (0.7, 0.4, 0.8, 0.5)
    )


def test_what_a_shifted_picture_does_not_show_of_the_reference_is_told() -> None:
    outline = np.array(seen_of_reference(Alignment(0.2, 0, 0, 1, 1)))
    assert outline[:, 0].max() == pytest.approx(0.79)
    assert outline[:, 0].min() == pytest.approx(-0.19)


@pytest.mark.parametrize("degrees", [0.0, -8.0])
def test_regions_go_back_exactly_to_a_pixel(degrees: float) -> None:
    """A square on the part, found in the reference's place, is where the picture has it."""
    moved = Alignment(0.05, -0.1, degrees, 0.9, aspect=WIDTH / HEIGHT)
    anomaly = np.zeros((12, 16), np.float32)
    anomaly[4:7, 6:9] = 5
    [region] = find_regions(anomaly, 1.0)
    [back] = regions_in_picture([region], moved)
    corners = to_picture(np.array(region.polygon), moved)
    assert np.array(back.polygon) == pytest.approx(corners, abs=0.5 / WIDTH)
    assert (back.box.left, back.box.top) == pytest.approx(tuple(corners.min(0)), abs=0.5 / WIDTH)
    assert (back.peak, back.score) == (region.peak, region.score)
    seen = map_in_picture(anomaly, moved)
    assert seen.shape == (24, 32)
    row, column = np.unravel_index(int(seen.argmax()), seen.shape)
    middle = to_picture([(7.5 / 16, 5.5 / 12)], moved)[0]
    assert ((column + 0.5) / 32, (row + 0.5) / 24) == pytest.approx(tuple(middle), abs=2 / 24)
    assert seen.max() == pytest.approx(5)


def test_a_region_beyond_the_picture_ends_at_its_edge() -> None:
    box = Box(0.0, 0.0, 0.2, 0.2)
    outline = [(0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2)]
    region = Region(box, outline, 1.0, 0.04, (0, 0))
    [back] = regions_in_picture([region], Alignment(-0.1, 0, 0, 1, 1))
    assert back.box.left == 0
    assert back.box.right == pytest.approx(0.1)


def test_an_aligner_is_kept_in_an_artifact_and_old_ones_have_none() -> None:
    one = replace(aligner(), limit=placement_limit([0.8, 0.9]))
    again = aligner_of(one.to_arrays())
    assert again is not None
    assert again.limit == one.limit
    assert (again.kind, again.image_id, again.size) == (one.kind, one.image_id, one.size)
    content = board(2, Move(5, 5, 3))
    assert again.place(content, LIMITS) == one.place(content, LIMITS)
    assert aligner_of({"bank.members": np.zeros(1)}) is None
