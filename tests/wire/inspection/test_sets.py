"""Sets of every kind: small, alike, mixed, with holes."""

import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from argus.type.v1.geometry_pb2 import Point, Polygon

from tests.support.eventually import eventually
from tests.support.inspection.metal import DEFECT, part
from tests.support.inspection.people import Inspecting, Ready, until_answered


async def test_one_image_is_enough_for_a_first_look(ada: Inspecting) -> None:
    set_id = await ada.ready_set([await ada.upload(part(1))])
    (version,) = await ada.versions(set_id)
    assert (version.banks.count, version.settings.banks) == (1, pb.CalibrationSettings.BANKS_AUTO)
    assert (version.image_count, version.threshold.extrapolated) == (1, True)
    assert (await ada.inspect(set_id, part(1))).verdict == pb.InspectResponse.NORMAL
    assert (await ada.inspect(set_id, part(2, defect="red"))).verdict != pb.InspectResponse.NORMAL
    alone = await ada.new_set([await ada.upload(part(1))])
    ended = await ada.calibrate(alone, augmentation=pb.CalibrationSettings.NONE)
    assert ended.state == pb.Job.FAILED
    assert "a single image" in ended.error.message
    assert (await ada.see(alone)).state == pb.ReferenceSet.FAILED


@pytest.mark.parametrize("augmentation", [pb.CalibrationSettings.AUTO, pb.CalibrationSettings.NONE])
async def test_images_that_are_all_alike(
    ada: Inspecting, augmentation: pb.CalibrationSettings.Augmentation
) -> None:
    alike = await ada.uploaded([part(1)] * 4)
    set_id = await ada.ready_set(alike, augmentation=augmentation)
    assert (await ada.inspect(set_id, part(1), heatmap=True)).verdict == pb.InspectResponse.NORMAL
    bad = await ada.inspect(
        set_id, part(1, defect="red"), heatmap=True, overlay=pb.InspectRequest.PNG
    )
    assert bad.verdict != pb.InspectResponse.NORMAL
    assert bad.regions


async def test_mixed_sizes_aspects_and_colours(ada: Inspecting) -> None:
    sizes = [(96, 96), (300, 60), (40, 240), (32, 32), (640, 480), (500, 50)]
    mixed = [part(n, size=size) for n, size in enumerate(sizes)]
    mixed += [part(10 + n, mode="L") for n in range(3)]
    mixed += [part(20, mode="CMYK", format_="JPEG"), part(21, size=(8, 8))]
    set_id = await ada.ready_set(await ada.uploaded(mixed), target=0.2)
    for size in sizes:
        wide = await ada.inspect(set_id, part(30, size=size, defect="red"), heatmap=True)
        assert wide.verdict != pb.InspectResponse.NORMAL
        box = wide.regions[0].box
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
    grey = await ada.inspect(set_id, part(31, mode="L"))
    assert not grey.off_distribution


async def test_a_background_can_be_left_out(ada: Inspecting) -> None:
    set_id = await ada.ready_set(
        await ada.uploaded(part(seed) for seed in range(20)), target=0.1, mask_background=True
    )
    assert (await ada.inspect(set_id, part(40, defect="red"))).verdict != pb.InspectResponse.NORMAL


def strip(left: float, right: float) -> Polygon:
    """A part of the image, as high as it."""
    corners = ((left, 0), (right, 0), (right, 1), (left, 1))
    return Polygon(points=[Point(x=x, y=y) for x, y in corners])


async def test_only_what_lies_in_regions_of_interest_counts(ada: Inspecting) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(20))
    left, _, right, _ = DEFECT
    # The defect lies in the first, and far from the second.
    there, elsewhere = strip(0, right), strip(right + (right - left), 1)
    set_id = await ada.ready_set(image_ids, target=0.1, regions_of_interest=[there])
    found = await ada.inspect(set_id, part(40, defect="red"))
    assert found.verdict == pb.InspectResponse.ANOMALOUS
    (version,) = await ada.versions(set_id)
    assert list(version.settings.regions_of_interest) == [there]
    assert version.sensitivity
    ended = await ada.calibrate(set_id, 0.1, regions_of_interest=[elsewhere])
    assert ended.state == pb.Job.SUCCEEDED
    assert (await ada.versions(set_id))[0].base_version == 0, "it learns elsewhere"
    clean, spoiled = [await ada.inspect(set_id, part(40, defect=one)) for one in ("", "red")]
    assert spoiled.score - clean.score < (found.score - found.threshold) / 4
    assert not any(region.box.left < right for region in spoiled.regions)


