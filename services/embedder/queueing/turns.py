"""Whose turn it is where people and programs wait for the same thing."""

from services.embedder.item import Priority

INTERACTIVE_TURNS = 8
"""Turns that INTERACTIVE gets for each one of BULK while both wait."""


class Turns:
    """Weighted turns of two priorities: neither starves, and none waits for an absent one."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def next(self, *, interactive: bool, bulk: bool) -> Priority | None:
        """Takes the next turn.

        Args:
            interactive: Whether something INTERACTIVE waits.
            bulk: Whether something BULK waits.

        Returns:
            Whose turn it was; None if nothing waits.
        """
        if not (interactive and bulk):
            return Priority.INTERACTIVE if interactive else Priority.BULK if bulk else None
        if self._in_a_row < INTERACTIVE_TURNS:
            self._in_a_row += 1
            return Priority.INTERACTIVE
        self._in_a_row = 0
        return Priority.BULK
