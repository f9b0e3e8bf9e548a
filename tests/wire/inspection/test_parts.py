"""Several pictures of one part in a set."""

import io

import numpy as np
from argus.inspection.v1 import inspection_pb2 as pb
from PIL import Image

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.pictures import encoded

EXPOSURES = 2
BY_NAME = pb.PartRule(filename_pattern="^([0-9]+)_")
BY_LABEL = pb.PartRule(label="part")


def exposure(number: int, light: float) -> bytes:
    """A part in some light, with a grain of its own."""
    with Image.open(io.BytesIO(part(number))) as opened:
        levels = np.asarray(opened, np.float32) * light
    noise = np.random.default_rng([number, round(100 * light)]).normal(0, 0.5, levels.shape)
    return encoded(Image.fromarray((levels + noise).clip(0, 255).astype(np.uint8)))


async def exposures(user: Inspecting, parts: int) -> list[str]:
    """Stored pictures of some parts, each in two lights, named and labelled by their part."""
    return [
        await user.upload(
            exposure(number, 1 - 0.01 * nth),
            content_type="image/png",
            filename=f"{number}_{nth}.png",
            labels={"part": str(number)},
        )
        for number in range(parts)
        for nth in range(EXPOSURES)
    ]


async def test_a_version_says_what_to_expect_of_new_parts_and_of_known_ones(
    ada: Inspecting,
) -> None:
    set_id = await ada.ready_set(await exposures(ada, 10), target=0.2)
    plain = (await ada.versions(set_id))[0]
    assert not plain.HasField("parts_new")
    assert not plain.HasField("parts_known")
    assert plain.threshold.part_count == plain.threshold.held_out_count == 20

    changed = await ada.call("SetPartRule", reference_set_id=set_id, rule=BY_NAME)
    assert (changed.part_rule, changed.changed) == (BY_NAME, True)
    assert (await ada.calibrate(set_id)).state == pb.Job.SUCCEEDED

    version = (await ada.versions(set_id))[0]
    assert version.settings.part_rule == BY_NAME
    assert version.base_version == 0
    assert not (await ada.see(set_id)).changed
    new, known = version.parts_new, version.parts_known
    assert version.threshold == new.threshold
    assert (new.threshold.part_count, new.threshold.held_out_count) == (10, 20)
    assert (new.threshold.parts_known, known.threshold.parts_known) == (False, True)
    assert known.median_score < new.median_score
    assert known.threshold.value < new.threshold.value
    assert known.false_alarm_rate <= new.false_alarm_rate <= 0.2
    assert new.painted == sum(row.painted for row in version.sensitivity)
    assert new.found == sum(row.found for row in version.sensitivity)
    assert known.painted > 0
    assert known.share.value == known.found / known.painted
    # The grain of its own part is what a picture is nearest to.
    assert version.threshold.value > plain.threshold.value

    # Further pictures of parts are learnt with all others; another threshold knows of parts, too.
    later = await ada.upload(exposure(0, 0.98), content_type="image/png", filename="0_9.png")
    await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=[later])
    assert (await ada.calibrate(set_id)).state == pb.Job.SUCCEEDED
    version = (await ada.versions(set_id))[0]
    assert (version.base_version, version.threshold.part_count) == (0, 10)
    moved = await ada.call("SetThreshold", reference_set_id=set_id, value=version.threshold.value)
    assert moved.threshold.part_count == 10
    assert moved.parts_new == version.parts_new

    # For one calibration alone: each its own.
    ended = await ada.calibrate(set_id, part_rule=pb.PartRule())
    assert ended.state == pb.Job.SUCCEEDED
    assert not (await ada.versions(set_id))[0].HasField("parts_new")
    assert (await ada.see(set_id)).part_rule == BY_NAME


