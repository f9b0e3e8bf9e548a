"""Which images of a set show the same part: saying so, proposals, and numbers for calibrations."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import uuid4

from services.imaging.decode import ImageLimits
from services.inspection.errors import PartProposalNotFound, ReferenceSetEmpty, TooManyToCompare
from services.inspection.learning.alike import Grain, grain_of, parts_alike
from services.inspection.model import PartRule, SkippedImage
from services.inspection.part_rules import checked, keys_of, numbers_of
from services.inspection.ports import ReferenceContents, ReferenceNames, ReferenceSets
from services.inspection.reference_library import ReferenceLibrary
from services.inspection.reference_set import ReferenceSet
from services.runtime.concurrency import at_once
from services.runtime.errors import InvalidInput, NotFound

T = TypeVar("T")

PAGE = 1000

MOST_COMPARED = 2_000
"""Images whose pictures are compared with each other."""

SHOWN_GROUPS = 20
SHOWN_IMAGES = 8
SHOWN_SKIPPED = 100
FETCHED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class PartGroup:
    """Images that show one part."""

    key: str
    """What they have in common; empty if pictures were compared."""
    image_ids: Sequence[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartProposal:
    """Which images would count as the same part."""

    set_id: str
    rule: PartRule
    image_count: int
    part_count: int
    unmatched: int
    """Images that the rule says nothing of."""
    groups: Sequence[PartGroup] = field(repr=False)
    """Those of several images, those of most first."""
    skipped: Sequence[SkippedImage] = field(default=(), repr=False)


class Parts:
    """`PartNumbers`: by what owners called their images, or by what they accepted.

    Args:
        sets: Sets, and the parts that were accepted.
        names: What images are called.
    """

    def __init__(self, sets: ReferenceSets, names: ReferenceNames) -> None:
        self._sets = sets
        self._names = names

    async def of(self, set_id: str, rule: PartRule, image_ids: Sequence[str]) -> Sequence[int]:
        """Number of the part that each image shows."""
        return numbers_of(await self.keys(set_id, rule, image_ids))

    async def keys(
        self, set_id: str, rule: PartRule, image_ids: Sequence[str]
    ) -> Sequence[str | int | None]:
        """What each image has in common with others of its part; None: the rule says nothing."""
        if rule.proposal:
            accepted = await self._sets.parts(set_id)
            return [accepted.get(image_id) for image_id in image_ids]
        if not (rule.label or rule.filename_pattern):
            return [None for _ in image_ids]
        owner_id = await self._sets.owner(set_id)
        names = await self._names.names(image_ids, owner_id)
        known = [names.get(image_id) for image_id in image_ids]
        return await asyncio.to_thread(keys_of, rule, known)


class PartDesk:
    """Says which images show the same part, for the owner of a set.

    Args:
        library: Who may change which set.
        sets: Sets and their images.
        parts: What rules say.
        contents: Bytes of images.
        threads: Where pictures are compared.
        limits: What an image may measure.
    """

    def __init__(
        self,
        library: ReferenceLibrary,
        sets: ReferenceSets,
        parts: Parts,
        contents: ReferenceContents,
        threads: Executor,
        *,
        limits: ImageLimits,
    ) -> None:
        self._library = library
        self._sets = sets
        self._parts = parts
        self._contents = contents
        self._threads = threads
        self._limits = limits

    async def set_rule(self, set_id: str, user_id: str, rule: PartRule) -> ReferenceSet:
        """Notes a rule; the set as it is then.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: it is not the user's to change.
            PartPatternWrong: its pattern cannot be followed.
            PartProposalNotFound: it names a proposal that is not the last one.
        """
        await self._library.owned(set_id, user_id)
        if not await self._sets.set_part_rule(set_id, checked(rule)):
            raise _no_proposal(rule)
        return await self._library.get(set_id, user_id)

    async def propose(self, set_id: str, user_id: str, rule: PartRule | None) -> PartProposal:
        """What a rule would come to, or what comparing pictures does.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: it is not the user's to change.
            ReferenceSetEmpty: it has no images.
            TooManyToCompare: it has more than can be compared.
            PartPatternWrong, PartProposalNotFound: the rule cannot be followed.
        """
        found = await self._library.owned(set_id, user_id)
        if not found.image_count:
            raise ReferenceSetEmpty("the reference set has no images; add normal ones first")
        if rule is None and found.image_count > MOST_COMPARED:
            raise TooManyToCompare(
                f"the pictures of at most {MOST_COMPARED:,} images are compared, and the set has"
                f" {found.image_count:,}; say by a label or file names which show the same part",
                metadata={"max_images": str(MOST_COMPARED)},
            )
        image_ids = await self._image_ids(set_id)
        if rule is None:
            return await self._compared(set_id, user_id, image_ids)
        if rule.proposal and rule != found.part_rule:
            raise _no_proposal(rule)
        keys = await self._parts.keys(set_id, checked(rule), image_ids)
        return _proposal(set_id, rule, image_ids, keys)

    async def _compared(self, set_id: str, user_id: str, image_ids: Sequence[str]) -> PartProposal:
        looked = await at_once(image_ids, partial(self._grain, user_id), FETCHED_AT_ONCE)
        grains = {
            image_id: one
            for image_id, one in zip(image_ids, looked, strict=True)
            if isinstance(one, Grain)
        }
        numbers: Mapping[str, int] = {}
        if grains:
            alike = await self._in_thread(lambda: parts_alike(list(grains.values())))
            numbers = {image_id: int(part) for image_id, part in zip(grains, alike, strict=True)}
        rule = PartRule(proposal=str(uuid4()))
        await self._sets.propose_parts(set_id, rule.proposal, numbers)
        keys = [numbers.get(image_id) for image_id in image_ids]
        skipped = [one for one in looked if isinstance(one, SkippedImage)]
        return _proposal(set_id, rule, image_ids, keys, skipped)

    async def _grain(self, user_id: str, image_id: str) -> Grain | SkippedImage:
        try:
            image = await self._contents.fetch(image_id, user_id)
            return await self._in_thread(lambda: grain_of(image, self._limits))
        except (InvalidInput, NotFound) as error:
            return SkippedImage(image_id, error.reason, error.message)

    async def _image_ids(self, set_id: str) -> list[str]:
        found: list[str] = []
        after = 0
        while page := await self._sets.images(set_id, after=after, limit=PAGE):
            found += [image_id for _, image_id in page]
            after = page[-1][0]
        return found

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _proposal(
    set_id: str,
    rule: PartRule,
    image_ids: Sequence[str],
    keys: Sequence[str | int | None],
    skipped: Sequence[SkippedImage] = (),
) -> PartProposal:
    members: dict[str | int, list[str]] = defaultdict(list)
    for image_id, key in zip(image_ids, keys, strict=True):
        if key is not None:
            members[key].append(image_id)
    unmatched = sum(key is None for key in keys)
    groups = [
        PartGroup(key if isinstance(key, str) else "", members[key])
        for key, count in Counter({key: len(some) for key, some in members.items()}).most_common()
        if count > 1
    ]
    return PartProposal(
        set_id=set_id,
        rule=rule,
        image_count=len(image_ids),
        part_count=len(members) + unmatched,
        unmatched=unmatched,
        groups=groups[:SHOWN_GROUPS],
        skipped=skipped[:SHOWN_SKIPPED],
    )


def _no_proposal(rule: PartRule) -> PartProposalNotFound:
    return PartProposalNotFound(
        f"there is no proposal {rule.proposal}, or a later one took its place; ask for another",
        field="rule.proposal",
    )