async def test_regions_that_are_none_are_refused(ada: Inspecting) -> None:
    set_id = await ada.new_set([await ada.upload(part(1))])
    line = Polygon(points=[Point(x=0.5, y=y) for y in (0, 0.5, 1)])
    outside = Polygon(points=[Point(x=0, y=0), Point(x=2, y=0), Point(x=0, y=1)])
    for area in (line, outside, Polygon(points=[Point(x=1, y=0)])):
        settings = pb.CalibrationSettings(regions_of_interest=[area])
        fields = {"reference_set_id": set_id, "settings": settings}
        assert await ada.refused("CalibrateReferenceSet", **fields) == "INVALID_REQUEST"
    whole = pb.CalibrationSettings(
        scorer=pb.CalibrationSettings.IMAGE_KNN, regions_of_interest=[strip(0, 0.5)]
    )
    fields = {"reference_set_id": set_id, "settings": whole}
    assert await ada.refused("CalibrateReferenceSet", **fields) == "INVALID_REQUEST"


async def test_two_banks_score_together_and_take_further_images(ada: Inspecting) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(7))
    two = pb.CalibrationSettings.BANKS_TWO
    set_id = await ada.ready_set(image_ids[:5], target=0.2, banks=two)
    one, other = [await ada.inspect(set_id, part(50), heatmap=True) for _ in range(2)]
    assert (one.score, one.heatmap) == (other.score, other.heatmap), "equal requests, equal answers"
    bad = await ada.inspect(set_id, part(51, defect="red"), heatmap=True)
    assert bad.verdict == pb.InspectResponse.ANOMALOUS
    assert bad.regions
    await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=image_ids[5:])
    ended = await ada.calibrate(set_id, banks=two)
    assert ended.state == pb.Job.SUCCEEDED, ended.error
    grown, first = await ada.versions(set_id)
    assert (grown.base_version, grown.image_count) == (1, 7)
    assert grown.settings.banks == two
    assert grown.banks == first.banks
    assert (first.banks.count, first.banks.explanation) == (2, "Two banks were asked for.")
    assert first.banks.scale > 0
    assert first.banks.HasField("painted_auroc_two")


async def test_a_deleted_image_leaves_the_set_and_its_versions_go_on(ada: Inspecting) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(6))
    set_id = await ada.ready_set(image_ids)
    before = await ada.inspect(set_id, part(50))
    await ada.delete(image_ids[2], permanently=True)

    async def gone() -> bool:
        return (await ada.see(set_id)).image_count == 5

    await eventually(gone, "the image has left the set")
    seen = await ada.see(set_id)
    assert seen.changed
    assert seen.state == pb.ReferenceSet.READY
    assert (await ada.inspect(set_id, part(50))).score == before.score
    ended = await ada.calibrate(set_id)
    assert (ended.state, len(ended.skipped), ended.images_total) == (
        pb.Job.SUCCEEDED, 0, 5,
    )  # fmt: skip
    assert (await ada.versions(set_id))[0].base_version == 0, "it has to forget the image"


