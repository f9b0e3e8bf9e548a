"""Which fields of a record are given (https://aip.dev/157)."""

from collections.abc import Sequence

from argus.storage.v1.image_pb2 import Image

from services.runtime.errors import InvalidInput

ALL = "*"
ID = "image_id"


def check_mask(paths: Sequence[str]) -> None:
    """Lets fields of an image's record pass.

    Raises:
        InvalidInput: there is no such field, or it is a part of one.
    """
    for path in paths:
        if path != ALL and path not in Image.DESCRIPTOR.fields_by_name:
            raise InvalidInput(f"an image has no field `{path:.64}`", field="read_mask")


def masked(image: Image, paths: Sequence[str]) -> Image:
    """A record with its id and the fields that are named; all of it if none is."""
    if not paths or ALL in paths:
        return image
    kept = Image()
    kept.CopyFrom(image)
    for field in Image.DESCRIPTOR.fields:
        if field.name != ID and field.name not in paths:
            kept.ClearField(field.name)
    return kept
