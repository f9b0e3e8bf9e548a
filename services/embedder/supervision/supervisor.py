"""Keeps one model's worker alive."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from services.embedder.errors import ModelFailed, ModelUnavailable
from services.embedder.item import Embedded, Item
from services.embedder.model import ModelInfo, Runtime
from services.embedder.supervision.dispatcher import Dispatcher
from services.embedder.supervision.worker_process import WorkerDied, WorkerProcess
from services.embedder.telemetry import EmbedderMetrics
from services.embedder.worker.config import WorkerConfig
from services.runtime.backoff import Backoff
from services.runtime.telemetry_contract import MODEL

FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 5.0

MAX_FAILED_STARTS = 3
"""After so many starts in a row that did not succeed, items are answered ModelFailed."""

_log = logging.getLogger(__name__)


class Supervisor:
    """One model: its items, and the worker that is kept for them between `start` and `stop`.

    A worker that dies is replaced, after a wait that grows while workers die
    without an answer; items go on waiting, those that it had in hand are
    handled as `dispatcher` says.

    Args:
        info: The model.
        config: What its worker runs.
        changed: Called when items wait and there is no worker, when none is left, and when
            the worker cannot be kept.
        metrics: Where its items and restarts are measured.
        start_timeout_s: How long a worker may take to load the model.
        stall_timeout_s: A worker that has items and answers none for so long is killed.
    """

    def __init__(
        self,
        info: ModelInfo,
        config: WorkerConfig,
        *,
        changed: Callable[[], None],
        metrics: EmbedderMetrics,
        start_timeout_s: float,
        stall_timeout_s: float,
    ) -> None:
        self.info = info
        self.items = Dispatcher(info, changed, metrics)
        """Its items."""
        self.runtime: Runtime | None = None
        """What runs it; None until it was first loaded."""
        self.loaded = False
        """Whether its worker answers."""
        self._config = config
        self._changed = changed
        self._metrics = metrics
        self._start_timeout_s = start_timeout_s
        self._stall_timeout_s = stall_timeout_s
        self._worker: WorkerProcess | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._retry_at = float("-inf")

    @property
    def running(self) -> bool:
        """Whether a worker is there, or is being started or replaced."""
        return self._keeper is not None

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        return self._worker.pid if self._worker else None

    def rss(self) -> int:
        """Bytes of the worker's resident memory; 0 without one."""
        return self._worker.rss() if self._worker else 0

    async def embed(self, item: Item) -> Embedded:
        """Embeds an item, as `ports.Embedder` does, as soon as a worker can take it."""
        if not self.running and time.monotonic() < self._retry_at:
            raise self._not_loaded()
        return await self.items.embed(item)

    async def start(self) -> None:
        """Starts a worker and waits until it is ready.

        Raises:
            ModelUnavailable: if the model cannot be loaded; all items were answered ModelFailed.
        """
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        keeper = asyncio.create_task(self._keep(ready), name=f"keep {self.info.model}")
        # Marks its failure as seen: when it comes later, nobody waits for it.
        keeper.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._keeper = keeper
        await asyncio.wait({keeper, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await keeper

    async def stop(self) -> None:
        """Ends the worker and waits until its memory is given back; what waits goes on waiting."""
        self.items.close()
        self.loaded = False
        keeper = self._keeper
        if keeper:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, ModelUnavailable):
                await keeper
        self._keeper = None
        self.items.recall()

    async def _keep(self, ready: asyncio.Future[None]) -> None:
        failed_starts = 0
        backoff = Backoff(FIRST_BACKOFF_S, MAX_BACKOFF_S)
        while True:
            answered = self.items.answered
            failed_starts = 0 if await self._live(ready) else failed_starts + 1
            if failed_starts == MAX_FAILED_STARTS:
                self._give_up(f"its worker ended {failed_starts} times before it was ready")
            self.items.take_back()
            self._metrics.restarts.add(1, {MODEL: self.info.model})
            if answered != self.items.answered:
                backoff.reset()
                continue
            await backoff.wait()

    async def _live(self, ready: asyncio.Future[None]) -> bool:
        """The life of one worker; whether it was ever ready."""
        why = ""
        try:
            worker = self._worker = WorkerProcess(
                self._config, on_answer=self.items.take, on_round=self.items.pump
            )
        except OSError as error:
            _log.warning("the worker of %s cannot be started: %r", self.info.model, error)
            return False
        try:
            told = await worker.ready(self._start_timeout_s)
            self.runtime = Runtime(told.runtime, told.runtime_reason)
            self.loaded = True
            facts = {"model": self.info.model, "pid": worker.pid}
            _log.info("%s runs on %s", self.info.model, told.runtime, extra={"facts": facts})
            self.items.open(worker, told)
            if not ready.done():
                ready.set_result(None)
            await self._watch(worker)
        except WorkerDied as error:
            _log.warning("the worker of %s: %s", self.info.model, error)
            return False
        except ModelUnavailable as error:
            why = str(error)
        finally:
            self.loaded = False
            self.items.close()
            await worker.stop()
            self._worker = None
        if why:
            self._give_up(why)
        _log.warning(
            "the worker of %s ended (%s) with %d items in hand",
            self.info.model,
            worker.exit_code(),
            self.items.under_work,
        )
        return True

    async def _watch(self, worker: WorkerProcess) -> None:
        """Returns when the worker is dead, which it soon is if it stalls."""
        while True:
            try:
                async with asyncio.timeout(self._stall_timeout_s / 4):
                    await worker.died.wait()
                return
            except TimeoutError:
                stalled_s = time.monotonic() - self.items.busy_since
                if self.items.under_work and stalled_s > self._stall_timeout_s:
                    _log.error("the worker of %s is stuck and is killed", self.info.model)
                    worker.kill()
                    return

    def _give_up(self, why: str) -> None:
        _log.error("%s cannot be loaded: %s", self.info.model, why)
        self._keeper = None
        self._retry_at = time.monotonic() + MAX_BACKOFF_S
        self.items.fail_all(self._not_loaded())
        self._changed()
        raise ModelUnavailable(why)

    def _not_loaded(self) -> ModelFailed:
        return ModelFailed(
            f"the model {self.info.model} cannot be loaded; ask the operator",
            retry_after_s=MAX_BACKOFF_S,
        )
