"""What people say of inspected images, and what becomes of it."""

import csv
import io
import json

import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from argus.type.v1 import geometry_pb2

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting


async def exported(
    user: Inspecting, set_id: str, format_: pb.ExportFeedbackRequest.Format
) -> tuple[set[str], bytes]:
    """The media types and the bytes of an export."""
    request = pb.ExportFeedbackRequest(reference_set_id=set_id, format=format_)
    call = user.world.inspection.ExportFeedback(request, metadata=user.token, timeout=20)
    pieces = [body async for body in call]
    return {body.content_type for body in pieces}, b"".join(body.data for body in pieces)


async def test_feedback_is_exported_in_every_format(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    bad, good = await ada.uploaded([part(700, defect="red", size=(120, 80)), part(701)])
    for image_id in (bad, good):
        await ada.inspect(set_id, image_id=image_id)
    box = geometry_pb2.Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    await ada.say("relabel", bad, label="scratch", note="<b>long</b>, “deep”", region=box)
    await ada.say("mark_normal", good)

    types, content = await exported(ada, set_id, pb.ExportFeedbackRequest.COCO)
    assert types == {"application/json"}
    coco = json.loads(content)
    assert "scratch" in {category["name"] for category in coco["categories"]}
    (annotation,) = coco["annotations"]
    assert annotation["bbox"] == pytest.approx([30, 40, 30, 20])
    assert len(coco["images"]) == 2

    types, content = await exported(ada, set_id, pb.ExportFeedbackRequest.CSV)
    assert types == {"text/csv; charset=utf-8"}
    rows = {row["image_id"]: row for row in csv.DictReader(io.StringIO(content.decode()))}
    assert rows.keys() == {bad, good}
    assert "scratch" in rows[bad].values()

    types, content = await exported(ada, set_id, pb.ExportFeedbackRequest.HTML)
    assert types == {"text/html; charset=utf-8"}
    page = content.decode()
    assert "data:image/webp;base64," in page
    assert "&lt;b&gt;long&lt;/b&gt;" in page
    assert "<b>long</b>" not in page

    empty = await ada.new_set()
    assert (
        json.loads((await exported(ada, empty, pb.ExportFeedbackRequest.COCO))[1])["images"] == []
    )


async def test_feedback_is_listed_newest_first_in_pages(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    image_id = await ada.upload(part(710))
    await ada.inspect(set_id, image_id=image_id)
    for action in ("mark_normal", "comment", "confirm_anomaly"):
        await ada.say(action, image_id)
    first = await ada.call("ListFeedback", reference_set_id=set_id, page_size=2)
    rest = await ada.call("ListFeedback", reference_set_id=set_id, page_token=first.next_page_token)
    said = [one.action for one in (*first.feedback, *rest.feedback)]
    assert said == [pb.Feedback.CONFIRM_ANOMALY, pb.Feedback.COMMENT, pb.Feedback.MARK_NORMAL]
    assert {one.user_id for one in first.feedback} == {ada.user_id}
    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert (stats.inspected, stats.judged) == (1, 1), "the last word counts, once"


async def test_the_queue_shows_what_nobody_judged(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    odd = await ada.upload(part(720, defect="lime"))
    alike = [await ada.upload(part(721)) for _ in range(4)]
    for image_id in (odd, *alike):
        await ada.inspect(set_id, image_id=image_id)
    await ada.inspect(set_id, part(722))
    items = (await ada.call("ListReviewQueue", reference_set_id=set_id)).items
    queued = [one.image_id for one in items]
    assert odd in queued, "what was not stored cannot be shown"
    assert len(set(queued) & set(alike)) == 1, "no two alike"
    assert all(0 <= one.uncertainty <= 1 and 0 <= one.novelty <= 1 for one in items)
    await ada.say("confirm_anomaly", odd)
    left = (await ada.call("ListReviewQueue", reference_set_id=set_id)).items
    assert odd not in [one.image_id for one in left]


async def test_a_head_is_made_only_when_it_helps(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    assert await ada.refused("TrainHead", reference_set_id=set_id) == "FEEDBACK_INSUFFICIENT"
    # Blue stains are harmless, red ones are not, and both are as far from normal.
    harmless = await ada.uploaded(part(800 + n, defect="blue") for n in range(12))
    defects = await ada.uploaded(part(820 + n, defect="red") for n in range(12))
    for images, action in ((harmless, "mark_normal"), (defects, "confirm_anomaly")):
        for image_id in images:
            assert (
                await ada.inspect(set_id, image_id=image_id)
            ).verdict == pb.InspectResponse.ANOMALOUS
            await ada.say(action, image_id)
    trained = await ada.trained(set_id)
    assert (trained.normal_count, trained.defect_count) == (12, 12)
    assert trained.explanation
    assert trained.auroc_without < 0.9, "the score alone does not tell them apart"
    assert (trained.kept, trained.version) == (True, 2), trained.explanation
    assert trained.auroc_with > trained.auroc_without
    seen = await ada.see(set_id)
    assert seen.current_version == 1, "it is not taken into use by itself"
    version = (await ada.versions(set_id))[0]
    assert (version.has_head, version.base_version) == (True, 1)
    with_head, without = [
        await ada.inspect(set_id, part(840, defect="blue"), version=number) for number in (2, 1)
    ]
    assert with_head.score < without.score, "what people called normal counts for less"


async def test_a_head_that_is_no_better_is_not_kept(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    good = await ada.uploaded(part(900 + n) for n in range(8))
    bad = await ada.uploaded(part(920 + n, defect="red") for n in range(8))
    for images, action in ((good, "mark_normal"), (bad, "confirm_anomaly")):
        for image_id in images:
            await ada.inspect(set_id, image_id=image_id)
            await ada.say(action, image_id)
    trained = await ada.trained(set_id)
    assert (trained.kept, trained.version) == (False, 0)
    assert trained.auroc_without == 1
    assert trained.explanation.startswith("Not kept")
    assert len(await ada.versions(set_id)) == 1


async def test_a_head_needs_a_scorer_that_it_can_correct(ada: Inspecting) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(4)))
    await ada.calibrate(set_id, scorer=pb.CalibrationSettings.IMAGE_KNN)
    assert await ada.refused("TrainHead", reference_set_id=set_id) == "SCORER_UNSUPPORTED"
