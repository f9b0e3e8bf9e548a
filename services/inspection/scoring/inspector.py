"""The use case: fetch, look, score, judge, draw, remember."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeVar

from PIL import Image

from services.imaging.decode import ImageLimits, size_of
from services.inspection.errors import ReferenceSetNotFound, ReferenceSetReadOnly
from services.inspection.finding import Finding
from services.inspection.model import (
    Findings,
    FloatArray,
    InspectionRecord,
    NearestImage,
    Region,
    SetInUse,
    WholeFrame,
)
from services.inspection.pictures.heatmap import heatmap_png, heatmap_scale
from services.inspection.pictures.kept_grid import grid_of
from services.inspection.pictures.overlay import OverlayFormat, overlay_picture
from services.inspection.pictures.picture import drawable
from services.inspection.pictures.regions import find_regions
from services.inspection.ports import ReferenceContents
from services.inspection.registration.mapping_back import map_in_picture, regions_in_picture
from services.inspection.scoring.loader import LoadedVersion, VersionLoader
from services.inspection.scoring.stages import Stage, StageWatch
from services.inspection.telemetry import inspections, outcome_of, stage_s
from services.inspection.verdict.confidence import confidence
from services.runtime.errors import InvalidInput
from services.runtime.idempotency import resource_id
from services.runtime.telemetry_contract import STAGE

T = TypeVar("T")

DEFAULT_NEAREST = 3

HIGH_ENOUGH = 0.9
"""Of an anomalous image's highest anomaly, what makes a region in any case."""


class SetsInUse(Protocol):
    """Who may use which set."""

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user may see.

        Raises:
            Unavailable: that cannot be known now.
        """


class Memory(Protocol):
    """Remembers inspections."""

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        """Returns when they are kept."""


@dataclass(frozen=True, slots=True)
class InspectionRequest:
    """What is to be inspected, and what is wanted back."""

    user_id: str
    set_id: str
    version: int = 0
    """0: the current one."""
    image: bytes = field(default=b"", repr=False)
    image_id: str = ""
    """Of the user's image that is inspected; it is fetched if there are no bytes."""
    heatmap: bool = False
    overlay: OverlayFormat | None = None
    nearest_limit: int = DEFAULT_NEAREST
    request_id: str = ""
    """The client's UUID for the request; empty if it is not to be sent again."""
    trigger_id: str = ""
    part_inspection_id: str = ""
    """If this is one of several views of a part."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found."""

    record: InspectionRecord
    confidence: float
    """0 at the threshold, to 1."""
    regions: list[Region]
    nearest: list[NearestImage]
    heatmap: bytes = field(default=b"", repr=False)
    heatmap_scale: float = 0.0
    overlay: bytes = field(default=b"", repr=False)
    spent_s: dict[Stage, float] = field(default_factory=dict)
    total_s: float = 0.0


