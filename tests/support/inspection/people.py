"""What people do with inspection, in few words."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from argus.inspection.v1 import inspection_pb2 as pb
from google.protobuf.message import Message

from tests.support.eventually import DEADLINE_S, eventually
from tests.support.inspection.metal import part
from tests.support.services import error_info
from tests.support.user import register
from tests.support.world import World, WorldUser


class Inspecting(WorldUser):
    """Somebody who signed up, and what they do with reference sets."""

    async def call(self, method: str, request: Message | None = None, **fields: Any) -> Any:
        """Calls a method by its name with a request, or with the fields of one."""
        if request is None:
            request = getattr(pb, f"{method}Request")(**fields)
        stub = getattr(self.world.inspection, method)
        return await stub(request, metadata=self.token, timeout=DEADLINE_S)

    async def uploaded(self, contents: Iterable[bytes]) -> list[str]:
        """Ids of stored images, in their order."""
        return await asyncio.gather(
            *(
                self.upload(
                    content,
                    content_type="image/png" if content[1:4] == b"PNG" else "image/jpeg",
                )
                for content in contents
            )
        )

    async def new_set(self, image_ids: Sequence[str] = ()) -> str:
        """A set with images; its id."""
        made = await self.call("CreateReferenceSet", display_name="metal")
        if image_ids:
            await self.call(
                "AddReferenceImages", reference_set_id=made.reference_set_id, image_ids=image_ids
            )
        return str(made.reference_set_id)

    async def view_of(self, set_id: str, name: str = "top", *, copy: bool = True) -> str:
        """A view of a set, with the images that this has or without; its id."""
        made = await self.call(
            "CreateReferenceSet", display_name=name, view_of=set_id, copy_images=copy
        )
        return str(made.reference_set_id)

    async def calibrate(
        self, set_id: str, target: float = 0.0, *, from_scratch: bool = False, **settings: Any
    ) -> pb.Job:
        """Starts a calibration and waits for its end."""
        begun = await self.call(
            "CalibrateReferenceSet",
            reference_set_id=set_id,
            target_false_alarm_rate=target,
            settings=pb.CalibrationSettings(**settings) if settings else None,
            from_scratch=from_scratch,
        )
        return (await self.watch(set_id, begun.job_id))[-1]

    async def watch(self, set_id: str, job_id: str) -> list[pb.Job]:
        """All that a watcher is told, until the job ends."""
        request = pb.WatchJobRequest(reference_set_id=set_id, job_id=job_id)
        call = self.world.inspection.WatchJob(request, metadata=self.token, timeout=DEADLINE_S)
        return [seen.job async for seen in call if not seen.heartbeat]

    async def done(self, method: str, set_id: str, **fields: Any) -> pb.Job:
        """Starts a job and waits for its end, which is a success."""
        begun = await self.call(method, reference_set_id=set_id, **fields)
        ended = (await self.watch(set_id, begun.job_id))[-1]
        assert ended.state == pb.Job.SUCCEEDED, ended
        return ended

    async def compared(self, set_id: str, a: int, b: int) -> pb.Comparison:
        """Two versions held against feedback."""
        return (await self.done("CompareVersions", set_id, version_a=a, version_b=b)).comparison

    async def trained(self, set_id: str) -> pb.HeadTraining:
        """A head trained for the current version."""
        return (await self.done("TrainHead", set_id)).head_training

    async def ready_set(
        self, image_ids: Sequence[str], target: float = 0.0, **settings: Any
    ) -> str:
        """A set that was calibrated; its id."""
        set_id = await self.new_set(image_ids)
        ended = await self.calibrate(set_id, target, **settings)
        assert ended.state == pb.Job.SUCCEEDED, ended
        return set_id

    async def share(
        self, set_id: str, other: "Inspecting", role: pb.Member.Role = pb.Member.INSPECTOR
    ) -> pb.ReferenceSet:
        """Shares a set with somebody, who accepts if they are asked; as its owner sees it then."""
        await self.call(
            "ShareReferenceSet", reference_set_id=set_id, emails=[other.email], role=role
        )
        for offered in (await other.call("ListShareInvitations")).invitations:
            if offered.reference_set_id == set_id:
                await other.call("AcceptShareInvitation", invitation_id=offered.invitation_id)
        return await self.see(set_id)

    async def see(self, set_id: str) -> pb.ReferenceSet:
        """A set as it is now."""
        found: pb.ReferenceSet = await self.call("GetReferenceSet", reference_set_id=set_id)
        return found

    async def versions(self, set_id: str) -> list[pb.Version]:
        """A set's versions, newest first."""
        return list((await self.call("ListVersions", reference_set_id=set_id)).versions)

    async def inspect(
        self, set_id: str, image: bytes = b"", image_id: str = "", **fields: Any
    ) -> pb.InspectResponse:
        """Inspects an image, or a stored one."""
        source = {"image_id": image_id} if image_id else {"image": image}
        found: pb.InspectResponse = await self.call(
            "Inspect", reference_set_id=set_id, **source, **fields
        )
        return found

    async def inspect_all(self, items: Sequence[pb.InspectImagesRequest]) -> dict[str, Any]:
        """Inspects items over one stream; the answer to each, by its id."""
        call = self.world.inspection.InspectImages(
            iter(items), metadata=self.token, timeout=DEADLINE_S
        )
        answers = [answer async for answer in call]
        found = {answer.item_id: answer for answer in answers}
        assert len(found) == len(answers), "each is answered once"
        return found

    async def say(self, action: str, image_id: str = "", **fields: Any) -> pb.Feedback:
        """Gives feedback."""
        said: pb.Feedback = await self.call(
            "SubmitFeedback", action=action.upper(), image_id=image_id, **fields
        )
        return said

    async def refused(self, method: str, **fields: Any) -> str:
        """The reason why a method refuses."""
        return str(error_info(await self.refusal_of(method, **fields)).reason)

    async def refusal_of(self, method: str, **fields: Any) -> grpc.aio.AioRpcError:
        """The error of a method that refuses."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, **fields)
        return caught.value


@dataclass(frozen=True)
class Ready:
    """A set that images can be inspected against."""

    owner: Inspecting
    set_id: str
    image_ids: tuple[str, ...]
    """Parts 0 to 19."""


@dataclass(frozen=True)
class Grown:
    """A set whose first version calls dark parts anomalous, and which has got some since."""

    owner: Inspecting
    set_id: str
    added: tuple[str, ...]
    """Dark parts that people called normal, and that are in the set now."""
    judged: tuple[str, ...]
    """Two more that people called normal."""
    proposed_before: list[str]
    """What was proposed before any was added."""


async def sign_up(world: World) -> Inspecting:
    """Somebody new."""
    return Inspecting(world, await register(world.auth))


def item(item_id: str, set_id: str, image: bytes = b"", **fields: Any) -> pb.InspectImagesRequest:
    """An item of a stream."""
    request = pb.InspectRequest(reference_set_id=set_id, image=image or None, **fields)
    return pb.InspectImagesRequest(item_id=item_id, request=request)


def same(found: pb.InspectResponse) -> bytes:
    """What two equal requests have in common."""
    copy = pb.InspectResponse()
    copy.CopyFrom(found)
    copy.ClearField("inspection_id")
    copy.ClearField("timings")
    return copy.SerializeToString(deterministic=True)


async def until_answered(ready: Ready) -> None:
    """Waits until images are inspected again after a part was away."""

    async def answered() -> bool:
        with contextlib.suppress(grpc.aio.AioRpcError):
            return bool((await ready.owner.inspect(ready.set_id, part(0))).version)
        return False

    await eventually(answered, "images are inspected again")
