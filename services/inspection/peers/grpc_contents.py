"""Reference images' bytes, for the user who owns them."""

from collections.abc import Mapping, Sequence

from argus.storage.v1 import image_pb2

from services.clients.errors import ContentWrong, ImageNotFound
from services.clients.ports import Catalog, Contents
from services.inspection.ports import ImageNames

MOST_AT_ONCE = 500
"""Images that storage is asked about at once."""

_USABLE = (image_pb2.Image.UPLOADED, image_pb2.Image.INDEXED)


class GrpcContents:
    """`ReferenceContents` and `ReferenceNames` over what search knows of storage and its bytes.

    Args:
        catalog: Records, as the caller may see them.
        contents: Bytes, whoever owns them.
    """

    def __init__(self, catalog: Catalog, contents: Contents) -> None:
        self._catalog = catalog
        self._contents = contents

    async def check(self, image_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that are the caller's images and have verified bytes, in their order.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        usable: set[str] = set()
        for start in range(0, len(image_ids), MOST_AT_ONCE):
            found = await self._catalog.images(image_ids[start : start + MOST_AT_ONCE])
            usable.update(image_id for image_id, image in found.items() if image.state in _USABLE)
        return [image_id for image_id in image_ids if image_id.lower() in usable]

    async def names(self, image_ids: Sequence[str], user_id: str) -> Mapping[str, ImageNames]:
        """What those of the images that are the user's are called, by their ids.

        Raises:
            StorageUnavailable: storage does not answer.
        """
        found: dict[str, ImageNames] = {}
        for start in range(0, len(image_ids), MOST_AT_ONCE):
            some = await self._contents.resolve(image_ids[start : start + MOST_AT_ONCE])
            found |= {
                image_id: ImageNames(one.filename, one.labels)
                for image_id, one in some.items()
                if one.user_id == user_id.lower()
            }
        return found

    async def fetch(self, image_id: str, user_id: str) -> bytes:
        """An image's bytes.

        Raises:
            ImageNotFound: it does not exist or is not that user's.
            StorageUnavailable, ContentsUnavailable: they do not answer.
            ContentWrong: the object store has not the bytes that storage kept.
        """
        try:
            return await self._fetch(image_id, user_id)
        except ContentWrong:
            # It may have been deleted meanwhile; then it is not found now.
            return await self._fetch(image_id, user_id)

    async def _fetch(self, image_id: str, user_id: str) -> bytes:
        content = (await self._contents.resolve([image_id])).get(image_id.lower())
        if content is None or content.user_id != user_id.lower():
            raise ImageNotFound("there is no such image", field="image_id")
        return await self._contents.fetch(content)
