"""A user's own images where no call of theirs is under way."""

from collections.abc import Mapping, Sequence

from argus.storage.v1.image_pb2 import Image

from services.clients.ports import Contents


class OwnImages:
    """`Catalog` of one user: says which images are theirs, and nothing else of them.

    Args:
        contents: Says whose images are.
        user_id: The user.
    """

    def __init__(self, contents: Contents, user_id: str) -> None:
        self._contents = contents
        self._user_id = user_id

    async def images(self, image_ids: Sequence[str]) -> Mapping[str, Image]:
        """Those of the images that exist and are the user's, with nothing but their ids."""
        found = await self._contents.resolve(image_ids)
        return {
            image_id: Image(image_id=image_id)
            for image_id, content in found.items()
            if content.user_id == self._user_id
        }
