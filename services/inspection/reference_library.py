"""Reference sets: making, filling, and choosing among their versions."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.inspection.errors import (
    ReferenceSetFull,
    ReferenceSetNotFound,
    ReferenceSetReadOnly,
    VersionInUse,
    VersionNotFound,
)
from services.inspection.model import Version
from services.inspection.ports import (
    ReferenceContents,
    ReferenceSets,
    Versions,
)
from services.inspection.reference_set import ReferenceSet
from services.runtime.idempotency import resource_id

MOST_IMAGES = 5_000


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
        self, user_id: str, display_name: str, *, request_id: str = ""
    ) -> ReferenceSet:
        """Makes a set without images; or gives the one that the same request made before.

        Raises:
            TooManyReferenceSets: the user has as many as one may.
        """
        made = ReferenceSet(
            set_id=resource_id("CreateReferenceSet", user_id, request_id),
            user_id=user_id,
            display_name=display_name,
            created_at=self._clock(),
            current_version=0,
            image_count=0,
            changed=False,
        )
        await self._sets.create(made, most=self._most_sets)
        return await self.get(made.set_id, user_id) if request_id else made

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
        """Sets that the user may see, newest first."""
        return await self._sets.list(user_id, before=before, limit=limit)

    async def delete(self, set_id: str, user_id: str) -> None:
        """Deletes a set of the user's."""
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


def no_version(version: int) -> VersionNotFound:
    """The error of a version that is not there."""
    return VersionNotFound(f"the reference set has no version {version}")
