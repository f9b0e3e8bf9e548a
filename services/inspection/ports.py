"""What inspection needs of the world, as narrow as the use cases.

Methods that reach PostgreSQL raise what the driver raises when it is down; the
server's error table makes `DATABASE_UNAVAILABLE` of that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from services.clients.model import Embedded, Space
from services.inspection.job import Ending, VersionResult, Wanted
from services.inspection.model import (
    CalibrationSettings,
    Claim,
    Feedback,
    InspectionRecord,
    JudgedLook,
    LabelledImage,
    MarkScore,
    PartRule,
    PastInspection,
    PatchGrid,
    RecentScore,
    RecentScores,
    Sensitivity,
    SetInPart,
    SetInUse,
    StatsRow,
    Threshold,
    Verdict,
    Version,
    View,
)
from services.inspection.reference_set import ReferenceSet

if TYPE_CHECKING:
    # Where there is no mesh there is no contract.
    from argus.storage.v1.image_pb2 import ImagePreview


class ReferenceSets(Protocol):
    """Sets, their images, and who may see them."""

    async def create(
        self,
        reference_set: ReferenceSet,
        *,
        most: int,
        most_views: int = 0,
        copy_images: bool = False,
    ) -> None:
        """Keeps a new set; nothing happens if there is one with its id.

        Args:
            reference_set: The set.
            most: Sets that its owner may have, views among them.
            most_views: Views that the set may have that it is a view of.
            copy_images: Whether it begins with the images of that, and their accepted parts.

        Raises:
            TooManyReferenceSets: the owner has as many.
            TooManyViews: that set has as many.
            ReferenceSetNotFound: that set is gone.
        """

    async def get(self, set_id: str, user_id: str) -> ReferenceSet | None:
        """A set that the user owns or that is shared with them; with its last calibration.

        Others than the owner get no `members`, `groups` and `invitations`.

        Raises:
            Unavailable: it can only be shared with them through a group, and auth does not answer.
        """

    async def in_use(self, set_id: str, user_id: str) -> SetInUse | None:
        """What an inspection needs of a set that the user owns or that is shared with them.

        Raises:
            Unavailable: as with `get`.
        """

    async def part(self, set_id: str) -> Sequence[SetInPart]:
        """A set and then its views, oldest first; nothing if there is no such set."""

    async def owner(self, set_id: str) -> str:
        """Who owns a set; empty if there is none."""

    async def list(
        self, user_id: str, *, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[ReferenceSet]:
        """Sets that the user may see, newest first, after the one with this time and id.

        Without views, and without those that are shared through groups if auth does not answer.
        """

    async def delete(self, set_id: str) -> None:
        """Deletes a set, its views and all that hangs on them.

        Their artifacts are due for removal now.
        """

    async def add_images(self, set_id: str, image_ids: Sequence[str], *, most: int) -> bool:
        """Adds images that are not in it.

        False, and none is added, if it would have more than `most`.

        Raises:
            ImageNotFound: one of them was deleted; none is added.
        """

    async def remove_images(self, set_id: str, image_ids: Sequence[str]) -> None:
        """Removes images that are in it."""

    async def images(self, set_id: str, *, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Places and ids of images in order, those after a place; from the first if it is 0."""

    async def rename(self, set_id: str, display_name: str) -> None:
        """Gives a set another name."""

    async def set_part_rule(self, set_id: str, rule: PartRule) -> bool:
        """Notes which images show the same part; what it accepts becomes the set's.

        False, and nothing changes, if the rule names a proposal that is neither the last one
        nor accepted already.
        """

    async def propose_parts(self, set_id: str, proposal: str, parts: Mapping[str, int]) -> None:
        """Keeps what was found by comparing pictures, in place of what was found before."""

    async def parts(self, set_id: str, *, proposed: bool = False) -> Mapping[str, int]:
        """Accepted parts of the set's images that have one, or those of the last proposal."""

    async def proposed_images(
        self, set_id: str, user_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[datetime, str, str]]:
        """The user's images that people last called normal and that are not in the set.

        As far as they were inspected with the set; oldest feedback first, after that with this
        time and id: time and id of the feedback, and the image's id.
        """

    async def forget_images(self, image_ids: Sequence[str]) -> None:
        """Forgets images that were deleted.

        They leave every set, and their inspections and feedback go, also from the counts.
        What is still being written of them is not kept: for 30 days `add_images`,
        `Inspections.record` and `FeedbackStore.add` know that they are gone.
        """


