"""How far a backup is, on a terminal as a bar and elsewhere not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Advance = Callable[[int], None]
"""Told of bytes that are done; from one thread."""


class Steps:
    """Shows the steps of a backup, one after another.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, sentence: str) -> None:
        """A step that begins."""
        self._console.print(sentence)

    @contextmanager
    def of(self, what: str, total_bytes: int) -> Iterator[Advance]:
        """A step whose length is known."""
        if not self._console.is_terminal:
            yield lambda _: None
            return
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        ) as progress:
            task = progress.add_task(what, total=max(1, total_bytes))
            yield lambda size: progress.advance(task, size)
