"""From a set of normal images to a better version of it."""

import io

import numpy as np
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from PIL import Image

from tests.support.colours import MODEL
from tests.support.inspection.metal import DEFECT, part
from tests.support.inspection.people import Grown, Inspecting, Ready, same
from tests.support.inspection.surfaces import decoded, encoded, failing


async def test_a_set_learns_what_is_normal(ada: Inspecting) -> None:
    made = await ada.call("CreateReferenceSet", display_name="brushed metal")
    set_id = made.reference_set_id
    assert (made.state, made.current_version, made.user_id) == (
        pb.ReferenceSet.EMPTY,
        0,
        ada.user_id,
    )
    normal = await ada.uploaded(part(seed) for seed in range(20))
    filled = await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=normal)
    assert (filled.image_count, filled.state) == (20, pb.ReferenceSet.EMPTY)

    begun = await ada.call(
        "CalibrateReferenceSet", reference_set_id=set_id, target_false_alarm_rate=0.1
    )
    assert begun.settings == pb.CalibrationSettings(
        scorer=pb.CalibrationSettings.PATCH_CORESET,
        model=MODEL,
        size=128,
        banks=pb.CalibrationSettings.BANKS_AUTO,
        augmentation=pb.CalibrationSettings.AUTO,
        registration=pb.CalibrationSettings.REGISTRATION_NONE,
    )
    progress = await ada.watch(set_id, begun.job_id)
    assert progress[-1].state == pb.Job.SUCCEEDED
    assert (progress[-1].images_done, progress[-1].images_total) == (20, 20)
    assert (progress[-1].version, progress[-1].target_false_alarm_rate) == (1, 0.1)
    done = [one.images_done for one in progress]
    assert done == sorted(done)
    ready = await ada.see(set_id)
    assert (ready.state, ready.current_version, ready.changed) == (pb.ReferenceSet.READY, 1, False)
    (version,) = await ada.versions(set_id)
    assert (version.image_count, version.base_version, version.has_head) == (20, 0, False)
    threshold = version.threshold
    assert threshold.held_out_count == 20
    assert threshold.false_alarm_rate_low < 0.1 < threshold.false_alarm_rate_high

    good = await ada.inspect(set_id, part(100), heatmap=True)
    assert good.verdict == pb.InspectResponse.NORMAL
    assert good.score <= good.threshold == threshold.value
    assert not good.regions
    bad = await ada.inspect(set_id, part(101, defect="red"))
    assert bad.verdict == pb.InspectResponse.ANOMALOUS
    assert not bad.frame_problems
    assert version.frame_checks.reference_count == 20
    assert version.frame_checks.false_alarms.high < 0.2
    assert bad.score > bad.threshold
    assert bad.p_value <= 0.1


async def test_the_next_version_is_built_on_the_first_and_is_better(grown: Grown) -> None:
    ada, set_id = grown.owner, grown.set_id
    assert (await ada.see(set_id)).changed
    extracted = ada.world.embedder.extracted
    ended = await ada.calibrate(set_id)
    assert (ended.state, ended.version) == (pb.Job.SUCCEEDED, 2)
    assert ended.target_false_alarm_rate == 0.1
    assert ada.world.embedder.extracted == extracted + 4, "only what is new is looked at"
    second, first = await ada.versions(set_id)
    assert (second.version, second.base_version, second.image_count) == (2, 1, 24)
    assert second.settings == first.settings
    seen = await ada.see(set_id)
    assert (seen.state, seen.current_version, seen.changed) == (pb.ReferenceSet.READY, 2, False)
    assert seen.last_calibration == ended
    compared = await ada.compared(set_id, 1, 2)
    assert (compared.a.false_positives, compared.a.true_negatives) == (2, 0)
    assert (compared.b.false_positives, compared.b.true_negatives) == (0, 2)
    assert (compared.only_a_right, compared.only_b_right) == (0, 2)
    assert compared.b.false_alarm_rate.value == 0


