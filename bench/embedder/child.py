"""Objects that live in processes of their own."""

import asyncio
import inspect
import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import uvloop

from services.embedder.worker.memory import keep_freed_memory

T = TypeVar("T")
SPAWN = multiprocessing.get_context("spawn")


class ChildError(RuntimeError):
    """A call failed in the other process; the message is its traceback."""


class Child(Generic[T]):
    """Makes an object in a new process and calls its methods there, one at a time.

    Args:
        make: Makes the object; anything that can be handed to a new process.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(make, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._result()

    @property
    def pid(self) -> int:
        """Its process."""
        pid = self._process.pid
        if pid is None:
            raise ChildError("it does not run")
        return pid

    def start(self, method: str, *args: object, **options: object) -> None:
        """Begins a call; `result` waits for its end."""
        self._pipe.send((method, args, options))

    def result(self) -> Any:  # noqa: ANN401 - what the method returns
        """What the call that was begun returned.

        Raises:
            ChildError: It failed.
        """
        return self._result()

    def call(self, method: str, *args: object, **options: object) -> Any:  # noqa: ANN401 - what the method returns
        """Calls a method, which may be a coroutine, and waits for what it returns."""
        self.start(method, *args, **options)
        return self.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def _result(self) -> Any:  # noqa: ANN401 - what the method returns
        try:
            good, value = self._pipe.recv()
        except EOFError:
            self._process.join(5)
            raise ChildError(f"its process ended with {self._process.exitcode}") from None
        if not good:
            raise ChildError(value)
        return value


def _serve(make: Callable[[], object], pipe: Connection) -> None:
    """Serves calls until the other end closes."""
    # As workers do; a loop or a client would else take more of the machine.
    keep_freed_memory()
    # The services run on it too; with asyncio's own loop the client would take more of the machine.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        made: object = None

        def answer(method: str, args: tuple[object, ...], options: dict[str, object]) -> object:
            value = getattr(made, method)(*args, **options)
            return runner.run(value) if inspect.iscoroutine(value) else value

        try:
            made = make()
            pipe.send((True, None))
            while True:
                call = pipe.recv()
                try:
                    pipe.send((True, answer(*call)))
                except Exception:  # noqa: BLE001 - handed to the caller
                    pipe.send((False, traceback.format_exc()))
        except (EOFError, KeyboardInterrupt, BrokenPipeError):
            return
        except Exception:  # noqa: BLE001 - handed to the caller
            pipe.send((False, traceback.format_exc()))
