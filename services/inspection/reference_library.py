"""Reference sets: making, filling, sharing, calibrating and going back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from services.clients.errors import ImageNotFound
from services.inspection.errors import (
    CalibrationNotFound,
    CalibrationUnderWay,
    ReferenceSetEmpty,
    ReferenceSetFull,
    ReferenceSetNotFound,
    ReferenceSetReadOnly,
    VersionInUse,
    VersionNotFound,
)
from services.inspection.model import (
    Calibration,
    CalibrationSettings,
    CalibrationState,
    ReferenceSet,
    Role,
    Version,
)
from services.inspection.ports import (
    Calibrations,
    ReferenceContents,
    ReferenceSets,
    SettingsCheck,
    Versions,
)
from services.runtime.idempotency import resource_id

MOST_IMAGES = 5_000
DEFAULT_TARGET = 0.01
WATCH_EVERY_S = 0.25
"""How often a calibration is looked at for those who watch it; any replica may work on it."""


class ReferenceLibrary:
    """What users do with reference sets.

    Args:
        sets: Sets and their images.
        versions: What calibrations made.
        calibrations: Calibrations and their progress.
        contents: Whose images are whose.
        settings_check: What models can do.
        clock: What time it is.
        queued: Told when there is a calibration to work on.
    """

    def __init__(
        self,
        sets: ReferenceSets,
        versions: Versions,
        calibrations: Calibrations,
        contents: ReferenceContents,
        settings_check: SettingsCheck,
        *,
        clock: Callable[[], datetime],
        queued: Callable[[], None],
    ) -> None:
        self._sets = sets
        self._versions = versions
        self._calibrations = calibrations
        self._contents = contents
        self._settings_check = settings_check
        self._clock = clock
        self._queued = queued

    async def create(
        self, user_id: str, display_name: str, *, request_id: str = ""
    ) -> ReferenceSet:
        """Makes a set without images; or gives the one that the same request made before."""
        made = ReferenceSet(
            set_id=resource_id("CreateReferenceSet", user_id, request_id),
            user_id=user_id,
            display_name=display_name,
            created_at=self._clock(),
            current_version=0,
            image_count=0,
            changed=False,
        )
        await self._sets.create(made)
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

    async def share(
        self, set_id: str, user_id: str, with_users: Sequence[str], role: Role
    ) -> ReferenceSet:
        """Lets others see a set of the user's, with that role from now on; as it is then."""
        await self.owned(set_id, user_id)
        others = [other for other in dict.fromkeys(with_users) if other != user_id]
        await self._sets.share(set_id, others, role)
        return await self.get(set_id, user_id)

    async def unshare(self, set_id: str, user_id: str, with_users: Sequence[str]) -> ReferenceSet:
        """Takes that back; the set as it is then."""
        await self.owned(set_id, user_id)
        await self._sets.unshare(set_id, list(dict.fromkeys(with_users)))
        return await self.get(set_id, user_id)

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

    async def calibrate(
        self,
        set_id: str,
        user_id: str,
        *,
        target: float | None,
        settings: CalibrationSettings | None,
        from_scratch: bool,
        request_id: str = "",
    ) -> Calibration:
        """Queues the making of a version.

        Args:
            set_id: A set of the user's.
            user_id: Who asks.
            target: Share of normal images that may be called anomalous; None: as for the current
                version, or `DEFAULT_TARGET`.
            settings: How; None: as the current version was made, or the defaults.
            from_scratch: Whether nothing of the current version may be used.
            request_id: The client's UUID for the request; the same makes the same calibration.

        Raises:
            ReferenceSetEmpty: it has no images.
            CalibrationUnderWay: another one has not ended.
            ModelNotFound, ModelHasNoPatches, PatchSizeUnsupported: the settings do not fit.
        """
        found = await self.owned(set_id, user_id)
        calibration_id = resource_id("CalibrateReferenceSet", user_id, request_id)
        if request_id and (begun := await self._calibrations.get(set_id, calibration_id)):
            return begun
        if not found.image_count:
            raise ReferenceSetEmpty("the reference set has no images; add normal ones first")
        current = await self._versions.get(set_id, found.current_version)
        if settings is None:
            settings = current.settings if current else CalibrationSettings()
        if target is None:
            target = current.threshold.target if current else DEFAULT_TARGET
        calibration = Calibration(
            calibration_id=calibration_id,
            set_id=set_id,
            state=CalibrationState.QUEUED,
            stage="waits for its turn",
            target=target,
            settings=await self._settings_check.resolve(settings),
            from_scratch=from_scratch,
            created_at=self._clock(),
            images_total=found.image_count,
        )
        if not await self._calibrations.create(calibration):
            raise CalibrationUnderWay(
                "the reference set is being calibrated; wait until that ends, or cancel it"
            )
        self._queued()
        return calibration

    async def calibration(self, set_id: str, calibration_id: str, user_id: str) -> Calibration:
        """A calibration of a set that the user may see.

        Raises:
            CalibrationNotFound: there is none.
        """
        await self.get(set_id, user_id)
        return self._known(await self._calibrations.get(set_id, calibration_id), calibration_id)

    async def watch(
        self, set_id: str, calibration_id: str, user_id: str
    ) -> AsyncIterator[Calibration]:
        """A calibration as it is now and each time it changes, until it ends."""
        seen = await self.calibration(set_id, calibration_id, user_id)
        yield seen
        while not seen.state.ended:
            await asyncio.sleep(WATCH_EVERY_S)
            now = self._known(await self._calibrations.get(set_id, calibration_id), calibration_id)
            if now != seen:
                seen = now
                yield now

    async def cancel(self, set_id: str, calibration_id: str, user_id: str) -> Calibration:
        """Cancels a calibration; as it is then."""
        await self.owned(set_id, user_id)
        return self._known(await self._calibrations.cancel(set_id, calibration_id), calibration_id)

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

    @staticmethod
    def _known(calibration: Calibration | None, calibration_id: str) -> Calibration:
        if calibration is None:
            raise CalibrationNotFound(f"the reference set has no calibration {calibration_id}")
        return calibration


def no_version(version: int) -> VersionNotFound:
    """The error of a version that is not there."""
    return VersionNotFound(f"the reference set has no version {version}")
