"""Which default model the embedder has, while its answers disagree."""

from services.clients.model import Space

ANSWERS_IN_A_ROW = 8
"""Answers that must name another space, and none the present one, before it is taken."""


class SpaceChoice:
    """Takes another space only when the embedder speaks of nothing else.

    While models are exchanged behind one address, answers come from the old and
    from the new one by turns. Each change of the space may announce the whole
    library anew, so answers that change by turns must not change the space.

    Args:
        present: The space that was settled on; None if there is none yet.
    """

    def __init__(self, present: Space | None) -> None:
        self._present = present
        self._other: Space | None = None
        self._in_a_row = 0

    @property
    def is_sure(self) -> bool:
        """True unless the last answer named another space."""
        return self._other is None

    def asked(self, answer: Space) -> bool:
        """Takes in which space the embedder says it has; True if that is to be used from now on."""
        if answer == self._present:
            self.seen()
            return False
        self._in_a_row = self._in_a_row + 1 if answer == self._other else 1
        self._other = answer
        return self._in_a_row >= ANSWERS_IN_A_ROW

    def seen(self) -> None:
        """Takes in that an image was embedded for the present space."""
        self._other = None
        self._in_a_row = 0

    def settle(self, present: Space) -> None:
        """Takes another space for the present one."""
        self._present = present
        self.seen()