async def test_corrections_make_the_next_version_better_by_what_was_corrected(
    ada: Inspecting,
) -> None:
    """Dark parts are as good as bright ones, and the first version has seen none."""
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    line = [part(2000 + n, shade=60) for n in range(8)] + [part(2020 + n) for n in range(4)]
    defects = [part(2040 + n, shade=60, defect="red") for n in range(4)]
    normal, defective = await ada.uploaded(line), await ada.uploaded(defects)

    async def inspected(image_ids: list[str]) -> int:
        """How many are alarms, inspected anew."""
        found = [await ada.inspect(set_id, image_id=image_id) for image_id in image_ids]
        return sum(one.verdict != pb.InspectResponse.NORMAL for one in found)

    assert await inspected(normal[:8]) == 8, "each dark part is a false alarm"
    assert await inspected(normal[8:]) < 4
    assert await inspected(defective) == 4
    # The inspector works off the queue until it has nothing left to ask.
    while items := (await ada.call("ListReviewQueue", reference_set_id=set_id)).items:
        for item in items:
            good = item.image_id in normal
            await ada.say("mark_normal" if good else "confirm_anomaly", item.image_id)
    before = await ada.call("GetStats", reference_set_id=set_id)
    assert before.agreement.false_positives >= 8
    proposed = (await ada.call("ListProposedImages", reference_set_id=set_id)).image_ids
    assert set(proposed) == set(normal)
    await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=normal[:6])
    assert (await ada.calibrate(set_id)).version == 2

    # Parts that nobody corrected: false alarms fall, and no defect is let through.
    fresh = [part(2100 + n, shade=60) for n in range(8)]
    worse = [part(2120 + n, shade=60, defect="red") for n in range(4)]

    async def called(images: list[bytes], version: int) -> int:
        """How many are alarms by a version."""
        answers = [await ada.inspect(set_id, image, version=version) for image in images]
        return sum(one.verdict != pb.InspectResponse.NORMAL for one in answers)

    assert await called(fresh, version=1) == 8
    assert await called(fresh, version=2) <= 2
    assert [await called(worse, version=version) for version in (1, 2)] == [4, 4]
    compared = await ada.compared(set_id, 1, 2)
    assert compared.only_b_right >= 1
    assert compared.only_a_right == 0


async def test_versions_are_gone_back_to_and_deleted(grown: Grown) -> None:
    ada, set_id = grown.owner, grown.set_id
    good = await ada.inspect(set_id, part(100))
    await ada.calibrate(set_id)
    rolled_back = await ada.call("UseVersion", reference_set_id=set_id, version=1)
    assert (rolled_back.current_version, rolled_back.changed) == (1, True)
    assert same(await ada.inspect(set_id, part(100))) == same(good)
    assert await ada.refused("DeleteVersion", reference_set_id=set_id, version=1) == (
        "VERSION_IN_USE"
    )
    assert (await ada.inspect(set_id, part(100), version=2)).version == 2
    await ada.call("UseVersion", reference_set_id=set_id, version=2)
    await ada.call("DeleteVersion", reference_set_id=set_id, version=1)
    assert [version.version for version in await ada.versions(set_id)] == [2]
    for method, fields in (
        ("Inspect", {"image": part(1), "version": 1}),
        ("CompareVersions", {"version_a": 1, "version_b": 2}),
        ("UseVersion", {"version": 1}),
        ("DeleteVersion", {"version": 1}),
        ("TrainHead", {"version": 1}),
    ):
        assert await ada.refused(method, reference_set_id=set_id, **fields) == (
            "VERSION_NOT_FOUND"
        ), method
    third = await ada.calibrate(set_id, from_scratch=True)
    assert third.version == 3, "a number is never used again"
    assert (await ada.versions(set_id))[0].base_version == 0


async def test_what_people_called_normal_is_proposed_until_it_is_added(grown: Grown) -> None:
    ada, set_id = grown.owner, grown.set_id
    assert grown.proposed_before == [*grown.added, *grown.judged]
    proposed = await ada.call("ListProposedImages", reference_set_id=set_id)
    assert list(proposed.image_ids) == list(grown.judged)
    await ada.say("confirm_anomaly", grown.judged[0], note="on second thoughts")
    proposed = await ada.call("ListProposedImages", reference_set_id=set_id)
    assert list(proposed.image_ids) == [grown.judged[1]], "the last word counts"


async def test_an_answer_says_where_and_shows_it(ready: Ready) -> None:
    image = part(300, defect="blue", size=(240, 160))
    found = await ready.owner.inspect(
        ready.set_id, image, heatmap=True, overlay=pb.InspectRequest.WEBP, nearest_limit=5
    )
    left, top, right, bottom = DEFECT
    box = found.regions[0].box
    assert left < (box.left + box.right) / 2 < right
    assert top < (box.top + box.bottom) / 2 < bottom
    assert found.regions[0].score >= found.score > found.threshold
    assert len(found.regions[0].polygon) >= 3
    assert found.regions[0].nearest.image_id in ready.image_ids
    assert [one.score for one in found.regions] == sorted(
        (one.score for one in found.regions), reverse=True
    )
    with Image.open(io.BytesIO(found.heatmap)) as heatmap:
        assert (heatmap.mode, heatmap.size) == ("I;16", (240, 160))
        levels = np.asarray(heatmap)
    y, x = np.argwhere(levels == levels.max()).mean(axis=0)
    assert left < x / 240 < right
    assert top < y / 160 < bottom
    assert 65535 * found.heatmap_scale == pytest.approx(4 * found.threshold)
    with Image.open(io.BytesIO(found.overlay)) as overlay:
        assert overlay.format == "WEBP"
        assert overlay.width / overlay.height == pytest.approx(1.5, abs=0.01)
    assert len(found.nearest) == 5
    assert {one.image_id for one in found.nearest} <= set(ready.image_ids)
    distances = [one.distance for one in found.nearest]
    assert distances == sorted(distances)
    timings = found.timings
    stages = (timings.fetch, timings.features, timings.score, timings.draw)
    assert sum(stage.ToMicroseconds() for stage in stages) > 0
    assert sum(stage.ToMicroseconds() for stage in stages) <= timings.total.ToMicroseconds() + 2
    assert timings.fetch.ToMicroseconds() == 0, "it was not stored"


