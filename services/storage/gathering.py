"""Work for the stores done together: while one batch is under way, the next gathers."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Does many pieces of work at once when many come, those of one owner together.

    Owners take turns. A batch goes on when somebody who waits for it goes away.

    Args:
        work: Does a batch of an owner's; a result, or an error, for each piece.
        most: Pieces of a batch.
        at_once: Batches under way.
    """

    def __init__(
        self,
        work: Callable[[Hashable, Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        most: int,
        at_once: int = 1,
    ) -> None:
        self._work = work
        self._most = most
        self._at_once = at_once
        self._waiting: OrderedDict[Hashable, list[tuple[T, asyncio.Future[R]]]] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()

    async def do(self, owner: Hashable, piece: T) -> R:
        """Does one piece; raises its error, or that of its batch."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, []).append((piece, done))
        if len(self._running) < self._at_once:
            task = asyncio.create_task(self._run())
            self._running.add(task)
        return await done

    async def _run(self) -> None:
        try:
            await self._do_all()
        finally:
            # Not by a callback of the task, which comes a turn of the loop later: nobody would take
            # up what is added in that turn.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _do_all(self) -> None:
        while self._waiting:
            owner, line = self._waiting.popitem(last=False)
            batch, rest = line[: self._most], line[self._most :]
            if rest:
                self._waiting[owner] = rest
            try:
                outcomes = await self._work(owner, [piece for piece, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
                outcomes = [error] * len(batch)
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if done.done():
                    continue
                if isinstance(outcome, Exception):
                    done.set_exception(outcome)
                else:
                    done.set_result(outcome)
