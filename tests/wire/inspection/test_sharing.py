"""Who may do what with a set, and what nobody learns of others."""

from typing import Any
from uuid import uuid4

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb

from tests.support.inspection.metal import part
from tests.support.inspection.people import Inspecting, Ready
from tests.support.services import error_info

A_UUID = str(uuid4())

LOOKING: dict[str, dict[str, Any]] = {
    "GetReferenceSet": {},
    "ListReferenceImages": {},
    "ListVersions": {},
    "GetJob": {"job_id": A_UUID},
    "ListJobs": {},
    "WatchJob": {"job_id": A_UUID},
    "CompareVersions": {"version_a": 1, "version_b": 1},
    "ExportFeedback": {},
    "GetScoreHistogram": {},
    "PreviewThreshold": {"thresholds": [1.0]},
}
CHANGING: dict[str, dict[str, Any]] = {
    "DeleteReferenceSet": {},
    "RenameReferenceSet": {"display_name": "mine"},
    "ShareReferenceSet": {"user_ids": [A_UUID]},
    "UnshareReferenceSet": {"user_ids": [A_UUID]},
    "AddReferenceImages": {"image_ids": [A_UUID]},
    "RemoveReferenceImages": {"image_ids": [A_UUID]},
    "ListProposedImages": {},
    "CalibrateReferenceSet": {},
    "CancelJob": {"job_id": A_UUID},
    "UseVersion": {"version": 1},
    "DeleteVersion": {"version": 1},
    "TrainHead": {},
    "SetThreshold": {"value": 1.0},
    "SetPartRule": {"rule": pb.PartRule(label="part")},
    "ProposeParts": {"rule": pb.PartRule(label="part")},
    "SetResultSink": {"sink": pb.ResultSink(redis_stream={})},
    "GetResultSink": {},
    "DeleteResultSink": {},
    "TestResultSink": {},
    "ListResultDeliveries": {},
    "RetryResultDeliveries": {},
}
INSPECTING: dict[str, dict[str, Any]] = {
    "Inspect": {"image": part(1)},
    "InspectPart": {"frames": [pb.PartFrame(image=part(1))]},
    "InspectStored": {"image_ids": [A_UUID]},
    "ExportVersion": {},
}
OWN: dict[str, dict[str, Any]] = {
    "GetStats": {},
    "ListFeedback": {},
    "ListReviewQueue": {},
    "ListInspections": {},
    "ClaimReviewItems": {},
}
"""Of a set that is not the caller's they show what the caller did with it, which may be nothing."""

OF_AN_INVITATION = {"AcceptShareInvitation", "DeclineShareInvitation"}
"""Of one that is to somebody else they say what they say of one that there is not."""

OF_A_GUEST: dict[str, dict[str, Any]] = {"LeaveReferenceSet": {}}
"""Whom a set is not shared with in person has none to give up; nor has its owner."""

OF_AN_INSPECTION = {"GetInspection", "SkipReviewItem", "UnskipReviewItem"}
"""Of one that the caller may not see they say what they say of one that there is not."""

NOT_OF_A_SET = {
    "ListShareInvitations",
    "CreateReferenceSet",
    "ListReferenceSets",
    "SubmitFeedback",
    "InspectImages",
    "DeleteFeedback",
    "ReleaseReviewItems",
}
STREAMED = {"WatchJob", "ExportFeedback", "ExportVersion", "InspectStored"}


def test_every_method_of_the_contract_is_tried_by_strangers() -> None:
    """A new method fails this until it says here who may call it."""
    (service,) = pb.DESCRIPTOR.services_by_name.values()
    of_a_set = LOOKING.keys() | CHANGING.keys() | INSPECTING.keys() | OWN.keys()
    tried = of_a_set | OF_A_GUEST.keys() | OF_AN_INVITATION | OF_AN_INSPECTION | NOT_OF_A_SET
    assert tried == {method.name for method in service.methods}
    assert all(service.methods_by_name[name].server_streaming for name in STREAMED)


async def answer_to(user: Inspecting, method: str, fields: dict[str, Any]) -> str:
    """The code, reason and words of a refusal; empty if there is none."""
    request = getattr(pb, f"{method}Request")(**fields)
    call = getattr(user.world.inspection, method)(request, metadata=user.token, timeout=20)
    try:
        if method in STREAMED:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return f"{error.code().name} {error_info(error).reason} {error.details()}"
    return ""


async def test_another_persons_set_is_as_if_it_did_not_exist(ready: Ready, ben: Inspecting) -> None:
    methods = LOOKING | CHANGING | INSPECTING | OF_A_GUEST | {"GetStats": {}}
    nothing = str(uuid4())
    for method, fields in methods.items():
        theirs = await answer_to(ben, method, {"reference_set_id": ready.set_id} | fields)
        none = await answer_to(ben, method, {"reference_set_id": nothing} | fields)
        assert theirs.startswith("NOT_FOUND REFERENCE_SET_NOT_FOUND "), method
        assert theirs == none.replace(nothing, ready.set_id), method
    found = await ben.call("ListReferenceSets")
    assert not found.reference_sets
    assert (await ready.owner.see(ready.set_id)).current_version == 1


