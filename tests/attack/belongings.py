"""What somebody has at a mesh: one of each kind that a request can name."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.inspection.metal import part
from tests.support.person import PASSWORD, Person
from tests.support.resources import Kind

IMAGES = 4
"""Of a set; the next one is in no set, and inspected."""
NOBODY_HAS = {
    Kind.DELETION: "nobody here leaves",
    Kind.IDENTITY: "the mesh knows no provider; tests/wire/test_single_sign_on.py has one",
}
"""Kinds of which nobody here has one: their ids are of nothing."""


@dataclass(frozen=True)
class Belongings:
    """Ids of what is somebody's, by kind.

    Attributes:
        ids: One of each.
        apart: What a method names instead, by its name: only some are good for it, or it takes away
            what another method needs.
    """

    ids: dict[Kind, str]
    apart: dict[str, dict[Kind, str]] = field(default_factory=dict)

    def of(self, method: str) -> dict[Kind, str]:
        """What is named to a method."""
        return self.ids | self.apart.get(method, {})


async def belongings(person: Person, seed: int, host: Person) -> Belongings:
    """Makes one of everything: an image, a calibrated set, an inspection that was judged, …

    Args:
        person: Whose, at least an inspector.
        seed: Other people's images are others.
        host: Who invites them to groups and sets; at least an inspector.
    """
    image_ids = await asyncio.gather(
        *(_stored(person, part(100 * seed + number)) for number in range(IMAGES + 1))
    )
    *members, loose = image_ids
    made = await _post(person, "qa/reference-sets", displayName="parts")
    set_id = made["referenceSetId"]
    await _post(person, f"qa/reference-sets/{set_id}:add", imageIds=members)
    job_id = await _calibrated(person, set_id)
    inspected = await _post(person, "qa/inspect", referenceSetId=set_id, imageId=loose)
    inspected_part = await _post(
        person, "qa/inspect:part", referenceSetId=set_id, frames=[{"imageId": members[0]}]
    )
    said = await _post(person, "qa/feedback", imageId=loose, action="COMMENT", note="seen")
    claim = await _post(person, "qa/queue:claim", referenceSetId=set_id)
    keys = [
        await _post(person, "auth/api-keys", displayName="camera", scopes=["READ"])
        for _ in range(2)
    ]
    key_id, other_key_id = (one["apiKey"]["apiKeyId"] for one in keys)
    saved = [
        await _post(
            person,
            "search/saved",
            displayName="bright",
            query={"text": "metal", "minScore": 0.5},
        )
        for _ in range(2)
    ]
    search_id, other_search_id = (one["savedSearchId"] for one in saved)
    group_id = await _group(person)
    to_group, other_to_group = [await _invited_to_group(person, host) for _ in range(2)]
    to_set, other_to_set = [await _invited_to_set(person, host) for _ in range(2)]
    return Belongings(
        {
            Kind.IMAGE: loose,
            Kind.SAVED_SEARCH: search_id,
            Kind.VIDEO: await _video(person),
            Kind.RETENTION_RULE: await _retention_rule(person),
            Kind.REFERENCE_SET: set_id,
            Kind.JOB: job_id,
            Kind.INSPECTION: inspected["inspectionId"],
            Kind.PART_INSPECTION: inspected_part["partInspectionId"],
            Kind.FEEDBACK: said["feedbackId"],
            Kind.CLAIM: claim["claimId"],
            Kind.SESSION: await another_session(person),
            Kind.API_KEY: key_id,
            Kind.USER: person.user_id,
            Kind.GROUP: group_id,
            Kind.GROUP_INVITATION: to_group["invitationId"],
            Kind.SHARE_INVITATION: to_set["invitationId"],
        }
        | {kind: str(uuid4()) for kind in NOBODY_HAS},
        {
            "DeleteSavedSearch": {Kind.SAVED_SEARCH: other_search_id},
            "RemoveReferenceImages": {Kind.IMAGE: members[0]},
            "RevokeUserSession": {Kind.SESSION: await another_session(person)},
            "RevokeUserApiKey": {Kind.API_KEY: other_key_id},
            # Whom they sent one.
            "WithdrawGroupInvitation": {Kind.GROUP_INVITATION: await _invite(person, group_id)},
            "DeclineGroupInvitation": {Kind.GROUP_INVITATION: other_to_group["invitationId"]},
            # Their own is not theirs to take out; another person is not in it.
            "RemoveGroupMember": {Kind.USER: host.user_id},
            # What they joined when they accepted.
            "LeaveGroup": {Kind.GROUP: to_group["groupId"]},
            "DeclineShareInvitation": {Kind.SHARE_INVITATION: other_to_set["invitationId"]},
            "LeaveReferenceSet": {Kind.REFERENCE_SET: to_set["referenceSetId"]},
        },
    )


async def _video(person: Person) -> str:
    """A video that waits for its bytes."""
    made = await _post(
        person, "videos/uploads", filename="a.webm", contentType="video/webm", sizeBytes=9
    )
    return str(made["video"]["videoId"])


async def _retention_rule(person: Person) -> str:
    """A rule that holds for none of their images."""
    body = {"labelKey": "walk", "labelValue": "none", "keepDays": 36_500}
    answer = await person.call("PUT", "/api/retention-rules", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["retentionRuleId"])


async def _group(owner: Person) -> str:
    made = await _post(owner, "auth/groups", displayName="line 3")
    return str(made["groupId"])


async def _invite(owner: Person, group_id: str, email: str = "") -> str:
    invited = await _post(
        owner, f"auth/groups/{group_id}:invite", email=email or f"{uuid4().hex}@example.org"
    )
    return str(invited["invitationId"])


async def _invited_to_group(person: Person, host: Person) -> dict[str, str]:
    """An invitation of theirs to a group of somebody else's."""
    group_id = await _group(host)
    invitation_id = await _invite(host, group_id, person.email)
    return {"groupId": group_id, "invitationId": invitation_id}