async def test_a_reference_is_nearest_to_itself(ready: Ready) -> None:
    found = await ready.owner.inspect(ready.set_id, image_id=ready.image_ids[7])
    assert found.nearest[0].image_id == ready.image_ids[7]
    assert found.nearest[0].distance == pytest.approx(0, abs=1e-5)
    assert found.image_id == ready.image_ids[7]
    assert found.timings.fetch.ToMicroseconds() > 0


async def test_another_product_is_off_distribution_and_a_defect_is_not(ready: Ready) -> None:
    other = await ready.owner.inspect(ready.set_id, part(301, shade=20))
    assert (other.verdict, other.off_distribution) == (pb.InspectResponse.UNINSPECTABLE, True)
    defect = await ready.owner.inspect(ready.set_id, part(302, defect="red"))
    assert (defect.verdict, defect.off_distribution) == (pb.InspectResponse.ANOMALOUS, False)
    normal = await ready.owner.inspect(ready.set_id, part(303))
    assert not normal.off_distribution


async def test_equal_requests_get_equal_answers(ready: Ready) -> None:
    image = part(304, defect="lime")
    one, other = [
        await ready.owner.inspect(
            ready.set_id, image, heatmap=True, overlay=pb.InspectRequest.PNG, nearest_limit=20
        )
        for _ in range(2)
    ]
    assert one.inspection_id != other.inspection_id
    assert same(one) == same(other)


@pytest.mark.parametrize(
    "scorer", [pb.CalibrationSettings.PATCH_CORESET, pb.CalibrationSettings.IMAGE_KNN]
)
async def test_frames_with_less_in_them_than_a_part_never_pass(
    ada: Inspecting, scorer: pb.CalibrationSettings.Scorer
) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(16))
    await ada.settled(*image_ids)
    set_id = await ada.ready_set(image_ids, target=0.1, scorer=scorer)
    for seed in range(400, 404):
        assert not (await ada.inspect(set_id, part(seed))).off_distribution
    for name, frame in failing(decoded(part(410))).items():
        if name == "inverted":
            # Colours are all that this embedder sees, and these have nearly the same.
            continue
        found = await ada.inspect(set_id, encoded(frame), overlay=pb.InspectRequest.WEBP)
        assert found.verdict == pb.InspectResponse.UNINSPECTABLE, name
        assert found.off_distribution
        assert found.frame_problems
        if name in {"black", "white", "grey"}:
            assert [one.reason for one in found.frame_problems] == [pb.FrameProblem.BLANK], name
        assert found.p_value <= 0.1
        assert found.confidence > 0.9
        assert found.score > found.threshold or not found.regions
    (row,) = (await ada.call("GetStats", reference_set_id=set_id)).rows
    assert row.inspected - row.anomalous <= 4
    assert row.uninspectable == row.inspected - 4


async def test_a_version_says_what_it_can_see(ada: Inspecting) -> None:
    normal = await ada.uploaded(part(seed) for seed in range(20))
    set_id = await ada.ready_set(normal, target=0.1)
    (version,) = await ada.versions(set_id)
    rows = version.sensitivity
    assert {row.kind for row in rows} == {"scratch", "spot", "crack", "smear"}
    assert {row.size_px for row in rows} == {1, 3, 8, 16}
    for row in rows:
        assert 0 <= row.found <= row.painted == 3
        assert row.share.value == pytest.approx(row.found / row.painted)
        assert row.share.low <= row.share.value <= row.share.high
    # Nothing new is learnt; another target has another threshold, and finds more.
    extracted = ada.world.embedder.extracted
    await ada.calibrate(set_id, target=0.4)
    assert ada.world.embedder.extracted == extracted + 1
    second, _ = await ada.versions(set_id)
    assert second.threshold.value < version.threshold.value
    found = [sum(row.found for row in one.sensitivity) for one in (version, second)]
    assert found[1] > found[0]
    few = await ada.ready_set(normal[:3])
    assert not (await ada.versions(few))[0].sensitivity
