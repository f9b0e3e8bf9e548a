"""What is refused, with which reason, and what of a request was wrong."""

from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from argus.type.v1 import geometry_pb2

from tests.support.colours import MODEL
from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready, item
from tests.support.pictures import drawing, encoded, png_claiming, png_with_bomb, sixteen_bit_png
from tests.support.services import bad_request, error_info

INVALID = grpc.StatusCode.INVALID_ARGUMENT
MISSING = grpc.StatusCode.NOT_FOUND
NOT_NOW = grpc.StatusCode.FAILED_PRECONDITION
NOWHERE = str(uuid4())


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("CreateReferenceSet", {"display_name": ""}, "display_name"),
        ("CreateReferenceSet", {"display_name": "x" * 201}, "display_name"),
        ("CreateReferenceSet", {"display_name": "a\0b"}, "display_name"),
        ("ListReferenceSets", {"page_size": 201}, "page_size"),
        ("GetReferenceSet", {"reference_set_id": "tiles"}, "reference_set_id"),
        ("AddReferenceImages", {"image_ids": []}, "image_ids"),
        ("AddReferenceImages", {"image_ids": ["a.png"]}, "image_ids[0]"),
        ("AddReferenceImages", {"image_ids": [NOWHERE] * 501}, "image_ids"),
        ("ShareReferenceSet", {"user_ids": ["ben"]}, "user_ids[0]"),
        ("ShareReferenceSet", {"emails": ["ben"]}, "emails[0]"),
        ("ShareReferenceSet", {"group_ids": ["line 3"]}, "group_ids[0]"),
        ("ShareReferenceSet", {"emails": ["ben@example.org"] * 101}, "emails"),
        ("ShareReferenceSet", {}, ""),
        ("UnshareReferenceSet", {}, ""),
        ("CalibrateReferenceSet", {"target_false_alarm_rate": 0.6}, "target_false_alarm_rate"),
        ("CalibrateReferenceSet", {"target_false_alarm_rate": -0.1}, "target_false_alarm_rate"),
        (
            "CalibrateReferenceSet",
            {"settings": pb.CalibrationSettings(coreset_size=300_001)},
            "settings.coreset_size",
        ),
        ("UseVersion", {"version": 0}, "version"),
        ("Inspect", {}, "source"),
        ("Inspect", {"image_id": "a.png"}, "image_id"),
        ("Inspect", {"image": b"x", "nearest_limit": 21}, "nearest_limit"),
        ("Inspect", {"image": b"x", "version": -1}, "version"),
        ("Inspect", {"image": b"x", "request_id": "again"}, "request_id"),
        ("ListReviewQueue", {"page_size": 101}, "page_size"),
    ],
)
async def test_what_a_request_may_not_say(
    ready: Ready, method: str, fields: dict[str, Any], field: str
) -> None:
    request = getattr(pb, f"{method}Request")
    if "reference_set_id" in request.DESCRIPTOR.fields_by_name:
        fields = {"reference_set_id": ready.set_id} | fields
    error = await ready.owner.refusal_of(method, **fields)
    assert error.code() is INVALID
    assert error_info(error).reason == "INVALID_REQUEST"
    violations = [violation.field for violation in bad_request(error).field_violations]
    assert violations == [field]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"action": 99}, "INVALID_REQUEST", "action"),
        ({"action": "MARK_NORMAL", "note": "x" * 4001}, "INVALID_REQUEST", "note"),
        ({"action": "RELABEL", "image_id": NOWHERE}, "LABEL_MISSING", "label"),
        ({"action": "RELABEL", "image_id": NOWHERE, "label": " "}, "LABEL_MISSING", "label"),
        (
            {
                "action": "CONFIRM_ANOMALY",
                "image_id": NOWHERE,
                "region": geometry_pb2.Box(left=0.2, right=1.1, bottom=1),
            },
            "INVALID_REQUEST",
            "region.right",
        ),
        (
            {
                "action": "CONFIRM_ANOMALY",
                "image_id": NOWHERE,
                "region": geometry_pb2.Box(left=0.5, right=0.2, bottom=1),
            },
            "INVALID_REQUEST",
            "region",
        ),
    ],
)
async def test_what_feedback_may_not_say(
    ada: Inspecting, fields: dict[str, Any], reason: str, field: str
) -> None:
    error = await ada.refusal_of("SubmitFeedback", **fields)
    assert error.code() is INVALID
    assert error_info(error).reason == reason
    assert [one.field for one in bad_request(error).field_violations] == [field]


