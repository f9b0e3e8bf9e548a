"""Which images show the same part, as whoever keeps reference sets knows it."""

from dataclasses import replace

from services.inspection.model import (
    EACH_ITS_OWN,
    CalibrationSettings,
    PartFigure,
    PartFigures,
    PartRule,
    Threshold,
)
from tests.support.inspection.records import MOST, MOST_SETS, Stores, a_set, a_version, at, new_id

ACCEPTED = PartRule(proposal="one")


async def test_a_rule_is_noted_and_the_set_is_changed_by_it(stores: Stores, user: str) -> None:
    made = replace(a_set(user), part_rule=PartRule(label="part"))
    await stores.sets.create(made, most=MOST_SETS)
    assert await stores.sets.get(made.set_id, user) == made
    set_id = await stores.ready_set(user)
    assert (await stores.seen(set_id, user)).part_rule == EACH_ITS_OWN

    assert await stores.sets.set_part_rule(set_id, EACH_ITS_OWN)
    assert not (await stores.seen(set_id, user)).changed
    pattern = PartRule(filename_pattern="^([0-9]+)_")
    assert await stores.sets.set_part_rule(set_id, pattern)

    found = await stores.seen(set_id, user)
    assert (found.part_rule, found.changed) == (pattern, True)
    listed = await stores.sets.list(user, before=None, limit=9)
    assert {one.set_id: one.part_rule for one in listed} == {
        made.set_id: made.part_rule, set_id: pattern,
    }  # fmt: skip


async def test_only_the_last_proposal_can_be_accepted(stores: Stores, user: str) -> None:
    images = [new_id() for _ in range(4)]
    set_id = await stores.new_set(user, *images)
    assert not await stores.sets.set_part_rule(set_id, ACCEPTED)
    await stores.sets.propose_parts(set_id, "zero", dict.fromkeys(images, 7))
    await stores.sets.propose_parts(set_id, "one", dict.fromkeys(images[:3], 1))
    assert not await stores.sets.set_part_rule(set_id, PartRule(proposal="zero"))
    assert await stores.sets.parts(set_id) == {}

    assert await stores.sets.set_part_rule(set_id, ACCEPTED)

    accepted = dict.fromkeys(images[:3], 1)
    assert await stores.sets.parts(set_id) == accepted
    # A proposal changes nothing of what was accepted, and images go with what is known of them.
    await stores.sets.propose_parts(set_id, "two", {images[3]: 2})
    await stores.sets.remove_images(set_id, images[:1])
    await stores.sets.add_images(set_id, [new_id()], most=MOST)
    assert await stores.sets.parts(set_id) == dict.fromkeys(images[1:3], 1)
    assert await stores.sets.parts(set_id, proposed=True) == {images[3]: 2}
    assert await stores.sets.set_part_rule(set_id, ACCEPTED)
    assert (await stores.seen(set_id, user)).part_rule == ACCEPTED


async def test_versions_know_of_parts(stores: Stores, user: str) -> None:
    threshold = Threshold(2.0, 0.1, 0.05, 0.2, 3, extrapolated=False, part_count=2)
    known = replace(threshold, value=1.0, parts_known=True)
    set_id = await stores.new_set(user, new_id())
    version = replace(
        a_version(set_id),
        settings=CalibrationSettings(part_rule=PartRule(label="part")),
        threshold=threshold,
        held_out=(1.0, 2.0, 3.0),
        held_out_parts=(0, 1, 0),
        part_figures=PartFigures(
            PartFigure(threshold, 2.0, 0.1, 10, 5), PartFigure(known, 0.5, 0.0, 10, 8)
        ),
    )
    await stores.kept(version)

    kept = await stores.versions.get(set_id, 1)

    assert kept is not None
    assert kept == replace(version, version=1)
    derived = await stores.versions.derive(
        set_id, 1, known, (), made_by=new_id(), created_at=at(1), use=False
    )
    assert derived is not None
    assert (derived.threshold, derived.held_out_parts) == (known, (0, 1, 0))
    assert derived.part_figures == version.part_figures
