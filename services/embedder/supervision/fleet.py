"""All models that can be asked for, and which of them are in memory."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from services.embedder.errors import (
    ModalityUnsupported,
    ModelFailed,
    ModelMemoryExhausted,
    ModelNotFound,
    ModelUnavailable,
)
from services.embedder.item import Embedded, Item, Kind, Priority
from services.embedder.model import Modality, ModelInfo
from services.embedder.models.store import Installed
from services.embedder.ports import ModelStatus, Residency
from services.embedder.queueing.admission import Admission
from services.embedder.queueing.quota import InteractiveQuota
from services.embedder.supervision.residency import Member, ResidencyManager
from services.embedder.supervision.supervisor import Supervisor
from services.embedder.telemetry import KINDS, EmbedderMetrics
from services.embedder.worker.config import WorkerConfig
from services.runtime.errors import ArgusError
from services.runtime.instruments import Observed
from services.runtime.telemetry_contract import (
    KIND,
    MODEL,
    OUTCOME,
    PRIORITY,
    QUEUE_DEPTH,
    WORKER_MEMORY,
)

LOOK_EVERY_S = 1.0
"""How often an unknown id may make it look for models that were installed meanwhile."""

START_TIMEOUT_S = 600.0
STALL_TIMEOUT_S = 60.0

_NEEDS = {
    Kind.IMAGE: Modality.IMAGE,
    Kind.CROPS: Modality.IMAGE,
    Kind.TILES: Modality.IMAGE,
    Kind.TEXT: Modality.TEXT,
    Kind.PATCHES: Modality.PATCHES,
}


class Fleet:
    """Embeds with any installed model; `ports.Embedder`. An async context manager.

    The default model is in memory from start to end. Others are loaded when
    they are asked for, and leave when their memory is needed (`residency`).

    Args:
        installed: Models that are installed now; cheap.
        default: Id or source of the model that is meant when none is named.
        configure: What a model's worker runs.
        admission: Bounds on what waits.
        memory_bytes: Resident memory that all workers together may take.
        metrics: Where items, queues and memory are measured.
        start_timeout_s: How long a worker may take to load its model.
        stall_timeout_s: A worker that has items and answers none for so long is replaced.
    """

    def __init__(
        self,
        installed: Callable[[], Sequence[Installed]],
        default: str,
        *,
        configure: Callable[[Installed], WorkerConfig],
        admission: Admission,
        memory_bytes: int,
        metrics: EmbedderMetrics | None = None,
        start_timeout_s: float = START_TIMEOUT_S,
        stall_timeout_s: float = STALL_TIMEOUT_S,
    ) -> None:
        self._installed = installed
        self._default_id = default
        self._configure = configure
        self._admission = admission
        self._quota = InteractiveQuota()
        self._metrics = metrics or EmbedderMetrics()
        self._start_timeout_s = start_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._members: dict[str, Member] = {}
        self._default: Member | None = None
        self._looked_at = float("-inf")
        self._residency = ResidencyManager(memory_bytes)
        self._closing = ExitStack()

    async def __aenter__(self) -> Self:
        """Loads the default model.

        Raises:
            ModelUnavailable: if it cannot be loaded.
        """
        self._look()
        default = self._named(self._default_id)
        if default is None:
            raise ModelUnavailable(f"the model {self._default_id!r} is not installed")
        self._members[""] = self._default = default
        try:
            await self._residency.open(default, self._all)
        except BaseException:
            await self._residency.close()
            raise
        self._closing.callback(self._metrics.watch(QUEUE_DEPTH, self._depths))
        self._closing.callback(self._metrics.watch(WORKER_MEMORY, self._bytes))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()
        await self._residency.close()
        for member in self._all():
            member.worker.items.fail_all(ModelFailed("the embedder ends", retry_after_s=1))

    async def embed(self, item: Item) -> Embedded:
        """Embeds one item (`ports.Embedder.embed`)."""
        member = self._member_of(item.model)
        worker = member.worker
        if _NEEDS[item.kind] not in member.modalities:
            raise ModalityUnsupported(
                f"the model {worker.info.model} does not do {_NEEDS[item.kind]}", field="model"
            )
        if not worker.running and not self._residency.could_fit(member):
            raise ModelMemoryExhausted(
                f"the model {worker.info.model} does not fit into the memory that models may take",
                metadata={"model": worker.info.model},
            )
        item = self._quota.enter(item)
        try:
            return await self._admitted(item, member)
        finally:
            self._quota.leave(item)

    async def _admitted(self, item: Item, member: Member) -> Embedded:
        self._admission.admit(item)
        outcome = "cancelled"
        try:
            embedded = await member.worker.embed(item)
            outcome = "embedded"
            return embedded
        except ArgusError as error:
            outcome = error.reason
            raise
        finally:
            member.last_used = time.monotonic()
            self._admission.release(item)
            self._metrics.items.add(1, {**KINDS[item.kind], OUTCOME: outcome})

    def find(self, model: str) -> ModelInfo:
        """The model of an id; the default for the empty one.

        Raises:
            ModelNotFound: if there is none.
        """
        return self._member_of(model).worker.info

    def models(self) -> Sequence[ModelStatus]:
        """Models that can be asked for, the default first."""
        self._look()
        return [
            ModelStatus(
                info=member.worker.info,
                default=member is self._default,
                residency=Residency.RESIDENT
                if member.worker.loaded
                else Residency.LOADING
                if member.worker.running
                else Residency.NOT_LOADED,
                memory_bytes=member.footprint,
                runtime=member.worker.runtime,
            )
            for member in sorted(self._all(), key=lambda member: member is not self._default)
        ]

    def idle_s(self) -> float:
        """Seconds since the default model last embedded something; infinite if it never has."""
        if self._default is None:
            return float("inf")
        return time.monotonic() - self._default.worker.items.last_success

    def pids(self) -> dict[str, int]:
        """Process ids of the workers, by model."""
        workers = [member.worker for member in self._all()]
        return {worker.info.model: worker.pid for worker in workers if worker.pid is not None}

    def _all(self) -> list[Member]:
        return [member for id_, member in self._members.items() if id_]

    def _named(self, model: str) -> Member | None:
        if model in self._members:
            return self._members[model]
        return next((member for member in self._all() if member.source == model), None)

    def _member_of(self, model: str) -> Member:
        if model in self._members:
            return self._members[model]
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._look()
        if model not in self._members:
            there = ", ".join(sorted(member.worker.info.model for member in self._all()))
            raise ModelNotFound(
                f"there is no model {model!r} here; there is {there}", field="model"
            )
        return self._members[model]

    def _look(self) -> None:
        """Takes in what was installed, and forgets what was removed, since the last look."""
        self._looked_at = time.monotonic()
        installed = {found.manifest.info.model: found for found in self._installed()}
        for member in self._all():
            found = installed.get(member.worker.info.model)
            if found and found.folder == member.folder:
                del installed[member.worker.info.model]
            elif member is self._default or member.worker.running or not member.worker.items.idle:
                installed.pop(member.worker.info.model, None)
            else:
                del self._members[member.worker.info.model]
        for model, found in installed.items():
            self._members[model] = self._member(found)

    def _member(self, found: Installed) -> Member:
        info = found.manifest.info
        worker = Supervisor(
            info,
            self._configure(found),
            changed=self._residency.changed,
            metrics=self._metrics,
            start_timeout_s=self._start_timeout_s,
            stall_timeout_s=self._stall_timeout_s,
        )
        return Member(found.folder, found.manifest.source, found.manifest.memory_bytes, worker)

    def _depths(self) -> Observed:
        for member in list(self._all()):
            for kind, texts in (("image", False), ("text", True)):
                for priority in Priority:
                    yield (
                        member.worker.items.depth(texts=texts, priority=priority),
                        {
                            MODEL: member.worker.info.model,
                            KIND: kind,
                            PRIORITY: priority.name.lower(),
                        },
                    )

    def _bytes(self) -> Observed:
        for member in list(self._all()):
            if member.worker.running:
                yield member.worker.rss(), {MODEL: member.worker.info.model}
