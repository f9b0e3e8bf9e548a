"""What people say of inspected images, and what becomes of it."""

import csv
import io
import json
import re
from typing import Any

import grpc
import pypdf
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from argus.type.v1 import geometry_pb2

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting
from tests.support.services import error_info


def outlined(*corners: tuple[float, float]) -> geometry_pb2.Polygon:
    return geometry_pb2.Polygon(points=[geometry_pb2.Point(x=x, y=y) for x, y in corners])


async def exported(
    user: Inspecting, set_id: str, format_: pb.ExportFeedbackRequest.Format, version: int = 0
) -> tuple[set[str], bytes]:
    """The media types and the bytes of an export."""
    request = pb.ExportFeedbackRequest(reference_set_id=set_id, format=format_, version=version)
    call = user.world.inspection.ExportFeedback(request, metadata=user.token, timeout=60)
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

    empty = await ada.new_set()
    assert (
        json.loads((await exported(ada, empty, pb.ExportFeedbackRequest.COCO))[1])["images"] == []
    )


async def test_a_report_is_of_a_version_and_of_those_that_score_alike(
    ada: Inspecting, ben: Inspecting
) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    bad, good = await ada.uploaded([part(700, defect="red", size=(120, 80)), part(701)])
    first = [await ada.inspect(set_id, image_id=image_id) for image_id in (bad, good)]
    box = geometry_pb2.Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    await ada.say("relabel", bad, label="царапина", note="<b>long</b>, “deep”", region=box)
    await ada.say("mark_normal", good)
    await ada.share(set_id, ben)
    made = await ada.call("SetThreshold", reference_set_id=set_id, value=2 * first[0].score)
    assert made.version == 2

    types, content = await exported(ada, set_id, pb.ExportFeedbackRequest.HTML)
    assert types == {"text/html; charset=utf-8"}
    page = content.decode()
    assert "report of version 2" in page
    assert "2 judged images" in page
    if not first[0].off_distribution:
        assert "data:image/jpeg;base64," in page, "it is missed at that threshold"
        assert "&lt;b&gt;long&lt;/b&gt;" in page
    assert "<b>long</b>" not in page

    types, content = await exported(ada, set_id, pb.ExportFeedbackRequest.PDF, version=1)
    assert types == {"application/pdf"}
    text = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(content)).pages)
    assert "report of version 1" in text
    assert "царапина" in text
    assert re.search(r"Painted\s+defects", text)

    _, content = await exported(ben, set_id, pb.ExportFeedbackRequest.HTML)
    page = content.decode()
    assert "your own inspections only" in page
    assert "None yet." in page
    for hidden in (bad, good, "deep", "image/jpeg", "царапина"):
        assert hidden not in page, "what others inspected and said is the owner's"

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await exported(ada, set_id, pb.ExportFeedbackRequest.PDF, version=9)
    assert error_info(refused.value).reason == "VERSION_NOT_FOUND"
    _, content = await exported(ada, await ada.new_set(), pb.ExportFeedbackRequest.PDF)
    assert content.startswith(b"%PDF-")


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
            ).verdict != pb.InspectResponse.NORMAL
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


async def test_an_outline_is_kept_listed_exported_and_learnt_from(ada: Inspecting) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(4)), target=0.3)
    image_id = await ada.upload(part(730, defect="red", size=(120, 80)))
    found = await ada.inspect(set_id, image_id=image_id)
    outline = outlined((0.25, 0.5), (0.5, 0.5), (0.5, 0.75), (0.25, 0.75))
    said = await ada.say("confirm_anomaly", image_id, polygons=[outline])
    assert list(said.polygons) == [outline]
    assert said.region == geometry_pb2.Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    (listed,) = (await ada.call("ListFeedback", reference_set_id=set_id)).feedback
    past = await ada.call("GetInspection", inspection_id=found.inspection_id)
    assert [listed.polygons, past.feedback[0].polygons] == [[outline], [outline]]
    _, content = await exported(ada, set_id, pb.ExportFeedbackRequest.COCO)
    (annotation,) = json.loads(content)["annotations"]
    assert annotation["segmentation"] == [[30, 40, 60, 40, 60, 60, 30, 60]]


@pytest.mark.parametrize(
    "polygon",
    [
        outlined((0.1, 0.1), (0.2, 0.2)),
        outlined((0.1, 0.1), (0.2, 0.2), (0.1, 1.2)),
        outlined((0.1, 0.1), (0.2, 0.1), (0.3, 0.1)),
        outlined(*[(0.1, 0.1), (0.2, 0.2), (0.1, 0.3)] * 67),
        outlined((0.1, 0.1), (0.2, 0.2), (0.1, float("nan"))),
    ],
)
async def test_what_is_no_outline_is_refused(
    ada: Inspecting, polygon: geometry_pb2.Polygon
) -> None:
    image_id = await ada.upload(part(731))
    refused = await ada.refusal_of(
        "SubmitFeedback", image_id=image_id, action="CONFIRM_ANOMALY", polygons=[polygon]
    )
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert not (await ada.call("ListFeedback", image_id=image_id)).feedback


async def test_a_training_says_what_to_judge_next_and_the_queue_asks_for_it(
    ada: Inspecting,
) -> None:
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(20)), target=0.1)
    harmless = await ada.uploaded(part(740 + n, defect="blue") for n in range(10))
    stains = await ada.uploaded(part(760 + n, defect="red") for n in range(9))
    rare = await ada.uploaded(part(780 + n, defect="cyan") for n in range(3))
    box = geometry_pb2.Box(left=0.25, top=0.5, right=0.5, bottom=0.75)
    said: list[tuple[list[str], str, dict[str, Any]]] = [
        (harmless, "mark_normal", {}),
        (stains, "relabel", {"label": "stain", "region": box}),
        (rare, "relabel", {"label": "Rust"}),
    ]
    for images, action, fields in said:
        for image_id in images:
            await ada.inspect(set_id, image_id=image_id)
            await ada.say(action, image_id, **fields)
    trained = await ada.trained(set_id)
    assert (trained.marked_count, trained.part_count) == (9, 22)
    assert trained.gain_low <= trained.auroc_with - trained.auroc_without <= trained.gain_high
    wanted = {one.kind: one for one in trained.wanted}
    assert {kind: one.count for kind, one in wanted.items()} == {
        "normal": 10,
        "stain": 9,
        "rust": 3,
    }
    assert (wanted["rust"].advice, wanted["rust"].more) == (pb.WantedFeedback.TOO_EARLY, 5)
    (job,) = (await ada.call("ListJobs", reference_set_id=set_id, kind="HEAD_TRAINING")).jobs
    assert job.head_training == trained

    another = await ada.upload(part(790, defect="cyan"))
    await ada.inspect(set_id, image_id=another)
    (item,) = (await ada.call("ListReviewQueue", reference_set_id=set_id)).items
    assert item.reason != pb.ReviewItem.REASON_UNSPECIFIED
    # It is asked for as rust if rust is still ranked wrongly, and not if there is nothing to learn.
    assert (item.wanted > 0) == (wanted["rust"].error > 0.02)


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
