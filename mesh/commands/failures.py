"""What a person reads when a call fails: the reason and what to do, never a stack trace."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import grpc
import typer
from rich.console import Console
from rich.text import Text

from mesh.client.connection import reason_of
from mesh.errors import MeshError

P = ParamSpec("P")
R = TypeVar("R")


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Turns a failed call, also one inside a task group, into a `MeshError`."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (grpc.aio.AioRpcError, ExceptionGroup) as error:
            cause: Exception = error
            while isinstance(cause, ExceptionGroup):
                cause = cause.exceptions[0]
            if isinstance(cause, grpc.aio.AioRpcError):
                raise _explain(cause) from error
            if isinstance(cause, MeshError):
                raise cause from error
            raise

    return run


def exits_with(code: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a command that cannot do its work exit with a code of its own."""

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return command(*args, **kwargs)
            except MeshError as error:
                console = Console(stderr=True, soft_wrap=True, highlight=False)
                console.print(Text(str(error), style="red"))
                if error.advice:
                    console.print(Text(error.advice))
                raise typer.Exit(code) from error

        return run

    return decorate


def _explain(error: grpc.aio.AioRpcError) -> MeshError:
    if error.code() is grpc.StatusCode.UNAVAILABLE and not reason_of(error):
        return MeshError(
            "The mesh does not answer.",
            "Is it running? `argus status` tells, `argus up` starts it.",
        )
    return MeshError(error.details() or error.code().name)
