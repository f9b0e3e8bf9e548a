"""Starts the parts in order, keeps them alive, and stops them in order."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from mesh.errors import MeshError
from mesh.layout import Layout
from mesh.supervision.child import Child, create_time, last_message, limit_log, start_new_log
from mesh.supervision.part import Part, Probe, Stage
from mesh.supervision.plan import Plan
from mesh.supervision.state import MeshState, PartState, Status, write_state
from services.runtime.backoff import Backoff

_PROBE_TIMEOUT_S = 5.0
_STARTING_POLL_S = 0.2
_POLL_S: dict[Status, float] = {"ready": 5.0, "unhealthy": 1.0}
_FIRST_BACKOFF_S = 0.5
_MAX_BACKOFF_S = 30.0
# A part that lived this long is forgiven its earlier deaths.
_FORGIVEN_AFTER_S = 60.0
_LOG_CHECK_S = 10.0
_STATE = "the state"

_log = logging.getLogger(__name__)

Watcher = Callable[[MeshState], None]
"""Sees every change of the state."""


class Supervisor:
    """Runs a plan.

    Args:
        plan: What to run.
        layout: Where logs and state go.
        state: The state to keep; its parts are filled in here.
        watchers: Who sees every change.
    """

    def __init__(
        self, plan: Plan, layout: Layout, state: MeshState, watchers: Sequence[Watcher] = ()
    ) -> None:
        self._plan = plan
        self._layout = layout
        self._state = state
        self._watchers = watchers
        self._children: dict[str, Child] = {}
        self._changed = asyncio.Event()
        self._unwritten: dict[str, str] = {}
        self._stopping = False
        self._was_ready = {part.name: asyncio.Event() for part in plan.parts}
        state.parts = [
            PartState(
                name=part.name,
                external=not part.command,
                optional=part.optional,
                advice=part.advice,
            )
            for part in plan.parts
        ]

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        """Runs until `stop` is set, then stops everything; at once when `hurry` is set.

        When this returns, or raises, no process of the mesh is left. A file that cannot be
        written, as on a full disk, is no reason to stop; it is logged.
        """
        for part in self._plan.parts:
            log = self._layout.log(part.name)
            self._write(log.name, partial(start_new_log, log))
        self._publish()
        tasks = [
            *(asyncio.create_task(self._keep(part)) for part in self._plan.parts),
            asyncio.create_task(self._watch_whole()),
            asyncio.create_task(self._limit_logs()),
        ]
        stopped = asyncio.create_task(stop.wait())
        try:
            # The others never return, so what is done first is the wish to stop or a defect.
            done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._stopping = True
            stopped.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop_all(hurry)

    async def _keep(self, part: Part) -> None:
        """Keeps one part alive for ever."""
        state = self._state.part(part.name)
        missing = [name for name in part.needs if not self._was_ready[name].is_set()]
        if missing:
            self._set(state, "waiting", f"for {', '.join(missing)}")
        for name in part.needs:
            await self._was_ready[name].wait()
        if not part.command:
            await self._watch(part, state)
        backoff = Backoff(_FIRST_BACKOFF_S, _MAX_BACKOFF_S)
        while True:
            began = time.monotonic()
            try:
                reason = await self._live_once(part, state)
            except (MeshError, OSError) as error:
                reason = f"{error} {error.advice}" if isinstance(error, MeshError) else str(error)
            if time.monotonic() - began > _FORGIVEN_AFTER_S:
                backoff.reset()
            state.restarts += 1
            state.pid, state.created = 0, 0.0
            _log.warning("%s ended: %s", part.name, reason)
            wait_s = backoff.next_s()
            self._set(state, "restarting", f"{reason}; starts again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)

    async def _live_once(self, part: Part, state: PartState) -> str:
        """Starts the part, follows its life, and returns why it ended."""
        self._set(state, "starting")
        await asyncio.to_thread(part.prepare)
        child = self._children[part.name] = Child(part, self._layout)
        try:
            state.pid, state.created = child.pid, child.created
            self._publish()
            code = await self._follow(child, state)
            said = last_message(self._layout.log(part.name))
        finally:
            # If the mesh stops instead, each child is stopped when its stage is due.
            if not self._stopping:
                await child.stop(asyncio.Event())
                del self._children[part.name]
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return f"{how}: {said}" if said else how

    async def _follow(self, child: Child, state: PartState) -> int:
        """Watches a running part until it ends; its exit code."""
        watch = asyncio.create_task(self._watch(child.part, state))
        try:
            either: set[asyncio.Future[Any]] = {watch, child.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()
        finally:
            watch.cancel()
        return child.ended.result()

    async def _watch(self, part: Part, state: PartState) -> None:
        """Follows whether a running part works, for ever."""
        provisioned = False
        while True:
            problem = await ask(part.ready)
            if problem is None and not provisioned:
                problem = await ask(part.provision)
                provisioned = problem is None
            if problem is None:
                state.was_ready = True
                self._set(state, "ready")
                self._was_ready[part.name].set()
            elif state.status == "ready":
                _log.warning("%s is unhealthy: %s", part.name, problem)
                self._set(state, "unhealthy", problem)
            elif state.status == "unhealthy":
                self._set(state, "unhealthy", problem)
            else:
                self._set(state, "starting", self._progress(part) or problem)
            await asyncio.sleep(_POLL_S.get(state.status, _STARTING_POLL_S))

    def _progress(self, part: Part) -> str:
        """What a service says while it starts, such as that it builds its model."""
        if part.stage is not Stage.SERVICE:
            return ""
        return last_message(self._layout.log(part.name))

    async def _watch_whole(self) -> None:
        """Follows whether the whole mesh is ready: every part it needs is, and the edge says so."""
        while True:
            self._changed.clear()
            problem = await ask(self._plan.ready) if self._state.parts_ready else None
            ready = self._state.parts_ready and problem is None
            if (ready, problem or "") != (self._state.ready, self._state.detail):
                self._state.ready, self._state.detail = ready, problem or ""
                if ready and not self._state.ready_after_s:
                    self._state.ready_after_s = time.time() - self._state.started
                self._publish()
            elif _STATE in self._unwritten:
                self._write_state()
            with suppress(TimeoutError):
                poll_s = _POLL_S.get("ready" if ready else "starting", _STARTING_POLL_S)
                await asyncio.wait_for(self._changed.wait(), poll_s)

    async def _limit_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOG_CHECK_S)
            for part in self._plan.parts:
                log = self._layout.log(part.name)
                self._write(log.name, partial(limit_log, log))

    async def _stop_all(self, hurry: asyncio.Event) -> None:
        for stage in sorted(Stage, reverse=True):
            stopping = [child for child in self._children.values() if child.part.stage is stage]
            outcomes = await asyncio.gather(
                *(self._stop(child, hurry) for child in stopping), return_exceptions=True
            )
            for child, outcome in zip(stopping, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    _log.error("%s did not stop as it should", child.part.name, exc_info=outcome)
        self._state.ready = False
        self._publish()

    async def _stop(self, child: Child, hurry: asyncio.Event) -> None:
        state = self._state.part(child.part.name)
        self._set(state, "stopping")
        if not hurry.is_set() and not child.ended.done():
            problem = await ask(child.part.drain)
            if problem is not None:
                _log.warning("%s did not drain: %s", child.part.name, problem)
        await child.stop(hurry)
        state.pid, state.created = 0, 0.0
        self._set(state, "stopped")

    def _set(self, state: PartState, status: Status, detail: str = "") -> None:
        if (state.status, state.detail) != (status, detail):
            state.status, state.detail = status, detail
            self._state.ready = self._state.ready and self._state.parts_ready
            self._changed.set()
            self._publish()

    def _publish(self) -> None:
        self._write_state()
        for watcher in self._watchers:
            try:
                watcher(self._state)
            except Exception:  # noqa: BLE001 - what shows the mesh must not end it
                _log.exception("a change could not be shown")

    def _write_state(self) -> None:
        self._write(_STATE, lambda: write_state(self._layout, self._state))

    def _write(self, what: str, write: Callable[[], None]) -> None:
        """Writes a file that the parts do without; what is wrong is logged when it is news."""
        try:
            write()
        except OSError as error:
            if self._unwritten.get(what) != str(error):
                _log.error("%s cannot be written: %s", what, error)
            self._unwritten[what] = str(error)
        else:
            self._unwritten.pop(what, None)


async def ask(probe: Probe) -> str | None:
    """Runs a probe; what is wrong in words, or None."""
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            await probe()
    except TimeoutError:
        return "does not answer"
    except Exception as error:  # noqa: BLE001 - whatever a probe raises means "not ready"
        return str(error) or type(error).__name__
    return None


def this_process() -> tuple[int, float]:
    """Pid and create time of the supervisor itself."""
    return os.getpid(), create_time(os.getpid())