async def test_an_image_deleted_while_it_is_calibrated_is_left_out_and_named(
    ada: Inspecting,
) -> None:
    image_ids = await ada.uploaded(part(seed) for seed in range(12))
    set_id = await ada.new_set(image_ids)
    embedder = ada.world.embedder
    embedder.answers.clear()
    try:
        begun = await ada.call("CalibrateReferenceSet", reference_set_id=set_id)

        async def running() -> bool:
            stage = (await ada.see(set_id)).last_calibration.stage
            return "features" in stage and bool(embedder.waiting)

        await eventually(running, "the first are in hand")
        await ada.delete(image_ids[11])
    finally:
        embedder.answers.set()
    ended = (await ada.watch(set_id, begun.job_id))[-1]
    assert ended.state == pb.Job.SUCCEEDED
    assert [(one.image_id, one.reason) for one in ended.skipped] == [
        (image_ids[11], "IMAGE_NOT_FOUND")
    ]
    assert (await ada.versions(set_id))[0].image_count == 11


async def test_whole_images_are_compared_with_their_nearest(ada: Inspecting) -> None:
    image_ids = [await ada.indexed(part(seed)) for seed in range(10)]
    set_id = await ada.ready_set(image_ids, target=0.2)
    ended = await ada.calibrate(set_id, scorer=pb.CalibrationSettings.IMAGE_KNN)
    assert (ended.state, ended.version) == (pb.Job.SUCCEEDED, 2), ended.error
    version = (await ada.versions(set_id))[0]
    assert version.settings.scorer == pb.CalibrationSettings.IMAGE_KNN
    assert (version.coreset_size, version.base_version) == (0, 0)
    good = await ada.inspect(set_id, part(60), heatmap=True, overlay=pb.InspectRequest.PNG)
    assert good.version == 2
    assert (good.heatmap, good.overlay, len(good.regions)) == (b"", b"", 0), "it says no where"
    bad = await ada.inspect(set_id, part(61, shade=20), nearest_limit=10)
    assert bad.verdict != pb.InspectResponse.NORMAL
    assert {one.image_id for one in bad.nearest} == set(image_ids)
    patches = await ada.inspect(set_id, part(61, shade=20), version=1)
    assert patches.verdict != pb.InspectResponse.NORMAL
    judged = [await ada.upload(part(70, shade=20)), await ada.upload(part(71))]
    for image_id, action in zip(judged, ("confirm_anomaly", "mark_normal"), strict=True):
        await ada.inspect(set_id, image_id=image_id)
        await ada.say(action, image_id)
    compared = await ada.compared(set_id, 1, 2)
    assert compared.a.true_positives == compared.b.true_positives == 1
    again = await ada.inspect(set_id, image_id=image_ids[0])
    assert again.nearest[0].image_id == image_ids[0]


async def test_a_model_that_changed_asks_for_a_new_calibration(
    ada: Inspecting, ready: Ready
) -> None:
    world = ada.world
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)))
    await world.stop_embedder()
    world.embedder.version = "v2"
    await world.start_embedder()
    try:

        async def refuses() -> bool:
            return (
                await ada.refused("Inspect", reference_set_id=set_id, image=part(1))
                == "MODEL_VERSION_CHANGED"
            )

        await eventually(refuses, "the version of another model is not used")
        ended = await ada.calibrate(set_id)
        assert (ended.state, ended.version) == (pb.Job.SUCCEEDED, 2)
        assert (await ada.inspect(set_id, part(1))).version == 2
        assert (await ada.versions(set_id))[0].base_version == 0
    finally:
        await world.stop_embedder()
        world.embedder.version = "v1"
        await world.start_embedder()
        await until_answered(ready)


async def test_a_set_and_a_view_get_other_names_from_their_owner(ada: Inspecting) -> None:
    set_id = await ada.new_set()
    view = await ada.view_of(set_id, "top")
    changed = await ada.call("RenameReferenceSet", reference_set_id=set_id, display_name="Zähler 2")
    assert changed.display_name == "Zähler 2"
    await ada.call("RenameReferenceSet", reference_set_id=view, display_name="Seite")
    found = await ada.see(set_id)
    assert found.display_name == "Zähler 2"
    assert [one.display_name for one in found.views] == ["Seite"]
    for name in ("", "two\nlines", "x" * 201):
        assert (
            await ada.refused("RenameReferenceSet", reference_set_id=set_id, display_name=name)
            == "INVALID_REQUEST"
        )
