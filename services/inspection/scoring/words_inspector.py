"""The use case without references: judging by words."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.imaging.decode import ImageLimits
from services.inspection.finding import Finding
from services.inspection.model import Box, FloatArray, InspectionRecord, WholeFrame
from services.inspection.pictures.heatmap import heatmap_scale
from services.inspection.pictures.picture import drawable
from services.inspection.pictures.regions import find_regions
from services.inspection.pictures.whole_frame import frame_of
from services.inspection.ports import ReferenceContents
from services.inspection.scoring.inspector import Inspection, InspectionRequest, draw
from services.inspection.scoring.stages import Stage, StageWatch
from services.inspection.scoring.words import THRESHOLD, believe, prompts_for, text_directions
from services.inspection.verdict.frame_checks import problems_of

DIRECTIONS_KEPT = 64

MAP_SIDE = 24
"""Rows and columns of the anomaly map; crops tell no more."""


@dataclass(frozen=True, slots=True)
class ZeroShotRequest:
    """What is to be inspected, and the words to judge by."""

    inspection: InspectionRequest
    object: str
    """What the image shows."""
    normal_texts: Sequence[str] = ()
    defect_texts: Sequence[str] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Windows:
    """An image's vector and those of its crops."""

    whole: FloatArray = field(repr=False)
    """[d]"""
    boxes: Sequence[Box] = field(repr=False)
    vectors: FloatArray = field(repr=False)
    """[n, d]"""


class Words(Protocol):
    """A CLIP model."""

    async def clip_model(self, model: str) -> tuple[str, str]:
        """Id and version of a model that judges by words; the default model if empty.

        Raises:
            ModelNotFound, ModelNotClip, EmbedderUnavailable.
        """

    async def texts(self, texts: Sequence[str], model: str) -> FloatArray:
        """Texts' vectors of unit length, [n, d]."""

    async def windows(self, image: bytes, model: str) -> Windows:
        """Vectors of an encoded image and of its crops."""


class ZeroShotInspector:
    """Inspects images by words. Nothing is remembered: there is no set to remember it for.

    Args:
        words: Embeds texts and images.
        contents: Bytes of stored images.
        threads: Where pictures are drawn.
        limits: What an image may measure.
        clock: What time it is.
    """

    def __init__(
        self,
        words: Words,
        contents: ReferenceContents,
        threads: Executor,
        *,
        limits: ImageLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._words = words
        self._contents = contents
        self._threads = threads
        self._limits = limits
        self._clock = clock
        self._kept: OrderedDict[tuple[object, ...], NDArray[np.float64]] = OrderedDict()

    async def inspect(self, request: ZeroShotRequest) -> Inspection:
        """Inspects one image.

        Raises:
            ModelNotFound, ModelNotClip, ImageNotFound, InvalidInput, Unavailable,
            ResourceExhausted.
        """
        watch = StageWatch()
        asked = request.inspection
        model, version = await self._words.clip_model(request.model)
        image = asked.image
        if asked.image_id:
            with watch.time(Stage.FETCH):
                image = await self._contents.fetch(asked.image_id, asked.user_id)
        with watch.time(Stage.FEATURES):
            directions = await self._directions(request, model, version)
            windows = await self._words.windows(image, model)
        with watch.time(Stage.SCORE):
            belief = believe(
                windows.whole,
                list(zip(windows.boxes, windows.vectors, strict=True)),
                directions,
                rows=MAP_SIDE,
                columns=MAP_SIDE,
            )
            score, anomaly_map = belief.score, belief.anomaly_map
            regions = find_regions(anomaly_map, THRESHOLD) if score > THRESHOLD else []
            frame = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: frame_of(image, self._limits)
            )
        record = self._record(asked, score, windows.whole, frame)
        heatmap = overlay = b""
        if asked.heatmap or asked.overlay:
            finding = Finding(score, windows.whole, anomaly_map=anomaly_map)
            with watch.time(Stage.DRAW):
                heatmap, overlay = await asyncio.get_running_loop().run_in_executor(
                    self._threads,
                    lambda: draw(drawable(image, self._limits), finding, record, regions, asked),
                )
        return Inspection(
            record=record,
            confidence=1.0 if record.off_distribution else abs(2 * score - 1),
            regions=regions,
            nearest=[],
            heatmap=heatmap,
            heatmap_scale=heatmap_scale(THRESHOLD) if heatmap else 0.0,
            overlay=overlay,
            spent_s=watch.spent_s,
            total_s=watch.total_s,
        )

    async def _directions(
        self, request: ZeroShotRequest, model: str, version: str
    ) -> NDArray[np.float64]:
        """Vectors of the words; kept for those that were used last."""
        key = (
            model,
            version,
            request.object,
            tuple(request.normal_texts),
            tuple(request.defect_texts),
        )
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        prompts = prompts_for(request.object, request.normal_texts, request.defect_texts)
        vectors = await self._words.texts([*prompts.normal, *prompts.defect], model)
        count = len(prompts.normal)
        directions = text_directions(vectors[:count], vectors[count:])
        self._kept[key] = directions
        if len(self._kept) > DIRECTIONS_KEPT:
            self._kept.popitem(last=False)
        return directions

    def _record(
        self, asked: InspectionRequest, score: float, descriptor: FloatArray, frame: WholeFrame
    ) -> InspectionRecord:
        # Without references a frame can be blank, and nothing else is known of it.
        problems, _ = problems_of(frame, None, target=1.0)
        return InspectionRecord(
            inspection_id="",
            user_id=asked.user_id,
            set_id="",
            version=0,
            image_id=asked.image_id,
            score=score,
            threshold=THRESHOLD,
            p_value=0.0,
            target=0.0,
            anomalous=bool(problems) or score > THRESHOLD,
            off_distribution=bool(problems),
            frame_problems=tuple(problems),
            descriptor=descriptor,
            created_at=self._clock(),
        )
