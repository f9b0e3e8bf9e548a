"""Reference sets: making, filling, and choosing among their versions."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.inspection.errors import (
    PartProposalNotFound,
    ReferenceSetFull,
    ReferenceSetNotFound,
    ReferenceSetReadOnly,
    SetIsAView,
    VersionInUse,
    no_version,
)
from services.inspection.model import EACH_ITS_OWN, PartRule, Version
from services.inspection.part_rules import checked
from services.inspection.ports import (
    ReferenceContents,
    ReferenceSets,
    Versions,
)
from services.inspection.reference_set import ReferenceSet
from services.runtime.idempotency import resource_id

MOST_IMAGES = 5_000
MOST_VIEWS = 16
"""Views of one set."""


class ReferenceLibrary:
    """What users do with reference sets.

    Args:
        sets: Sets and their images.
        versions: What calibrations made.
        contents: Whose images are whose.
        most_sets: Sets that one user may have.
        clock: What time it is.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        versions: Versions,
        contents: ReferenceContents,
        *,
        most_sets: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._contents = contents
        self._most_sets = most_sets
        self._clock = clock

    async def create(
        self,
        user_id: str,
        display_name: str,
        *,
        part_rule: PartRule | None = None,
        view_of: str = "",
        copy_images: bool = False,
        request_id: str = "",
    ) -> ReferenceSet:
        """Makes a set; or gives the one that the same request made before.

        Args:
            user_id: Who will own it.
            display_name: Its name for people.
            part_rule: Which images show the same part. None: what the set says whose images it
                begins with, or each is a part of its own.
            view_of: One of the user's sets, of which it becomes a view.
            copy_images: Whether it begins with the images of that.
            request_id: The client's UUID for the request.

        Raises:
            ReferenceSetNotFound, ReferenceSetReadOnly: `view_of` is not the user's to change.
            SetIsAView: it is a view itself.
            TooManyViews: it has as many as a set may.
            TooManyReferenceSets: the user has as many as one may.
            PartPatternWrong: the rule cannot be followed.
            PartProposalNotFound: of a new set nothing was proposed yet.
        """
        if part_rule is not None and part_rule.proposal:
            raise PartProposalNotFound("nothing was proposed for a new set", field="part_rule")
        if view_of:
            parent = await self.owned(view_of, user_id)
            if parent.view_of:
                raise SetIsAView(f"a view has no views; name {parent.view_of}", field="view_of")
            if part_rule is None and copy_images:
                part_rule = parent.part_rule
        made = ReferenceSet(
            set_id=resource_id("CreateReferenceSet", user_id, request_id),
            user_id=user_id,
            display_name=display_name,
            created_at=self._clock(),
            current_version=0,
            image_count=0,
            changed=False,
            part_rule=checked(part_rule or EACH_ITS_OWN),
            view_of=view_of,
        )
        await self._sets.create(
            made, most=self._most_sets, most_views=MOST_VIEWS, copy_images=copy_images
        )
        return await self.get(made.set_id, user_id) if request_id or view_of else made

    async def get(self, set_id: str, user_id: str) -> ReferenceSet:
        """A set that the user may see.

        Raises:
            ReferenceSetNotFound: there is none.
        """
        found = await self._sets.get(set_id, user_id)
        if found is None:
            raise ReferenceSetNotFound(f"there is no reference set {set_id}")
        return found

    async def owned(self, set_id: str, user_id: str) -> ReferenceSet:
        """A set that the user may change.

        Raises:
            ReferenceSetNotFound: the user may not even see it.
            ReferenceSetReadOnly: it is only shared with the user.
        """
        found = await self.get(set_id, user_id)
        if found.user_id != user_id:
            raise ReferenceSetReadOnly("only its owner may change a reference set")
        return found

    async def list(
        self, user_id: str, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[ReferenceSet]:
        """Sets that the user may see, newest first; views are told of by their sets."""
        return await self._sets.list(user_id, before=before, limit=limit)

    async def rename(self, set_id: str, user_id: str, display_name: str) -> ReferenceSet:
        """Gives a set of the user's another name; the set as it is then."""
        await self.owned(set_id, user_id)
        await self._sets.rename(set_id, display_name)
        return await self.get(set_id, user_id)

    async def delete(self, set_id: str, user_id: str) -> None:
        """Deletes a set of the user's, with its views."""
        await self.owned(set_id, user_id)
        await self._sets.delete(set_id)

    async def add_images(self, set_id: str, user_id: str, image_ids: Sequence[str]) -> ReferenceSet:
        """Adds images of the user's, all or none; the set as it is then.

        Raises:
            ImageNotFound: one of them is not the user's, or its upload is not complete.
            ReferenceSetFull: there would be too many.
        """
        await self.owned(set_id, user_id)
        wanted = list(dict.fromkeys(image_ids))
        found = set(await self._contents.check(wanted))
        missing = [image_id for image_id in wanted if image_id not in found]
        if missing:
            raise ImageNotFound(
                f"there is no image {missing[0]} with verified bytes; no image was added",
                metadata={"missing": ",".join(missing[:10])},
            )
        if not await self._sets.add_images(set_id, wanted, most=MOST_IMAGES):
            raise ReferenceSetFull(
                f"a reference set has at most {MOST_IMAGES} images; remove some first",
                metadata={"max_images": str(MOST_IMAGES)},
            )
        return await self.get(set_id, user_id)

    async def remove_images(
        self, set_id: str, user_id: str, image_ids: Sequence[str]
    ) -> ReferenceSet:
        """Removes images; the set as it is then."""
        await self.owned(set_id, user_id)
        await self._sets.remove_images(set_id, list(dict.fromkeys(image_ids)))
        return await self.get(set_id, user_id)

    async def images(
        self, set_id: str, user_id: str, *, after: int, limit: int
    ) -> Sequence[tuple[int, str]]:
        """Places and ids of a set's images, those after a place."""
        await self.get(set_id, user_id)
        return await self._sets.images(set_id, after=after, limit=limit)

    async def proposed_images(
        self, set_id: str, user_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[datetime, str, str]]:
        """Images of the user's that people called normal and that are not in the set.

        Time and id of the feedback, and the image's id; oldest feedback first.
        """
        await self.owned(set_id, user_id)
        return await self._sets.proposed_images(set_id, user_id, after=after, limit=limit)

    async def versions(
        self, set_id: str, user_id: str, *, before: int = 0, limit: int | None = None
    ) -> Sequence[Version]:
        """A set's versions, newest first: those below a number, at most so many."""
        await self.get(set_id, user_id)
        return await self._versions.list(set_id, before=before, limit=limit)

    async def use_version(self, set_id: str, user_id: str, version: int) -> ReferenceSet:
        """Makes a version the current one; the set as it is then.

        Raises:
            VersionNotFound: there is none.
        """
        await self.owned(set_id, user_id)
        if not await self._versions.use(set_id, version):
            raise no_version(version)
        return await self.get(set_id, user_id)

    async def delete_version(self, set_id: str, user_id: str, version: int) -> None:
        """Deletes a version that is not current.

        Raises:
            VersionNotFound: there is none.
            VersionInUse: it is the current one.
        """
        await self.owned(set_id, user_id)
        if await self._versions.delete(set_id, version):
            return
        if await self._versions.get(set_id, version) is None:
            raise no_version(version)
        raise VersionInUse(f"version {version} is in use; use another one first")
