"""Looking at a version's threshold, and setting another one."""

from typing import Any
from uuid import uuid4

import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting


@pytest.fixture
async def set_id(ada: Inspecting) -> str:
    """A calibrated set of twenty parts."""
    return await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)


async def test_scores_are_counted_by_bin(ada: Inspecting, set_id: str) -> None:
    good, bad = await ada.uploaded([part(920), part(921, defect="red")])
    for image_id in (good, bad):
        await ada.inspect(set_id, image_id=image_id)
    await ada.inspect(set_id, part(922))
    await ada.say("mark_normal", good)
    await ada.say("confirm_anomaly", bad)

    found = await ada.call("GetScoreHistogram", reference_set_id=set_id, version=1, bins=20)

    assert list(found.edges) == sorted(found.edges)
    assert found.edges[0] < found.threshold.value < found.edges[-1]
    for counts in (found.held_out, found.recent, found.judged_normal, found.judged_defective):
        assert len(counts) == 20 == len(found.edges) - 1
    assert (sum(found.held_out), found.held_out_count) == (20, 20)
    assert (sum(found.recent), found.recent_count) == (3, 3)
    assert (sum(found.judged_normal), sum(found.judged_defective)) == (1, 1)
    newest = await ada.call("GetScoreHistogram", reference_set_id=set_id, limit=1)
    assert (newest.version, newest.recent_count, len(newest.recent)) == (1, 1, 50)
    assert await ada.refused("GetScoreHistogram", reference_set_id=set_id, version=9) == (
        "VERSION_NOT_FOUND"
    )
    empty = await ada.new_set()
    assert await ada.refused("GetScoreHistogram", reference_set_id=empty) == (
        "REFERENCE_SET_NOT_READY"
    )


async def test_what_thresholds_would_flip_is_told_and_nothing_changes(
    ada: Inspecting, set_id: str
) -> None:
    good, bad = await ada.uploaded([part(930), part(931, defect="red")])
    normal = await ada.inspect(set_id, image_id=good)
    defective = await ada.inspect(set_id, image_id=bad)
    assert normal.score < defective.score
    await ada.say("mark_normal", good)
    await ada.say("confirm_anomaly", bad)
    between = (normal.score + defective.score) / 2

    told = await ada.call(
        "PreviewThreshold",
        reference_set_id=set_id,
        thresholds=[0, between, 1e6],
        target_false_alarm_rates=[0.1],
    )

    assert told.threshold == (await ada.versions(set_id))[0].threshold
    assert (told.version, told.recent_count) == (1, 2)
    low, middle, high, same = told.previews
    assert (low.anomalous_count, low.become_normal) == (2, 0)
    assert low.threshold.false_alarm_rate == 1.0, "told, though it cannot be set"
    assert (middle.agreement.true_positives, middle.agreement.true_negatives) == (1, 1)
    assert high.threshold.extrapolated
    assert high.agreement.false_negatives + high.agreement.true_positives == 1
    assert same.threshold.value == told.threshold.value
    assert (same.become_anomalous, same.become_normal) == (0, 0)
    assert same.agreement == told.agreement
    for one in told.previews:
        threshold = one.threshold
        assert threshold.false_alarm_rate_low <= threshold.false_alarm_rate
        assert threshold.false_alarm_rate <= threshold.false_alarm_rate_high
        assert threshold.held_out_count == 20
    assert len(await ada.versions(set_id)) == 1


async def test_what_a_threshold_would_find_is_told_before_it_is_set(
    ada: Inspecting, set_id: str
) -> None:
    told = await ada.call("PreviewThreshold", reference_set_id=set_id, thresholds=[0, 1e6])
    (version,) = await ada.versions(set_id)
    present = version.sensitivity_summary
    assert told.sensitivity == present == (await ada.see(set_id)).sensitivity
    assert present.painted == sum(row.painted for row in version.sensitivity) > 0
    assert sum(one.found for one in present.sizes) == present.found
    for share in (present.share, *(one.share for one in present.sizes)):
        assert share.low <= share.value <= share.high
    everything, nothing = (one.sensitivity for one in told.previews)
    assert (everything.found, everything.finds_almost_nothing) == (present.painted, False)
    assert (nothing.found, nothing.finds_almost_nothing) == (0, True)

    made = await ada.call("SetThreshold", reference_set_id=set_id, value=1e6)
    assert made.sensitivity_summary == nothing, "the warning comes with the version"
    assert (await ada.see(set_id)).sensitivity.finds_almost_nothing


