"""Who inspects metal parts: what they have when a test begins."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.inspection.metal import part
from tests.support.person import Person

NORMALS = 24
DEFECTS = ("yellow", "black", "white")
"""Colours of the patches on defective parts: no part is like them."""


def plate(seed: int, defect: str = "") -> bytes:
    """A part, or a defective one."""
    return part(seed, size=(192, 192), defect=defect)


@dataclass(frozen=True)
class Workshop:
    """A person with normal parts, and a calibrated set of them that has been worked with."""

    owner: Person
    set_id: str
    normal_ids: list[str]
    """In the set; labelled `line: good`."""
    defect_ids: list[str]
    """Inspected, and judged by nobody."""
    judged_id: str
    """Inspected, and confirmed as anomalous."""


async def post(person: Person, path: str, **body: Any) -> dict[str, Any]:
    """Calls inspection."""
    answer = await person.call("POST", f"/api/qa/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def furnish(
    owner: Person,
    name: str = "Brushed plates",
    *,
    picture: Callable[[int, str], bytes] = plate,
    stem: str = "plate",
    defects: Sequence[str] = (*DEFECTS, "red"),
) -> Workshop:
    """Uploads, teaches and inspects over REST.

    Args:
        picture: Makes a normal image of a number, or one with a defect of that name.
        stem: How files of normal images are called.
        defects: One image each; the last is judged.
    """
    normal_ids = [
        image["imageId"]
        for image in await asyncio.gather(
            *(
                owner.add(picture(seed, ""), f"{stem}-{seed:02}.png", labels={"line": "good"})
                for seed in range(NORMALS)
            )
        )
    ]
    set_id = (await post(owner, "reference-sets", displayName=name))["referenceSetId"]
    await post(owner, f"reference-sets/{set_id}:add", imageIds=normal_ids)
    await calibrate(owner, set_id)
    defect_ids = []
    for at, defect in enumerate(defects):
        image = await owner.add(
            picture(100 + at, defect), f"{defect}.png", labels={"line": "rejected"}
        )
        defect_ids.append(image["imageId"])
        await post(owner, "inspect", referenceSetId=set_id, imageId=image["imageId"])
    judged_id = defect_ids.pop()
    await post(owner, "feedback", imageId=judged_id, action="confirm_anomaly", note="red paint")
    return Workshop(owner, set_id, normal_ids, defect_ids, judged_id)


async def calibrate(owner: Person, set_id: str) -> None:
    """Calibrates, and waits until it is done."""
    begun = await post(owner, f"reference-sets/{set_id}:calibrate", targetFalseAlarmRate=0.05)
    job = f"/api/qa/reference-sets/{set_id}/jobs/{begun['jobId']}"
    watched = await owner.call("GET", f"{job}:watch")
    ended = json.loads(watched.text.splitlines()[-1])["job"]
    assert ended["state"] == "SUCCEEDED", ended