async def test_feedback_is_about_something_that_is_there(ready: Ready, ada: Inspecting) -> None:
    for fields, reason in (
        ({}, "INSPECTION_NOT_FOUND"),
        ({"image_id": NOWHERE}, "IMAGE_NOT_FOUND"),
        ({"inspection_id": NOWHERE}, "INSPECTION_NOT_FOUND"),
    ):
        error = await ada.refusal_of("SubmitFeedback", action="MARK_NORMAL", **fields)
        assert (error.code(), error_info(error).reason) == (MISSING, reason)
    owner = ready.owner
    one, other = await owner.uploaded([part(400), part(401)])
    inspected = await owner.inspect(ready.set_id, image_id=one)
    reason = await owner.refused(
        "SubmitFeedback",
        action="COMMENT",
        image_id=other,
        inspection_id=inspected.inspection_id,
    )
    assert reason == "INSPECTION_NOT_FOUND", "that inspection was of another image"
    never_inspected = await owner.say("comment", other, note="what is this?")
    assert (never_inspected.inspection_id, never_inspected.reference_set_id) == ("", "")


async def test_what_a_set_must_have_first(ada: Inspecting) -> None:
    set_id = await ada.new_set()
    for method, fields, code, reason in (
        ("CalibrateReferenceSet", {}, NOT_NOW, "REFERENCE_SET_EMPTY"),
        ("Inspect", {"image": part(1)}, NOT_NOW, "REFERENCE_SET_NOT_READY"),
        ("Inspect", {"image": part(1), "version": 3}, MISSING, "VERSION_NOT_FOUND"),
        ("UseVersion", {"version": 1}, MISSING, "VERSION_NOT_FOUND"),
        ("DeleteVersion", {"version": 1}, MISSING, "VERSION_NOT_FOUND"),
        ("CompareVersions", {"version_a": 1, "version_b": 2}, MISSING, "VERSION_NOT_FOUND"),
        ("TrainHead", {}, NOT_NOW, "REFERENCE_SET_NOT_READY"),
        ("GetJob", {"job_id": NOWHERE}, MISSING, "JOB_NOT_FOUND"),
        ("CancelJob", {"job_id": NOWHERE}, MISSING, "JOB_NOT_FOUND"),
    ):
        error = await ada.refusal_of(method, reference_set_id=set_id, **fields)
        assert (error.code(), error_info(error).reason) == (code, reason), method
    for method in ("ListReferenceSets", "ListFeedback"):
        assert await ada.refused(method, page_token="forged") == "INVALID_PAGE_TOKEN"
    forged = await ada.refused("ListJobs", reference_set_id=set_id, page_token="forged")
    assert forged == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize(
    ("settings", "code", "reason", "field"),
    [
        ({"model": "nothing"}, MISSING, "MODEL_NOT_FOUND", "settings.model"),
        ({"size": 16}, INVALID, "PATCH_SIZE_UNSUPPORTED", "settings.size"),
        ({"size": 512}, INVALID, "PATCH_SIZE_UNSUPPORTED", "settings.size"),
        (
            {"scorer": pb.CalibrationSettings.IMAGE_KNN, "size": 128},
            INVALID,
            "PATCH_SIZE_UNSUPPORTED",
            "settings.size",
        ),
        (
            {"scorer": pb.CalibrationSettings.IMAGE_KNN, "model": "other"},
            MISSING,
            "MODEL_NOT_FOUND",
            "settings.model",
        ),
    ],
)
async def test_settings_must_fit_the_model(
    ready: Ready, settings: dict[str, Any], code: grpc.StatusCode, reason: str, field: str
) -> None:
    error = await ready.owner.refusal_of(
        "CalibrateReferenceSet",
        reference_set_id=ready.set_id,
        settings=pb.CalibrationSettings(**settings),
    )
    assert (error.code(), error_info(error).reason) == (code, reason)
    assert bad_request(error).field_violations[0].field == field
    assert (await ready.owner.see(ready.set_id)).state == pb.ReferenceSet.READY


