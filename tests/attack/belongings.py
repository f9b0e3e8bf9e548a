"""What somebody has at a mesh: one of each kind that a request can name."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.support.inspection.metal import part
from tests.support.person import PASSWORD, Person
from tests.support.resources import Kind

IMAGES = 4
"""Of a set; the next one is in no set, and inspected."""


@dataclass(frozen=True)
class Belongings:
    """Ids of what is somebody's, by kind.

    Attributes:
        ids: One of each.
        member_image_id: An image of the set.
    """

    ids: dict[Kind, str]
    member_image_id: str


async def belongings(person: Person, seed: int) -> Belongings:
    """Makes one of everything: an image, a calibrated set, an inspection that was judged, …

    Args:
        person: Whose, at least an inspector.
        seed: Other people's images are others.
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
    said = await _post(person, "qa/feedback", imageId=loose, action="COMMENT", note="seen")
    claim = await _post(person, "qa/queue:claim", referenceSetId=set_id)
    key = await _post(person, "auth/api-keys", displayName="camera", scopes=["READ"])
    return Belongings(
        {
            Kind.IMAGE: loose,
            Kind.REFERENCE_SET: set_id,
            Kind.JOB: job_id,
            Kind.INSPECTION: inspected["inspectionId"],
            Kind.FEEDBACK: said["feedbackId"],
            Kind.CLAIM: claim["claimId"],
            Kind.SESSION: await another_session(person),
            Kind.API_KEY: key["apiKey"]["apiKeyId"],
            Kind.USER: person.user_id,
            # Nobody here leaves.
            Kind.DELETION: str(uuid4()),
        },
        members[0],
    )


async def shared_set(owner: Person, members: dict[str, str], seed: int) -> dict[Kind, str]:
    """A calibrated set of the owner's that others may use; what of it they can name.

    Args:
        owner: Whose it is.
        members: Roles by user id.
        seed: Of its images.
    """
    images = [await _stored(owner, part(100 * seed + number)) for number in range(IMAGES)]
    made = await _post(owner, "qa/reference-sets", displayName="shared")
    set_id = made["referenceSetId"]
    await _post(owner, f"qa/reference-sets/{set_id}:add", imageIds=images)
    job_id = await _calibrated(owner, set_id)
    for user_id, role in members.items():
        await _post(owner, f"qa/reference-sets/{set_id}:share", userIds=[user_id], role=role)
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