class Memberships(Protocol):
    """Who is in which group."""

    async def groups_of(self, user_id: str) -> Collection[str]:
        """Ids of the groups that a user is in; a change acts at the next call.

        Raises:
            Unavailable: that cannot be known now.
        """


class Versions(Protocol):
    """What calibrations made."""

    async def expect_artifact(self, name: str) -> bool:
        """Notes an artifact that is about to be put, so that it goes if nothing is kept of it.

        It is due in an hour; noted again, in an hour from then. False if it is due already, and
        so may be removed at any time.
        """

    async def keep(self, version: Version, *, ending: Ending[VersionResult], use: bool) -> int:
        """Keeps a version under the next number, makes it current if `use`, and ends its job.

        All in one transaction: the job is SUCCEEDED, with the number in its
        result. Nothing is kept, and 0 returned, if the job was cancelled or
        begun again by another replica (its `attempts` changed), or the set is
        gone.

        Raises:
            ArtifactWrong: its artifact was not noted as expected, or is due for removal.
        """

    async def derive(
        self,
        set_id: str,
        base_version: int,
        threshold: Threshold,
        sensitivity: Sequence[Sensitivity],
        *,
        made_by: str,
        created_at: datetime,
        use: bool,
    ) -> Version | None:
        """Keeps a version that differs from another one in its threshold alone; None without that.

        It has that one's artifact, which stays as long as either is there. `made_by` is the id of
        the request: what it made before is given as it is.
        """

    async def get(self, set_id: str, version: int) -> Version | None:
        """A version."""

    async def exists(self, set_id: str, version: int) -> bool:
        """Whether there is such a version."""

    async def list(
        self, set_id: str, *, before: int = 0, limit: int | None = None
    ) -> Sequence[Version]:
        """A set's versions, newest first: those below a number, at most so many."""

    async def remember_marks(self, set_id: str, version: int, marks: Sequence[MarkScore]) -> None:
        """Notes what painted defects score by a version that did not say so when it was kept.

        Nothing happens if it did, or if it is gone.
        """

    async def use(self, set_id: str, version: int) -> bool:
        """Makes a version current; False if there is none."""

    async def delete(self, set_id: str, version: int) -> bool:
        """Deletes a version unless it is current; False if there is none or it is current.

        Its artifact is due for removal in an hour unless another version has it.
        """

    async def due_artifacts(self, limit: int) -> Sequence[str]:
        """Names of artifacts to remove now."""

    async def artifacts_removed(self, names: Sequence[str]) -> None:
        """They are gone."""


class Inspections(Protocol):
    """What was inspected."""

    async def record(self, records: Sequence[InspectionRecord]) -> None:
        """Remembers inspections, each once, with their findings if they have some.

        Not those of sets or images that are gone.
        """

    async def get(self, inspection_id: str, user_id: str) -> InspectionRecord | None:
        """An inspection that the user made, or with a set that the user owns."""

    async def last_of_image(self, image_id: str, user_id: str) -> InspectionRecord | None:
        """The user's last inspection of an image."""

    async def unjudged(
        self, user_id: str, set_id: str, *, at: datetime, limit: int
    ) -> Sequence[tuple[InspectionRecord, bool]]:
        """The user's last inspection of each stored image that nobody had judged then.

        Newest first; whether somebody has judged it since is said beside it.

        Only of inspections with the current versions of sets that the user may see; of one
        set if it is named.
        """

    async def sets_in_use(self, since: datetime, *, limit: int) -> Sequence[tuple[str, int]]:
        """Sets that were inspected with since then, and their current version; the last first."""

    async def recent_scores(self, set_id: str, version: int, *, limit: int) -> RecentScores:
        """Scores of the newest inspections, those that people called defective left out."""

    async def stats(self, user_id: str, set_id: str, version: int) -> Sequence[StatsRow]:
        """Counts of the user's inspections and of those with sets that the user owns.

        By set, version and day, newest first; of one set or version if named. The last word
        on an inspection (or, where it has none, on its image in that set) is the truth.
        """

    async def forget_before(self, time: datetime) -> int:
        """Forgets older inspections that nobody gave feedback on; how many.

        They still count as inspected.
        """