async def test_adding_images_is_all_or_none_and_again_is_fine(ada: Inspecting) -> None:
    one, two, gone = await ada.uploaded(part(seed) for seed in range(3))
    await ada.delete(gone)
    pending = (await ada.reserve(part(9))).image.image_id
    set_id = await ada.new_set([one])
    for missing in (gone, pending, NOWHERE):
        error = await ada.refusal_of(
            "AddReferenceImages", reference_set_id=set_id, image_ids=[two, missing]
        )
        assert (error.code(), error_info(error).reason) == (MISSING, "IMAGE_NOT_FOUND")
        assert error_info(error).metadata["missing"] == missing
    assert (await ada.see(set_id)).image_count == 1
    both = [one.upper(), two, two]
    added = await ada.call("AddReferenceImages", reference_set_id=set_id, image_ids=both)
    assert added.image_count == 2
    first = await ada.call("ListReferenceImages", reference_set_id=set_id, page_size=1)
    rest = await ada.call(
        "ListReferenceImages", reference_set_id=set_id, page_token=first.next_page_token
    )
    assert [*first.image_ids, *rest.image_ids] == [one, two]
    removed = await ada.call(
        "RemoveReferenceImages", reference_set_id=set_id, image_ids=[one, NOWHERE]
    )
    assert removed.image_count == 1


BAD_IMAGES = {
    "no image": (b"no image", "IMAGE_UNREADABLE"),
    "cut": (encoded(drawing(1), "PNG")[:200], "IMAGE_UNREADABLE"),
    "cut jpeg": (encoded(drawing(1), "JPEG")[:100], "IMAGE_UNREADABLE"),
    "huge": (png_claiming(20_000, 20_000), "TOO_MANY_PIXELS"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
async def test_an_image_that_cannot_be_inspected_says_why(ready: Ready, name: str) -> None:
    image, reason = BAD_IMAGES[name]
    error = await ready.owner.refusal_of("Inspect", reference_set_id=ready.set_id, image=image)
    assert (error.code(), error_info(error).reason) == (INVALID, reason)


async def test_bytes_that_are_empty_say_so_on_a_stream(ready: Ready) -> None:
    answers = await ready.owner.inspect_all(
        [item("empty", ready.set_id), item("good", ready.set_id, part(1))]
    )
    assert answers["empty"].error.code == INVALID.value[0]
    assert answers["good"].HasField("inspection")


KINDS = {
    "1x1": part(1, size=(1, 1)),
    "grey": part(1, mode="L"),
    "16 bit": sixteen_bit_png(),
    "CMYK": part(1, mode="CMYK", format_="JPEG"),
    "palette": part(1, mode="P"),
    "bomb in its text": png_with_bomb(),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_images_of_every_kind_are_inspected(ready: Ready, kind: str) -> None:
    image = KINDS[kind]
    found = await ready.owner.inspect(
        ready.set_id, image, heatmap=True, overlay=pb.InspectRequest.PNG
    )
    assert found.score > 0
    assert found.heatmap
    assert found.overlay
    assert (found.verdict != pb.InspectResponse.NORMAL) == (
        found.score > found.threshold or found.off_distribution
    )
    if kind == "CMYK":
        assert not found.off_distribution
    if kind == "grey":
        assert found.off_distribution, "all references are coloured: it is another camera's"


async def test_one_calibration_at_a_time_and_it_can_be_cancelled(ada: Inspecting) -> None:
    set_id = await ada.new_set(await ada.uploaded(part(seed) for seed in range(3)))
    embedder = ada.world.embedder
    embedder.answers.clear()
    try:
        begun = await ada.call("CalibrateReferenceSet", reference_set_id=set_id)
        assert await ada.refused("CalibrateReferenceSet", reference_set_id=set_id) == (
            "CALIBRATION_UNDER_WAY"
        )
        seen = await ada.see(set_id)
        assert (seen.state, seen.current_version) == (pb.ReferenceSet.CALIBRATING, 0)
        assert seen.last_calibration.job_id == begun.job_id
        names = {"reference_set_id": set_id, "job_id": begun.job_id}
        cancelled = await ada.call("CancelJob", **names)
        assert cancelled.state == pb.Job.CANCELLED
        assert cancelled.HasField("end_time")
    finally:
        embedder.answers.set()
    again = await ada.call("CancelJob", **names)
    assert again == cancelled, "one that has ended stays as it is"
    assert [one.state for one in await ada.watch(set_id, begun.job_id)] == [pb.Job.CANCELLED]
    assert (await ada.see(set_id)).state == pb.ReferenceSet.EMPTY
    ended = await ada.calibrate(set_id)
    assert (ended.state, ended.version) == (pb.Job.SUCCEEDED, 1)
    assert ended.settings.model == MODEL
