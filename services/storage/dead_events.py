"""Events that services gave up: what is known of them, and what to do."""

import json
import re
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from services.runtime.dead_letters import Cause, DeadLetter
from services.runtime.pages import PageTokenError
from services.storage.comparing import Comparing
from services.storage.errors import DeadEventNotFound
from services.storage.model import Standing

_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


class Letters(Protocol):
    """Dead letters. Every method raises what the store raises that does not answer."""

    async def count(self) -> int:
        """How many there are."""

    async def page(self, after: str, limit: int) -> list[DeadLetter]:
        """Letters behind one, the oldest first."""

    async def find(self, letter_id: str) -> DeadLetter | None:
        """A letter; None if there is none of that id."""

    async def replay(self, letter_ids: Sequence[str]) -> list[str]:
        """Sends events to their streams again; those that were."""

    async def discard(self, letter_ids: Sequence[str]) -> list[str]:
        """Forgets letters; those that were there."""


class DeadEvents:
    """What operators do about events that were given up.

    Args:
        letters: The events.
        comparing: What is known of images.
    """

    def __init__(self, letters: Letters, comparing: Comparing) -> None:
        self._letters = letters
        self._comparing = comparing

    async def page(self, after: str, limit: int) -> tuple[list[DeadLetter], str, int]:
        """A page, the oldest first; where the next one begins, if anywhere; how many in all.

        Raises:
            PageTokenError: `after` is no place of a page.
        """
        if after and not _PLACE.fullmatch(after):
            raise PageTokenError("the page token is damaged")
        found = await self._letters.page(after, limit + 1)
        page = found[:limit]
        return page, page[-1].letter_id if len(found) > limit else "", await self._letters.count()

    async def explain(self, letter_id: str) -> tuple[DeadLetter, str]:
        """An event, and what to do about it.

        Raises:
            DeadEventNotFound: there is none of that id.
        """
        letter = await self._letters.find(letter_id)
        if letter is None:
            raise DeadEventNotFound(f"there is no dead event {letter_id}")
        image_id = image_of(letter)
        if not image_id:
            return letter, advice(letter, None)
        (standing,) = await self._comparing.describe([UUID(image_id)], with_events=True)
        return letter, advice(letter, standing)

    async def replay(self, letter_ids: Sequence[str]) -> list[str]:
        """Sends events to their streams again, once however often that is asked."""
        return await self._letters.replay(letter_ids)

    async def discard(self, letter_ids: Sequence[str]) -> list[str]:
        """Forgets events; those that were there."""
        return await self._letters.discard(letter_ids)


def image_of(letter: DeadLetter) -> str:
    """UUID of the image that an event is about; empty if it is about none."""
    try:
        return str(UUID(json.loads(letter.event)["image_id"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def advice(letter: DeadLetter, standing: Standing | None) -> str:
    """What is known and what to do, for a person.

    Args:
        letter: The event.
        standing: Whether its image is there; None if it is about none.
    """
    if letter.cause == Cause.UNREADABLE:
        what = (
            f"{letter.group} does not understand it: another version of Argus wrote it, or "
            f"something else writes to {letter.stream}. Replay it when {letter.group} runs a "
            "version that knows such events, or discard it."
        )
    elif letter.cause == Cause.FAILS:
        what = (
            f"{letter.group} failed {letter.attempts} times while it dealt with this event; its "
            "log of that time has the stack. Put right what is wrong, then replay it."
        )
    else:
        what = "The image is FAILED. Replay it to have it tried again, or have it uploaded anew."
    if standing is None:
        return what
    if not standing.exists:
        state = "The image is gone for good."
    elif not standing.kept:
        state = "The image is in the trash, or was never completed."
    elif standing.indexed:
        state = "The image is INDEXED, so this event may be discarded."
    else:
        state = "The image is kept, and not INDEXED."
    waiting = " Another event of it is on its way." if standing.event_waiting else ""
    return f"{what} {state}{waiting}"