class InspectionHistory(Protocol):
    """Inspections that are looked at again."""

    async def list(
        self,
        user_id: str,
        *,
        set_id: str = "",
        version: int = 0,
        image_id: str = "",
        verdict: Verdict | None = None,
        part_inspection_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int,
    ) -> Sequence[PastInspection]:
        """Inspections of the user's, and of others with sets that the user owns, newest first.

        Of one set, version, image, verdict or inspected part if named; from `since` on and before
        `until`; after the one with the time and id in `before`.
        """

    async def get(self, inspection_id: str, user_id: str) -> PastInspection | None:
        """An inspection that the user made, or with a set that the user owns."""

    async def recent(
        self, set_id: str, version: int, *, user_id: str, since: datetime | None, limit: int
    ) -> Sequence[RecentScore]:
        """The newest inspections with a version, of one user if named, newest first."""


class ReviewMarks(Protocol):
    """What people skipped or have in hand of their review queues."""

    async def skip(self, inspection_id: str, user_id: str, at: datetime) -> None:
        """Notes that somebody skipped an inspection; nothing happens if that is gone."""

    async def unskip(self, inspection_id: str, user_id: str) -> None:
        """Takes that back."""

    async def skipped(
        self, user_id: str, inspection_ids: Sequence[str], *, after: datetime, until: datetime
    ) -> Collection[str]:
        """Those of the inspections that somebody skipped after a time and not after another."""

    async def claim(self, claim: Claim, user_id: str, *, now: datetime) -> Sequence[str]:
        """Puts those of a claim's inspections that are in nobody's hands into it; which they are.

        Places go on after those that the claim has.
        """

    async def claimed(self, claim_id: str, *, now: datetime) -> Claim | None:
        """A claim as far as it lasts; None if nothing is left of it."""

    async def in_hand(self, inspection_ids: Sequence[str], *, now: datetime) -> Collection[str]:
        """Those of the inspections that are in somebody's hands."""

    async def release(self, claim_id: str, user_id: str, inspection_ids: Sequence[str]) -> None:
        """Gives inspections of somebody's claim back; all of them if none is named."""


class Wishes(Protocol):
    """What head trainings asked for, and what was judged."""

    async def wanted(self, set_id: str) -> Sequence[Wanted]:
        """What the set's last head training asked for; nothing if there was none."""

    async def judged(self, set_id: str, version: int, user_id: str) -> Sequence[JudgedLook]:
        """The newest judged images, as a version or one that it was made from saw them.

        Those that the user inspected, or all if the user owns the set.
        """


class Previews(Protocol):
    """Pictures of images, whoever owns them: whoever asks answers for who sees them."""

    async def of(self, image_ids: Iterable[str]) -> Mapping[str, "ImagePreview"] | None:
        """What is needed to show the caller images, as far as they are there.

        None if storage does not answer. Images that are deleted, or in the trash, are not there;
        of images that are not the caller's there are thumbnails alone.
        """


