"""The review queue: its pages, what somebody puts at its end, what is in somebody's hands."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argus.storage.v1.image_pb2 import ImagePreview

from services.inspection.errors import InspectionNotFound
from services.inspection.model import Claim, InspectionRecord
from services.inspection.ports import Inspections, Previews, ReviewMarks, Wishes
from services.inspection.review.asking import Asked
from services.inspection.review.queue import ReviewItem, review_order
from services.runtime.idempotency import resource_id

CANDIDATES = 1000
"""Unjudged inspections that the review queue is chosen from, the newest."""

MOST_ASKED = 10
"""Sets of which it is looked up what their head trainings asked for."""

SKIPPED_FOR = timedelta(days=1)
CLAIMED_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of the queue, and what shows its image."""

    item: ReviewItem
    preview: ImagePreview | None
    """None if storage does not answer."""

    @property
    def inspection_id(self) -> str:
        """Of the item."""
        return self.item.record.inspection_id


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of the review queue."""

    items: Sequence[ShownItem]
    at: datetime
    """When its first page was asked for."""
    next_skip: int
    """How many are on it and the pages before; 0 if it is the last."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Items that were handed out; none, without an id, if there were none."""

    claim_id: str
    items: Sequence[ShownItem]
    expires_at: datetime


class ReviewDesk:
    """Hands people what they should look at first.

    Items whose image is gone, or in the trash, are left out as long as storage says so.

    Args:
        inspections: What was inspected.
        marks: What people skipped and have in hand.
        wishes: What head trainings asked for.
        previews: What shows images.
        clock: What time it is.
    """

    def __init__(
        self,
        inspections: Inspections,
        marks: ReviewMarks,
        wishes: Wishes,
        previews: Previews,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._inspections = inspections
        self._marks = marks
        self._wishes = wishes
        self._previews = previews
        self._clock = clock

    async def page(
        self, user_id: str, set_id: str, *, at: datetime | None, skip: int, limit: int
    ) -> ReviewPage:
        """Inspections that a person should look at, first things first.

        Args:
            user_id: Who looks.
            set_id: Only of this set; of all that the user may see if empty.
            at: When the first page was asked for, so that the pages after it neither repeat nor
                leave out; now if None.
            skip: How many of the order are on the pages before.
            limit: Most inspections of the page; those judged meanwhile are left out.
        """
        at = at or self._clock()
        order, judged = await self._order(user_id, set_id, at, skip + limit + 1)
        items = [one for one in order[skip : skip + limit] if not judged[one.record.inspection_id]]
        more = len(order) > skip + limit
        return ReviewPage(await self._shown(items), at, skip + limit if more else 0)

    async def skip(self, inspection_id: str, user_id: str) -> None:
        """Puts an inspection at the end of the user's queue, for a day.

        Raises:
            InspectionNotFound: it is not the user's to judge.
        """
        await self._check(inspection_id, user_id)
        await self._marks.skip(inspection_id, user_id, self._clock())

    async def unskip(self, inspection_id: str, user_id: str) -> None:
        """Takes that back.

        Raises:
            InspectionNotFound: it is not the user's to judge.
        """
        await self._check(inspection_id, user_id)
        await self._marks.unskip(inspection_id, user_id)

    async def claim(
        self, user_id: str, set_id: str, *, limit: int, request_id: str = ""
    ) -> Claimed:
        """Hands out the first items that are in nobody's hands, for 10 minutes.

        What the same request was handed before, as long as that lasts, less what was judged since.
        """
        now = self._clock()
        claim_id = resource_id("ClaimReviewItems", user_id, request_id)
        order, judged = await self._order(user_id, set_id, now, CANDIDATES)
        waiting = {
            one.record.inspection_id: one for one in order if not judged[one.record.inspection_id]
        }
        if request_id and (before := await self._marks.claimed(claim_id, now=now)):
            kept = [waiting[one] for one in before.inspection_ids if one in waiting]
            return Claimed(claim_id, await self._shown(kept), before.expires_at)
        in_hand = await self._marks.in_hand(list(waiting), now=now)
        free = [item for one, item in waiting.items() if one not in in_hand]
        expires_at, handed_out = now + CLAIMED_FOR, list[ShownItem]()
        while free and len(handed_out) < limit:
            wanted = limit - len(handed_out)
            some, free = await self._shown(free[:wanted]), free[wanted:]
            claim = Claim(claim_id, [one.inspection_id for one in some], expires_at)
            # Others may claim at this moment.
            got = set(await self._marks.claim(claim, user_id, now=now))
            handed_out += [one for one in some if one.inspection_id in got]
        return Claimed(claim_id if handed_out else "", handed_out, expires_at)

    async def release(self, claim_id: str, user_id: str, inspection_ids: Sequence[str]) -> None:
        """Gives items of a claim of the user's back; all of them if none is named."""
        await self._marks.release(claim_id, user_id, inspection_ids)

    async def _order(
        self, user_id: str, set_id: str, at: datetime, most: int
    ) -> tuple[list[ReviewItem], Mapping[str, bool]]:
        """The first items of the queue as it was at a time, and whether each was judged since."""
        found = await self._inspections.unjudged(user_id, set_id, at=at, limit=CANDIDATES)
        judged = {record.inspection_id: judged_since for record, judged_since in found}
        skipped = await self._marks.skipped(user_id, list(judged), after=at - SKIPPED_FOR, until=at)
        records = [record for record, _ in found]
        asked = await self._asked(user_id, records)
        if not skipped:
            return review_order(records, most, asked), judged
        order = review_order(records, len(records), asked)
        # In one pass: what is like a skipped item does not take its place.
        order.sort(key=lambda one: one.record.inspection_id in skipped)
        return order[:most], judged

    async def _asked(
        self, user_id: str, records: Sequence[InspectionRecord]
    ) -> Mapping[tuple[str, int], Asked]:
        """What is asked for, of the sets and versions with the most records."""
        counted = Counter((record.set_id, record.version) for record in records)
        found = {}
        for (set_id, version), _ in counted.most_common(MOST_ASKED):
            wanted = await self._wishes.wanted(set_id)
            if not any(one.more for one in wanted):
                continue
            asked = Asked.of(wanted, await self._wishes.judged(set_id, version, user_id))
            if asked is not None:
                found[set_id, version] = asked
        return found

    async def _shown(self, items: Sequence[ReviewItem]) -> list[ShownItem]:
        """Items with previews, without those whose image is not there."""
        found = await self._previews.of(one.record.image_id for one in items)
        if found is None:
            return [ShownItem(one, None) for one in items]
        return [
            ShownItem(one, found[one.record.image_id])
            for one in items
            if one.record.image_id in found
        ]

    async def _check(self, inspection_id: str, user_id: str) -> None:
        if await self._inspections.get(inspection_id, user_id) is None:
            raise InspectionNotFound(f"there is no inspection {inspection_id}")
