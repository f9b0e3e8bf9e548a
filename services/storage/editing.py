"""Changing names, labels and notes of images."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.imaging.capture import Capture
from services.runtime.text import kept_label, kept_note
from services.storage.errors import EtagMismatch, ImageNotFound, UpdateInvalid
from services.storage.filenames import clean_filename
from services.storage.in_hand import InHand
from services.storage.model import Image
from services.storage.ports import Clock, Edits
from services.storage.taking_over import MAX_LABELS

LOCATION = "capture.location"
_LABEL = "labels."
_FIELDS = frozenset({"filename", "note", "labels", LOCATION})


@dataclass(frozen=True, slots=True)
class Update:
    """New values of an image's fields, and which of them count."""

    filename: str
    labels: Mapping[str, str]
    paths: Sequence[str]
    """`filename`, `note`, `labels`, `labels.<key>`, or `capture.location`."""
    etag: str
    """What the image must still have; empty if that does not matter."""
    note: str = ""
    location_given: bool = False
    """Whether there is a place in it, which can only be forgotten."""


def etag_of(image: Image) -> str:
    """Text that is another after each change of name, labels or note."""
    seed = f"{image.image_id}:{image.revision}".encode()
    return hashlib.blake2s(seed, digest_size=8).hexdigest()


class Editing:
    """What a user changes of images.

    Args:
        edits: Changes of records.
        in_hand: Who works on which image.
        clock: What time it is.
        changed: Told after each change, so that what follows starts at once.
    """

    def __init__(
        self, edits: Edits, *, in_hand: InHand, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self._edits = edits
        self._in_hand = in_hand
        self._clock = clock
        self._changed = changed

    async def update(self, user_id: UUID, image_id: UUID, update: Update) -> Image:
        """Changes one image.

        Raises:
            ImageNotFound: There is no such image of this user.
            EtagMismatch: It was changed meanwhile.
            UpdateInvalid, FilenameInvalid: The change cannot be made as it is written.
            ImageInHand: It is being completed; try again.
        """
        check_paths(update.paths)
        if LOCATION in update.paths and update.location_given:
            raise UpdateInvalid(
                "a place can only be forgotten; leave image.capture.location out",
                field="image.capture.location",
            )

        def change(image: Image) -> Image:
            if update.etag and update.etag != etag_of(image):
                raise EtagMismatch(
                    "the image was changed since you read it; get it, and decide anew"
                )
            return updated(image, update)

        return (await self._edit(user_id, [image_id], change))[0]

    async def label(
        self,
        user_id: UUID,
        image_ids: Sequence[UUID],
        put: Mapping[str, str],
        drop: Collection[str],
    ) -> list[Image]:
        """Sets and removes labels of images, of all or of none; each once, in the order asked for.

        Raises:
            ImageNotFound: One is not there.
            UpdateInvalid: The change cannot be made as it is written.
            ImageInHand: One is being completed; try again.
        """
        both = sorted(put.keys() & drop)
        if both:
            raise UpdateInvalid(f"{both[0]} is to be set and to be removed", field="remove")
        if not put and not drop:
            raise UpdateInvalid("no label is to be set or removed", field="set")
        kept = {key: kept_label(value) for key, value in put.items()}

        def change(image: Image) -> Image:
            left = {key: value for key, value in image.labels.items() if key not in drop}
            return replace(image, labels=_bounded(left | kept, "set"))

        return await self._edit(user_id, image_ids, change)

    async def _edit(
        self, user_id: UUID, image_ids: Sequence[UUID], change: Callable[[Image], Image]
    ) -> list[Image]:
        wanted = list(dict.fromkeys(image_ids))

        def change_all(found: dict[UUID, Image]) -> list[Image]:
            for image_id in wanted:
                if image_id not in found:
                    raise ImageNotFound(
                        f"there is no image {image_id}", metadata={"image_id": str(image_id)}
                    )
            edited = [change(image) for image in found.values()]
            return [image for image in edited if image != found[image.image_id]]

        images = await self._in_hand.alone(
            wanted, lambda: self._edits.edit(user_id, wanted, change_all, self._clock())
        )
        self._changed()
        return [images[image_id] for image_id in wanted]


def check_paths(paths: Sequence[str]) -> None:
    """Checks what an update mask names.

    Raises:
        UpdateInvalid: It names nothing, or what cannot be changed.
    """
    if not paths:
        raise UpdateInvalid(
            "say which fields to change: filename, note, labels, labels.<key>, capture.location",
            field="update_mask",
        )
    for path in paths:
        if path not in _FIELDS and not path.startswith(_LABEL):
            raise UpdateInvalid(
                f"{path} cannot be changed; filename, note, labels, labels.<key> and "
                f"{LOCATION} can",
                field="update_mask",
            )


def updated(image: Image, update: Update) -> Image:
    """An image with the fields that an update names as it has them.

    Raises:
        UpdateInvalid, FilenameInvalid: There would be too many labels, or no name.
    """
    labels = dict(update.labels if "labels" in update.paths else image.labels)
    for path in update.paths:
        if path.startswith(_LABEL):
            key = path.removeprefix(_LABEL)
            if key in update.labels:
                labels[key] = update.labels[key]
            else:
                labels.pop(key, None)
    labels = {key: kept_label(value) for key, value in labels.items()}
    name = clean_filename(update.filename) if "filename" in update.paths else image.filename
    note = kept_note(update.note) if "note" in update.paths else image.note
    capture = image.capture
    if LOCATION in update.paths and capture is not None:
        capture = replace(capture, location=None)
        capture = None if capture == Capture() else capture
    return replace(
        image,
        filename=name,
        labels=_bounded(labels, "image.labels"),
        note=note,
        capture=capture,
    )


def _bounded(labels: dict[str, str], field: str) -> dict[str, str]:
    if len(labels) > MAX_LABELS:
        raise UpdateInvalid(
            f"an image would have {len(labels)} labels; at most {MAX_LABELS} are accepted",
            field=field,
        )
    return labels