async def test_whole_images_are_held_out_by_part_as_well(ada: Inspecting) -> None:
    image_ids = [
        await ada.indexed(exposure(n // 2, 1 - 0.01 * (n % 2)), labels={"part": str(n // 2)})
        for n in range(12)
    ]
    made = await ada.call("CreateReferenceSet", display_name="labelled", part_rule=BY_LABEL)
    set_id = made.reference_set_id
    await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=image_ids)
    ended = await ada.calibrate(set_id, scorer=pb.CalibrationSettings.IMAGE_KNN)
    assert ended.state == pb.Job.SUCCEEDED, ended
    (version,) = await ada.versions(set_id)
    assert version.threshold.part_count == 6
    assert version.parts_known.median_score < version.parts_new.median_score
    assert version.parts_known.painted == 0
    assert not version.parts_known.HasField("share")


async def test_parts_are_proposed_and_nothing_is_grouped_before_that_is_accepted(
    ada: Inspecting,
) -> None:
    image_ids = await exposures(ada, 5)
    broken = await ada.upload(part(77))
    set_id = await ada.new_set([*image_ids, broken])

    named = await ada.call("ProposeParts", reference_set_id=set_id, rule=BY_LABEL)
    assert (named.image_count, named.part_count, named.unmatched_count) == (11, 6, 1)
    assert [(one.key, one.image_count) for one in named.groups] == [(str(n), 2) for n in range(5)]
    assert list(named.groups[0].image_ids) == image_ids[:2]
    assert [one.image_id for one in named.groups[0].previews] == image_ids[:2]

    first = await ada.call("ProposeParts", reference_set_id=set_id)
    found = await ada.call("ProposeParts", reference_set_id=set_id)
    assert (found.image_count, found.part_count, found.unmatched_count) == (11, 6, 0)
    assert sorted(list(one.image_ids) for one in found.groups) == sorted(
        image_ids[place : place + 2] for place in range(0, 10, 2)
    )
    assert not (await ada.see(set_id)).HasField("part_rule")
    assert await ada.refused("SetPartRule", reference_set_id=set_id, rule=first.rule) == (
        "PART_PROPOSAL_NOT_FOUND"
    )
    settings = pb.CalibrationSettings(part_rule=found.rule)
    assert await ada.refused(
        "CalibrateReferenceSet", reference_set_id=set_id, settings=settings
    ) == ("PART_PROPOSAL_NOT_FOUND")

    accepted = await ada.call("SetPartRule", reference_set_id=set_id, rule=found.rule)
    assert accepted.part_rule == found.rule
    shown = await ada.call("ProposeParts", reference_set_id=set_id, rule=found.rule)
    assert shown.groups == found.groups
    ended = await ada.calibrate(set_id)
    assert ended.state == pb.Job.SUCCEEDED
    assert (await ada.versions(set_id))[0].threshold.part_count == 6


async def test_pictures_of_one_part_alone_tell_nothing_of_others(ada: Inspecting) -> None:
    one = [
        await ada.upload(exposure(1, light), content_type="image/png", filename=f"1_{light}.png")
        for light in (0.97, 0.98, 0.99, 1.0)
    ]
    set_id = await ada.new_set(one)
    await ada.call("SetPartRule", reference_set_id=set_id, rule=BY_NAME)
    assert (await ada.calibrate(set_id)).state == pb.Job.SUCCEEDED
    (version,) = await ada.versions(set_id)
    assert (version.threshold.part_count, version.threshold.parts_known) == (1, True)
    moved = await ada.call("SetThreshold", reference_set_id=set_id, value=5.0)
    assert (moved.threshold.part_count, moved.threshold.parts_known) == (1, True)


async def test_rules_that_cannot_be_followed_are_refused(ada: Inspecting) -> None:
    set_id = await ada.new_set()
    assert await ada.refused("ProposeParts", reference_set_id=set_id) == "REFERENCE_SET_EMPTY"
    for rule, reason in (
        (pb.PartRule(filename_pattern="("), "PART_PATTERN_WRONG"),
        (pb.PartRule(filename_pattern="no group"), "PART_PATTERN_WRONG"),
        (pb.PartRule(proposal="made up"), "PART_PROPOSAL_NOT_FOUND"),
        (pb.PartRule(label="Not a key"), "INVALID_REQUEST"),
    ):
        assert await ada.refused("SetPartRule", reference_set_id=set_id, rule=rule) == reason
        created = await ada.refused("CreateReferenceSet", display_name="new", part_rule=rule)
        assert created == reason
    assert not (await ada.see(set_id)).HasField("part_rule")