async def _invited_to_set(person: Person, host: Person) -> dict[str, str]:
    """An invitation of theirs to a set of somebody else's, by address."""
    set_id = (await _post(host, "qa/reference-sets", displayName="offered"))["referenceSetId"]
    shared = await _post(host, f"qa/reference-sets/{set_id}:share", emails=[person.email])
    (invitation,) = shared["invitations"]
    return {"referenceSetId": set_id, "invitationId": invitation["invitationId"]}


async def joined_group(owner: Person, members: Iterable[Person]) -> str:
    """A group of the owner's that others are in."""
    group_id = await _group(owner)
    for member in members:
        invitation_id = await _invite(owner, group_id, member.email)
        await _post(member, f"auth/group-invitations/{invitation_id}:accept")
    return group_id


async def shared_set(
    owner: Person, members: Iterable[tuple[Person, str]], seed: int
) -> dict[Kind, str]:
    """A calibrated set of the owner's that others may use; what of it they can name.

    Args:
        owner: Whose it is.
        members: People and their roles.
        seed: Of its images.
    """
    images = [await _stored(owner, part(100 * seed + number)) for number in range(IMAGES)]
    made = await _post(owner, "qa/reference-sets", displayName="shared")
    set_id = made["referenceSetId"]
    await _post(owner, f"qa/reference-sets/{set_id}:add", imageIds=images)
    job_id = await _calibrated(owner, set_id)
    for member, role in members:
        path = f"qa/reference-sets/{set_id}:share"
        shared = await _post(owner, path, userIds=[member.user_id], role=role)
        (invitation,) = shared["invitations"]
        await _post(member, f"qa/invitations/{invitation['invitationId']}:accept")
    return {Kind.REFERENCE_SET: set_id, Kind.JOB: job_id, Kind.IMAGE: images[0]}


async def _stored(person: Person, content: bytes) -> str:
    answer = await person.send(content, "part.png", "image/png")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["imageId"])


async def _calibrated(person: Person, set_id: str) -> str:
    begun = await _post(person, f"qa/reference-sets/{set_id}:calibrate", targetFalseAlarmRate=0.3)
    path = f"/api/qa/reference-sets/{set_id}/jobs/{begun['jobId']}"
    watched = await person.call("GET", f"{path}:watch")
    lines = [json.loads(line) for line in watched.text.splitlines() if line]
    assert lines[-1]["job"]["state"] == "SUCCEEDED", lines[-1]
    return str(begun["jobId"])


async def another_session(person: Person) -> str:
    """Signs in once more, and gives that session's id."""
    before = await _sessions(person)
    body = {"email": person.email, "password": PASSWORD}
    signed_in = await person.http.post("/api/auth/login", json=body)
    assert signed_in.status_code == 200, signed_in.text
    (session_id,) = await _sessions(person) - before
    return session_id


async def _sessions(person: Person) -> set[str]:
    listed = await person.call("GET", "/api/auth/sessions", params={"pageSize": 100})
    assert listed.status_code == 200, listed.text
    return {one["sessionId"] for one in listed.json()["sessions"]}


async def _post(person: Person, path: str, **body: Any) -> dict[str, Any]:
    answer = await person.call("POST", f"/api/{path}", json=body)
    assert answer.status_code == 200, (path, answer.text)
    found: dict[str, Any] = answer.json()
    return found