async def test_who_a_set_is_shared_with_may_look_and_inspect_and_not_change_it(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    shared = await ada.share(set_id, ben)
    assert list(shared.members) == [
        pb.Member(user_id=ben.user_id, role=pb.Member.INSPECTOR, email=ben.email)
    ]
    seen = await ben.see(set_id)
    assert (seen.user_id, seen.state, seen.current_version) == (
        ada.user_id,
        pb.ReferenceSet.READY,
        1,
    )
    assert not seen.members, "only the owner sees them"
    listed = (await ben.call("ListReferenceSets")).reference_sets
    assert [one.reference_set_id for one in listed] == [set_id]
    assert (await ben.inspect(set_id, part(50))).verdict == pb.InspectResponse.NORMAL
    his = await ben.upload(part(51))
    inspected = await ben.inspect(set_id, image_id=his)
    await ben.say("mark_normal", his)
    await ben.say("comment", inspection_id=inspected.inspection_id, note="a fine one")
    for method, fields in LOOKING.items():
        answer = await answer_to(ben, method, {"reference_set_id": set_id} | fields)
        assert "REFERENCE_SET" not in answer, method
    for method, fields in CHANGING.items():
        answer = await answer_to(ben, method, {"reference_set_id": set_id} | fields)
        assert answer.startswith("PERMISSION_DENIED REFERENCE_SET_READ_ONLY "), method
    assert (await ada.see(set_id)).image_count == 3


async def test_unsharing_ends_it_at_once_also_on_a_stream(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    await ada.share(set_id, ben)
    stream = ben.world.inspection.InspectImages(metadata=ben.token, timeout=20)
    request = pb.InspectRequest(reference_set_id=set_id, image=part(52))
    await stream.write(pb.InspectImagesRequest(item_id="before", request=request))
    answer = await stream.read()
    assert isinstance(answer, pb.InspectImagesResponse)
    assert answer.HasField("inspection")
    await ada.call("UnshareReferenceSet", reference_set_id=set_id, user_ids=[ben.user_id])
    await stream.write(pb.InspectImagesRequest(item_id="after", request=request))
    answer = await stream.read()
    assert isinstance(answer, pb.InspectImagesResponse)
    assert answer.error.code == grpc.StatusCode.NOT_FOUND.value[0]
    stream.cancel()
    assert await ben.refused("GetReferenceSet", reference_set_id=set_id) == (
        "REFERENCE_SET_NOT_FOUND"
    )
    assert not (await ben.call("ListReferenceSets")).reference_sets


async def test_nobody_learns_of_what_others_inspected_and_said(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    await ada.share(set_id, ben)
    hers, his = await ada.upload(part(60, defect="red")), await ben.upload(part(61, defect="red"))
    found = await ada.inspect(set_id, image_id=hers)
    await ben.inspect(set_id, image_id=his)

    async def queue(user: Inspecting) -> list[str]:
        answer = await user.call("ListReviewQueue", reference_set_id=set_id)
        return [one.image_id for one in answer.items]

    assert (await queue(ada), await queue(ben)) == ([hers], [his])
    said = await ada.say("confirm_anomaly", hers, note="a scratch")
    assert said.inspection_id == found.inspection_id
    assert await queue(ada) == []
    assert not (await ben.call("ListFeedback")).feedback
    assert not (await ben.call("ListFeedback", image_id=hers)).feedback
    stats = await ben.call("GetStats", reference_set_id=set_id)
    assert (stats.inspected, stats.judged, len(stats.drift)) == (1, 0, 0)
    everything = await ben.call("GetStats")
    assert (everything.inspected, len(everything.drift)) == (1, 0)
    assert hers not in await exported(ben, set_id)
    for fields in ({"image_id": hers}, {"inspection_id": found.inspection_id}):
        reason = await ben.refused("SubmitFeedback", action="MARK_NORMAL", **fields)
        assert reason in {"IMAGE_NOT_FOUND", "INSPECTION_NOT_FOUND"}

    # The owner sees the numbers of all, and what was said; not whose images they are.
    await ben.say("mark_normal", his)
    stats = await ada.call("GetStats", reference_set_id=set_id)
    assert (stats.inspected, stats.anomalous, stats.judged) == (2, 2, 2)
    assert (stats.agreement.true_positives, stats.agreement.false_positives) == (1, 1)
    assert stats.drift[0].recent_count == 1, "what is defective tells nothing of drift"
    proposed = await ada.call("ListProposedImages", reference_set_id=set_id)
    assert not proposed.image_ids, "another person's image is not the owner's to add"


async def test_of_others_inspections_and_feedback_nobody_learns_and_changes_nothing(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    await ada.share(set_id, ben)
    hers, his = await ada.upload(part(62, defect="red")), await ben.upload(part(63, defect="red"))
    by_ada = await ada.inspect(set_id, image_id=hers)
    by_ben = await ben.inspect(set_id, image_id=his)
    said = await ada.say("confirm_anomaly", hers)

    nothing = str(uuid4())
    for method in OF_AN_INSPECTION:
        theirs = await answer_to(ben, method, {"inspection_id": by_ada.inspection_id})
        none = await answer_to(ben, method, {"inspection_id": nothing})
        assert theirs.startswith("NOT_FOUND INSPECTION_NOT_FOUND "), method
        assert theirs == none.replace(nothing, by_ada.inspection_id), method
    theirs = await answer_to(ben, "DeleteFeedback", {"feedback_id": said.feedback_id})
    none = await answer_to(ben, "DeleteFeedback", {"feedback_id": nothing})
    assert theirs.startswith("NOT_FOUND FEEDBACK_NOT_FOUND ")
    assert theirs == none.replace(nothing, said.feedback_id)
    assert len((await ada.call("ListFeedback", reference_set_id=set_id)).feedback) == 1

    async def listed(user: Inspecting) -> set[str]:
        found = await user.call("ListInspections", reference_set_id=set_id)
        return {one.inspection.inspection_id for one in found.inspections}

    assert await listed(ben) == {by_ben.inspection_id}
    assert await listed(ada) == {by_ada.inspection_id, by_ben.inspection_id}
    seen = await ada.call("GetInspection", inspection_id=by_ben.inspection_id, overlay="PNG")
    assert seen.user_id == ben.user_id
    assert not seen.inspection.overlay, "another person's image is not drawn"
    assert not seen.HasField("preview")
    claimed = await ada.call("ClaimReviewItems", reference_set_id=set_id)
    assert not claimed.items, "what others inspected is theirs to judge"
    for user, recent in ((ben, 1), (ada, 2)):
        version: dict[str, Any] = {"reference_set_id": set_id, "version": 1}
        histogram = await user.call("GetScoreHistogram", **version)
        previewed = await user.call("PreviewThreshold", thresholds=[1.0], **version)
        assert (histogram.recent_count, previewed.recent_count) == (recent, recent)
    claim = await ben.call("ClaimReviewItems", reference_set_id=set_id)
    await ada.call("ReleaseReviewItems", claim_id=claim.claim_id)
    assert not (await ben.call("ClaimReviewItems", reference_set_id=set_id)).items

    await ada.call("UnshareReferenceSet", reference_set_id=set_id, user_ids=[ben.user_id])
    still = await ben.call("GetInspection", inspection_id=by_ben.inspection_id)
    assert still.inspection.score == by_ben.score
    assert not any(one.HasField("preview") for one in still.inspection.nearest)


async def exported(user: Inspecting, set_id: str) -> str:
    request = pb.ExportFeedbackRequest(reference_set_id=set_id, format=pb.ExportFeedbackRequest.CSV)
    call = user.world.inspection.ExportFeedback(request, metadata=user.token, timeout=20)
    return b"".join([body.data async for body in call]).decode()


async def test_another_persons_image_is_not_added_and_not_inspected(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    his, hers = await ben.upload(part(70)), await ada.upload(part(71))
    error = await ada.refusal_of(
        "AddReferenceImages", reference_set_id=set_id, image_ids=[hers, his]
    )
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error_info(error).reason == "IMAGE_NOT_FOUND"
    listed = (await ada.call("ListReferenceImages", reference_set_id=set_id)).image_ids
    assert hers not in listed, "all are added or none"
    for image_id in (his, str(uuid4())):
        error = await ada.refusal_of("Inspect", reference_set_id=set_id, image_id=image_id)
        assert (error.code(), error.details()) == (
            grpc.StatusCode.NOT_FOUND,
            "there is no such image",
        )
        assert error_info(error).reason == "IMAGE_NOT_FOUND"


@pytest.fixture
async def world_of_two(ada: Inspecting, ben: Inspecting) -> tuple[Inspecting, Inspecting, str]:
    """Ada, Ben, and a calibrated set of three images that is Ada's."""
    set_id = await ada.ready_set(await ada.uploaded(part(seed) for seed in range(3)), target=0.3)
    return ada, ben, set_id


async def test_a_viewer_may_look_and_not_inspect(
    world_of_two: tuple[Inspecting, Inspecting, str],
) -> None:
    ada, ben, set_id = world_of_two
    shared = await ada.share(set_id, ben, pb.Member.VIEWER)
    assert [one.role for one in shared.members] == [pb.Member.VIEWER]
    for method, fields in LOOKING.items():
        if method.startswith(("Get", "List")):
            answer = await answer_to(ben, method, {"reference_set_id": set_id} | fields)
            assert "REFERENCE_SET" not in answer, method
    for method, fields in INSPECTING.items():
        answer = await answer_to(ben, method, {"reference_set_id": set_id} | fields)
        assert "REFERENCE_SET_READ_ONLY" in answer, method
    await ada.share(set_id, ben)
    assert (await ben.inspect(set_id, part(50))).verdict == pb.InspectResponse.NORMAL
