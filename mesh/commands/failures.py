"""What a person reads when a call fails: the reason and what to do, never a stack trace."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import grpc
import typer

from argus_client.errors import CallFailed, reason_of
from mesh.client.names import printable
from mesh.client.trust import distrust
from mesh.commands.terminal import tell_error
from mesh.errors import MeshError

P = ParamSpec("P")
R = TypeVar("R")

_SECRETS = {"password", "old", "new", "code"}
"""Names of options that hold a password, or as good as one."""


def explained(command: Callable[P, R]) -> Callable[P, R]:
    """Turns what a command meets into a `MeshError`.

    That is: arguments that are no text, a failed call, also one inside a task
    group, and files that cannot be used.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        _check_text(kwargs)
        try:
            return command(*args, **kwargs)
        except (grpc.aio.AioRpcError, CallFailed, OSError, ExceptionGroup) as error:
            cause: Exception = error
            while isinstance(cause, ExceptionGroup):
                cause = cause.exceptions[0]
            if isinstance(cause, CallFailed):
                if not isinstance(cause.__cause__, grpc.aio.AioRpcError):
                    raise MeshError(cause.message) from error
                cause = cause.__cause__
            if isinstance(cause, MeshError):
                raise cause from error
            if isinstance(cause, grpc.aio.AioRpcError):
                raise _explain(cause) from error
            if isinstance(cause, OSError) and not isinstance(cause, BrokenPipeError):
                raise _explain_file(cause) from error
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
                tell_error(error)
                raise typer.Exit(code) from error

        return run

    return decorate


def _check_text(options: dict[str, object]) -> None:
    """Refuses arguments that were typed or pasted in another encoding; file names may be so.

    Raises:
        MeshError: One is not UTF-8.
    """
    for name, given in options.items():
        for value in given if isinstance(given, list) else [given]:
            if isinstance(value, str) and not _is_utf8(value):
                what = "The password" if name in _SECRETS else f"`{printable(value)}`"
                raise MeshError(
                    f"{what} is not valid UTF-8 text.",
                    "Use a terminal and a locale with UTF-8; `locale` shows the current one.",
                )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _explain(error: grpc.aio.AioRpcError) -> MeshError:
    if wrong := distrust(error):
        return wrong
    if error.code() is grpc.StatusCode.UNAVAILABLE and not reason_of(error):
        return MeshError(
            "The mesh does not answer.",
            "Check with `argus status` whether it is running; `argus up` starts it.",
        )
    return MeshError(error.details() or error.code().name)


def _explain_file(error: OSError) -> MeshError:
    words = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return MeshError(f"{words}.")
    return MeshError(f"{printable(str(error.filename))}: {words}.")
