"""From hits to what is shown of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from argus.storage.v1.image_pb2 import Image

from services.clients.errors import ImageNotFound
from services.clients.ports import Catalog
from services.search.meaning.model import Calibration
from services.search.model import Example, Match, SearchRequest, StoredQuery
from services.search.ports import VectorIndex
from services.search.query.explaining import explained, explained_words
from services.search.query.found import Found
from services.search.query.fusion import MEANING_ALONE, Wording
from services.search.query.planner import Plan
from services.search.query.pool import stored_of
from services.search.query.read_mask import masked
from services.search.telemetry import dropped_hits

MOST_FOLDED = 100
"""Ids of near-duplicates that a match names at most."""

RECORDS_AT_ONCE = 500
"""Records that storage gives at once."""


class Showing:
    """Asks storage for records, with the caller's own token; what it does not give is not shown.

    Args:
        index: Vectors, for explanations.
        catalog: Records, as the caller may see them.
    """

    def __init__(self, index: VectorIndex, catalog: Catalog) -> None:
        self._index = index
        self._catalog = catalog

    async def matches(
        self,
        found: Sequence[Found],
        plan: Plan | None,
        request: SearchRequest,
        *,
        wording: Wording = MEANING_ALONE,
        calibration: Calibration | None = None,
        examples: Sequence[Example] = (),
        crops: bool = False,
    ) -> list[Match]:
        """What is there of images that were found, in their order.

        Args:
            found: The images.
            plan: What was looked for; needed to explain.
            request: What is to be told of them.
            wording: How words take part.
            calibration: What scores mean, if that is known.
            examples: Stored ones must be the caller's, or nothing is shown.
            crops: Whether images were found by their best parts.

        Raises:
            ImageNotFound: An example is not.
            StorageUnavailable, IndexUnavailable: they do not answer.
        """
        with_ids = {one.of.image_id: one for one in examples if isinstance(one.of, StoredQuery)}
        if not found and not with_ids:
            return []
        ids = [one.hit.image_id for one in found]
        named = [_id(other) for one in found for other in one.folded[:MOST_FOLDED]]
        images = await self._records(list(dict.fromkeys([*with_ids, *ids, *named])))
        for image_id, example in with_ids.items():
            if image_id not in images:
                raise ImageNotFound("there is no such image", field=example.field)
        dropped_hits.add(sum(image_id not in images for image_id in ids))
        shown = [there for one in found if (there := _there(one, images))]
        vectors = (
            await stored_of(self._index, plan, [_id(one) for one in shown], crops=crops)
            if request.explain and plan
            else {}
        )
        return [
            Match(
                masked(images[_id(one)], request.read_mask),
                one.hit.score,
                calibration.confidence(one.hit.score) if calibration else None,
                folded_image_ids=[_id(other) for other in one.folded[:MOST_FOLDED]],
                folded_count=len(one.folded),
                contributions=(
                    explained(one, vectors.get(_id(one)), plan)
                    + explained_words(images[_id(one)], one.hit, wording)
                    if request.explain and plan
                    else ()
                ),
            )
            for one in shown
        ]

    async def _records(self, ids: Sequence[str]) -> Mapping[str, Image]:
        images: dict[str, Image] = {}
        for start in range(0, len(ids), RECORDS_AT_ONCE):
            images |= await self._catalog.images(ids[start : start + RECORDS_AT_ONCE])
        return images


def _id(found: Found) -> str:
    return found.hit.image_id


def _there(found: Found, images: Mapping[str, Image]) -> Found | None:
    """What is left of an image with its near-duplicates; of those behind the first few, all."""
    asked = [found, *found.folded[:MOST_FOLDED]]
    there = [one for one in asked if _id(one) in images]
    if not there:
        return None
    # If the best of them is gone, the next best takes its place.
    head, *others = there
    return replace(head, folded=[*others, *found.folded[MOST_FOLDED:]])
