"""Damaged images are kept or refused with a reason, and end nobody: a part of `bench/mutations`."""

from bench.mutations.command import verified
from bench.mutations.mutating import mutated, originals
from services.imaging import errors as imaging
from services.storage import errors as storage

REASONS = {
    imaging.ImageEmpty.reason,
    imaging.ImageTooLarge.reason,
    imaging.ImageTooSmall.reason,
    imaging.ImageUnreadable.reason,
    imaging.ImageUnsupported.reason,
    imaging.TooManyPixels.reason,
    storage.ContentTypeMismatch.reason,
}


def test_some_hundred_damaged_images_are_kept_or_refused() -> None:
    count = 20 * len(originals())
    found = verified(0, count, seed=7)
    assert found.ended == []
    assert found.faults == []
    outcomes = sum(found.by_original.values(), start=type(found.by_original["png"])())
    assert outcomes.total() == count
    assert outcomes.keys() - {"kept"} <= REASONS
    assert outcomes["kept"] > count / 10
    assert outcomes["IMAGE_UNREADABLE"] > count / 10
    assert found.by_original.keys() == originals().keys()


def test_a_number_is_one_damage() -> None:
    assert mutated(5, 1) == mutated(5, 1)
    assert mutated(5, 1) != mutated(5, 2)
    name, data = mutated(5, 1)
    assert data != originals()[name]
