"""Which frame shows which view."""

from itertools import permutations, product

import pytest

from services.inspection.errors import ViewNamedTwice, ViewNotFound
from services.inspection.scoring.part_frames import NOT_SHOWN, frames_of_views

VIEWS = ("itself", "top", "side")


def test_every_view_is_shown_by_the_frame_that_names_it_in_any_order() -> None:
    for named in permutations([["top"], ["itself"], ["side"]]):
        frames = frames_of_views(VIEWS, named)
        assert [named[frame] for frame in frames] == [["itself"], ["top"], ["side"]]


def test_all_ways_to_name_each_view_at_most_once_are_followed() -> None:
    # Each view is named by one of two frames or by none; a third frame names nothing, or is not
    # there.
    for places in product((0, 1, NOT_SHOWN), repeat=len(VIEWS)):
        named = [
            [view for view, place in zip(VIEWS, places, strict=True) if place == frame]
            for frame in (0, 1)
        ]
        if not all(named):
            continue
        assert frames_of_views(VIEWS, named) == list(places)
        rest = [2 if place == NOT_SHOWN else place for place in places]
        assert frames_of_views(VIEWS, [*named, []]) == rest


def test_one_picture_without_a_name_shows_all() -> None:
    assert frames_of_views(VIEWS, [[]]) == [0, 0, 0]


def test_a_frame_that_is_left_with_nothing_shows_nothing() -> None:
    assert frames_of_views(VIEWS, [[], list(VIEWS)]) == [1, 1, 1]


@pytest.mark.parametrize(
    "named",
    [
        [["top"], ["top"]],
        [["top", "top"]],
        [["side"], ["itself", "side"]],
        [[], []],
        [["top"], [], []],
    ],
)
def test_what_is_named_twice_is_refused(named: list[list[str]]) -> None:
    with pytest.raises(ViewNamedTwice):
        frames_of_views(VIEWS, named)


def test_what_is_no_view_is_refused() -> None:
    with pytest.raises(ViewNotFound) as caught:
        frames_of_views(VIEWS, [["top"], ["bottom"]])
    assert caught.value.field == "frames[1].reference_set_ids"