@pytest.mark.parametrize(
    "fields",
    [{}, {"thresholds": [1.0] * 51}, {"thresholds": [-1.0]}, {"target_false_alarm_rates": [0.6]},
     {"thresholds": [float("inf")]}, {"thresholds": [1.0], "limit": 10_001}],
)  # fmt: skip
async def test_a_preview_that_makes_no_sense_is_refused(
    ada: Inspecting, fields: dict[str, object]
) -> None:
    reason = await ada.refused("PreviewThreshold", reference_set_id=str(uuid4()), **fields)
    assert reason == "INVALID_REQUEST"


async def test_a_threshold_is_set_as_a_version_and_used(ada: Inspecting, set_id: str) -> None:
    image = part(940, defect="red")
    before = await ada.inspect(set_id, image)
    assert before.verdict != pb.InspectResponse.NORMAL
    (base,) = await ada.versions(set_id)
    above = 2 * before.score

    made = await ada.call("SetThreshold", reference_set_id=set_id, value=above)

    assert (made.version, made.base_version) == (2, 1)
    assert (made.threshold.value, made.threshold.set_by_person) == (above, True)
    assert not base.threshold.set_by_person
    assert made.artifact_sha256 == base.artifact_sha256
    assert (await ada.see(set_id)).current_version == 2
    after = await ada.inspect(set_id, image)
    assert (after.version, after.score) == (2, before.score)
    if not after.off_distribution:
        assert after.verdict == pb.InspectResponse.NORMAL
        assert after.p_value > made.threshold.target_false_alarm_rate
    found = {(one.kind, one.size_px, one.contrast): one for one in made.sensitivity}
    assert len(found) == len(base.sensitivity) > 0
    for one in base.sensitivity:
        higher = found[one.kind, one.size_px, one.contrast]
        assert higher.painted == one.painted
        assert higher.found <= one.found, "a higher threshold finds no more"


async def test_either_version_outlives_the_other(ada: Inspecting, set_id: str) -> None:
    image = part(941)
    before = await ada.inspect(set_id, image)
    made = await ada.call(
        "SetThreshold", reference_set_id=set_id, target_false_alarm_rate=0.3, use=False
    )
    assert (await ada.see(set_id)).current_version == 1
    assert made.threshold.target_false_alarm_rate == 0.3
    await ada.call("UseVersion", reference_set_id=set_id, version=made.version)
    await ada.call("DeleteVersion", reference_set_id=set_id, version=1)
    assert (await ada.inspect(set_id, image)).score == before.score
    third = await ada.call("SetThreshold", reference_set_id=set_id, value=before.score * 3)
    assert (third.version, third.base_version) == (3, 2)
    await ada.call("DeleteVersion", reference_set_id=set_id, version=2)
    assert (await ada.inspect(set_id, image)).score == before.score
    ended = await ada.calibrate(set_id)
    assert ended.version == 4, "what was learnt can still be added to"


async def test_a_request_that_is_sent_again_sets_it_once(ada: Inspecting, set_id: str) -> None:
    request: dict[str, Any] = {
        "reference_set_id": set_id,
        "value": 50.0,
        "request_id": str(uuid4()),
    }
    first = await ada.call("SetThreshold", **request)
    await ada.call("UseVersion", reference_set_id=set_id, version=1)
    again = await ada.call("SetThreshold", **request)
    assert first == again
    assert (await ada.see(set_id)).current_version == 1
    assert len(await ada.versions(set_id)) == 2


async def test_what_cannot_be_set_is_refused(ada: Inspecting, set_id: str) -> None:
    refused = ada.refused
    assert await refused("SetThreshold", reference_set_id=set_id, value=0) == "THRESHOLD_TOO_LOW"
    assert await refused("SetThreshold", reference_set_id=set_id) == "INVALID_REQUEST"
    assert await refused("SetThreshold", reference_set_id=set_id, value=9.0, version=7) == (
        "VERSION_NOT_FOUND"
    )
    empty = await ada.new_set()
    assert await refused("SetThreshold", reference_set_id=empty, value=9.0) == (
        "REFERENCE_SET_NOT_READY"
    )
    assert len(await ada.versions(set_id)) == 1