class Inspector:
    """Inspects images.

    Args:
        sets: Who may see which set.
        loader: Versions ready to inspect with.
        contents: Bytes of stored images.
        recorder: Where inspections are remembered.
        threads: Where pictures are drawn.
        limits: What an image may measure.
        clock: What time it is.
    """

    def __init__(
        self,
        sets: SetsInUse,
        loader: VersionLoader,
        contents: ReferenceContents,
        recorder: Memory,
        threads: Executor,
        *,
        limits: ImageLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._sets = sets
        self._loader = loader
        self._contents = contents
        self._recorder = recorder
        self._threads = threads
        self._limits = limits
        self._clock = clock

    async def inspect(
        self, request: InspectionRequest, *, decided: Callable[[], Awaitable[None]] | None = None
    ) -> Inspection:
        """Inspects one image, and remembers it.

        Args:
            request: Which.
            decided: Told when it is judged and about to be remembered; not remembered if it raises.

        Raises:
            ReferenceSetNotFound, ReferenceSetNotReady, VersionNotFound, ImageNotFound,
            ModelVersionChanged, InvalidInput, Unavailable, ResourceExhausted.
        """
        loaded = await self.open(request.user_id, request.set_id, request.version)
        inspection = await self.judge(request, loaded)
        if decided is not None:
            await decided()
        await self._recorder.record([inspection.record])
        record = inspection.record
        inspections.add(1, outcome_of(record))
        for stage, spent_s in inspection.spent_s.items():
            stage_s.record(spent_s, {STAGE: stage.value})
        return inspection

    async def open(self, user_id: str, set_id: str, version: int) -> LoadedVersion:
        """A version of a set that the user may see; the current one if `version` is 0."""
        found = await self._sets.in_use(set_id, user_id)
        if found is None:
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")
        if not found.may_inspect:
            raise ReferenceSetReadOnly(
                "the set is shared for viewing; its owner can let you inspect"
            )
        return await self._loader.load(found, version)

    async def judge(self, request: InspectionRequest, loaded: LoadedVersion) -> Inspection:
        """Inspects one image without remembering it."""
        watch = StageWatch()
        image = request.image
        if request.image_id and not image:
            with watch.time(Stage.FETCH):
                image = await self._contents.fetch(request.image_id, request.user_id)
        with watch.time(Stage.FEATURES):
            seen = await loaded.scorer.look(image)
        with watch.time(Stage.SCORE):
            finding = await loaded.scorer.find(seen, nearest_limit=request.nearest_limit)
            record = self._record(request, loaded, finding, seen.frame)
            # Regions first: they are exact in the reference's place.
            anomalous = await self._in_thread(lambda: _anomalous(finding, record))
            finding = _in_picture(finding)
            findings = await self._in_thread(
                lambda: self._findings(image, finding, record, anomalous)
            )
            record, regions = replace(record, findings=findings), list(findings.regions)
        heatmap = overlay = b""
        if finding.anomaly_map is not None and (request.heatmap or request.overlay):
            with watch.time(Stage.DRAW):
                heatmap, overlay = await self._in_thread(
                    lambda: draw(drawable(image, self._limits), finding, record, regions, request)
                )
        return Inspection(
            record=record,
            confidence=confidence(record.p_value, record.target),
            regions=regions,
            nearest=list(finding.nearest),
            heatmap=heatmap,
            heatmap_scale=heatmap_scale(record.threshold) if heatmap else 0.0,
            overlay=overlay,
            spent_s=watch.spent_s,
            total_s=watch.total_s,
        )

    def _findings(
        self, image: bytes, finding: Finding, record: InspectionRecord, regions: list[Region]
    ) -> Findings:
        """What is kept of what was found."""
        grid = None
        if finding.anomaly_map is not None:
            size = _size(image, finding.anomaly_map, self._limits)
            grid = grid_of(finding.anomaly_map, record.threshold, size)
        return Findings(regions, list(finding.nearest), grid)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _record(
        self,
        request: InspectionRequest,
        loaded: LoadedVersion,
        finding: Finding,
        frame: WholeFrame | None,
    ) -> InspectionRecord:
        version = loaded.version
        judgement = loaded.judge(finding, frame)
        return InspectionRecord(
            inspection_id=resource_id("Inspect", request.user_id, request.request_id),
            user_id=request.user_id,
            set_id=request.set_id,
            version=version.version,
            image_id=request.image_id,
            score=judgement.score,
            threshold=version.threshold.value,
            p_value=judgement.p_value,
            target=version.threshold.target,
            anomalous=judgement.anomalous,
            off_distribution=judgement.off_distribution,
            descriptor=finding.descriptor,
            created_at=self._clock(),
            frame_problems=tuple(judgement.problems),
            trigger_id=request.trigger_id,
            part_inspection_id=request.part_inspection_id,
            alignment=finding.alignment,
        )


def _size(image: bytes, anomaly_map: FloatArray, limits: ImageLimits) -> tuple[int, int]:
    """Width and height of an image that was looked at; roughly, if it breaks our limits."""
    try:
        return size_of(image, limits)
    except InvalidInput:
        rows, columns = anomaly_map.shape
        return columns, rows


def _anomalous(finding: Finding, record: InspectionRecord) -> list[Region]:
    """Where the picture is anomalous."""
    # What is another thing altogether need not be so anywhere more than elsewhere.
    if not record.score > record.threshold:
        return []
    regions = _regions(finding, record.threshold)
    if finding.alignment is None:
        return regions
    return regions_in_picture(regions, finding.alignment)


def _in_picture(finding: Finding) -> Finding:
    """With the map of the picture as it was sent."""
    if finding.alignment is None or finding.anomaly_map is None:
        return finding
    return replace(finding, anomaly_map=map_in_picture(finding.anomaly_map, finding.alignment))


def _regions(finding: Finding, threshold: float) -> list[Region]:
    if finding.anomaly_map is None:
        return []
    # An image whose score says that it is anomalous is so somewhere.
    highest = float(finding.anomaly_map.max())
    least = min(max(finding.region_threshold, threshold), HIGH_ENOUGH * highest)
    regions = find_regions(finding.anomaly_map, least)
    if finding.nearest_patch is None:
        return regions
    return [replace(region, nearest=finding.nearest_patch(*region.peak)) for region in regions]


def draw(
    picture: Image.Image,
    finding: Finding,
    record: InspectionRecord,
    regions: list[Region],
    request: InspectionRequest,
) -> tuple[bytes, bytes]:
    """The heat map and the overlay, those that are wanted."""
    anomaly_map, threshold = finding.anomaly_map, record.threshold
    if anomaly_map is None:
        return b"", b""
    heatmap = heatmap_png(picture.size, anomaly_map, threshold) if request.heatmap else b""
    if request.overlay is None:
        return heatmap, b""
    return heatmap, overlay_picture(picture, anomaly_map, threshold, regions, request.overlay)
