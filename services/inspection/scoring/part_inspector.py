"""The use case: all views of one part, side by side, and one verdict."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from services.inspection.errors import (
    ReferenceSetNotFound,
    ReferenceSetNotReady,
    ReferenceSetReadOnly,
)
from services.inspection.model import SetInPart, SetInUse, Verdict
from services.inspection.pictures.overlay import OverlayFormat
from services.inspection.ports import ReferenceContents
from services.inspection.scoring.inspector import Inspection, InspectionRequest, Inspector
from services.inspection.scoring.part_frames import NOT_SHOWN, frames_of_views
from services.inspection.scoring.shared_patches import SharedPatches
from services.inspection.telemetry import inspected_parts
from services.inspection.verdict.part_verdict import false_alarm_rate_of_part, verdict_of_part
from services.runtime.idempotency import resource_id
from services.runtime.telemetry_contract import OUTCOME

AT_ONCE = 8
"""Most views of one part under way."""


class SetsInParts(Protocol):
    """Who may use which set, and what views it has."""

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user may see.

        Raises:
            Unavailable: that cannot be known now.
        """

    async def part(self, set_id: str) -> Sequence[SetInPart]:
        """A set and then its views, oldest first; nothing if there is no such set."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture of a part."""

    set_ids: Sequence[str] = ()
    """Views that it shows; all that no other frame names if there are none."""
    image: bytes = field(default=b"", repr=False)
    image_id: str = ""
    """In place of `image`: one of the user's."""


@dataclass(frozen=True, slots=True)
class PartRequest:
    """What part is to be inspected, and what is wanted back of each view."""

    user_id: str
    set_id: str
    frames: Sequence[Frame]
    heatmap: bool = False
    overlay: OverlayFormat | None = None
    request_id: str = ""
    trigger_id: str = ""


@dataclass(frozen=True, slots=True)
class InspectedView:
    """What came of a view."""

    view: SetInPart
    frame: int
    """Place of the frame that shows it; `NOT_SHOWN` if none does."""
    inspection: Inspection | None = None
    error: Exception | None = None
    """Why there is no inspection; neither if no frame shows it."""

    @property
    def verdict(self) -> Verdict | None:
        """What it came to; None if it was not inspected."""
        return self.inspection.record.verdict if self.inspection else None


@dataclass(frozen=True, slots=True)
class InspectedPart:
    """What was found of a part."""

    part_inspection_id: str
    set_id: str
    verdict: Verdict
    target: float
    """Share of normal parts that may be called anomalous."""
    views: Sequence[InspectedView]
    trigger_id: str = ""


class PartSink(Protocol):
    """What is told what parts come to."""

    async def put(self, part: InspectedPart) -> None:
        """Takes it in, so that it is not lost any more."""


class PartInspector:
    """Inspects the views of parts.

    Args:
        sets: Who may see which set.
        inspector: Inspects each view, and remembers it with the view's own.
        contents: Bytes of stored images.
        patches: Takes the features of a picture once for all views that it shows.
        sink: Told what each part came to, before that is answered.
    """

    def __init__(
        self,
        sets: SetsInParts,
        inspector: Inspector,
        contents: ReferenceContents,
        patches: SharedPatches,
        sink: PartSink,
    ) -> None:
        self._sets = sets
        self._inspector = inspector
        self._contents = contents
        self._patches = patches
        self._sink = sink

    async def inspect(self, request: PartRequest) -> InspectedPart:
        """Inspects all views of a part; what fails for one harms no other.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: the user may not inspect with the set.
            ReferenceSetNotReady: it has neither a version nor views.
            ViewNotFound, ViewNamedTwice: it is not clear which frame shows what.
            Exception: if no view could be inspected, what the first that was shown failed with.
        """
        views = await self._views(request)
        frames = frames_of_views(
            [view.set_id for view in views], [frame.set_ids for frame in request.frames]
        )
        part_id = resource_id(f"InspectPart {request.set_id}", request.user_id, request.request_id)
        images = await self._fetched(request, frames)
        room = asyncio.Semaphore(AT_ONCE)

        async def inspected(view: SetInPart, frame: int) -> InspectedView:
            if frame == NOT_SHOWN:
                return InspectedView(view, frame)
            image = images[frame]
            if isinstance(image, Exception):
                return InspectedView(view, frame, error=image)
            try:
                async with room:
                    one = _of_view(request, view, request.frames[frame], part_id)
                    found = await self._inspector.inspect(
                        replace(one, image=image) if image else one
                    )
            except Exception as error:  # noqa: BLE001 - one view's failure harms no other
                return InspectedView(view, frame, error=error)
            return InspectedView(view, frame, found)

        async with self._patches.shared():
            done = await asyncio.gather(
                *(inspected(view, frame) for view, frame in zip(views, frames, strict=True))
            )
        found = [one.inspection for one in done if one.inspection is not None]
        if not found:
            raise next(one.error for one in done if one.error is not None)
        part = InspectedPart(
            part_id,
            request.set_id,
            verdict_of_part(one.verdict for one in done),
            false_alarm_rate_of_part(one.record.target for one in found),
            done,
            request.trigger_id,
        )
        await self._sink.put(part)
        inspected_parts.add(1, {OUTCOME: part.verdict.lower()})
        return part

    async def _views(self, request: PartRequest) -> Sequence[SetInPart]:
        """The views of the set, and the set before them if it has a version or is named."""
        found = await self._sets.in_use(request.set_id, request.user_id)
        of_set = [] if found is None else await self._sets.part(request.set_id)
        if found is None or not of_set:
            raise ReferenceSetNotFound(f"there is no reference set {request.set_id}")
        if not found.may_inspect:
            raise ReferenceSetReadOnly(
                "the set is shared for viewing; its owner can let you inspect"
            )
        itself, *views = of_set
        named = any(itself.set_id in frame.set_ids for frame in request.frames)
        if itself.current_version or named:
            return [itself, *views]
        if not views:
            raise ReferenceSetNotReady(
                "the reference set has no version yet, and no views; calibrate it, or make some"
            )
        return views

    async def _fetched(
        self, request: PartRequest, frames: Sequence[int]
    ) -> list[bytes | Exception]:
        """Stored images that several views share, or why they cannot be had; else no bytes."""

        async def fetched(place: int, frame: Frame) -> bytes | Exception:
            if not frame.image_id or frames.count(place) < 2:
                return b""
            try:
                return await self._contents.fetch(frame.image_id, request.user_id)
            except Exception as error:  # noqa: BLE001 - other frames can be had
                return error

        return await asyncio.gather(
            *(fetched(place, frame) for place, frame in enumerate(request.frames))
        )


def _of_view(
    request: PartRequest, view: SetInPart, frame: Frame, part_id: str
) -> InspectionRequest:
    request_id = ""
    if request.request_id:
        # The same for the same view, and for no other.
        request_id = resource_id(
            f"InspectPart {request.set_id} {view.set_id}", request.user_id, request.request_id
        )
    return InspectionRequest(
        user_id=request.user_id,
        set_id=view.set_id,
        image=frame.image,
        image_id=frame.image_id,
        heatmap=request.heatmap,
        overlay=request.overlay,
        request_id=request_id,
        trigger_id=request.trigger_id,
        part_inspection_id=part_id,
    )