class FeedbackStore(Protocol):
    """What people said."""

    async def add(self, feedback: Feedback) -> Feedback:
        """Keeps what was said; what was kept before if there is some with its id.

        Raises:
            ImageNotFound: the image that it is about was deleted.
            InspectionNotFound: the inspection that it is about is gone.
            FeedbackNotFound: some with its id was taken back.
        """

    async def delete(self, feedback_id: str, user_id: str) -> bool:
        """Takes feedback back that the user gave, or that was given on a set of the user's.

        False if there is none; taken back before is fine. Its inspection is forgotten in its time
        unless there is more on it.
        """

    async def on_inspection(
        self, inspection: InspectionRecord, user_id: str, *, limit: int
    ) -> Sequence[Feedback]:
        """What was said of an inspection, and of its image in that set, newest first.

        What the user said, or all if the user owns the set.
        """

    async def list(
        self,
        user_id: str,
        *,
        set_id: str,
        image_id: str,
        before: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[Feedback]:
        """What the user said and what was said of sets that the user owns, newest first."""

    async def labelled(
        self, set_id: str, *, user_id: str = "", limit: int = 10_000
    ) -> Sequence[LabelledImage]:
        """Stored images of a set that people judged, by the last word on each, oldest first.

        Only those that the user inspected, if one is named. Kind, place and note are the last
        that were told and do not contradict that word.
        """

    async def judged(
        self, set_id: str, artifact_sha256: str, *, user_id: str = "", limit: int
    ) -> Sequence[LabelledImage]:
        """As `labelled`, newest first, each as it was last inspected by what scores alike.

        Those with one artifact do: they differ in their thresholds. Images that none of them
        inspected are not among them.
        """

    async def judged_count(self, set_id: str, *, user_id: str = "") -> int:
        """How many `labelled` would be without a limit."""


class ReferenceContents(Protocol):
    """Images' bytes, for a user who owns them."""

    async def check(self, image_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that are the caller's images and have verified bytes.

        Asked with the caller's token.
        """

    async def fetch(self, image_id: str, user_id: str) -> bytes:
        """An image's bytes.

        Raises:
            ImageNotFound: it does not exist or is not that user's.
            StorageUnavailable, ContentsUnavailable: they do not answer.
            ContentWrong: the object store has not the bytes that storage kept.
        """


@dataclass(frozen=True, slots=True)
class ImageNames:
    """What its owner called an image."""

    filename: str
    """Without folders."""
    labels: Mapping[str, str]


class ReferenceNames(Protocol):
    """What owners called their images."""

    async def names(self, image_ids: Sequence[str], user_id: str) -> Mapping[str, ImageNames]:
        """Those of the images that are the user's, by their ids.

        Raises:
            StorageUnavailable: storage does not answer.
        """


class PartNumbers(Protocol):
    """Which images show the same part."""

    async def of(self, set_id: str, rule: PartRule, image_ids: Sequence[str]) -> Sequence[int]:
        """Number of the part that each image shows: those of one number show the same one.

        Images that the rule says nothing of, or that are not the set owner's, are each of a
        part of their own.

        Raises:
            StorageUnavailable: storage does not answer.
        """


class PatchExtractor(Protocol):
    """Patch features of images."""

    async def patches(
        self,
        image: bytes,
        *,
        model: str,
        size: int,
        interactive: bool,
        view: View | None = None,
    ) -> PatchGrid:
        """An encoded image's patch features.

        Args:
            image: JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.
            model: Id; the default model if empty.
            size: Shorter side in pixels; the model's own if 0.
            view: How it is seen in place of at a size.
            interactive: Whether a caller waits (then with the caller's token and time), or a
                job does (then as this service).

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """


class ImageVectors(Protocol):
    """Whole images' vectors, and their neighbours in the vector index."""

    async def space(self) -> Space:
        """The space of the model in use."""

    async def embed_image(self, image: bytes, *, interactive: bool) -> Embedded:
        """An encoded image's vector.

        Args:
            image: As for `PatchExtractor.patches`.
            interactive: Whether a caller waits, or a job does; as there.

        Raises:
            EmbedderUnavailable: if the embedder does not answer.
            ArgusError: the embedder's own error for what it refuses.
        """

    async def nearest(
        self, space: Space, vector: Sequence[float], user_id: str, within: Sequence[str], limit: int
    ) -> Sequence[tuple[str, float]]:
        """Ids and cosines of the user's images nearest to a vector, among those named."""

    async def stored(self, space: Space, image_ids: Sequence[str]) -> Mapping[str, Sequence[float]]:
        """Vectors of those images that the index has."""


class DeletedImages(Protocol):
    """News of images that storage deleted, at least once."""

    async def read(self) -> tuple[list[str], list[str]]:
        """Ids of messages and of the images that they name; waits a few seconds for the first.

        Raises:
            RedisUnavailable: not now.
        """

    def handling(self, message_ids: Sequence[str]) -> AbstractAsyncContextManager[None]:
        """Around what news ask for, so that one that nothing can be done about is given up."""

    async def finish(self, message_ids: Sequence[str]) -> None:
        """The news were dealt with.

        Raises:
            RedisUnavailable: not now.
        """


@dataclass(frozen=True, slots=True)
class ListedArtifact:
    """An artifact that is there."""

    name: str
    size_bytes: int
    put_at: datetime


class Artifacts(Protocol):
    """Built artifacts in the object store."""

    async def put(self, name: str, content: bytes) -> None:
        """Keeps an artifact; verified by its digest when it is read."""

    async def get(self, name: str, sha256: str) -> bytes:
        """An artifact's bytes.

        Raises:
            ArtifactWrong: they are gone or not those that were kept.
            StorageUnavailable, ContentsUnavailable: they do not answer.
        """

    async def remove(self, names: Sequence[str]) -> None:
        """Removes artifacts; those that are gone are fine."""


class SettingsCheck(Protocol):
    """What a model can do."""

    async def resolve(self, settings: CalibrationSettings) -> CalibrationSettings:
        """Settings with the model's id and size in place of empty and 0.

        Raises:
            ModelNotFound, ModelHasNoPatches, PatchSizeUnsupported: they do not fit.
            EmbedderUnavailable: if the embedder does not answer.
        """
